"""The tables of Google Cloud's resources, against the SDK and Google's documents."""

import re
from typing import Final

import pytest

from tests.cloud.gcp.cloud import KINDS, Gcp, taker
from tests.cloud.gcp.discovery import member, placed, unmatched
from tests.cloud.gcp.refused_deletions import REFUSALS
from tests.cloud.inputs import Failure, failures, properties, required

TOKENS = sorted(KINDS)

BUCKET = "gcp:storage/bucket:Bucket"
CLUSTER = "gcp:container/cluster:Cluster"
DISK = "gcp:compute/disk:Disk"
FILESTORE = "gcp:filestore/instance:Instance"
LUSTRE = "gcp:lustre/instance:Instance"
NETWORK = "gcp:compute/network:Network"
POOL = "gcp:container/nodePool:NodePool"
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"


@pytest.mark.parametrize("token", TOKENS)
def test_each_property_has_a_place_in_a_document_or_is_excused(token: str) -> None:
    assert list(unmatched(KINDS[token], taker(token))) == []


@pytest.mark.parametrize("token", TOKENS)
def test_each_place_that_a_table_names_is_there(token: str) -> None:
    kind = KINDS[token]
    for key, place in kind.members.items():
        if place is not None:
            assert placed(kind, place) is not None
            assert "." in key or member(kind, key) is not None


def test_what_no_document_describes_is_told() -> None:
    undescribed = [token for token in TOKENS if not KINDS[token].models]
    assert undescribed == [LUSTRE, "gcp:projects/serviceIdentity:ServiceIdentity"]


@pytest.mark.parametrize("token", TOKENS)
def test_a_table_speaks_of_properties_that_the_sdk_has(token: str) -> None:
    kind = KINDS[token]
    known = properties(taker(token))
    named = [
        *(kind.replaces, kind.replaces_when, kind.defaults, kind.computed),
        *(kind.documents, kind.unique, kind.checks, kind.forms),
        *((kind.named,) if kind.named else (),),
        [ref.path for ref in kind.refs],
        [key for key in kind.members if key not in ("deletionPolicy", "project")],
    ]
    paths = [path for group in named for path in group]
    assert [path for path in paths if path.partition(".")[0] not in known] == []


@pytest.mark.parametrize("token", TOKENS)
def test_what_is_named_by_the_provider_need_not_be_given(token: str) -> None:
    kind = KINDS[token]
    assert (kind.named in properties(taker(token))) is (kind.named is not None)
    assert kind.named not in required(taker(token))


@pytest.mark.parametrize("token", TOKENS)
def test_what_names_another_thing_names_a_kind_that_is_known(token: str) -> None:
    assert {ref.to for ref in KINDS[token].refs} <= {*KINDS}


READ: Final = re.compile(
    r"hashicorp/terraform-provider-google-beta google-beta/[a-z0-9_]+/[a-z0-9_/]+\.go "
    r"@[0-9a-f]{8}, read 2026-11-22(; .+)?"
)


@pytest.mark.parametrize("token", TOKENS)
def test_each_table_says_where_it_was_read(token: str) -> None:
    assert READ.fullmatch(KINDS[token].source)


def answers() -> set[tuple[str, str]]:
    """Return every type whose deletion the tables refuse, with the answer."""
    held = {
        (ref.to, ref.holds)
        for kind in KINDS.values()
        for ref in kind.refs
        if ref.holds is not None
    }
    full = {
        "objects": 1,
        "deletionProtection": True,
        "deletionProtectionEnabled": True,
    }
    kept = {
        (kind.type_, answer)
        for kind in KINDS.values()
        if kind.keeps is not None and (answer := kind.keeps(full, "it"))
    }
    return held | kept


def test_each_refused_deletion_has_a_source() -> None:
    found = {
        (token, words)
        for token, answer in answers()
        for of, words in REFUSALS
        if of == token and words in answer
    }
    assert found == set(REFUSALS)
    sourced = {(token, a) for token, a in answers() for of, w in found if w in a}
    assert sourced == answers()
    assert all("read 2026-11-22" in source for source in REFUSALS.values())


@pytest.mark.parametrize("token", TOKENS)
def test_a_deletion_policy_is_kept_where_there_is_one(token: str) -> None:
    kind = KINDS[token]
    assert kind.keeps is not None
    assert kind.forgets is not None
    assert "deletion_policy" in str(kind.keeps({"deletionPolicy": "PREVENT"}, "it"))
    assert kind.forgets({"deletionPolicy": "ABANDON"}, "it") == ""


def test_an_unknown_input_is_refused_with_the_one_that_was_meant() -> None:
    given = {"location": "US", "storageClas": "STANDARD"}
    assert list(failures(taker(BUCKET), given)) == [
        Failure(
            "storageClas",
            "an invalid or unknown key 'storageClas'; did you mean 'storageClass'?",
        )
    ]


def test_a_missing_input_is_refused() -> None:
    [found] = failures(taker(BUCKET), {"name": "data"})
    assert found == Failure("location", "missing required property 'location'")


