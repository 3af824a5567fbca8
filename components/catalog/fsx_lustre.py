"""Amazon FSx for Lustre: what goes together, and what is right instead.

Every rule stands here once: the Spec of a file system, the Spec of a class and
the parameters of the driver's own classes describe a `FileSystem`, and put the
problems where the setting stands with `placed`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from components.catalog import fsx_lustre_tables as tables
from components.catalog import fsx_lustre_tiering
from components.catalog.fsx_lustre_asked import (
    FileSystem,
    nearest_of,
    problem_of,
    type_of,
    words,
)
from components.catalog.fsx_lustre_tables import (
    AUTOMATIC,
    HDD,
    OFFERS,
    PERSISTENT,
    PERSISTENT_2,
    RECOMMENDED_VERSION,
    SCRATCH_1,
    SSD,
    TIERING,
    Offer,
    Sizes,
)
from components.catalog.problem import Path, Problem


def placed(problems: Iterable[Problem], places: Mapping[str, Path]) -> list[Problem]:
    """Problems of a FileSystem's fields, put where those fields are said."""
    return [
        replace(problem, path=(*places[str(problem.path[0])], *problem.path[1:]))
        for problem in problems
    ]


def problems(asked: FileSystem) -> Iterator[Problem]:
    """Everything that AWS would not make, or that is not known to work.

    What depends on a setting that is wrong itself is not judged: one cause is
    one problem.
    """
    offer = asked.offer
    if offer is None:
        yield from _no_such_storage(asked)
    else:
        yield from _per_tib(asked, offer)
        yield from _capacity(asked)
        yield from _drive_cache(asked)
        yield from _metadata(asked)
        yield from _efa(asked)
        yield from fsx_lustre_tiering.whole_throughput(asked)
        yield from fsx_lustre_tiering.read_cache(asked)
    yield from version_problems(asked)
    if asked.kms_key and asked.deployment not in PERSISTENT:
        yield problem_of(
            "FSX15",
            "kms_key",
            "scratch file systems are encrypted with AWS's own key: whether they "
            "take another is not agreed on",
            severity="warning",
        )


def version_problems(asked: FileSystem) -> Iterator[Problem]:
    """A version that its type has, and that nodes of today mount."""
    version = asked.version
    if version is None or version == RECOMMENDED_VERSION:
        return
    tiering = asked.storage_type == TIERING
    why = None
    if version not in tables.VERSIONS:
        why = f"Lustre is one of {words(tables.VERSIONS)}"
    elif asked.deployment == PERSISTENT_2 and version == "2.10":
        why = f"{PERSISTENT_2} has no Lustre 2.10"
    elif asked.deployment == PERSISTENT_2 and (
        tiering or asked.efa or asked.metadata_iops is not None
    ):
        what = TIERING if tiering else "a metadata configuration"
        why = f"{what} needs Lustre {RECOMMENDED_VERSION}"
    if why is not None:
        yield problem_of(
            "FSX04",
            "version",
            why,
            value=version,
            nearest=RECOMMENDED_VERSION,
            allowed=tables.VERSIONS,
            link=tables.CREATE,
        )
    elif version == "2.12":
        yield problem_of(
            "FSX05",
            "version",
            f"new file systems run Lustre {RECOMMENDED_VERSION}, as AWS recommends: "
            "clients move on, and it can be raised but not lowered",
            value=version,
            nearest=RECOMMENDED_VERSION,
            link=tables.CLIENTS,
            severity="warning",
        )


AUTO_MODE = "AUTO"
"""What `client_problem` calls the nodes of EKS Auto Mode."""


