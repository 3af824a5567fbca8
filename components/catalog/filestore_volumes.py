"""What the CSI driver of Filestore calls a volume, and what one says to it.

Source: https://github.com/kubernetes-sigs/gcp-filestore-csi-driver 2edb466
pkg/csi_driver/{node,volume_id}.go, read 2026-11-22.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from ipaddress import ip_address

from components.catalog.filestore_settings import SHARE_OF_CLAIMS
from components.catalog.problem import UNSET, Path, Problem

LINK = (
    "https://github.com/kubernetes-sigs/gcp-filestore-csi-driver/blob/master/docs/"
    "kubernetes/pre-provisioned-pv.md"
)

SINGLE = "modeInstance"
SHARED = "modeMultishare"


def handle(location: str, instance: str, share: str) -> str:
    """What the driver calls a share of an instance."""
    return f"{SINGLE}/{location}/{instance}/{share}"


def volume_problems(
    volume_handle: str, attributes: Mapping[str, str], options: Sequence[str]
) -> Iterator[Problem]:
    """What is wrong with a volume of this driver that is named by its handle."""
    del options  # Any options of an NFS mount.
    wrong = _handle_problem(volume_handle)
    if wrong is not None:
        yield wrong
    shared = SHARED in volume_handle
    yield from _attribute_problems(attributes, ("volumeAttributes",), shared=shared)


def _handle_problem(text: str) -> Problem | None:
    parts = text.split("/")
    if all(parts):
        if parts[0] == SINGLE and len(parts) == 4:
            return None
        if parts[0] == SHARED and len(parts) == 6:
            return None
    nearest = None
    # By the API's own name, with the share behind it or without.
    named = re.fullmatch(
        r"projects/[^/]+/locations/([^/]+)/instances/([^/]+)(?:/(?:(?:shares|volumes)/)?([^/]+))?",
        text.strip("/"),
    )
    if named is not None:
        location, instance, share = named.groups()
        nearest = handle(location, instance, share or SHARE_OF_CLAIMS)
    elif len(parts) == 3 and all(parts):
        nearest = handle(*parts)
    return Problem(
        rule="FIL15",
        message="a handle has four parts: modeInstance/LOCATION/INSTANCE/SHARE, with "
        "the zone or region of the instance",
        path=("volumeHandle",),
        value=text,
        nearest=nearest,
        link=LINK,
    )


_READ = ("ip", "volume", "fileProtocol", "mountOptions", "supportLockRelease")
_OTHER_WORDS = {"server": "ip", "address": "ip", "share": "volume", "path": "volume"}


def _attribute_problems(
    attributes: Mapping[str, str], path: Path, *, shared: bool
) -> Iterator[Problem]:
    meant: set[str] = set()
    by_lower = {name.lower(): name for name in _READ}
    for key, value in attributes.items():
        if key in _READ:
            continue
        close = get_close_matches(key.lower(), by_lower, n=1)
        right = _OTHER_WORDS.get(key.lower()) or (by_lower[close[0]] if close else None)
        meant.add(str(right))
        yield _attribute(
            "the driver reads no such attribute",
            (*path, key),
            value,
            nearest=right,
            allowed=_READ[:4],
        )
    needed = {"ip": "the address of the instance"}
    if not shared:
        needed["volume"] = "the name of the share"
    for key, what in needed.items():
        if not attributes.get(key) and key not in meant:
            yield _attribute(f"required: {what}", (*path, key))
    address = attributes.get("ip")
    if address and not is_address(address):
        yield _attribute("an address, not a name", (*path, "ip"), address)
    protocol = attributes.get("fileProtocol")
    if protocol is not None and protocol not in ("NFS_V3", "NFS_V4_1"):
        yield _attribute(
            "NFS_V3 or NFS_V4_1",
            (*path, "fileProtocol"),
            protocol,
            nearest="NFS_V4_1" if "4" in protocol else "NFS_V3",
            allowed=("NFS_V3", "NFS_V4_1"),
        )


def is_address(text: str) -> bool:
    """Whether `text` is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _attribute(
    message: str,
    path: Path,
    value: object = UNSET,
    *,
    nearest: str | None = None,
    allowed: tuple[str, ...] = (),
) -> Problem:
    return Problem(
        rule="FIL16",
        message=message,
        path=path,
        value=value,
        nearest=nearest,
        allowed=allowed,
        link=LINK,
    )
