"""Filestore and Managed Lustre, as Google Cloud and pulumi-gcp treat them."""

import re
from collections.abc import Mapping
from typing import Any, Final

from tests.cloud.gcp.disks import by_key
from tests.cloud.gcp.networks import GLOBAL_ADDRESS, by_connection, in_network
from tests.cloud.gcp.rows import address, in_use, last, names, relative, row
from tests.cloud.gcp.sources import page, schema

FILESTORE: Final = "gcp:filestore/instance:Instance"
LUSTRE: Final = "gcp:lustre/instance:Instance"

_BASIC: Final = frozenset({"STANDARD", "PREMIUM", "BASIC_HDD", "BASIC_SSD"})
_FILE_SYSTEM: Final = re.compile(r"[A-Za-z0-9]{1,8}")
_INSTANCE: Final = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


def _has(mode: str) -> Any:
    def chosen(inputs: Mapping[str, Any]) -> bool:
        networks = inputs.get("networks", [])
        return any(n.get("connectMode", "DIRECT_PEERING") == mode for n in networks)

    return chosen


def _named_range(inputs: Mapping[str, Any]) -> bool:
    ranges = [n.get("reservedIpRange", "/") for n in inputs.get("networks", [])]
    return _has("PRIVATE_SERVICE_ACCESS")(inputs) and not any("/" in r for r in ranges)


def _guarded(thing: Mapping[str, Any], id_: str) -> str | None:
    if thing.get("deletionProtectionEnabled"):
        return (
            f"googleapi: Error 400: Instance {id_} has deletion protection enabled "
            "and cannot be deleted"
        )
    return None


def _smaller_basic(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """A basic instance only grows; the provider sends what was asked for."""
    was, wanted = (float(i["fileShares"]["capacityGb"]) for i in (old, new))
    if old.get("tier") in _BASIC and wanted < was:
        return (
            "googleapi: Error 400: capacity of a basic tier instance can not be "
            f"reduced, from {was:g} to {wanted:g}"
        )
    return None


def _smaller_lustre(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    was, wanted = int(old["capacityGib"]), int(new["capacityGib"])
    if wanted < was:
        return (
            "googleapi: Error 400: capacity_gib can only be increased, "
            f"from {was} to {wanted}"
        )
    return None


KINDS: Final = (
    row(
        FILESTORE,
        "projects/{project}/locations/{location}/instances/{name}",
        outputs={
            "createTime": lambda m: "2026-01-01T00:00:00.000000000Z",
            "etag": lambda m: m.hex(12, "etag"),
            "networks.ipAddresses": lambda m: [address(m, "ip")],
            "networks.reservedIpRange": lambda m: address(m, "ip")[:-1] + "0/29",
        },
        models=("file.v1:Instance",),
        members={
            "desiredReplicaState": None,
            "initialReplication": "replication",
            "location": None,
            "zone": None,
        },
        replaces=(
            *("fileShares.name", "fileShares.sourceBackup"),
            *("fileShares.sourceBackupdrBackup", "initialReplication", "kmsKeyName"),
            *("name", "networks", "protocol", "tags", "tier"),
        ),
        defaults={"desiredReplicaState": "READY"},
        forms={
            "kmsKeyName": relative,
            "networks.network": last,
            "fileShares.sourceBackup": relative,
        },
        refs=(
            in_network("networks.network"),
            by_connection("networks.network", when=_has("PRIVATE_SERVICE_ACCESS")),
            names(
                "networks.reservedIpRange",
                GLOBAL_ADDRESS,
                when=_named_range,
                holds=in_use("global_address"),
            ),
            by_key("kmsKeyName"),
            names("fileShares.sourceBackup", "gcp:filestore/backup:Backup"),
        ),
        keeps=_guarded,
        refuses=_smaller_basic,
        source=schema("filestore/resource_filestore_instance.go", "4b79bb39")
        + "; basic tiers only grow: "
        + page("https://cloud.google.com/filestore/docs/service-tiers"),
    ),
    row(
        "gcp:filestore/backup:Backup",
        "projects/{project}/locations/{location}/backups/{name}",
        outputs={
            "createTime": lambda m: "2026-01-01T00:00:00.000000000Z",
            "state": lambda m: "READY",
        },
        models=("file.v1:Backup",),
        members={"location": None},
        replaces=("location", "name", "sourceFileShare", "tags"),
        forms={"sourceInstance": relative},
        refs=(names("sourceInstance", FILESTORE),),
        source=schema("filestore/resource_filestore_backup.go", "4b79bb39"),
    ),
    row(
        LUSTRE,
        "projects/{project}/locations/{location}/instances/{instanceId}",
        outputs={
            "createTime": lambda m: "2026-01-01T00:00:00.000000000Z",
            "mountPoint": lambda m: f"{address(m, 'ip')}@tcp:/{m.inputs['filesystem']}",
            "name": lambda m: m.id,
            "state": lambda m: "ACTIVE",
            "uid": lambda m: m.hex(32, "uid"),
            "updateTime": lambda m: "2026-01-01T00:00:00.000000000Z",
        },
        # No discovery document of the API is shipped: what the documentation of
        # the provider's properties says stands in `checks`.
        models=(),
        members=dict.fromkeys(
            (
                *("accessRulesOptions", "capacityGib", "description", "filesystem"),
                *("dynamicTierOptions", "gkeSupportEnabled", "instanceId", "kmsKey"),
                *("labels", "location", "maintenancePolicy", "network"),
                *("perUnitStorageThroughput", "placementPolicy", "targetVersion"),
            )
        ),
        checks={
            "accessRulesOptions.defaultSquashMode": (
                lambda v: v in {"NO_SQUASH", "ROOT_SQUASH"},
                "expected one of ['NO_SQUASH', 'ROOT_SQUASH']",
            ),
            "capacityGib": (lambda v: str(v).isdigit(), "expected a whole number"),
            "dynamicTierOptions.mode": (
                lambda v: v in {"DEFAULT_CACHE", "DISABLED"},
                "expected one of ['DEFAULT_CACHE', 'DISABLED']",
            ),
            "filesystem": (
                lambda v: _FILE_SYSTEM.fullmatch(v) is not None,
                "at most eight letters and digits",
            ),
            "instanceId": (
                lambda v: _INSTANCE.fullmatch(v) is not None,
                "lower-case letters, numbers and hyphens, a letter first",
            ),
            "perUnitStorageThroughput": (
                lambda v: str(v) in {"125", "250", "500", "1000"},
                "expected one of ['125', '250', '500', '1000']",
            ),
        },
        replaces=(
            *("dynamicTierOptions", "filesystem", "instanceId", "kmsKey", "location"),
            *("network", "perUnitStorageThroughput"),
        ),
        named=None,
        forms={"kmsKey": relative, "network": last},
        refs=(in_network(), by_connection("network"), by_key("kmsKey")),
        refuses=_smaller_lustre,
        source=schema("lustre/resource_lustre_instance.go", "48175eb1")
        + "; that it only grows: "
        + page("https://cloud.google.com/managed-lustre/docs/increase-capacity"),
    ),
)
