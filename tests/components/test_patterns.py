"""Patterns as programs in Python use them, and the commands of their containers."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from components.kubernetes import checkpoint_tier_spec
from components.kubernetes.checkpoint_tier import CheckpointTier
from components.kubernetes.checkpoint_tier_spec import CheckpointTierSpec
from components.kubernetes.claim import Claim, ClaimArgs
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.helper import Helper
from components.kubernetes.job import Job, JobArgs
from components.kubernetes.job_spec import JobSpec
from components.kubernetes.pattern_spec import PatternSpec
from components.kubernetes.scratch_spec import ScratchSpec
from components.kubernetes.shared_artifacts import SharedArtifacts
from components.kubernetes.shared_artifacts_spec import SharedArtifactsSpec
from components.kubernetes.staging import (
    DatasetStaging,
    DatasetStagingArgs,
    ModelRepository,
    ModelRepositoryArgs,
)
from components.kubernetes.staging_spec import DatasetStagingSpec, ModelRepositorySpec
from components.testing import Deployment
from tests.components.conftest import DeployWith

JOB = "kubernetes:batch/v1:Job"
IMAGE = {"image": "transfer:1"}
DIGEST = "ab" * 32
TIER = {"kind": "checkpoint-tier", "local": "disk", "bucket": "bucket", **IMAGE}
SCRATCH = ScratchSpec(kind="scratch", size="1Gi")
PROGRAM = JobSpec(image="image:1", command=["train"])


def parsed(command: Sequence[str]) -> argparse.Namespace:
    """A container's command, as the program that it runs reads it."""
    python, option, module, *arguments = command
    assert (python, option) == ("python3", "-m")
    runs = module if module == "jobs.wait" else f"{module}.__main__"
    parser: argparse.ArgumentParser = vars(import_module(runs))["_parser"]()
    return parser.parse_args(arguments)


def pod_of(deployed: Deployment, job: str) -> dict[str, Any]:
    return deployed.manifest("Job", job)["spec"]["template"]["spec"]


def dataset(**more: Any) -> DatasetStagingSpec:
    to = {"volume": "shared", "path": "imagenet"}
    given = {"kind": "dataset-staging", "source": "bucket", "to": to, **IMAGE, **more}
    return DatasetStagingSpec.model_validate(given)


def shared(opts: pulumi.ResourceOptions) -> Claim:
    given = {"kind": "claim", "storageClass": "files", "size": "1Ti"}
    spec = ClaimSpec.model_validate({**given, "accessModes": ["ReadWriteMany"]})
    return Claim("shared", ClaimArgs(spec=spec, namespace="dev"), opts)


