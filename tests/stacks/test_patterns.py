"""Patterns in whole stacks: what is registered, and as whom it runs."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from components.catalog.problem import Problem
from stacks.load import from_file
from stacks.patterns import helpers, spelt_out
from stacks.testing import Deployment, Registered, deploy_stack
from tests.stacks.examples import needs

GOOD = Path(__file__).parents[1] / "config" / "good" / "patterns.yaml"
JOB = "kubernetes:batch/v1:Job"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
SECRET = "kubernetes:core/v1:Secret"  # noqa: S105, a kind of object
IMAGE = "transfer:1"
SUBNETS = {
    "us-west-2a": "subnet-0123456789abcdef0",
    "us-west-2b": "subnet-0fedcba9876543210",
}
GCP_NETWORK = {
    "network": "prod",
    "subnet": "prod-us",
    "pods": "pods",
    "services": "services",
    "peeredRange": "google-services",
}


@cache
def deployed(*, preview: bool = False) -> Deployment:
    return deploy_stack(GOOD, strict=True, preview=preview)


def pod(whole: Deployment, name: str, kind: str = "Job") -> dict[str, Any]:
    return whole.manifest(kind, name)["spec"]["template"]["spec"]


def containers(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Containers by name, in the order in which they start."""
    return {
        c["name"]: c for c in (*spec.get("initContainers", ()), *spec["containers"])
    }


def mount(container: dict[str, Any], path: str) -> dict[str, Any]:
    (found,) = (m for m in container["volumeMounts"] if m["mountPath"] == path)
    return found


def variables(container: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry.get("value", "") for entry in container["env"]}


def component(whole: Deployment, name: str) -> Registered:
    (found,) = (r for r in whole.resources if r.name == name and not r.custom)
    return found


def test_a_preview_shows_what_an_update_makes() -> None:
    seen = [{made.urn for made in deployed(preview=p).resources} for p in (True, False)]
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("pattern", "kind", "job"),
    [
        ("cifar10", "DatasetStaging", "cifar10"),
        ("imagenet", "DatasetStaging", "imagenet"),
        ("bert-a", "ModelRepository", "bert-a-v1"),
        ("bert-b", "ModelRepository", "bert-b-v2"),
    ],
)
def test_a_job_fills_what_a_pattern_names(pattern: str, kind: str, job: str) -> None:
    whole = deployed()
    parent = component(whole, pattern) if pattern != job else None
    owner = whole.one(f"ml-storage:index:{kind}", pattern)
    assert parent in (None, owner)
    (child,) = whole.children_of(owner)
    assert (child.type, child.name) == ("ml-storage:index:Job", job)
    (made,) = whole.children_of(child)
    assert made.inputs["metadata"]["name"] == job
    # The volume is there before anything is copied to it.
    assert whole.one(CLAIM, "shared-claim").urn in needs(whole, made)
    (main,) = pod(whole, job)["containers"]
    assert "readOnly" not in mount(main, "/target")


def test_a_bucket_is_reached_by_its_own_secret() -> None:
    whole = deployed()
    secret = whole.one(SECRET).urn
    for job, reaches in (("imagenet", True), ("cifar10", False)):
        (main,) = pod(whole, job)["containers"]
        assert ("AWS_ACCESS_KEY_ID" in variables(main)) == reaches
        (made,) = (r for r in whole.all(JOB) if r.name == f"{job}-job")
        assert (secret in needs(whole, made)) == reaches
    (main,) = pod(whole, "imagenet")["containers"]
    assert variables(main)["SOURCE_URI"] == "s3://data/vision/"
    assert "$(SOURCE_URI)imagenet" in main["command"]