def client_problem(lustre_version: str, ami_type: str | None) -> Problem | None:
    """What keeps nodes from mounting a file system of a Lustre version, or None.

    That 2.12 is old is said by the Spec of the file system or class already.

    Args:
        lustre_version: Such as `2.15`.
        ami_type: The AMI type of a managed node group, `AUTO` for EKS Auto
            Mode, None where it is not known.
    """
    nodes = f"nodes of {ami_type}" if ami_type else "nodes whose AMI is not known here"
    if ami_type == AUTO_MODE:
        nodes = "nodes of EKS Auto Mode"
    if lustre_version == "2.10" and not (ami_type or "").startswith("AL2_"):
        sure = ami_type == AUTO_MODE or (ami_type or "").startswith("AL2023_")
        refusal = "cannot mount" if sure else "may be unable to mount"
        return problem_of(
            "FSX05",
            "version",
            f"{nodes} {refusal} Lustre 2.10: the client ends with 'Invalid argument' "
            "(exit 22)",
            value=lustre_version,
            nearest=RECOMMENDED_VERSION,
            link="https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/437",
            severity="error" if sure else "warning",
        )
    known = ami_type is None or ami_type == AUTO_MODE or ami_type.startswith("AL2")
    if known:
        return None
    return problem_of(
        "FSX05",
        "version",
        f"whether {nodes} have the kernel module of Lustre is not known: without it "
        "every mount ends with 'Are the lustre modules loaded?'",
        value=lustre_version,
        link="https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/docs/"
        "troubleshooting.md",
        severity="warning",
    )


def baseline_throughput(asked: FileSystem) -> Fraction | None:
    """MB/s that the disks always give; None where nothing tells.

    AWS calls 2400 GiB 2.4 TiB: a thousand GiB count as one.
    """
    if asked.storage_type == TIERING:
        return Fraction(asked.throughput) if asked.throughput else None
    per_tib = asked.throughput_per_tib
    if asked.deployment not in PERSISTENT:
        per_tib = tables.SCRATCH_THROUGHPUT
    if per_tib is None or asked.capacity is None:
        return None
    return Fraction(asked.capacity, 1000) * per_tib


def replaced_by(old: FileSystem, new: FileSystem) -> list[str]:
    """The properties of `REPLACEMENTS` by which `new` is another file system."""
    changed = {
        "deployment_type": old.deployment != new.deployment,
        "storage_type": old.storage_type != new.storage_type,
        "drive_cache_type": old.drive_cache != new.drive_cache,
        "efa_enabled": old.efa != new.efa,
        "file_system_type_version": _number(new.version) < _number(old.version),
        "metadata_configuration.iops": isinstance(old.metadata_iops, int)
        and isinstance(new.metadata_iops, int)
        and new.metadata_iops < old.metadata_iops,
        "storage_capacity": (new.capacity or 0) < (old.capacity or 0)
        or (new.deployment == SCRATCH_1 and new.capacity != old.capacity),
    }
    return [name for name, is_changed in changed.items() if is_changed]


def _number(version: str | None) -> tuple[int, ...]:
    return tuple(map(int, (version or RECOMMENDED_VERSION).split(".")))


def _no_such_storage(asked: FileSystem) -> Iterator[Problem]:
    on = [storage for name, storage in OFFERS if name == asked.deployment]
    only = {HDD: tables.PERSISTENT_1, TIERING: PERSISTENT_2}
    yield problem_of(
        "FSX03",
        "storage_type",
        f"{asked.storage_type} is of {only.get(asked.storage_type, 'no type')} only; "
        f"{asked.deployment} is on {words(on)}",
        value=asked.storage_type,
        nearest=SSD,
        allowed=tuple(on),
        link=tables.CREATE,
    )


def _per_tib(asked: FileSystem, offer: Offer) -> Iterator[Problem]:
    value = asked.throughput_per_tib
    if not offer.throughputs:
        if value is not None:
            yield problem_of(
                "FSX02",
                "throughput_per_tib",
                f"the throughput of {type_of(asked)} is not chosen by the TiB: leave "
                "it out",
                value=value,
            )
        return
    if value in offer.throughputs:
        return
    required = "required: " if value is None else ""
    yield problem_of(
        "FSX02",
        "throughput_per_tib",
        f"{required}{type_of(asked)} comes with {words(offer.throughputs)} MB/s for "
        "each TiB",
        value=value,
        nearest=nearest_of(value, offer.throughputs),
        allowed=offer.throughputs,
    )


