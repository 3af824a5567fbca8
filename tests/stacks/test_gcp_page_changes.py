"""What the how-to on Google Cloud says of changes, of the end, and of what there is."""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from typing import Any

import pytest
import yaml

from stacks.testing import Deployment, deploy_stack
from tests.cloud.diffing import compare
from tests.cloud.gcp.cloud import Gcp
from tests.stacks.pages import PLATFORM, ROOT, Pages, all_of, data_alone, kept

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

DATA = ("cloud", "project", "region", "network", "keys", "storage")


@cache
def stored(name: str = "", key: str = "", value: str = "") -> Deployment:
    """The data alone, after an edit of the environment's file where one is given."""
    whole = data_alone(PAGES.environment("gcp-storage"), (*DATA, "diskImages"))
    platform = whole[PLATFORM]
    platform["keys"]["other"] = {}
    platform["diskImages"]["others"] = copy.deepcopy(platform["diskImages"]["weights"])
    platform["storage"]["archive"]["bucket"] = "archive-of-prod"
    if value:
        platform["storage"][name][key] = json.loads(value)
    return deploy_stack(whole, name="prod")


CHANGES = [
    (LUSTRE, "training-data", "capacityGiB", 36000, "in place"),
    (LUSTRE, "training-data", "zone", "us-central1-b", "refused"),
    (LUSTRE, "training-data", "throughputPerTiB", 1000, "refused"),
    (LUSTRE, "training-data", "kmsKey", "other", "refused"),
    (FILESTORE, "models", "capacityGiB", 2048, "in place"),
    (FILESTORE, "models", "tier", "ENTERPRISE", "refused"),
    (FILESTORE, "models", "protocol", "NFS_V4_1", "refused"),
    (FILESTORE, "models", "kmsKey", "other", "refused"),
    (DISK, "weights", "sizeGiB", 600, "in place"),
    (DISK, "weights", "throughput", 4800, "in place"),
    (DISK, "weights", "image", "others", "refused"),
    (BUCKET, "archive", "bucket", "archive-of-us", "refused"),
    (BUCKET, "archive", "location", "US", "refused"),
    (BUCKET, "archive", "hierarchicalNamespace", True, "refused"),
    (BUCKET, "datasets", "kmsKey", "other", "in place"),
    (BUCKET, "datasets", "softDelete", "7d", "in place"),
    (BUCKET, "datasets", "lifecycle", [{"expireAfter": "9d"}], "in place"),
]
ROWS = re.findall(
    r"^\| ([^|]+?) \| (`[^|]+`) \| (in place|refused) \|$", MAIN, re.MULTILINE
)


@pytest.mark.slow
@pytest.mark.parametrize(("token", "name", "key", "value", "said"), CHANGES)
def test_what_the_table_says_of_changes(
    token: str, name: str, key: str, value: Any, said: str
) -> None:
    before, after = (
        next(r for r in made.all(token) if r.name.startswith(name)).inputs
        for made in (stored(), stored(name, key, json.dumps(value)))
    )
    assert before != after
    replaces = compare(Gcp().kinds[token], before, {}, after, []).replaces
    assert bool(replaces) is (said == "refused")


ANOTHER = [("size", 400), ("type", "hyperdisk-balanced")]
"""Changes of a disk that no other rule takes, as the provider is told of them."""


@pytest.mark.slow
@pytest.mark.parametrize(("key", "value"), ANOTHER)
def test_a_smaller_disk_or_one_of_another_type_is_another(key: str, value: Any) -> None:
    before = next(r for r in stored().all(DISK) if r.name.startswith("weights")).inputs
    assert key in before
    after = {**before, key: value}
    assert compare(Gcp().kinds[DISK], before, {}, after, []).replaces


@pytest.mark.slow
def test_what_google_cloud_refuses_to_shrink() -> None:
    lustre = stored().one(LUSTRE).inputs
    filestore = next(r for r in stored().all(FILESTORE) if "models" in r.name).inputs
    shares = filestore["fileShares"]
    basic = {**filestore, "tier": "BASIC_SSD", "fileShares": {**shares}}
    for token, before, after in (
        (LUSTRE, lustre, {**lustre, "capacityGib": "9000"}),
        (FILESTORE, basic, {**basic, "fileShares": {**shares, "capacityGb": 512}}),
    ):
        kind = Gcp().kinds[token]
        assert compare(kind, before, {}, after, []).replaces == set()
        assert kind.refuses is not None
        assert kind.refuses(before, after)


