"""Containers that run before a program, or beside it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from components.catalog.names import LABEL_LENGTH
from components.kubernetes.helper import Helper
from components.kubernetes.job import Job, JobArgs, declared_digest
from components.kubernetes.job_spec import JobSpec
from components.kubernetes.mountable import Mount
from components.kubernetes.pod import with_helpers
from components.kubernetes.scratch_spec import ScratchSpec
from components.kubernetes.secret_in_pod import SecretByName
from components.kubernetes.secret_spec import EnvironmentSecretSpec
from tests.components.conftest import DeployWith

JOB = "kubernetes:batch/v1:Job"
SCRATCH = ScratchSpec(kind="scratch", size="1Gi")
KEYS = SecretByName(
    "keys", EnvironmentSecretSpec(kind="environment", variables={"TOKEN": "token"})
)


def helper(role: str, **more: Any) -> Helper:
    given = {"of": "data", "image": "image:1", "command": ["run"], **more}
    return Helper(role=role, **given)


def pod() -> dict[str, Any]:
    main = {
        "name": "main",
        "volumeMounts": [
            {"name": "data", "mountPath": "/data", "subPathExpr": "$(I)"},
            {"name": "more", "mountPath": "/more"},
        ],
    }
    return {"spec": {"containers": [main], "initContainers": [{"name": "fill-x"}]}}


def made(*helpers: Helper, **more: Any) -> list[dict[str, Any]]:
    return with_helpers(pod(), helpers, **more)["spec"]["initContainers"]


def test_those_that_end_come_first_after_what_fills_volumes() -> None:
    first, second = helper("publish", stays=True), helper("restore")
    found = made(first, second, helper("wait", of="more"))
    names = [container["name"] for container in found]
    assert names == ["fill-x", "restore-data", "wait-more", "publish-data"]
    assert [c.get("restartPolicy") for c in found] == [None, None, None, "Always"]


def test_a_helper_has_its_part_of_the_programs_mounts() -> None:
    _, reads = made(helper("wait", paths=["/data"], read_only=True))
    mount = {"name": "data", "mountPath": "/data", "subPathExpr": "$(I)"}
    assert reads["volumeMounts"] == [{**mount, "readOnly": True}]
    _, writes = made(helper("restore", paths=["/data"]))
    assert writes["volumeMounts"] == [mount]
    with pytest.raises(ValueError, match="wait-data mounts /other"):
        made(helper("wait", paths=["/other"]))


def test_secrets_are_for_those_that_reach_buckets() -> None:
    environment = [{"name": "DATA_URI", "value": "s3://data/"}]
    common: dict[str, Any] = {"environment": environment, "secrets": [KEYS]}
    _, waits, reaches = made(helper("wait"), helper("get", uris=["DATA_URI"]), **common)
    assert "env" not in waits
    assert [entry["name"] for entry in reaches["env"]] == ["DATA_URI", "TOKEN"]
    with pytest.raises(ValueError, match="no URI for OTHER_URI"):
        made(helper("get", uris=["OTHER_URI"]), **common)


def test_names_are_labels_and_different_ones() -> None:
    long = "a" * LABEL_LENGTH
    _, one, other = made(helper("wait", of=long), helper("wait", of=long[:-1] + "b"))
    assert len(one["name"]) == len(other["name"]) == LABEL_LENGTH
    assert one["name"] != other["name"]


def test_the_pod_that_was_given_is_not_changed() -> None:
    given = pod()
    before = copy.deepcopy(given)
    with_helpers(given, [helper("wait", paths=["/data"])])
    assert given == before


def job_args(**spec: Any) -> JobArgs:
    given = {"image": "image:1", "command": ["train"], **spec}
    return JobArgs(
        spec=JobSpec.model_validate(given),
        namespace="dev",
        mounts=[Mount(name="data", path="/data", volume=SCRATCH)],
        helpers=[
            helper("restore", paths=["/data"], resources={"limits": {"memory": "1Gi"}}),
            helper("publish", paths=["/data"], stays=True),
        ],
    )


def test_they_run_as_the_program_does(deploy_with: DeployWith) -> None:
    run_as = {"user": 1000}
    deployed = deploy_with(lambda opts: Job("train", job_args(runAs=run_as), opts))
    spec = deployed.one(JOB).inputs["spec"]["template"]["spec"]
    (main,) = spec["containers"]
    assert [c["name"] for c in spec["initContainers"]] == [
        "restore-data",
        "publish-data",
    ]
    for container in spec["initContainers"]:
        assert container["securityContext"] == main["securityContext"]
    # Scratch is what the program may use: a helper has what it says itself.
    assert spec["initContainers"][0]["resources"] == {"limits": {"memory": "1Gi"}}


def test_another_helper_is_another_declaration() -> None:
    one = job_args()
    other = JobArgs(
        spec=one.spec, namespace="dev", mounts=one.mounts, helpers=one.helpers[:1]
    )
    assert declared_digest("train", one) != declared_digest("train", other)
    assert declared_digest("train", one) == declared_digest("train", job_args())
