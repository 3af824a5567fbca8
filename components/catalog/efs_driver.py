"""What the CSI driver of EFS takes in its StorageClasses.

Source: https://github.com/kubernetes-sigs/aws-efs-csi-driver v3.4.1 (a4fc676)
docs/parameters.md, pkg/driver/controller.go and gid_allocator.go, read 2026-11-22.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from components.catalog.efs_access_points import FORBIDDEN, LARGEST_ID, LENGTH, LEVELS
from components.catalog.problem import Path, Problem, Severity
from components.catalog.provisioners import SIDECAR, Conflict, Driver, Parameter

LINK = (
    "https://github.com/kubernetes-sigs/aws-efs-csi-driver/blob/master/docs/"
    "parameters.md"
)
SOURCE = (
    "https://github.com/kubernetes-sigs/aws-efs-csi-driver v3.4.1 (a4fc676) "
    "pkg/driver/controller.go"
)

MOST_ACCESS_POINTS = 10_000
"""Access points of one file system, and group ids of a range that are used."""

GROUP_IDS = (50_000, 60_000)
"""The group ids that the driver gives out by itself. Its page says 7,000,000,
its code 60,000."""

FEW_GROUP_IDS = 100
"""A range this small runs out soon: every claim takes one id of it."""

VARIABLES = ("${.PVC.name}", "${.PVC.namespace}", "${.PV.name}")
"""What a `subPathPattern` may have in it beside fixed text."""

ID = r"[0-9a-f]{8,40}"
"""What follows fs- and fsap- in an id."""

FLAG = r"(?i:true|false|t|f|1|0)"
"""How the driver reads what is on or off."""

_UNIQUE = 37
_VOLUME_NAME = 40

_FLAG_FORM = '"true" or "false"'
_NUMBER = r"[0-9]+"
_REFERENCE = r"[^/]+/[^/]+/[^/]+"
_REFERENCE_FORM = "namespace/name/key"
_PLAIN = r"[^$#<>;`|&?{}^*\n]"
_NEVER = rf"{FORBIDDEN}|(^|/)\."
_VARIABLE = r"\$\{\.(?:PVC\.name|PVC\.namespace|PV\.name)\}"


def _numbers(*names: str) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(name=name, pattern=_NUMBER, form="a whole number") for name in names
    )


def _flags(*names: str) -> tuple[Parameter, ...]:
    return tuple(Parameter(name=name, pattern=FLAG, form=_FLAG_FORM) for name in names)


DRIVER = Driver(
    name="efs.csi.aws.com",
    parameters=(
        Parameter(
            name="provisioningMode", required=True, values=("efs-ap", "s3files-ap")
        ),
        Parameter(
            name="fileSystemId",
            required=True,
            pattern=rf"fs-{ID}",
            form="fs- and 8 to 40 digits of 0-9 and a-f",
        ),
        *(
            Parameter(
                name=f"fileSystemId{where}Ref",
                meaning="fileSystemId",
                pattern=_REFERENCE,
                form=_REFERENCE_FORM,
            )
            for where in ("Config", "Secret")
        ),
        Parameter(
            name="directoryPerms",
            required=True,
            pattern=r"[0-7]{3,4}",
            form="three or four octal digits",
        ),
        *_numbers("uid", "gid", "gidRangeEnd"),
        Parameter(
            name="gidRangeStart", pattern=r"0*[1-9][0-9]*", form="a number from 1"
        ),
        Parameter(
            name="basePath",
            pattern=rf"{_PLAIN}+",
            form="a directory without $#<>;`|&?{}^*",
        ),
        Parameter(
            name="subPathPattern",
            pattern=rf"(?:{_VARIABLE}|{_PLAIN})+",
            form=f"a directory of {', '.join(VARIABLES)} and text without "
            "$#<>;`|&?{}^*",
        ),
        *_flags("ensureUniqueDirectory", "reuseAccessPoint"),
        *_flags("enableTagging", "enforceZoneAffinity"),
        Parameter(name="az"),
        *(
            Parameter(name=f"{SIDECAR}provisioner-secret-{part}")
            for part in ("name", "namespace")
        ),
    ),
    conflicts=(
        *(
            Conflict(
                parameter=one,
                pattern=r".+",
                other=other,
                other_pattern="",
                why=f"a range has both ends: {other} is missing",
            )
            for one, other in (
                ("gidRangeStart", "gidRangeEnd"),
                ("gidRangeEnd", "gidRangeStart"),
            )
        ),
        *(
            Conflict(
                parameter=parameter,
                pattern=pattern,
                other="provisioningMode",
                other_pattern=r"s3files-ap",
                why=f"{parameter} is of efs-ap only",
            )
            for parameter, pattern in (("az", r".+"), ("reuseAccessPoint", r"true|t|1"))
        ),
    ),
    any_case=False,
    ignores_unknown=True,
    link=LINK,
    source=SOURCE,
)


def group_id_problems(gid_range: Sequence[int], path: Path) -> Iterator[Problem]:
    """What is wrong with the group ids that a class gives out.

    Args:
        gid_range: The first and the last.
        path: Where they stand.
    """
    in_order = len(gid_range) == 2 and 0 < gid_range[0] < gid_range[1] <= LARGEST_ID
    if not in_order:
        yield problem_of_driver(
            "EFS14",
            f"a range of group ids is its first and its last: from 1, to {LARGEST_ID} "
            "at most, and the last above the first",
            path,
            list(gid_range),
            nearest=_nearest_range(gid_range),
        )
        return
    first, last = gid_range
    most = first + MOST_ACCESS_POINTS
    nearest = _nearest_range([first])
    if last > most:
        yield problem_of_driver(
            "EFS14",
            f"the driver uses no more than {MOST_ACCESS_POINTS:,} ids of a range, as "
            "many as a file system has access points: those above are never given",
            path,
            list(gid_range),
            nearest=nearest,
            severity="warning",
        )
    elif last - first + 1 < FEW_GROUP_IDS:
        yield problem_of_driver(
            "EFS14",
            "every claim takes a group id: when they are used up, claims stay Pending",
            path,
            list(gid_range),
            nearest=nearest,
            severity="warning",
        )


def _nearest_range(gid_range: Sequence[int]) -> str:
    highest = LARGEST_ID - MOST_ACCESS_POINTS
    numbers = sorted({min(number, highest) for number in gid_range if number > 0})
    if not numbers:
        return f"[{GROUP_IDS[0]}, {GROUP_IDS[1]}]"
    first = numbers[0]
    last = numbers[-1] if len(numbers) > 1 else first + MOST_ACCESS_POINTS
    return f"[{first}, {last}]"


def directory_problems(
    base_path: str | None, pattern: str | None, *, unique: bool | None
) -> Iterator[Problem]:
    """What is wrong with the directories that a class makes for its claims.

    Args:
        base_path: The directory that they are made in.
        pattern: Their names; None for the name of the volume.
        unique: Whether a suffix is added; None where that is not said.
    """
    base = [part for part in (base_path or "").split("/") if part]
    base_length = sum(len(part) + 1 for part in base)
    if re.search(_NEVER, base_path or ""):
        yield _too_deep("basePath", base_path, _base(base, 0, 1))
    elif pattern is None and (
        len(base) >= LEVELS or base_length + 1 + _VOLUME_NAME > LENGTH
    ):
        yield _too_deep("basePath", base_path, _base(base, 1 + _VOLUME_NAME, 1))
    if unique is not None and pattern is None:
        yield problem_of_driver(
            "EFS16",
            "without subPathPattern the directories have the names of the volumes, "
            "which are unique: nothing is added to them",
            ("ensureUniqueDirectory",),
            unique,
        )
    if pattern is not None:
        suffix = 0 if unique is False else _UNIQUE
        yield from _pattern_problems(pattern, base, base_length + 1 + suffix)


def _pattern_problems(pattern: str, base: list[str], other: int) -> Iterator[Problem]:
    # The shortest name that a variable stands for has one character.
    plain = re.sub(_VARIABLE, "x", pattern, flags=re.ASCII)
    names = [part for part in plain.split("/") if part]
    path = ("subPathPattern",)
    if not names or re.search(_NEVER, plain):
        lower = {variable.lower(): variable for variable in VARIABLES}
        found = [lower.get(word.lower()) for word in re.findall(r"\$\{.*?\}", pattern)]
        fixed = re.sub(
            r"\$\{.*?\}", lambda word: lower.get(word[0].lower(), ""), pattern
        )
        yield problem_of_driver(
            "EFS16",
            f"a directory's name is made of {', '.join(VARIABLES)} and plain text",
            path,
            pattern,
            allowed=VARIABLES,
            nearest=fixed if all(found) and fixed != pattern else None,
        )
        return
    length = other + len("/".join(names))
    if len(base) + len(names) > LEVELS or length > LENGTH:
        yield _too_deep("subPathPattern", pattern, None)


def _base(base: list[str], rest: int, levels: int) -> str:
    """As much of a base path as leaves room for what is made in it."""
    kept = [re.sub(FORBIDDEN, "", part).lstrip(".") for part in base]
    kept = [part for part in kept if part][: LEVELS - levels]
    while kept and sum(len(part) + 1 for part in kept) + rest > LENGTH:
        kept.pop()
    return "/" + "/".join(kept)


def _too_deep(key: str, value: object, nearest: str | None) -> Problem:
    return problem_of_driver(
        "EFS12",
        f"the directories of access points have at most {LEVELS} names, the base "
        f"path's among them, and {LENGTH} characters with what the driver adds, none "
        "of them $#<>;`|&?{}^*, and no name begins with a dot",
        (key,),
        value,
        nearest=nearest,
    )


def problem_of_driver(
    rule: str,
    message: str,
    path: Path,
    value: object,
    *,
    allowed: tuple[object, ...] = (),
    nearest: object = None,
    severity: Severity = "error",
) -> Problem:
    """What this driver refuses, ignores or is asked in vain."""
    return Problem(
        rule=rule,
        message=message,
        path=path,
        value=value,
        allowed=allowed,
        nearest=nearest,
        link=LINK,
        severity=severity,
    )