def test_the_table_of_changes_names_what_is_tried() -> None:
    tried = {(key, said) for _, _, key, _, said in CHANGES}
    tried |= {({"size": "sizeGiB"}.get(key, key), "refused") for key, _ in ANOTHER}
    named = {
        (word, said) for what, _, said in ROWS for word in re.findall(r"`(\w+)`", what)
    }
    assert named == tried


@pytest.fixture(scope="module")
def prod() -> Deployment:
    return deploy_stack(EXAMPLE)


@pytest.mark.slow
def test_what_exclude_protected_keeps(prod: Deployment) -> None:
    stays = kept(prod)

    keeps = (
        *(LUSTRE, FILESTORE, BUCKET, DISK, "gcp:compute/image:Image"),
        *(KEY, "CryptoKeyIAMMember", "Namespace"),
        *("gcp:compute/network:Network", "gcp:compute/subnetwork:Subnetwork"),
        *("gcp:compute/routerNat:RouterNat", "gcp:compute/globalAddress:GlobalAddress"),
        *("gcp:servicenetworking/connection:Connection", CLUSTER, NODES),
    )
    for made in all_of(prod, keeps):
        assert made.urn in stays, made
    goes = (
        *("PersistentVolume", "PersistentVolumeClaim", "StorageClass"),
        *("ResourceQuota", "RoleBinding", "WorkloadIdentity", FOLDER_ROLE),
    )
    for made in all_of(prod, goes):
        assert made.urn not in stays, made


def deleting(spec: Any) -> Any:
    """The same section with `onDelete: delete` of everything that can say it."""
    whole = copy.deepcopy(spec)
    for section in ("keys", "storage", "diskImages", "teams"):
        for entry in whole.get(section, {}).values():
            entry["onDelete"] = "delete"
    whole["cluster"]["create"]["onDelete"] = "delete"
    return whole


@pytest.mark.slow
def test_an_update_turns_off_the_guards_of_google_cloud(prod: Deployment) -> None:
    config = yaml.safe_load(EXAMPLE.read_text())["config"]
    free = deploy_stack({PLATFORM: deleting(config[PLATFORM])}, name="prod")
    for token, guard, on, off in (
        (CLUSTER, "deletionProtection", True, False),
        (FILESTORE, "deletionProtectionEnabled", True, False),
        (LUSTRE, "deletionPolicy", "PREVENT", "DELETE"),
        (BUCKET, "deletionPolicy", "PREVENT", "DELETE"),
    ):
        for made, expected in ((prod, on), (free, off)):
            found = [r.inputs[guard] for r in made.all(token)]
            assert found
            assert set(found) == {expected}
    assert all(r.inputs["forceDestroy"] is True for r in free.all(BUCKET))
    assert not [r for r in free.resources if r.protect]


ADOPTED = {
    BUCKET: {"versioning", "lifecycleRules", "labels", "uniformBucketLevelAccess"},
    FILESTORE: {"tier", "networks", "kmsKeyName", "performanceConfig"},
    LUSTRE: {"location", "kmsKey", "perUnitStorageThroughput", "accessRulesOptions"},
    DISK: {"type", "zone", "image", "diskEncryptionKey"},
    KEY: {"rotationPeriod", "labels"},
}


@pytest.mark.slow
def test_what_is_adopted_keeps_what_is_not_stated() -> None:
    whole = PAGES.environment("gcp")
    own = "projects/ml-prod-123456/locations/us-central1"
    whole[PLATFORM]["keys"]["old"] = {"adopt": f"{own}/keyRings/r/cryptoKeys/old"}
    whole[PLATFORM]["storage"]["ours-now"] = {
        "kind": "managed-lustre",
        "adopt": f"{own}-a/instances/old",
        "capacityGiB": 9000,
        "zone": "us-central1-a",
        "filesystem": "old",
    }
    made = deploy_stack(whole, strict=True, name="prod")
    for token, left in ADOPTED.items():
        (adopted,) = [r for r in made.all(token) if r.import_id]
        assert adopted.protect
        assert left <= set(adopted.ignore_changes), token
