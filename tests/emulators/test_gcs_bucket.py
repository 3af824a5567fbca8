"""A bucket as the component renders it, said in the words of Cloud Storage's API.

Google's discovery document judges every word. Of what is said the emulator keeps
the name, whether old versions are kept, and who is told of changes: it takes the
rest and forgets it, so what a lifecycle, a retention or a lock does is shown
nowhere here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest
import requests

from components.gcp.storage_bucket import StorageBucket, StorageBucketArgs
from components.gcp.storage_bucket_spec import StorageBucketSpec
from components.testing import Deployment, deploy
from tests.cloud.gcp.buckets import BUCKET, KINDS
from tests.cloud.gcp.discovery import Shape, placed
from tests.emulators.gcs_server import PROJECT, GcsServer, running

pytestmark = pytest.mark.slow

KEY = f"projects/{PROJECT}/locations/us-central1/keyRings/data/cryptoKeys/data"
TOPIC = f"projects/{PROJECT}/topics/changes"

_KIND = next(kind for kind in KINDS if kind.type_ == BUCKET)

# Where the provider has words of its own; None: they are for the provider alone.
_ACCESS = "iamConfiguration"
_PLACES: Mapping[str, tuple[str, ...] | None] = {
    "deletionPolicy": None,
    "forceDestroy": None,
    "project": None,
    "lifecycleRules": ("lifecycle", "rule"),
    "publicAccessPrevention": (_ACCESS, "publicAccessPrevention"),
    "uniformBucketLevelAccess": (_ACCESS, "uniformBucketLevelAccess", "enabled"),
}
_WORDS = {"matchesPrefixes": "matchesPrefix", "matchesSuffixes": "matchesSuffix"}
_ZEROS = ("age", "daysSinceNoncurrentTime", "numNewerVersions")


@pytest.fixture
def gcs(tmp_path: Path) -> Iterator[GcsServer]:
    """A server that keeps old versions."""
    with running(tmp_path, backend="memory") as server:
        yield server


def rendered(*, key: str | None = None, **more: Any) -> Deployment:
    spec = StorageBucketSpec.model_validate(
        {"kind": "gcs", "bucket": "datasets", **more}
    )
    assert [p for p in spec.problems() if p.severity == "error"] == []

    def program() -> None:
        provider = gcp.Provider("gcp", project=PROJECT, region="us-central1")
        args = StorageBucketArgs(
            spec=spec, project=PROJECT, region="us-central1", kms_key=key
        )
        options = pulumi.ResourceOptions(provider=provider)
        StorageBucket("datasets", args, options)

    return deploy(program)


def body(deployment: Deployment) -> dict[str, Any]:
    """The bucket as a request of the API has it; an unknown word is an error."""
    found: dict[str, Any] = {}
    for key, value in deployment.one("Bucket").inputs.items():
        place = _PLACES.get(key, (key,))
        if place is None:
            continue
        *above, last = place
        inside = found
        for part in above:
            inside = inside.setdefault(part, {})
        inside[last] = value
    for rule in found["lifecycle"]["rule"]:
        rule["condition"] = _condition(rule["condition"])
    return _said(placed(_KIND, "storage.v1:Bucket"), found)


def _condition(given: Mapping[str, Any]) -> dict[str, Any]:
    """A rule's condition as the provider sends it: a zero only where it is told to."""
    found = {_WORDS.get(key, key): value for key, value in given.items()}
    for key in _ZEROS:
        sent = found.pop(f"send{key[0].upper()}{key[1:]}IfZero", False)
        if found.get(key) == 0 and not sent:
            del found[key]
    if (state := found.pop("withState", "ANY")) != "ANY":
        found["isLive"] = state == "LIVE"
    return found


def _said(shape: Shape | None, value: Any) -> Any:
    """A value in the types of the API: its 64-bit numbers are texts."""
    assert shape is not None
    if isinstance(value, list):
        return [_said(shape.items, part) for part in value]
    if isinstance(value, Mapping):
        return {
            key: _said(shape.values or shape.get(key), part)
            for key, part in value.items()
        }
    if shape.schema.get("format") in ("int64", "uint64"):
        return str(int(value))
    return int(value) if shape.schema["type"] == "integer" else value


