"""What the how-tos on Google Cloud show is right, comes up, and is as they say."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from components.catalog import gke, gke_add_ons
from stacks.load import from_file
from stacks.testing import Deployment, deploy_stack
from tests.cloud.gcp.registered import refusals
from tests.stacks.pages import (
    ENVIRONMENT,
    NEW,
    PLATFORM,
    ROOT,
    TEAM,
    Mistake,
    Pages,
)

PAGES = Pages("gcp")
EXAMPLE = ROOT / "examples" / "gcp" / "Pulumi.prod.yaml"
MAIN = PAGES.texts["gcp"]

LUSTRE = "gcp:lustre/instance:Instance"
FILESTORE = "gcp:filestore/instance:Instance"
BUCKET = "gcp:storage/bucket:Bucket"
DISK = "gcp:compute/disk:Disk"
KEY = "gcp:kms/cryptoKey:CryptoKey"
CLUSTER = "gcp:container/cluster:Cluster"
NODES = "gcp:container/nodePool:NodePool"
FOLDER_ROLE = "gcp:storage/managedFolderIamMember:ManagedFolderIamMember"


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    """A directory with the files that the main page shows."""
    return PAGES.write(tmp_path)


def pod_of(whole: Deployment, job: str) -> Any:
    """The `spec` of a job's pods."""
    return whole.manifest("Job", job)["spec"]["template"]["spec"]


@cache
def team_of(page: str, index: int) -> Deployment:
    """The team with a part of a page, in the environment of that page."""
    contract = PAGES.deployed(page).outputs["contract"]
    return deploy_stack(PAGES.team(page, index), strict=True, contract=contract)


def with_job(page: str, job: str) -> Deployment:
    """The team's stack that has a job of a page."""
    (found,) = [
        (where, i)
        for where, i in PAGES.team_parts
        if where == page and job in PAGES.part(where, i)["jobs"]
    ]
    return team_of(*found)


def test_the_pages_show_what_is_looked_at() -> None:
    assert set(PAGES.texts) == {"gcp", "gcp-storage", "gcp-nodes"}
    assert set(PAGES.files) == {ENVIRONMENT, TEAM, NEW}
    assert PAGES.shown == len(PAGES.files) + len(PAGES.all_parts)
    assert len(PAGES.team_parts) >= 6
    examples = (ROOT / "examples" / "gcp").glob("Pulumi.*.yaml")
    for name in (file.stem.removeprefix("Pulumi.") for file in examples):
        assert re.search(rf"^\|[^|]*`{name}`", MAIN, re.MULTILINE), name


@pytest.mark.parametrize("name", PAGES.files)
def test_nothing_is_wrong_with_a_file(stacks: Path, name: str) -> None:
    assert from_file(stacks / name).found == []


@pytest.mark.parametrize(("page", "index"), PAGES.all_parts)
def test_nothing_is_wrong_with_a_part(tmp_path: Path, page: str, index: int) -> None:
    assert PAGES.problems_of_part(tmp_path, page, index) == []


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES.texts)
def test_an_environment_comes_up_with_all_of_a_page(page: str) -> None:
    updated = PAGES.deployed(page)
    previewed = PAGES.deployed(page, preview=True)
    assert len(updated.resources) > 50
    assert {made.urn for made in previewed.resources} == {
        made.urn for made in updated.resources
    }
    assert refusals(previewed) == []


@pytest.mark.slow
@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
@pytest.mark.parametrize(("page", "index"), PAGES.team_parts)
def test_a_team_comes_up_with_a_part(page: str, index: int, preview: bool) -> None:
    made = deploy_stack(
        PAGES.team(page, index),
        preview=preview,
        strict=True,
        contract=PAGES.deployed(page).outputs["contract"],
    )
    assert {r.name for r in made.resources if r.type.endswith(":index:Job")} == set(
        PAGES.part(page, index)["jobs"]
    )


@pytest.mark.slow
@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_a_team_makes_nothing_on_google_cloud(preview: bool) -> None:
    contract = deploy_stack(PAGES.config(ENVIRONMENT), name="prod").outputs["contract"]
    config = PAGES.config(TEAM)
    made = deploy_stack(config, preview=preview, strict=True, contract=contract)
    assert made.manifest("Job", "train")
    assert not [r for r in made.resources if r.type.startswith("gcp:")]
    assert [r.name for r in made.resources if "providers:" in r.type] == ["cluster"]