def test_a_program_of_several_patterns() -> None:
    spec = pod(deployed(), "train")
    found = containers(spec)
    assert list(found) == [
        "wait-cifar10",
        "wait-imagenet",
        "restore-resume",
        "publish-resume",
        "main",
    ]
    stays = [name for name, c in found.items() if c.get("restartPolicy") == "Always"]
    assert stays == ["publish-resume"]
    main = found["main"]
    for name, path in (("cifar10", "/data"), ("imagenet", "/more")):
        expected = {"name": "shared", "mountPath": path, "subPath": name}
        for container in (main, found[f"wait-{name}"]):
            assert mount(container, path) == {**expected, "readOnly": True}
        assert "env" not in found[f"wait-{name}"]
    # It writes the artifacts, and so waits for none.
    models = {"name": "shared", "mountPath": "/models", "subPath": "models"}
    assert mount(main, "/models") == models
    for name in ("restore-resume", "publish-resume"):
        assert found[name]["volumeMounts"] == [
            {"name": "scratch", "mountPath": "/checkpoints"}
        ]
        given = variables(found[name])
        assert given["RESUME_URI"] == "s3://data/vision/ckpt/train/"
        assert given["AWS_ENDPOINT_URL"] == "https://s3.example.com"
        assert "--only-first" in found[name]["command"]
    # The claim is written by one of its programs.
    (claim,) = (v for v in spec["volumes"] if v["name"] == "shared")
    assert "readOnly" not in claim["persistentVolumeClaim"]


def test_a_pattern_mounted_twice_is_waited_for_once() -> None:
    found = containers(pod(deployed(), "sweep"))
    assert list(found) == ["wait-cifar10", "restore-tries", "publish-tries", "main"]
    assert mount(found["main"], "/again")["subPath"] == "cifar10"
    local = mount(found["main"], "/checkpoints")
    assert local["subPath"] == "steps"
    assert found["publish-tries"]["volumeMounts"] == [local]
    command = found["publish-tries"]["command"]
    assert "$(TRIES_URI)index-$(JOB_COMPLETION_INDEX)/" in command


def test_those_that_stay_have_them_too() -> None:
    notebook = containers(pod(deployed(), "notebook", "Deployment"))
    assert list(notebook) == [
        "wait-imagenet",
        "restore-on-a-claim",
        "publish-on-a-claim",
        "main",
    ]
    serve = containers(pod(deployed(), "serve", "Deployment"))
    assert list(serve) == ["wait-bert-a", "wait-bert-b", "wait-models", "main"]
    for path, part in (("/model", "bert/v1"), ("/next", "bert/v2")):
        assert mount(serve["main"], path)["subPath"] == part


def team(volumes: dict[str, Any], patterns: dict[str, Any], **mounts: Any) -> Any:
    train = {"image": "image:1", "command": ["run"], "graceSeconds": 60}
    return {
        "name": "vision",
        "volumes": {**volumes, "scratch": {"kind": "scratch", "size": "10Gi"}},
        "patterns": patterns,
        "jobs": {"train": {**train, "mounts": mounts}},
    }


PATTERNS: dict[str, Any] = {
    "data": {
        "kind": "dataset-staging",
        "source": {"volume": "datasets", "path": "imagenet"},
        "to": {"volume": "models", "path": "imagenet"},
        "image": IMAGE,
    },
    "resume": {
        "kind": "checkpoint-tier",
        "local": "scratch",
        "bucket": {"volume": "checkpoints", "path": "resnet"},
        "image": IMAGE,
    },
}
VOLUMES = {
    "datasets": {"from": "datasets"},
    "checkpoints": {"from": "checkpoints"},
    "models": {"from": "models", "writers": "one"},
}
GRANTS = {
    "vision": {
        "grants": {
            "datasets": {"access": "read-write", "prefix": "vision"},
            "checkpoints": "read-write",
            "models": "read-write",
        }
    }
}
EXISTING: dict[str, Any] = {"existing": True}


def whole_stack(platform: Any, mounted: dict[str, str]) -> dict[str, Any]:
    made = team(VOLUMES, PATTERNS, **mounted)
    return {"ml-storage:platform": platform, "ml-storage:team": made}


def aws() -> dict[str, Any]:
    platform = {
        "cloud": "aws",
        "region": "us-west-2",
        "network": {"existing": {"vpc": "vpc-0123456789abcdef0", "subnets": SUBNETS}},
        "cluster": {"existing": "prod-eks"},
        "addOns": {
            "eks-pod-identity-agent": EXISTING,
            "aws-efs-csi-driver": EXISTING,
            "aws-mountpoint-s3-csi-driver": EXISTING,
        },
        "storage": {
            "datasets": {"kind": "s3"},
            "checkpoints": {"kind": "s3"},
            "models": {"kind": "efs"},
        },
        "teams": GRANTS,
    }
    mounted = {"/data": "data", "/checkpoints": "resume"}
    return whole_stack(platform, mounted)


