from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import cloud_kms, gcp_iam

KEY = "projects/ml-prod-123456/locations/us-central1/keyRings/r/cryptoKeys/k"
LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)


def test_a_principal_has_the_number_and_then_the_id() -> None:
    assert gcp_iam.principal(
        project_number="123456789012",
        workload_pool="ml-prod-123456.svc.id.goog",
        namespace="vision",
        account="workload",
    ) == (
        "principal://iam.googleapis.com/projects/123456789012/locations/global/"
        "workloadIdentityPools/ml-prod-123456.svc.id.goog/subject/ns/vision/sa/workload"
    )


def test_who_may_act_as_a_service_account() -> None:
    assert (
        gcp_iam.impersonator(
            workload_pool="ml-prod-123456.svc.id.goog",
            namespace="vision",
            account="reader",
        )
        == "serviceAccount:ml-prod-123456.svc.id.goog[vision/reader]"
    )


@given(LABEL, LABEL)
def test_ids_of_service_accounts(namespace: str, account: str) -> None:
    made = gcp_iam.account_id(namespace, account)
    assert re.fullmatch(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", made)


def test_ids_of_service_accounts_are_told_apart() -> None:
    assert gcp_iam.account_id("vision", "workload") == "vision-workload"
    long = "a-team-with-a-name-that-is-long"
    assert gcp_iam.account_id(long, "workload") != gcp_iam.account_id(long, "reader")


@pytest.mark.parametrize(
    ("access", "role"), [("read-only", "objectViewer"), ("read-write", "objectUser")]
)
def test_the_least_role(access: str, role: str) -> None:
    assert gcp_iam.least_role(access) == role  # type: ignore[arg-type]
    assert gcp_iam.role_name(role) == f"roles/storage.{role}"  # type: ignore[arg-type]


@pytest.mark.parametrize("service", gcp_iam.AGENTS)
def test_agents_are_service_accounts_of_google(service: str) -> None:
    member = gcp_iam.agent(service, "123456789012")  # type: ignore[arg-type]
    assert re.fullmatch(
        r"serviceAccount:service-123456789012@[a-z-]+\.iam\.gserviceaccount\.com",
        member,
    )
    row = gcp_iam.AGENTS[service]  # type: ignore[index]
    assert row.source
    assert row.as_of


def test_names_of_keys() -> None:
    assert cloud_kms.key_name(KEY) is None
    assert cloud_kms.location_of(KEY) == "us-central1"
    assert KEY.startswith(f"{cloud_kms.ring_of(KEY)}/cryptoKeys/")
    assert cloud_kms.reference("data") is None


@pytest.mark.parametrize(
    ("text", "rule", "nearest"),
    [
        ("data", "GKY01", None),
        (f"//cloudkms.googleapis.com/{KEY}", "GKY01", KEY),
        (f"{KEY}/", "GKY01", KEY),
        (f"{KEY}/cryptoKeyVersions/1", "GKY02", KEY),
        (KEY.replace("cryptoKeys", "keys"), "GKY01", None),
    ],
)
def test_names_of_no_key(text: str, rule: str, nearest: str | None) -> None:
    problem = cloud_kms.key_name(text)
    assert problem is not None
    assert (problem.rule, problem.nearest) == (rule, nearest)
    assert cloud_kms.location_of(text) is None