@pytest.mark.slow
@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_a_network_and_a_cluster_are_made_as_it_says(preview: bool) -> None:
    made = deploy_stack(PAGES.config(NEW), preview=preview, strict=True, name="new")
    assert len(made.all("gcp:compute/subnetwork:Subnetwork")) == 1
    assert len(made.all("gcp:compute/routerNat:RouterNat")) == 1
    subnet = made.one("gcp:compute/subnetwork:Subnetwork").inputs
    assert subnet["privateIpGoogleAccess"] is True
    assert len(subnet["secondaryIpRanges"]) == 2
    peering = made.one("gcp:servicenetworking/connection:Connection").inputs
    assert peering["deletionPolicy"] == "ABANDON"
    cluster = made.one(CLUSTER).inputs
    blocks = cluster["masterAuthorizedNetworksConfig"]["cidrBlocks"]
    assert [block["cidrBlock"] for block in blocks] == ["203.0.113.7/32"]
    assert cluster["privateClusterConfig"]["enablePrivateNodes"] is True
    roles = [r.inputs["role"] for r in made.all("gcp:projects/iAMMember:IAMMember")]
    assert roles
    assert not [role for role in roles if "storage" in role]
    if not preview:
        assert {"cluster", "location"} <= set(made.outputs)


def test_what_gke_brings_is_named() -> None:
    words = {
        "nvidia-device-plugin": "device plugin",
        "node-autoscaler": "autoscaler",
        "snapshot-controller": "snapshot controller",
        "metrics-server": "metrics server",
    }
    assert set(words) == set(gke_add_ons.GIVEN)
    for text in (MAIN, PAGES.texts["gcp-nodes"]):
        told = " ".join(text.split())
        assert all(word in told for word in words.values())
    longest = f"{gke.LONGEST_POOL} characters at most, since GKE takes "
    assert f"{longest}{gke.LONGEST_NAME}" in " ".join(PAGES.texts["gcp-nodes"].split())


def test_a_cluster_that_its_maker_cannot_reach_is_warned_of(stacks: Path) -> None:
    text, public = PAGES.files[NEW], "publicAccess: [203.0.113.7/32]"
    assert public in text
    (stacks / NEW).write_text(text.replace(public, "publicAccess: []"))
    (found,) = from_file(stacks / NEW).found
    assert found.problem.severity == "warning"
    assert "API server" in found.problem.message


@pytest.mark.slow
@pytest.mark.parametrize("command", PAGES.checks)
def test_a_command_of_the_pages_finds_nothing_wrong(
    tmp_path: Path, command: str
) -> None:
    assert "checked: 0 problems" in PAGES.run(command, tmp_path)


APIS = {
    "compute": "compute",
    "container": "container",
    "filestore": "file",
    "kms": "cloudkms",
    "lustre": "lustre",
    "organizations": "cloudresourcemanager",
    "projects": "serviceusage",
    "pubsub": "pubsub",
    "serviceaccount": "iam",
    "servicenetworking": "servicenetworking",
    "storage": "storage",
    "tpu": "tpu",
}
"""The service behind each module of the provider that a page's resources are of."""


@pytest.mark.slow
def test_the_services_that_are_enabled_are_those_that_are_used() -> None:
    (listed,) = re.findall(r"gcloud services enable --project \S+ (.+)", MAIN)
    enabled = {name.removesuffix(".googleapis.com") for name in listed.split()}
    made = [
        *(made for page in PAGES.texts for made in PAGES.deployed(page).resources),
        *deploy_stack(PAGES.config(NEW), name="new").resources,
    ]
    found = {r.type.split(":")[1] for r in made if r.type.startswith("gcp:")}
    used = {APIS[module.partition("/")[0]] for module in found}
    # The number of the project, which principals are named by, is asked of it.
    assert enabled == used | {"cloudresourcemanager"}


def test_commands_of_gcloud_name_what_the_files_name() -> None:
    platform = PAGES.config(ENVIRONMENT)[PLATFORM]
    cluster, location = (platform["cluster"][k] for k in ("existing", "location"))
    context = f"gke_{platform['project']}_{location}_{cluster}"
    assert PAGES.config(TEAM)["ml-storage:team"]["cluster"] == {"context": context}
    assert f"get-credentials {cluster} --location {location}" in MAIN
    network = platform["network"]["existing"]["network"]
    assert f"--network {network} " in MAIN
    # The provider's name for the peering is its service with dashes.
    service = "servicenetworking.googleapis.com"
    assert f"peerings delete {service.replace('.', '-')} " in MAIN
    for project in re.findall(r"(?:--project|policy-binding) (\S+)", MAIN):
        assert project == platform["project"]
    (who,) = platform["teams"]["vision"]["deployers"]["users"]
    assert f"--member user:{who} " in MAIN
    # What a network that is made lets in.
    made = deploy_stack(PAGES.config(NEW), name="new")
    rule = made.one("gcp:compute/firewall:Firewall").inputs
    (allowed,) = rule["allows"]
    ports = ",".join(f"{allowed['protocol']}:{port}" for port in allowed["ports"])
    assert f"--allow {ports} --source-ranges {rule['sourceRanges'][0]}" in MAIN