EVERYTHING = {
    "hierarchicalNamespace": False,
    "versioning": True,
    "softDelete": "14d",
    "retention": {"period": "30d"},
    "tags": {"environment": "prod"},
    "lifecycle": [
        {"after": "0d", "to": "NEARLINE", "prefix": "raw/"},
        {"after": "90d", "to": "COLDLINE", "largerThan": "1Mi"},
        {"expireAfter": "7d", "prefix": "tmp/", "suffix": ".part"},
        {"oldVersionsAfter": "0d", "newerVersions": 2},
        {"abortUploadsAfter": "2d"},
    ],
}
BUCKETS: dict[str, dict[str, Any]] = {
    "plain": {},
    "everything": EVERYTHING,
    "to delete": {"onDelete": "delete", "softDelete": "0d"},
    "autoclass": {"autoclass": {"to": "ARCHIVE"}},
    "two regions": {"locations": ["us-central1", "us-east1"]},
    "rapid": {"storageClass": "RAPID", "zone": "us-central1-b"},
    "encrypted": {"kmsKey": KEY},
}


@pytest.mark.parametrize("name", BUCKETS)
def test_every_word_is_of_the_api(gcs: GcsServer, name: str) -> None:
    given = BUCKETS[name]
    said = body(rendered(key=given.get("kmsKey"), **given))
    assert said[_ACCESS] == {
        "publicAccessPrevention": "enforced",
        "uniformBucketLevelAccess": {"enabled": True},
    }
    made = insert(gcs, said)
    assert made["name"] == "datasets"
    assert made["versioning"] == said["versioning"]


def insert(gcs: GcsServer, said: dict[str, Any]) -> Any:
    """Have the bucket made; what the server says of it."""
    made = requests.post(
        f"{gcs.url}/storage/v1/b", params={"project": PROJECT}, json=said, timeout=10
    )
    assert made.status_code == 200, made.text
    return made.json()


def test_a_lifecycle_in_the_words_of_the_api() -> None:
    said = body(rendered(**EVERYTHING))
    delete, cold = {"type": "Delete"}, "SetStorageClass"
    assert said["lifecycle"]["rule"] == [
        {
            "action": {"type": cold, "storageClass": "NEARLINE"},
            "condition": {"age": 0, "matchesPrefix": ["raw/"]},
        },
        {
            "action": {"type": cold, "storageClass": "COLDLINE"},
            "condition": {"age": 90, "sizeAboveBytes": "1048576"},
        },
        {
            "action": delete,
            "condition": {
                "age": 7,
                "isLive": True,
                "matchesPrefix": ["tmp/"],
                "matchesSuffix": [".part"],
            },
        },
        {
            "action": delete,
            "condition": {
                "daysSinceNoncurrentTime": 0,
                "numNewerVersions": 2,
                "isLive": False,
            },
        },
        {
            "action": {"type": "AbortIncompleteMultipartUpload"},
            "condition": {"age": 2},
        },
    ]
    assert said["softDeletePolicy"] == {"retentionDurationSeconds": "1209600"}
    assert said["labels"] == {"environment": "prod"}


@pytest.mark.parametrize("versioning", [True, False])
def test_versions_are_kept_where_it_says_so(gcs: GcsServer, versioning: bool) -> None:
    more = {"versioning": versioning, "hierarchicalNamespace": False}
    made = insert(gcs, body(rendered(**more)))
    assert made["versioning"] == {"enabled": versioning}
    bucket = gcs.client().bucket("datasets")
    first = bucket.blob("a")
    first.upload_from_string(b"first")
    bucket.blob("a").upload_from_string(b"second")
    old = bucket.blob("a", generation=first.generation)
    assert old.exists() == versioning
    if versioning:
        assert old.download_as_bytes() == b"first"


def test_a_topic_is_told_of_what_it_asked_for(gcs: GcsServer) -> None:
    inputs = rendered(
        notifications=[{"to": TOPIC, "prefix": "raw/", "events": ["OBJECT_FINALIZE"]}]
    )
    given = inputs.one("Notification").inputs
    words = {
        "topic": "topic",
        "payloadFormat": "payload_format",
        "eventTypes": "event_types",
        "objectNamePrefix": "object_name_prefix",
    }
    said = {words[key]: value for key, value in given.items() if key != "bucket"}
    # So the provider writes it.
    said["topic"] = f"//pubsub.googleapis.com/{said['topic']}"
    shape = placed(_KIND, "storage.v1:Notification")
    assert all(shape.get(word) is not None for word in said)
    client = gcs.client()
    client.create_bucket("datasets")
    made = requests.post(
        f"{gcs.url}/storage/v1/b/datasets/notificationConfigs", json=said, timeout=10
    )
    assert made.status_code == 201, made.text
    (kept,) = client.bucket("datasets").list_notifications()
    assert kept.event_types == ["OBJECT_FINALIZE"]
    assert kept.blob_name_prefix == "raw/"
    assert kept.topic_name == "changes"
