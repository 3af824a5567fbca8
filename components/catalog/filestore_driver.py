"""What the CSI driver of Filestore takes in its StorageClasses.

Source: https://github.com/kubernetes-sigs/gcp-filestore-csi-driver 2edb466
pkg/csi_driver/{controller,multishare_controller}.go, read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_network
from typing import cast

from components.catalog import filestore_settings, quantity
from components.catalog.filestore import TIERS, Tier, protocol_problems
from components.catalog.problem import Problem
from components.catalog.provisioners import SIDECAR, Conflict, Driver, Parameter

_REPOSITORY = "https://github.com/kubernetes-sigs/gcp-filestore-csi-driver"
LINK = f"{_REPOSITORY}#parameters"

ZONE_KEY = "topology.gke.io/zone"
"""The key by which the driver tells zones apart."""

_DIRECT = "DIRECT_PEERING"
_PRIVATE = "PRIVATE_SERVICE_ACCESS"
_ALIASES: Mapping[str, Tier] = {"standard": "BASIC_HDD", "premium": "BASIC_SSD"}

DRIVER = Driver(
    name="filestore.csi.storage.gke.io",
    parameters=(
        # Only in lower case does the driver see which tiers are in a region.
        Parameter(
            name="tier", values=(*(tier.lower() for tier in TIERS), *sorted(_ALIASES))
        ),
        Parameter(
            name="network",
            pattern=r"[a-z]([-a-z0-9]*[a-z0-9])?|projects/[^/]+/global/networks/[^/]+",
            form="a network's name, or projects/PROJECT/global/networks/NAME",
        ),
        Parameter(name="connect-mode", values=(_DIRECT, _PRIVATE)),
        Parameter(name="reserved-ipv4-cidr"),
        Parameter(name="reserved-ip-range"),
        Parameter(
            name="instance-encryption-kms-key",
            pattern=r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+",
            form="projects/P/locations/L/keyRings/R/cryptoKeys/K",
        ),
        Parameter(name="protocol", values=("NFS_V3", "NFS_V4_1")),
        Parameter(name="nfs-export-options-on-create"),
        Parameter(name="mount-options"),
        Parameter(
            name="labels",
            pattern=r"[^=,]+=[^=,]*(,[^=,]+=[^=,]*)*",
            form="key=value,key=value",
        ),
        Parameter(name="resource-tags"),
        Parameter(
            name="multishare", pattern=r"(?i:true|false)", form='"true" or "false"'
        ),
        Parameter(name="max-volume-size"),
        Parameter(name="instance-storageclass-label"),
        Parameter(name=f"{SIDECAR}provisioner-secret-name"),
        Parameter(name=f"{SIDECAR}provisioner-secret-namespace"),
        Parameter(name=f"{SIDECAR}fstype"),
    ),
    conflicts=(
        Conflict(
            parameter="reserved-ipv4-cidr",
            pattern=r".+",
            other="connect-mode",
            other_pattern=_PRIVATE,
            why="with private services access the driver does not look at it: "
            "reserved-ip-range names a range",
        ),
    ),
    any_case=False,
    ignores_unknown=False,
    link=LINK,
    source=f"{_REPOSITORY} 2edb466 pkg/csi_driver/controller.go",
)

_MULTISHARE_ONLY = ("max-volume-size", "instance-storageclass-label")


def tier_of(parameters: Mapping[str, str]) -> Tier | None:
    """The tier of a class by its parameters; None where it is none.

    Without one it is the driver's default, BASIC_HDD; with several shares for an
    instance, ENTERPRISE.
    """
    multishare = parameters.get("multishare", "").lower() == "true"
    text = parameters.get("tier") or ("enterprise" if multishare else "standard")
    name = _ALIASES.get(text, text.upper())
    return cast("Tier", name) if name in TIERS and text == text.lower() else None


def check(parameters: Mapping[str, str]) -> list[Problem]:
    """What the driver refuses of parameters together."""
    found = list(_ranges(parameters))
    tier = tier_of(parameters)
    if tier is None:
        return found
    protocol = parameters.get("protocol")
    if protocol in ("NFS_V3", "NFS_V4_1"):
        found += _placed(protocol_problems(tier, protocol), "protocol")
    multishare = parameters.get("multishare", "").lower() == "true"
    for key in _MULTISHARE_ONLY:
        if key in parameters and not multishare:
            found.append(
                Problem(
                    rule="FIL13",
                    message="only a class whose claims are shares has it (multishare)",
                    path=("parameters", key),
                    value=parameters[key],
                    link=LINK,
                )
            )
    size = parameters.get("max-volume-size")
    problems = filestore_settings.multishare_problems(
        tier, multishare, gib_of(size), text=size if multishare else None
    )
    for problem in problems:
        is_tier = problem.path == ("tier",)
        found += _placed([problem], "tier" if is_tier else "max-volume-size")
    return found


def gib_of(text: str | None) -> int | None:
    """Whole GiB of a quantity; None for what is none."""
    if text is None:
        return None
    try:
        size = quantity.parse(text)
    except ValueError:
        return None
    gib, rest = divmod(size, 2**30)
    return int(gib) if rest == 0 else None


def _placed(problems: Sequence[Problem] | Iterator[Problem], key: str) -> list[Problem]:
    """Problems of a setting, where the parameter stands and in its words."""
    return [
        replace(
            problem,
            path=("parameters", key),
            nearest=problem.nearest.lower()
            if key == "tier" and isinstance(problem.nearest, str)
            else problem.nearest,
        )
        for problem in problems
    ]


def _ranges(parameters: Mapping[str, str]) -> Iterator[Problem]:
    named = parameters.get("reserved-ip-range")
    cidr = parameters.get("reserved-ipv4-cidr")
    private = parameters.get("connect-mode") == _PRIVATE
    if named is not None and not private:
        yield Problem(
            rule="FIL07",
            message="the driver looks at it with connect-mode PRIVATE_SERVICE_ACCESS "
            "only",
            path=("parameters", "reserved-ip-range"),
            value=named,
            link=LINK,
        )
    elif named is not None and _is_network(named):
        yield Problem(
            rule="FIL07",
            message="it is the name of a range allocated for private services, not the "
            "range itself",
            path=("parameters", "reserved-ip-range"),
            value=named,
            link=LINK,
        )
    if cidr is not None and not private and not _is_network(cidr):
        yield Problem(
            rule="FIL07",
            message="addresses in CIDR notation, of which every instance takes some",
            path=("parameters", "reserved-ipv4-cidr"),
            value=cidr,
            link=LINK,
        )


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


def class_gib(tier: Tier, gib: int) -> int:
    """GiB of the instance that the driver makes for a claim of `gib`.

    It takes the smallest instance for a smaller claim (100 GiB of BASIC_HDD and
    REGIONAL), and does not round up to a step.
    """
    row = TIERS[tier]
    least = (
        100 if tier in ("BASIC_HDD", "REGIONAL") else (row.sure or row.bands)[0].least
    )
    return max(gib, least)