def _capacity(asked: FileSystem) -> Iterator[Problem]:
    value, sizes = asked.capacity, asked.sizes
    if asked.storage_type == TIERING:
        if value is not None:
            yield problem_of(
                "FSX01",
                "capacity",
                f"{TIERING} grows by itself and has no capacity to choose: leave it "
                "out",
                value=value,
                link=tables.CREATE,
                severity="warning",
            )
        return
    if sizes is None or not asked.sized:
        return
    per_tib = asked.throughput_per_tib
    efa = None
    if asked.efa and asked.deployment == PERSISTENT_2:
        efa = tables.EFA_SIZES.get(per_tib or 0)
    if value is None or value not in sizes:
        yield _size_problem("FSX01", asked, efa or sizes, tables.CREATE)
    elif efa is not None and value not in efa:
        problem = _size_problem("FSX06", asked, efa, tables.GROW)
        message = f"{problem.message}; AWS states these sizes for growth"
        yield replace(problem, message=message, severity="warning")


def _size_problem(rule: str, asked: FileSystem, sizes: Sizes, link: str) -> Problem:
    value = asked.capacity
    below, above = sizes.around(value or 1)
    near = [str(size) for size in (below, above) if size is not None]
    what = f"{'required: ' if value is None else ''}{type_of(asked)}"
    if asked.storage_type == HDD or asked.efa:
        with_efa = " with EFA" if asked.efa else ""
        what += f" at {asked.throughput_per_tib} MB/s for each TiB{with_efa}"
    return problem_of(
        rule,
        "capacity",
        f"{what} comes in {sizes} GiB: {' or '.join(near)}",
        value=value,
        nearest=sizes.nearest(value or 1),
        link=link,
    )


def _drive_cache(asked: FileSystem) -> Iterator[Problem]:
    value = asked.drive_cache
    if asked.storage_type != HDD:
        if value is not None:
            yield problem_of(
                "FSX08",
                "drive_cache",
                "only HDD has a drive cache: leave it out",
                value=value,
            )
    elif value not in tables.DRIVE_CACHES:
        yield problem_of(
            "FSX08",
            "drive_cache",
            "HDD says whether it has an SSD cache: READ, a fifth of the capacity, or "
            "NONE",
            value=value,
            nearest="READ",
            allowed=tables.DRIVE_CACHES,
        )


def _metadata(asked: FileSystem) -> Iterator[Problem]:
    value = asked.metadata_iops
    if asked.deployment != PERSISTENT_2:
        if value is not None:
            yield problem_of(
                "FSX07",
                "metadata_iops",
                f"only {PERSISTENT_2} has metadata IOPS of its own: leave them out",
                value=value,
                link=tables.METADATA,
            )
        return
    tiering = asked.storage_type == TIERING
    offered = tables.TIERING_METADATA_IOPS if tiering else tables.METADATA_IOPS
    if value is None and not tiering:
        return
    if value in offered or (value == AUTOMATIC and not tiering):
        return
    if tiering:
        why = f"{TIERING} has {words(offered)} metadata IOPS, which are said"
    else:
        why = "metadata IOPS are 1500, 3000, 6000 or multiples of 12000 to 192000, "
        why += f"or {AUTOMATIC}"
    yield problem_of(
        "FSX07",
        "metadata_iops",
        why,
        value=value,
        nearest=nearest_of(value if isinstance(value, int) else None, offered),
        allowed=offered if tiering else (AUTOMATIC, *offered),
        link=tables.METADATA,
    )


def _efa(asked: FileSystem) -> Iterator[Problem]:
    if not asked.efa:
        return
    if asked.deployment != PERSISTENT_2:
        yield problem_of(
            "FSX06",
            "efa",
            f"only {PERSISTENT_2} has EFA",
            value=True,
            nearest=False,
        )
    elif asked.storage_type == TIERING:
        yield problem_of(
            "FSX06",
            "efa",
            f"whether {TIERING} has EFA is not confirmed",
            value=True,
            severity="warning",
        )
    elif asked.metadata_iops is None:
        yield problem_of(
            "FSX06",
            "metadata_iops",
            "EFA needs a metadata configuration",
            nearest=AUTOMATIC,
            link="https://www.pulumi.com/registry/packages/aws/api-docs/fsx/"
            "lustrefilesystem/",
        )