@pytest.mark.parametrize(
    ("token", "inputs", "path"),
    [
        (FILESTORE, {"tier": "ZONE"}, "tier"),
        (FILESTORE, {"protocol": "NFS_V4"}, "protocol"),
        (
            FILESTORE,
            {"networks": [{"connectMode": "PEERING"}]},
            "networks[0].connectMode",
        ),
        (FILESTORE, {"networks": [{"modes": ["MODE_IPV5"]}]}, "networks[0].modes[0]"),
        (
            FILESTORE,
            {"fileShares": {"nfsExportOptions": [{"squashMode": "ALL"}]}},
            "fileShares.nfsExportOptions[0].squashMode",
        ),
        (FILESTORE, {"deletionPolicy": "KEEP"}, "deletionPolicy"),
        (FILESTORE, {"labels": {"Team": "vision"}}, "labels.Team"),
        (LUSTRE, {"perUnitStorageThroughput": "300"}, "perUnitStorageThroughput"),
        (LUSTRE, {"filesystem": "file-system"}, "filesystem"),
        (DISK, {"accessMode": "READ_ONLY"}, "accessMode"),
        (DISK, {"name": "Weights"}, "name"),
        (DISK, {"architecture": "AMD64"}, "architecture"),
        (
            "gcp:compute/storagePool:StoragePool",
            {"poolProvisionedCapacityGb": "10 TiB"},
            "poolProvisionedCapacityGb",
        ),
        (NETWORK, {"routingMode": "LOCAL"}, "routingMode"),
        (SUBNETWORK, {"stackType": "IPV6"}, "stackType"),
        (
            "gcp:compute/routerNat:RouterNat",
            {"logConfig": {"filter": "NONE"}},
            "logConfig.filter",
        ),
        (
            "gcp:compute/globalAddress:GlobalAddress",
            {"purpose": "PEERING"},
            "purpose",
        ),
        (BUCKET, {"storageClass": "COLD"}, "storageClass"),
        (BUCKET, {"publicAccessPrevention": "on"}, "publicAccessPrevention"),
        (BUCKET, {"name": "Data"}, "name"),
        (
            BUCKET,
            {"lifecycleRules": [{"action": {"type": "Remove"}}]},
            "lifecycleRules.action.type",
        ),
        (
            "gcp:storage/bucketIAMMember:BucketIAMMember",
            {"member": "vision"},
            "member",
        ),
        ("gcp:storage/anywhereCache:AnywhereCache", {"ttl": "1d"}, "ttl"),
        (
            "gcp:storage/notification:Notification",
            {"eventTypes": ["FINALIZE"]},
            "eventTypes",
        ),
        (CLUSTER, {"releaseChannel": {"channel": "FAST"}}, "releaseChannel.channel"),
        (CLUSTER, {"datapathProvider": "CILIUM"}, "datapathProvider"),
        (
            CLUSTER,
            {"monitoringConfig": {"enableComponents": ["GPU"]}},
            "monitoringConfig.enableComponents[0]",
        ),
        (
            POOL,
            {"nodeConfig": {"taints": [{"key": "a", "effect": "NoSchedule"}]}},
            "nodeConfig.taints[0].effect",
        ),
        (
            POOL,
            {"nodeConfig": {"workloadMetadataConfig": {"mode": "GKE"}}},
            "nodeConfig.workloadMetadataConfig.mode",
        ),
        (
            POOL,
            {
                "nodeConfig": {
                    "guestAccelerators": [
                        {
                            "type": "nvidia-l4",
                            "count": 1,
                            "gpuSharingConfig": {"gpuSharingStrategy": "SHARED"},
                        }
                    ]
                }
            },
            "nodeConfig.guestAccelerators[0].gpuSharingConfig.gpuSharingStrategy",
        ),
        (
            POOL,
            {
                "nodeConfig": {
                    "reservationAffinity": {"consumeReservationType": "SPECIFIC"}
                }
            },
            "nodeConfig.reservationAffinity.consumeReservationType",
        ),
        (POOL, {"placementPolicy": {"type": "SPREAD"}}, "placementPolicy.type"),
        ("gcp:tpu/v2Vm:V2Vm", {"dataDisks": [{"mode": "RO"}]}, "dataDisks[0].mode"),
        (
            "gcp:tpu/v2Vm:V2Vm",
            {"acceleratorConfig": {"type": "V6"}},
            "acceleratorConfig.type",
        ),
        ("gcp:kms/cryptoKey:CryptoKey", {"purpose": "SIGN"}, "purpose"),
        ("gcp:kms/cryptoKey:CryptoKey", {"rotationPeriod": "60s"}, "rotationPeriod"),
        ("gcp:serviceaccount/account:Account", {"accountId": "me"}, "accountId"),
    ],
)
def test_a_value_outside_the_documents_is_refused(
    token: str, inputs: dict[str, object], path: str
) -> None:
    found = {failure.path for failure in Gcp().limits(KINDS[token], inputs)}
    assert found == {path}


def test_a_good_instance_passes() -> None:
    inputs = {
        "tier": "ZONAL",
        "location": "us-central1-a",
        "protocol": "NFS_V4_1",
        "fileShares": {"name": "data", "capacityGb": 1024},
        "networks": [
            {
                "network": "prod",
                "modes": ["MODE_IPV4"],
                "connectMode": "PRIVATE_SERVICE_ACCESS",
            }
        ],
        "labels": {"team": "vision"},
        "deletionPolicy": "PREVENT",
    }
    assert list(failures(taker(FILESTORE), inputs)) == []
    assert list(Gcp().limits(KINDS[FILESTORE], inputs)) == []