def gcp() -> dict[str, Any]:
    platform = {
        "cloud": "gcp",
        "project": "ml-prod-123456",
        "region": "us-central1",
        "network": {"existing": GCP_NETWORK},
        "cluster": {"existing": "prod", "location": "us-central1"},
        "addOns": {"gcs-fuse-csi-driver": EXISTING, "filestore-csi-driver": EXISTING},
        "storage": {
            "datasets": {"kind": "gcs"},
            "checkpoints": {"kind": "gcs", "softDelete": "0d"},
            "models": {"kind": "filestore", "zone": "us-central1-a"},
        },
        "teams": GRANTS,
    }
    storage: Any = platform["storage"]
    storage["models"] |= {"tier": "ZONAL", "capacityGiB": 1024}
    mounted = {"/data": "data", "/checkpoints": "resume"}
    return whole_stack(platform, mounted)


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
@pytest.mark.parametrize(
    ("cloud", "scheme", "reader"), [("aws", "s3", "workload"), ("gcp", "gs", "reader")]
)
def test_on_a_cloud_pods_reach_buckets_as_themselves(
    cloud: str, scheme: str, reader: str, preview: bool
) -> None:
    whole = deploy_stack({"aws": aws, "gcp": gcp}[cloud](), preview=preview)
    staging, train = pod(whole, "data"), pod(whole, "train")
    # Copying reads alone, and whoever publishes writes.
    assert staging["serviceAccountName"] == reader
    assert train["serviceAccountName"] == "workload"
    buckets = [r for r in whole.resources if r.kind == "Bucket" and r.custom]
    assert len(buckets) == 2
    for job, variable, end in (
        ("data", "SOURCE_URI", "/vision/"),
        ("train", "RESUME_URI", "/resnet/"),
    ):
        (made,) = (r for r in whole.all(JOB) if r.name == f"{job}-job")
        found = containers(pod(whole, job))
        reached = {"data": ["main"], "train": ["restore-resume", "publish-resume"]}
        for name in reached[job]:
            given = variables(found[name])
            assert variable in given
            if not preview:
                assert given[variable].startswith(f"{scheme}://")
                assert given[variable].endswith(end)
        assert any(bucket.urn in needs(whole, made) for bucket in buckets)
        # No key of anyone's comes with it.
        assert not any("secret" in volume for volume in pod(whole, job)["volumes"])


def test_what_a_pattern_brings_is_told_where_the_pattern_stands() -> None:
    config = from_file(GOOD).config
    assert config is not None
    assert config.team is not None
    made = spelt_out(config.team)
    imagenet = ("team", "patterns", "imagenet")
    for path, stands in {
        ("team", "jobs", "imagenet"): imagenet,
        ("team", "jobs", "imagenet", "mounts", "/target"): (*imagenet, "to"),
        ("team", "jobs", "imagenet", "uris", "SOURCE_URI"): (*imagenet, "source"),
        ("team", "jobs", "imagenet", "nodes", "pool"): (*imagenet, "pool"),
        ("team", "jobs", "imagenet", "image"): (*imagenet, "image"),
        ("team", "jobs", "imagenet", "secrets", 0): (*imagenet, "secrets", 0),
        ("team", "jobs", "imagenet", "retries"): imagenet,
        ("team", "jobs", "train", "uris", "RESUME_URI"): (
            *("team", "patterns", "resume"),
            "bucket",
        ),
        ("team", "jobs", "train", "image"): ("team", "jobs", "train", "image"),
        ("team", "volumes", "shared"): ("team", "volumes", "shared"),
    }.items():
        assert made.place(path) == stands, path
    at = ("team", "jobs", "train", "mounts", "/data")
    told = made.told(Problem(rule="X", message="", path=at, value="shared"))
    assert (told.path, told.value) == (at, "cifar10")
    # What is declared stays as it was: another look at it sees the patterns.
    assert config.team.jobs["train"].mounts["/data"].volume == "cifar10"
    beside = helpers(config.team, "train", config.team.jobs["train"])
    assert [helper.role for helper in beside] == ["wait", "wait", "restore", "publish"]
