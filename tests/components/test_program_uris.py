"""Buckets by their URIs: in the environment, by the pod's identity, without keys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.kubernetes.bucket_uri_spec import BucketUriSpec, buckets_of
from components.kubernetes.job import Job, JobArgs, declared_digest
from components.kubernetes.job_spec import JobSpec
from components.kubernetes.secret_in_pod import SecretByName
from components.kubernetes.secret_spec import EnvironmentSecretSpec
from components.kubernetes.workspace import Workspace, WorkspaceArgs
from components.kubernetes.workspace_spec import WorkspaceSpec
from components.testing import Deployment
from tests.components.conftest import DeployWith

JOB = "kubernetes:batch/v1:Job"
URI = "s3://bucket-id/vision/"
REGION = {"AWS_REGION": "us-west-2"}

# What the cloud decides is no text while a program declares it.
LATER: Any = object()


def job(uris: dict[str, Any] | None = None, **spec: Any) -> JobSpec:
    uris = {"DATASET_URI": "data"} if uris is None else uris
    given = {"image": "image:1", "command": ["train"], "uris": uris, **spec}
    return JobSpec.model_validate(given)


def job_args(uri: pulumi.Input[str] = URI, **spec: Any) -> JobArgs:
    return JobArgs(
        spec=job(**spec), namespace="dev", environment={"DATASET_URI": uri, **REGION}
    )


def made_later(opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """A URI that a preview does not know yet, as that of a bucket to be made."""
    bucket = k8s.core.v1.ConfigMap("bucket", metadata={"name": "bucket"}, opts=opts)
    return pulumi.Output.concat("s3://", bucket.id, "/vision/")


def environment(deployed: Deployment, kind: str = JOB) -> dict[str, Any]:
    pod = deployed.one(kind).inputs["spec"]["template"]["spec"]
    return {e["name"]: e.get("value") for e in pod["containers"][0]["env"]}


def test_the_program_has_the_uri_and_the_region(deploy_with: DeployWith) -> None:
    deployed = deploy_with(lambda opts: Job("train", job_args(), opts))
    assert environment(deployed) == {
        "DATASET_URI": URI,
        "AWS_REGION": "us-west-2",
        "ML_STORAGE_RUN": "1",
    }
    pod = deployed.one(JOB).inputs["spec"]["template"]["spec"]
    # It is not mounted, and no secret comes with it.
    assert pod["volumes"] == []
    assert pod["containers"][0]["volumeMounts"] == []


def test_a_name_that_only_the_cloud_knows(
    deploy_with: DeployWith, preview: bool
) -> None:
    deployed = deploy_with(lambda opts: Job("train", job_args(made_later(opts)), opts))
    made = deployed.one(JOB)
    assert bool(made.unknown) == preview
    if not preview:
        assert environment(deployed)["DATASET_URI"] == URI
    # The digest is a text that every preview shows.
    annotations = made.inputs["metadata"]["annotations"]
    assert annotations["ml-storage/declared"] == declared_digest(
        "train", job_args(LATER)
    )


def test_a_workspace_has_it_too(deploy_with: DeployWith) -> None:
    given = {"image": "image:1", "uris": {"DATASET_URI": "data"}}
    args = WorkspaceArgs(
        spec=WorkspaceSpec.model_validate(given),
        namespace="dev",
        environment={"DATASET_URI": URI},
    )
    deployed = deploy_with(lambda opts: Workspace("note", args, opts))
    found = environment(deployed, "kubernetes:apps/v1:Deployment")
    assert found == {"DATASET_URI": URI}


@pytest.mark.parametrize("job_set", [None, {"replicas": 1}])
def test_pods_of_several_nodes_have_it(
    deploy_with: DeployWith, preview: bool, job_set: Any
) -> None:
    more = {"nodes": {"count": 2}, **({"jobSet": job_set} if job_set else {})}
    deployed = deploy_with(
        lambda opts: Job("train", job_args(made_later(opts), **more), opts)
    )
    if job_set is None:
        made = deployed.one(JOB)
        jobs = made.inputs
    else:
        made = deployed.one("JobSet")
        (only,) = made.inputs["spec"]["replicatedJobs"]
        jobs = only["template"]
    pod = jobs["spec"]["template"]["spec"]
    assert bool(made.unknown) == preview
    found = {e["name"]: e.get("value") for e in pod["containers"][0]["env"]}
    assert "MASTER_ADDR" in found
    if not preview:
        assert found["DATASET_URI"] == URI


def test_the_digest_is_of_what_is_declared_and_not_of_the_bucket() -> None:
    args = job_args(LATER)
    one = declared_digest("train", args)
    elsewhere: dict[str, Any] = {"DATASET_URI": object(), **REGION}
    assert declared_digest("train", replace(args, environment=elsewhere)) == one
    # The URI of a `kind: bucket` is declared.
    stated = {"DATASET_URI": URI, **REGION}
    other = {"DATASET_URI": "s3://another-bucket/", **REGION}
    assert declared_digest(
        "train", replace(args, environment=stated)
    ) != declared_digest("train", replace(args, environment=other))
    changed = [
        job({"DATASET_URI": "other"}),
        job({"DATASET_URI": {"volume": "data", "path": "part"}}),
        job(image="image:2"),
        job(queue="gold"),
    ]
    for spec in changed:
        assert declared_digest("train", replace(args, spec=spec)) != one
    region: dict[str, Any] = {"DATASET_URI": object(), "AWS_REGION": "eu-west-1"}
    assert declared_digest("train", replace(args, environment=region)) != one


def test_a_running_job_is_told_of_another_volume(
    deploy_with: DeployWith,
) -> None:
    running = declared_digest("train", job_args(LATER))
    live = {"metadata": {"name": "t", "annotations": {"ml-storage/running": running}}}

    def pending(**spec: Any) -> Any:
        def make(opts: pulumi.ResourceOptions) -> dict[str, Any]:
            args = job_args(made_later(opts), **spec)
            return {"pending": Job("train", args, opts).pending}

        deployed = deploy_with(make, outputs=lambda r: live if r.type == JOB else {})
        return deployed.outputs["pending"]

    assert pending() is False
    assert pending(uris={"DATASET_URI": {"volume": "data", "path": "x"}}) is True


def test_what_env_says_of_the_region_holds(deploy_with: DeployWith) -> None:
    args = job_args(env={"AWS_REGION": "eu-west-1"})
    deployed = deploy_with(lambda opts: Job("train", args, opts))
    assert environment(deployed)["AWS_REGION"] == "eu-west-1"


def test_a_uri_without_its_value_is_refused(deploy_with: DeployWith) -> None:
    args = JobArgs(spec=job(), namespace="dev")
    with pytest.raises(ValueError, match="DATASET_URI"):
        deploy_with(lambda opts: Job("train", args, opts))


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"env": {"DATASET_URI": "s3://a/"}}, "URI03"),
        ({"uris": {"AWS_ENDPOINT_URL": "data"}}, "URI03"),
        ({"uris": {"aws_region": "data"}}, "URI03"),
        ({"uris": {"JOB_COMPLETION_INDEX": "data"}}, "JOB04"),
        ({"uris": {"RANK": "data"}, "nodes": {"count": 2}}, "JOB08"),
    ],
)
def test_a_variable_that_is_anothers(given: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match="1 validation error") as refused:
        job(**given)
    found: Any = refused.value
    (error,) = found.errors(include_url=False)
    assert error["ctx"]["problem"].rule == rule


KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def bucket(uri: str = "s3://data/", **more: Any) -> BucketUriSpec:
    known = {"endpoint": "https://s3.example.com", "secret": "keys", **more}
    values = {"kind": "bucket", "uri": uri, **known}
    return BucketUriSpec.model_validate(values)


PART = st.from_regex(r"[a-z0-9=_-]{1,8}", fullmatch=True)


@given(st.lists(PART, max_size=3), st.booleans(), st.lists(PART, min_size=1))
def test_a_uri_is_the_bucket_and_what_is_below_it(
    prefix: list[str], slash: bool, path: list[str]
) -> None:
    ending = "/" if slash else ""
    spec = bucket("/".join(["s3://data", *prefix]) + ending)
    assert spec.bucket == "data"
    assert spec.prefix == "/".join(prefix)
    assert spec.at() == "/".join(["s3://data", *prefix]) + "/"
    part = "/".join(["s3://data", *prefix, *path]) + "/"
    assert spec.at("/".join(path)) == spec.at("/".join(path) + "/") == part


def test_a_server_is_named_to_all_libraries() -> None:
    assert bucket(endpoint="http://10.0.0.1:9000/", region="lab").variables == {
        "AWS_ENDPOINT_URL": "http://10.0.0.1:9000",
        "AWS_ENDPOINT_URL_S3": "http://10.0.0.1:9000",
        "AWS_REGION": "lab",
        "AWS_DEFAULT_REGION": "lab",
    }
    # Any region will do where there is but one.
    assert bucket().variables["AWS_REGION"] == "us-east-1"
    of_aws = bucket(endpoint=None, region="eu-west-1").variables
    assert of_aws == dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), "eu-west-1")


@pytest.mark.parametrize(
    "endpoint",
    [
        *("http://10.1.2.3:9000", "http://192.168.0.1", "http://[fd00::1]:9000"),
        *("http://minio:9000", "http://minio.data.svc:9000"),
        *("http://minio.data.svc.cluster.local", "http://nas.internal/s3"),
        *("https://s3.example.com", "https://storage.googleapis.com"),
    ],
)
def test_nothing_is_said_of_a_server_of_ones_own(endpoint: str) -> None:
    assert list(bucket(endpoint=endpoint).problems()) == []


@pytest.mark.parametrize(
    "endpoint",
    [
        *("http://s3.example.com", "http://1.2.3.4:9000", "http://[2600::1]:9000"),
        *("http://svc.example.com", "http://localhost", "https://[::1]:9000"),
    ],
)
def test_a_server_that_is_probably_not_meant(endpoint: str) -> None:
    (found,) = bucket(endpoint=endpoint).problems()
    assert (found.rule, found.severity) == ("BKT23", "warning")


def test_which_of_the_uris_are_of_such_buckets() -> None:
    spec = job({"A": "mine", "B": "granted", "C": {"volume": "mine", "path": "x"}})
    mine = bucket()
    found = dict(buckets_of(spec.uris, {"mine": mine, "granted": object()}))
    assert found == {"A": mine, "C": mine}


def test_the_keys_come_from_the_secret_beside_the_uri(deploy_with: DeployWith) -> None:
    keys = EnvironmentSecretSpec.model_validate(
        {"kind": "environment", "variables": dict.fromkeys(KEYS, "a-key")}
    )
    spec, secret = bucket(), SecretByName("keys", keys)
    args = JobArgs(
        spec=job(),
        namespace="dev",
        environment={"DATASET_URI": spec.at(), **spec.variables},
        secrets=[secret, secret],
    )
    deployed = deploy_with(lambda opts: Job("train", args, opts))
    found = environment(deployed)
    assert found["DATASET_URI"] == "s3://data/"
    assert [found[name] for name in KEYS] == [None, None]
    taken = replace(args, environment={**args.environment, KEYS[0]: "AK"})
    with pytest.raises(ValueError, match="AWS_ACCESS_KEY_ID is set by the secret keys"):
        deploy_with(lambda opts: Job("train", taken, opts))
