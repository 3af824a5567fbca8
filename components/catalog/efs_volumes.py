"""What the CSI driver of EFS calls a volume, and how it mounts one.

Source: https://github.com/kubernetes-sigs/aws-efs-csi-driver v3.4.1 (a4fc676)
pkg/driver/node.go, read 2026-11-22.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from components.catalog.efs_driver import FLAG, ID, problem_of_driver
from components.catalog.problem import Path, Problem

_FLAGS = ("encryptInTransit", "crossaccount")

ATTRIBUTES = (*_FLAGS, "mounttargetip", "mounttargetipmap")
"""The attributes that a volume may have; any other is an error at its mount."""

_OFF = ("false", "f", "0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """What the driver calls a volume.

    Attributes:
        file_system: The id of the file system, `fs-…`.
        access_point: The id of an access point, `fsap-…`; None for none.
        directory: A directory that is mounted; None for the root.
        kind: `efs`, or `s3files` for a file system of S3 Files.
    """

    file_system: str
    access_point: str | None = None
    directory: str | None = None
    kind: str = "efs"

    def __str__(self) -> str:
        text = f"{self.kind}:{self.file_system}"
        if self.access_point is not None:
            return f"{text}:{self.directory or ''}:{self.access_point}"
        return f"{text}:{self.directory}" if self.directory else text


_HANDLE = re.compile(
    rf"(?:(?P<kind>efs|s3files):)?(?P<file_system>fs-{ID})"
    rf"(?::(?P<directory>[^:]*)(?::(?P<access_point>fsap-{ID})?)?)?"
)


def parse(text: str) -> Handle | None:
    """The parts of a handle; None for what the driver takes for none."""
    match = _HANDLE.fullmatch(text)
    if match is None:
        return None
    return Handle(
        kind=match["kind"] or "efs",
        file_system=match["file_system"],
        directory=match["directory"] or None,
        access_point=match["access_point"],
    )


def handle_problem(text: str, path: Path = ("volumeHandle",)) -> Problem | None:
    """What is wrong with `text` as the handle of a volume."""
    handle = parse(text)
    if handle is not None and not (handle.directory or "").startswith("fsap-"):
        return None
    # Ids as ARNs and names of servers have them, or one colon too few.
    ids = [
        re.findall(rf"(?<![\w-]){prefix}-{ID}(?![\w-])", text.lower())
        for prefix in ("fs", "fsap")
    ]
    nearest = None
    if len(ids[0]) == 1 and len(ids[1]) <= 1:
        point = ids[1][0] if ids[1] else None
        nearest = str(Handle(file_system=ids[0][0], access_point=point))
    return problem_of_driver(
        "EFS17",
        "a handle is efs:fs-… for a file system, efs:fs-…::fsap-… for an access "
        "point on it: the access point stands after two colons",
        path,
        text,
        nearest=nearest,
    )


def attribute_problems(
    attributes: Mapping[str, str], path: Path = ("volumeAttributes",)
) -> Iterator[Problem]:
    """What the driver refuses among the attributes of a volume."""
    by_lower = {name.lower(): name for name in ATTRIBUTES}
    also = {"tls": "encryptInTransit", "encryption": "encryptInTransit"}
    for key, value in attributes.items():
        name = by_lower.get(key.lower())
        if name is None:
            yield problem_of_driver(
                "EFS18",
                "the driver mounts no volume with an attribute that it does not know",
                (*path, key),
                value,
                allowed=ATTRIBUTES,
                nearest=also.get(key.lower()),
            )
        elif name == "mounttargetip":
            if not _is_address(value):
                yield problem_of_driver(
                    "EFS18",
                    "mounttargetip is the address of a mount target",
                    (*path, key),
                    value,
                )
        elif name in _FLAGS and not re.fullmatch(FLAG, value):
            yield problem_of_driver(
                "EFS18",
                f"{name} is true or false",
                (*path, key),
                value,
                nearest='"true"',
            )
        elif name == "encryptInTransit" and value.lower() in _OFF:
            yield problem_of_driver(
                "EFS18",
                "what is read and written crosses the network in the clear, and a "
                "file system whose policy wants TLS refuses the mount",
                (*path, key),
                value,
                nearest='"true"',
                severity="warning",
            )


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def option_problems(
    options: Sequence[str],
    path: Path = ("mountOptions",),
    *,
    access_point: str | None = None,
    by_tls: bool = True,
) -> Iterator[Problem]:
    """What is wrong with the options of a mount.

    Args:
        options: The options.
        path: Where they stand.
        access_point: The access point of the handle; an empty text where the
            driver makes one.
        by_tls: Whether the volume is encrypted in transit.
    """
    for index, text in enumerate(options):
        option = text.lower()
        at = (*path, index)
        if option == "crossaccount":
            message = "the driver sets crossaccount by itself, and refuses it here"
            yield problem_of_driver("EFS19", message, at, text)
        elif option == "tls":
            yield problem_of_driver(
                "EFS19",
                "TLS is on without it: the option is deprecated"
                if by_tls
                else "encryptInTransit is false: the driver refuses tls beside it",
                at,
                text,
                severity="warning" if by_tls else "error",
            )
        elif option.startswith("accesspoint="):
            given = option.removeprefix("accesspoint=")
            same = access_point is None or access_point == given
            yield problem_of_driver(
                "EFS19",
                "an access point stands in the handle: the option is deprecated"
                if same
                else "the volume has another access point: the driver refuses two",
                at,
                text,
                severity="warning" if same else "error",
            )
        elif option.startswith("awscredsuri"):
            message = "the driver leaves awscredsuri out without a word"
            yield problem_of_driver("EFS19", message, at, text, severity="warning")


def volume_problems(
    handle: str, attributes: Mapping[str, str], options: Sequence[str]
) -> Iterator[Problem]:
    """What is wrong with a volume of this driver that is named by its handle."""
    wrong = handle_problem(handle)
    if wrong is not None:
        yield wrong
    yield from attribute_problems(attributes)
    parsed = parse(handle)
    stated = {key.lower(): value.lower() for key, value in attributes.items()}
    yield from option_problems(
        options,
        access_point=parsed.access_point if parsed else None,
        by_tls=stated.get("encryptintransit", "true") not in _OFF,
    )
