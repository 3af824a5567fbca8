"""TPU VMs: the disks that they have are there, in their zone and of their kind."""

from __future__ import annotations

from collections.abc import Iterator

from components.catalog import gcp_disks, tpu_vms
from components.catalog.gcp_disk_tables import TPU_VM_LINK
from components.catalog.problem import Path, Problem
from components.gcp.disk_spec import DiskSpec
from components.gcp.tpu_vm_spec import TpuDiskSpec, TpuVmSpec
from components.spec import closest
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack


def _attached(stack: Stack) -> Iterator[tuple[Path, TpuVmSpec, TpuDiskSpec]]:
    """Every disk of every TPU VM of this stack, with where it stands."""
    platform = stack.config.platform
    for name, vm in (platform.tpu_vms if platform else {}).items():
        for index, disk in enumerate(vm.disks):
            yield ("platform", "tpuVms", name, "disks", index), vm, disk


def _disk(stack: Stack, name: str) -> DiskSpec | None:
    found = stack.platform.storage.get(name) if stack.platform else None
    return found if isinstance(found, DiskSpec) else None


def known_disk(stack: Stack) -> Iterator[Problem]:
    """A TPU VM names a disk of the platform's, or another in full."""
    storage = stack.platform.storage if stack.platform else {}
    disks = {name for name in storage if _disk(stack, name) is not None}
    broken = stack.names("platform", "storage") - set(storage)
    for at, _, attached in _attached(stack):
        if "/" in attached.disk or attached.disk in disks | broken:
            continue
        yield Problem(
            rule="",
            message="no such disk under platform.storage (kind: persistent-disk; "
            "another is given by its full name)",
            path=(*at, "disk"),
            value=attached.disk,
            allowed=tuple(sorted(disks)),
            nearest=closest(attached.disk, disks),
            link=TPU_VM_LINK,
        )


def in_its_zone(stack: Stack) -> Iterator[Problem]:
    """A TPU VM and its disks are in one zone."""
    for at, vm, attached in _attached(stack):
        disk = _disk(stack, attached.disk)
        zone = disk.zone if disk else gcp_disks.disk_zone(attached.disk)
        if zone is not None and zone != vm.zone:
            yield Problem(
                rule="",
                message=f"the disk is in {zone}, and the VM is in {vm.zone}",
                path=(*at, "disk"),
                value=attached.disk,
                nearest=f"zone: {zone}",
                link=TPU_VM_LINK,
            )


def of_its_generation(stack: Stack) -> Iterator[Problem]:
    """A disk of a TPU VM is of a type that its generation can have."""
    for at, vm, attached in _attached(stack):
        disk = _disk(stack, attached.disk)
        stated = disk is not None and (
            disk.existing is None or "type" in disk.model_fields_set
        )
        if disk is not None and stated:
            problem = tpu_vms.disk_problem(vm.tpu, disk.type, (*at, "disk"))
            if problem is not None:
                yield problem


def attached_as_it_is(stack: Stack) -> Iterator[Problem]:
    """A disk that is read-only is attached read-only."""
    for at, _, attached in _attached(stack):
        disk = _disk(stack, attached.disk)
        if disk is not None and disk.access == "read-only" and not attached.read_only:
            yield Problem(
                rule="",
                message="the disk is read-only",
                path=(*at, "readOnly"),
                value=attached.read_only,
                nearest="true",
                link=TPU_VM_LINK,
            )


RULES = (
    Rule("TVM05", "a TPU VM without its data", known_disk),
    Rule("TVM06", "a TPU VM that is refused for its disk", of_its_generation),
    Rule("TVM08", "a TPU VM that no disk can be attached to", attached_as_it_is),
    Rule("TVM09", "a TPU VM whose disk is elsewhere", in_its_zone),
)
