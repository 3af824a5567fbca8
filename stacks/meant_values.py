"""The value that was meant by one of another type."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, cast, get_args

from components.catalog.gcs_fuse import Purpose
from components.catalog.problem import Path

_YES_AND_NO = {
    **dict.fromkeys(("yes", "on", "enabled", "true", "1"), "true"),
    **dict.fromkeys(("no", "off", "disabled", "false", "0"), "false"),
}
_WITH_UNIT = re.compile(r"\s*(\d+)\s*([a-zA-Z/]*)\s*")
_GIB: dict[str, int] = {
    **dict.fromkeys(("", "Gi", "GiB", "GB", "G"), 1),
    **dict.fromkeys(("Ti", "TiB", "TB", "T"), 1024),
}
_MIB: dict[str, int] = {
    **dict.fromkeys(("", "Mi", "MiB", "MB", "M", "MiB/s", "MB/s", "MBps"), 1),
    **dict.fromkeys(("Gi", "GiB", "GiB/s"), 1024),
}
_SECONDS: dict[str, int] = {"": 1, "s": 1, "m": 60, "h": 3600}
_LONGEST = 12
"""Digits of a number with a unit that was meant as one."""


def words(text: str) -> list[str]:
    """The words of a text that was meant to be a list."""
    return text.split() if " " in text.strip() else text.strip(", ").split(",")


def _number(value: Any, path: Path, _: str | None) -> str | None:
    """The number in a text, whose unit may be the one that its key has."""
    found = _WITH_UNIT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    key, units = str(path[-1]).lower(), {"": 1}
    if key.endswith("gib"):
        units = _GIB
    elif key.endswith("seconds"):
        units = _SECONDS
    elif "throughput" in key:
        units = _MIB
    times = units.get(found[2])
    if times in (None, 1) or len(found[1]) > _LONGEST:
        return found[1] if times == 1 else None
    return str(int(found[1]) * times)


def _truth(value: Any, _: Path, __: str | None) -> str | None:
    """Yes or no in other words, such as `{enabled: true}`."""
    if isinstance(value, dict):
        value = cast("dict[str, Any]", value).get("enabled")
    return _YES_AND_NO.get(str(value).lower())


def _text(value: Any, _: Path, __: str | None) -> str | None:
    if not isinstance(value, bool | int | float):
        return None
    return f'"{str(value).lower() if isinstance(value, bool) else value}"'


def _mapping(value: Any, path: Path, cloud: str | None) -> str | None:
    """What a single value was meant to be a key of."""
    if value is None:
        return "{}"
    meant = None
    match path:
        case ("platform", "nodePools", _, "nodes") if type(value) is int and value > 0:
            meant = f"{{min: {value}, max: {value}}}"
        case ("platform", "addOns", _) if value is True:
            meant = "{install: true}"
        case ("platform", "network", "existing") if isinstance(value, str):
            meant = f"{{network: {value}}}" if cloud == "gcp" else None
        case ("platform", "storage", _, "mount") if value in get_args(Purpose):
            meant = f"{{purpose: {value}}}"
        case _ if isinstance(value, str):
            meant = _key_of(value, path, cloud)
        case _:
            pass
    return meant


def _key_of(text: str, path: Path, cloud: str | None) -> str | None:
    """The mapping that a text stands for, by where it stands."""
    key = None
    match path:
        case ("platform", "cluster"):
            key = "existing" if cloud else "context"
        case ("team", "cluster"):
            key = "context"
        case ("platform", "network") if cloud == "gcp":
            return f"{{existing: {{network: {text}}}}}"
        case ("platform", "storage", _, "mount", "cache"):
            key = "size"
        case ("platform", "storage", _, "retention"):
            key = "period"
        case ("platform", "tpuVms", _, "disks", _):
            key = "disk"
        case _:
            pass
    return f"{{{key}: {text}}}" if key else None


MEANT: Mapping[str, Callable[[Any, Path, str | None], str | None]] = {
    "int_type": _number,
    "bool_type": _truth,
    "string_type": _text,
    "model_type": _mapping,
    "model_attributes_type": _mapping,
    "dict_type": _mapping,
}
"""What was meant by a value at a path, in an environment on a cloud or on none: by
pydantic's kind of error."""