def test_the_mistakes_are_reported_as_they_are_shown(stacks: Path) -> None:
    for mistake in (
        Mistake(ENVIRONMENT, "capacityGiB: 18000", "capacityGiB: 9000", ENVIRONMENT),
        Mistake(ENVIRONMENT, "type: pd-balanced", "type: hyperdisk-extreme", TEAM),
        Mistake(
            ENVIRONMENT,
            "softDelete: 0d, mount",
            "softDelete: 0d, hierarchicalNamespace: false, mount",
            ENVIRONMENT,
        ),
    ):
        text = PAGES.message(stacks, mistake)
        assert text in MAIN, f"the page is to show:\n{text}"


SAID = [
    ("models:        read-write", "models: {access: read-write, prefix: v}", "error"),
    (
        "training-data: read-only",
        "training-data: {access: read-only, prefix: v}",
        "error",
    ),
    ("prefix: vision}", "prefix: vision, role: objectViewer}", "error"),
    ("prefix: vision}", "prefix: vision, role: objectAdmin}", "warning"),
    ("softDelete: 0d, ", "", "warning"),
    ("softDelete: 0d, ", "softDelete: 0d, versioning: true, ", "warning"),
    ("tier: REGIONAL, kmsKey: data", "tier: BASIC_SSD, zone: us-central1-a", "error"),
    (
        "filestore-csi-driver:       {existing",
        "filestore-csi-driver: {install",
        "error",
    ),
]
"""What the pages say is refused, or warned of: an edit, and how it is found."""


@pytest.mark.parametrize(("before", "after", "severity"), SAID)
def test_what_is_said_to_be_refused_or_warned_of(
    stacks: Path, before: str, after: str, severity: str
) -> None:
    text = PAGES.files[ENVIRONMENT]
    assert text.count(before) == 1
    (stacks / ENVIRONMENT).write_text(text.replace(before, after))
    found = from_file(stacks / ENVIRONMENT).found
    assert [f.problem.severity for f in found] == [severity]


@pytest.mark.slow
def test_a_team_has_two_accounts_with_the_least_roles() -> None:
    made = PAGES.deployed("gcp")
    granted = {
        (r.inputs["member"].rpartition("/")[2], r.inputs["role"])
        for r in made.all(FOLDER_ROLE)
        if "checkpoints" in r.name
    }
    assert granted == {
        ("workload", "roles/storage.objectUser"),
        ("reader", "roles/storage.objectViewer"),
    }
    assert not made.all("gcp:serviceaccount/account:Account")
    platform = PAGES.config(ENVIRONMENT)
    platform[PLATFORM]["identity"] = "service-account"
    impersonating = deploy_stack(platform, strict=True, name="prod")
    accounts = impersonating.all("gcp:serviceaccount/account:Account")
    # In whichever order they were registered.
    assert sorted(account.name for account in accounts) == [
        "vision-reader",
        "vision-workload",
    ]
    assert not [r for r in impersonating.resources if "serviceaccount/key" in r.type]


@pytest.mark.slow
def test_one_writes_and_256_read() -> None:
    team = with_job("gcp-storage", "embed")
    assert pod_of(team, "import")["serviceAccountName"] == "workload"
    assert pod_of(team, "embed")["serviceAccountName"] == "reader"
    assert team.manifest("Job", "embed")["spec"]["parallelism"] == 256


@pytest.mark.slow
def test_a_slice_is_one_jobs() -> None:
    team = with_job("gcp-nodes", "pretrain")
    assert "podAntiAffinity" in pod_of(team, "pretrain")["affinity"]
    assert "affinity" not in pod_of(team, "finetune")
    replicated = team.manifest("JobSet", "multislice")["spec"]["replicatedJobs"]
    assert [job["replicas"] for job in replicated] == [2]
    assert "exclusive-topology" in json.dumps(replicated)


@pytest.mark.slow
def test_pools_are_made_as_it_says() -> None:
    pools = {made.name: made.inputs for made in PAGES.deployed("gcp-nodes").all(NODES)}
    assert {"v6e-pool", "v6e-slice-0", "v6e-slice-1", "v6e-pair-0"} <= set(pools)
    assert pools["v6e-slice-0"]["nodeCount"] == 4
    # It comes when there is room: nothing is there before.
    assert "nodeCount" not in pools["v5p-0"]
    assert pools["v5p-0"]["autoscaling"]["maxNodeCount"] == 16
    for name, pool in pools.items():
        config = pool["nodeConfig"]
        assert config["workloadMetadataConfig"]["mode"] == "GKE_METADATA", name
        assert config["imageType"] == "COS_CONTAINERD"
    ssds = pools["a100-pool"]["nodeConfig"]["ephemeralStorageLocalSsdConfig"]
    assert ssds == {"localSsdCount": 4}


def test_every_rule_and_anchor_that_the_pages_name_is_there() -> None:
    PAGES.assert_rules_and_anchors(3)
