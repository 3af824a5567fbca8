"""The environments of `examples/gcp`, as `pulumi up` would register them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from stacks.testing import Deployment, Registered, deploy_stack
from tests.cloud.gcp.registered import refusals
from tests.stacks.examples import needs

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = [
    *sorted((EXAMPLES / "gcp").glob("Pulumi.*.yaml")),
    EXAMPLES / "anywhere" / "Pulumi.gcp.yaml",
]

BUCKET = "gcp:storage/bucket:Bucket"
MEMBERS = (
    "gcp:storage/bucketIAMMember:BucketIAMMember",
    "gcp:storage/managedFolderIamMember:ManagedFolderIamMember",
)
PROJECT_MEMBER = "gcp:projects/iAMMember:IAMMember"
CLUSTER = "gcp:container/cluster:Cluster"
NODES = "gcp:container/nodePool:NodePool"
POD_ANNOTATION = "gke-gcsfuse/volumes"


@cache
def deployed(file: Path) -> Deployment:
    """What an update of a stack registers."""
    return deploy_stack(file, strict=True)


def stack(name: str) -> Deployment:
    return deployed(EXAMPLES / "gcp" / f"Pulumi.{name}.yaml")


def every() -> Iterator[Registered]:
    """Everything that any of the examples registers."""
    for file in FILES:
        yield from deployed(file).resources


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_comes_up_without_a_warning(file: Path) -> None:
    updated = deployed(file)
    previewed = deploy_stack(file, preview=True, strict=True)
    assert updated.resources
    # What were made of a value that only the cloud knows would be missing.
    assert {made.urn for made in previewed.resources} == {
        made.urn for made in updated.resources
    }
    assert refusals(previewed) == []


def test_objects_go_before_nodes_and_rights() -> None:
    prod = stack("prod")
    pools = prod.all(NODES)
    # Four pools, and one more for the second slice.
    assert len(pools) == 6
    volumes = prod.all("kubernetes:core/v1:PersistentVolume")
    assert volumes
    for made in volumes:
        before = needs(prod, made)
        for pool in pools:
            assert pool.urn in before, f"{made.urn} would outlive {pool.urn}"


def test_every_bucket_is_uniform_and_never_public() -> None:
    buckets = [made for made in every() if made.type == BUCKET]
    assert len(buckets) >= 4
    for bucket in buckets:
        assert bucket.inputs["uniformBucketLevelAccess"] is True, bucket.urn
        assert bucket.inputs["publicAccessPrevention"] == "enforced", bucket.urn
        assert bucket.protect
        assert not bucket.inputs.get("forceDestroy")


def test_no_one_has_storage_of_the_whole_project_nor_a_key_file() -> None:
    seen = 0
    for made in every():
        assert "serviceaccount/key" not in made.type.lower()
        assert "BucketIAMBinding" not in made.type
        if made.type == PROJECT_MEMBER:
            role = made.inputs["role"]
            assert not role.startswith("roles/storage"), made.urn
            assert role not in ("roles/owner", "roles/editor"), made.urn
        member = made.inputs.get("member")
        if member is not None:
            seen += 1
            assert member not in ("allUsers", "allAuthenticatedUsers"), made.urn
    assert seen > 5
    assert "private_key" not in json.dumps([made.inputs for made in every()])


def roles(whole: Deployment, account: str) -> set[tuple[str, str]]:
    """Role and place of what pods of a ServiceAccount are granted in buckets."""
    found: set[tuple[str, str]] = set()
    for token in MEMBERS:
        for made in whole.all(token):
            if made.inputs["member"].endswith(account):
                place = made.inputs.get("managedFolder", "")
                found.add((made.inputs["role"], f"{made.inputs['bucket']}/{place}"))
    return found


def pod_of(whole: Deployment, job: str) -> Any:
    [made] = [r for r in whole.all("kubernetes:batch/v1:Job") if r.name == f"{job}-job"]
    return made.inputs["spec"]["template"]


def test_a_bucket_that_one_writes_and_many_read() -> None:
    """Two jobs and one volume, and each has the least role for what it does."""
    prod, vision = stack("prod"), stack("vision-prod")
    writer, reader = pod_of(vision, "import"), pod_of(vision, "embed")
    assert writer["spec"]["serviceAccountName"] == "workload"
    assert reader["spec"]["serviceAccountName"] == "reader"
    for pod in (writer, reader):
        assert pod["metadata"]["annotations"][POD_ANNOTATION] == "true"
        [claim] = [v for v in pod["spec"]["volumes"] if v["name"] == "datasets"]
        assert claim["persistentVolumeClaim"]["claimName"] == "datasets"
    [mount] = reader["spec"]["containers"][0]["volumeMounts"]
    assert mount["readOnly"] is True
    [embed] = [
        r for r in vision.all("kubernetes:batch/v1:Job") if r.name == "embed-job"
    ]
    assert embed.inputs["spec"]["parallelism"] == 256
    written = {role for role, _ in roles(prod, "ns/vision/sa/workload")}
    read = {role for role, _ in roles(prod, "ns/vision/sa/reader")}
    assert written == {"roles/storage.objectUser"}
    assert read == {"roles/storage.objectViewer"}


def test_a_prefix_is_all_that_a_team_sees() -> None:
    prod = stack("prod")
    for team in ("vision", "language"):
        places = {p for _, p in roles(prod, f"ns/{team}/sa/workload")}
        parts = {p for p in places if "checkpoints" in p}
        assert len(parts) == 1
        assert parts.pop().rstrip("/").endswith(f"/{team}")


def test_a_job_on_tpus_asks_for_its_whole_slice() -> None:
    language = stack("language-prod")
    one, many = pod_of(language, "finetune"), pod_of(language, "pretrain")
    for pod, chips, topology in ((one, "8", "2x4"), (many, "4", "4x4")):
        [container] = pod["spec"]["containers"]
        assert container["resources"]["limits"]["google.com/tpu"] == chips
        selector = pod["spec"]["nodeSelector"]
        assert selector["cloud.google.com/gke-tpu-topology"] == topology
        assert selector["cloud.google.com/gke-tpu-accelerator"] == "tpu-v6e-slice"
        assert any(t["key"] == "google.com/tpu" for t in pod["spec"]["tolerations"])
    assert "affinity" in many["spec"]
    sources = {v["name"]: v for v in one["spec"]["volumes"]}
    assert {"models", "datasets", "checkpoints"} <= set(sources)


def test_what_holds_data_is_protected_and_encrypted() -> None:
    prod = stack("prod")
    for token in (
        BUCKET,
        "gcp:filestore/instance:Instance",
        "gcp:lustre/instance:Instance",
        "gcp:compute/disk:Disk",
        "gcp:kms/cryptoKey:CryptoKey",
        "gcp:compute/network:Network",
        "gcp:compute/subnetwork:Subnetwork",
    ):
        made = prod.all(token)
        assert made, token
        assert all(resource.protect for resource in made), token
    filestore = prod.one("gcp:filestore/instance:Instance")
    assert filestore.inputs["deletionProtectionEnabled"] is True
    assert prod.one(CLUSTER).inputs["deletionProtection"] is True
    assert stack("research").one(CLUSTER).inputs["deletionProtection"] is False


def test_nodes_are_the_autoscalers_business() -> None:
    for pool in stack("prod").all(NODES):
        if "v6e-slice" not in pool.name:
            assert "autoscaling" in pool.inputs, pool.name
        assert pool.inputs["nodeConfig"]["workloadMetadataConfig"] == {
            "mode": "GKE_METADATA"
        }


def test_model_of_one_disk_is_read_by_many() -> None:
    prod = stack("prod")
    disk = prod.one("gcp:compute/disk:Disk")
    assert disk.inputs["accessMode"] == "READ_ONLY_MANY"
    [volume] = [
        made
        for made in prod.all("kubernetes:core/v1:PersistentVolume")
        if made.name.startswith("weights-vision")
    ]
    assert volume.inputs["spec"]["accessModes"] == ["ReadOnlyMany"]
    assert volume.inputs["spec"]["csi"]["readOnly"] is True