def bucket(opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """A URI that a preview does not know yet."""
    made = k8s.core.v1.ConfigMap("bucket", metadata={"name": "bucket"}, opts=opts)
    return pulumi.Output.concat("s3://", made.id, "/")


def test_a_staged_dataset(deploy_with: DeployWith, preview: bool) -> None:
    def program(opts: pulumi.ResourceOptions) -> None:
        args = DatasetStagingArgs(
            spec=dataset(),
            namespace="dev",
            target=shared(opts),
            environment={"SOURCE_URI": bucket(opts)},
            service_account="reader",
        )
        staging = DatasetStaging("imagenet", args, opts)
        reads = JobArgs(
            spec=PROGRAM,
            namespace="dev",
            mounts=[staging.mount("/data")],
            helpers=staging.helpers("/data"),
        )
        Job("train", reads, opts)

    deployed = deploy_with(program)
    component = deployed.one("ml-storage:index:DatasetStaging")
    (job,) = deployed.children_of(component)
    assert (job.kind, job.name) == ("Job", "imagenet")
    copies = pod_of(deployed, "imagenet")
    (main,) = copies["containers"]
    assert copies["serviceAccountName"] == "reader"
    (mount,) = main["volumeMounts"]
    path = {"name": "shared", "mountPath": "/target", "subPath": "imagenet"}
    assert mount == path
    read = parsed(main["command"])
    assert (read.source, str(read.target)) == ("$(SOURCE_URI)", "/target")
    unknown = deployed.manifest("Job", "imagenet")["metadata"]["annotations"]
    assert unknown["ml-storage/declared"] == unknown["ml-storage/running"]
    reads = pod_of(deployed, "train")
    (waits,) = reads["initContainers"]
    assert parsed(waits["command"]).timeout == 3600
    for container in (waits, *reads["containers"]):
        (mount,) = container["volumeMounts"]
        assert mount == {**path, "mountPath": "/data", "readOnly": True}
    assert preview == any("env" in u for u in deployed.one(JOB, "imagenet-job").unknown)


def test_a_bucket_without_its_uri_is_refused(deploy_with: DeployWith) -> None:
    def program(opts: pulumi.ResourceOptions) -> None:
        args = DatasetStagingArgs(spec=dataset(), namespace="dev", target=shared(opts))
        DatasetStaging("imagenet", args, opts)

    with pytest.raises(ValueError, match="no URI for SOURCE_URI"):
        deploy_with(program)


def test_versions_of_a_model_are_side_by_side(deploy_with: DeployWith) -> None:
    def program(opts: pulumi.ResourceOptions) -> None:
        target = shared(opts)
        for number, version in enumerate(("v1", "v2")):
            given = {"kind": "model-repository", "to": "shared", "version": version}
            given["source"] = "https://example.com/model.tar"
            spec = ModelRepositorySpec.model_validate({**given, **IMAGE})
            args = ModelRepositoryArgs(spec=spec, namespace="dev", target=target)
            ModelRepository(f"bert-{number}", args, opts)

    deployed = deploy_with(program)
    for job, version in (("bert-0-v1", "v1"), ("bert-1-v2", "v2")):
        (main,) = pod_of(deployed, job)["containers"]
        (mount,) = main["volumeMounts"]
        assert mount["subPath"] == version
        assert parsed(main["command"]).source == "https://example.com/model.tar"


def test_a_version_that_was_edited_is_copied_by_a_new_run(
    deploy_with: DeployWith,
) -> None:
    given = {"kind": "model-repository", "to": "shared", "version": "v1", "run": 2}
    given["source"] = "https://example.com/model.tar"
    spec = ModelRepositorySpec.model_validate({**given, **IMAGE})

    def program(opts: pulumi.ResourceOptions) -> None:
        args = ModelRepositoryArgs(spec=spec, namespace="dev", target=shared(opts))
        ModelRepository("bert", args, opts)

    metadata = deploy_with(program).manifest("Job", "bert-v1")["metadata"]
    assert metadata["labels"]["ml-storage/run"] == "2"


def test_a_pattern_says_all_that_programs_ask_of_it() -> None:
    class Forgetful(PatternSpec):
        """A kind that says what it is made of, and no more."""

        def volumes(self) -> dict[str, str]:
            return {}

    with pytest.raises(TypeError, match="abstract methods helpers, mount"):
        Forgetful.model_validate(IMAGE)


def test_a_tier_and_artifacts_around_a_job(deploy_with: DeployWith) -> None:
    tier_spec = CheckpointTierSpec.model_validate(TIER)
    to = {"volume": "shared", "path": "models"}
    artifacts_spec = SharedArtifactsSpec.model_validate(
        {"kind": "shared-artifacts", "to": to, "writer": "train", **IMAGE}
    )

    def program(opts: pulumi.ResourceOptions) -> None:
        tier = CheckpointTier("ckpt", tier_spec, local=SCRATCH)
        models = SharedArtifacts("models", artifacts_spec, volume=shared(opts))
        for name in ("train", "test"):
            mounts = [models.mount(name, PROGRAM, "/models")]
            helpers = [*models.helpers(name, PROGRAM, "/models")]
            if name == "train":
                mounts.append(tier.mount("/ckpt"))
                helpers += tier.helpers(name, PROGRAM, "/ckpt")
            args = JobArgs(
                spec=PROGRAM,
                namespace="dev",
                mounts=mounts,
                helpers=helpers,
                environment={tier.variable: bucket(opts)} if name == "train" else {},
            )
            Job(name, args, opts)

    deployed = deploy_with(program)
    train, test = (pod_of(deployed, name) for name in ("train", "test"))
    restore, publish = train["initContainers"]
    assert [restore["name"], publish["name"]] == ["restore-ckpt", "publish-ckpt"]
    assert "restartPolicy" not in restore
    assert publish["restartPolicy"] == "Always"
    for container in (restore, publish):
        assert container["volumeMounts"] == [{"name": "disk", "mountPath": "/ckpt"}]
        assert "CKPT_URI" in [entry["name"] for entry in container["env"]]
    of_models = {"name": "shared", "mountPath": "/models", "subPath": "models"}
    assert of_models in train["containers"][0]["volumeMounts"]
    (waits,) = test["initContainers"]
    assert waits["volumeMounts"] == [{**of_models, "readOnly": True}]
    assert test["containers"][0]["volumeMounts"] == waits["volumeMounts"]


def helpers(program: dict[str, Any], **tier: Any) -> tuple[Helper, Helper]:
    spec = CheckpointTierSpec.model_validate({**TIER, **tier})
    given = {"image": "image:1", "command": ["train"], **program}
    restore, publish = spec.helpers(
        "ckpt", "train", JobSpec.model_validate(given), "/ckpt"
    )
    return restore, publish


def test_the_programs_understand_their_tier() -> None:
    restore, publish = helpers(
        {"graceSeconds": 110}, keep=5, maxAge="14d", about={"model": "resnet"}
    )
    got, put = parsed(restore.command), parsed(publish.command)
    for read in (got, put):
        assert (read.uri, str(read.directory)) == ("$(CKPT_URI)", "/ckpt")
        assert read.about == [("model", "resnet")]
        assert not read.only_first
    # What is left of the grace period is for the container's own end.
    assert (put.keep, put.max_age, put.flush) == (5, 14 * 86400, 105)


def test_each_index_has_a_prefix_of_its_own_and_several_nodes_one() -> None:
    for each in helpers({"indexes": 4}):
        read = parsed(each.command)
        assert read.uri == "$(CKPT_URI)index-$(JOB_COMPLETION_INDEX)/"
        assert not read.only_first
    for each in helpers({"nodes": {"count": 2}}):
        read = parsed(each.command)
        assert (read.uri, read.only_first) == ("$(CKPT_URI)", True)
        assert read.about == [("program", "train")]


def test_the_words_that_checkpoints_say_of_themselves() -> None:
    remote = vars(import_module("jobs.checkpoints.remote"))
    assert set(checkpoint_tier_spec.OWN_WORDS) == {remote["CONTENT"], remote["TIME"]}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, {"sha256": None, "unpack": None, "wait": 0}),
        ({"sha256": DIGEST.upper()}, {"sha256": DIGEST}),
        ({"unpack": True}, {"unpack": True}),
        ({"unpack": False}, {"unpack": False}),
        ({"wait": "15m"}, {"wait": 900}),
    ],
)
def test_the_program_understands_what_is_staged(
    said: dict[str, Any], expected: dict[str, Any]
) -> None:
    read = vars(parsed(dataset(**said).job().command))
    assert {key: read[key] for key in expected} == expected


@pytest.mark.parametrize("timeout", ["90s", "1d"])
def test_who_waits_understands_how_long(timeout: str) -> None:
    (waits,) = dataset(timeout=timeout).helpers("data", "train", PROGRAM, "/data")
    assert parsed(waits.command).timeout == {"90s": 90, "1d": 86400}[timeout]
