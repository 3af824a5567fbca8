"""The CSI driver of Managed Lustre: its classes, and volumes that name an instance.

Source: https://github.com/GoogleCloudPlatform/lustre-csi-driver 89f1eb7
pkg/csi_driver/{controller,node,utils}.go and pkg/util/util.go, read 2026-11-22.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from components.catalog.gcp_lustre import (
    THROUGHPUTS,
    name_problem,
    parse_mount_point,
    throughput_problem,
)
from components.catalog.problem import UNSET, Path, Problem
from components.catalog.provisioners import Driver, Parameter

_REPOSITORY = "https://github.com/GoogleCloudPlatform/lustre-csi-driver"
LINK = "https://docs.cloud.google.com/managed-lustre/docs/lustre-csi-driver-reference"
VOLUMES_LINK = f"{_REPOSITORY}/blob/main/docs/preprov-guide.md"

ZONE_KEY = "topology.gke.io/zone"
"""The key by which the driver tells zones apart."""

_THROUGHPUT = "perUnitStorageThroughput"


def same(key: str) -> str:
    """A key as the driver compares it: without case, '-' and '_'."""
    return re.sub(r"[-_]", "", key).lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class _LustreDriver(Driver):
    """Parameters that are known by their letters alone."""

    def find(self, key: str) -> Parameter | None:
        """The parameter that the driver sees in `key`."""
        return next((p for p in self.parameters if same(p.name) == same(key)), None)


DRIVER = _LustreDriver(
    name="lustre.csi.storage.gke.io",
    parameters=(
        Parameter(name=_THROUGHPUT),
        Parameter(
            name="network",
            pattern=r"[a-z]([-a-z0-9]*[a-z0-9])?|projects/[^/]+/global/networks/[^/]+",
            form="a network's name, or projects/PROJECT/global/networks/NAME: the "
            "driver takes the network default for anything else",
        ),
        Parameter(name="filesystem"),
        Parameter(
            name="labels",
            pattern=r"[^=,]+=[^=,]*(,[^=,]+=[^=,]*)*",
            form="key=value,key=value",
        ),
        Parameter(name="description"),
    ),
    any_case=True,
    ignores_unknown=False,
    link=LINK,
    source=f"{_REPOSITORY} 89f1eb7 pkg/csi_driver/controller.go",
)


def check(parameters: Mapping[str, str]) -> list[Problem]:
    """What the driver refuses of parameters, beyond each one's own values."""
    stated = DRIVER.stated(parameters)
    found: list[Problem] = []
    if not stated.get(_THROUGHPUT):
        # Its own guide leaves it out.
        found.append(
            Problem(
                rule="MLU10",
                message="the driver makes no volume without it, though its guide has "
                "none",
                path=("parameters", _THROUGHPUT),
                nearest='"1000"',
                allowed=tuple(map(str, THROUGHPUTS)),
                link=LINK,
                severity="warning",
            )
        )
    for key, value in parameters.items():
        path = ("parameters", key)
        if same(key) == "filesystem" and value:
            found += filter(None, [name_problem(value, path, link=LINK)])
        elif same(key) == same(_THROUGHPUT) and value:
            number = int(value) if re.fullmatch("[0-9]+", value) else 0
            wrong = throughput_problem(number, path)
            if wrong is not None:
                found.append(_in_texts(wrong, value))
    return found


def _in_texts(problem: Problem, value: str) -> Problem:
    """The same, with numbers as the texts that parameters are."""
    return replace(
        problem,
        value=value,
        nearest=f'"{problem.nearest}"',
        allowed=tuple(map(str, problem.allowed)),
    )


def handle(project: str, zone: str, instance: str) -> str:
    """What the driver calls an instance."""
    return f"{project}/{zone}/{instance}"


def volume_problems(
    volume_handle: str, attributes: Mapping[str, str], options: Sequence[str]
) -> Iterator[Problem]:
    """What is wrong with a volume of this driver that is named by its handle."""
    del options  # Any options of a Lustre mount.
    wrong = _handle_problem(volume_handle)
    if wrong is not None:
        yield wrong
    yield from _attribute_problems(attributes, ("volumeAttributes",))


def _handle_problem(text: str) -> Problem | None:
    # What follows a colon only makes the handle unique.
    parts = text.partition(":")[0].split("/")
    if len(parts) == 3 and all(parts):
        return None
    named = re.fullmatch(
        r"projects/([^/]+)/locations/([^/]+)/instances/([^/]+)", text.strip("/")
    )
    return Problem(
        rule="MLU07",
        message="a handle has three parts: PROJECT/ZONE/INSTANCE",
        path=("volumeHandle",),
        value=text,
        nearest=handle(*named.groups()) if named else None,
        link=VOLUMES_LINK,
    )


ATTRIBUTES = ("ip", "filesystem", "mountpoint", "iamAccessControlEnabled")
"""What a volume may say to the driver."""


def _attribute_problems(attributes: Mapping[str, str], path: Path) -> Iterator[Problem]:
    by_same = {same(name): name for name in ATTRIBUTES}
    stated: dict[str, str] = {}
    meant: set[str] = set()
    for key, value in attributes.items():
        name = by_same.get(same(key))
        if name is None:
            close = get_close_matches(same(key), by_same, n=1)
            meant.update(by_same[one] for one in close)
            yield _attribute(
                "the driver mounts no volume with an attribute that it does not know",
                (*path, key),
                value,
                nearest=by_same[close[0]] if close else None,
                allowed=ATTRIBUTES,
            )
        elif name in stated:
            yield _attribute("it stands there twice", (*path, key), value)
        else:
            stated[name] = value
            yield from _value(name, (*path, key), value)
    if "mountpoint" in stated.keys() | meant:
        return
    for name, what in (
        ("ip", "the address of the instance"),
        ("filesystem", "the name of the file system"),
    ):
        if not stated.get(name) and name not in meant:
            yield _attribute(
                f"required: {what}, or mountpoint, which says both", (*path, name)
            )


def _value(name: str, path: Path, value: str) -> Iterator[Problem]:
    if name == "mountpoint" and parse_mount_point(value) is None:
        yield _attribute(
            "the address and the file system: IP@tcp:/FILESYSTEM", path, value
        )
    elif name == "filesystem" and value:
        wrong = name_problem(value, path, rule="MLU08", link=VOLUMES_LINK)
        if wrong is not None:
            yield wrong


def _attribute(
    message: str,
    path: Path,
    value: object = UNSET,
    *,
    nearest: str | None = None,
    allowed: tuple[str, ...] = (),
) -> Problem:
    return Problem(
        rule="MLU08",
        message=message,
        path=path,
        value=value,
        nearest=nearest,
        allowed=allowed,
        link=VOLUMES_LINK,
    )
