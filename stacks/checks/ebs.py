"""Disks of EBS: claims that EC2 makes disks for, and classes in the driver's words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from components.aws.ebs_class_spec import EbsClassSpec
from components.catalog import ebs, quantity
from components.catalog.ebs_driver import DRIVER, EXACT, SNAPSHOTS
from components.catalog.problem import Path, Problem
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.ephemeral_spec import EphemeralSpec
from components.kubernetes.storage_class_spec import StorageClassSpec
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import NEUTRAL, AnyClass

_GIB = 2**30
_NO_SIZE = NEUTRAL["team", "volumes", "*", "size"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Disks:
    """What the disks of a class are asked to be.

    Attributes:
        type: Their type, the driver's own where the class names none.
        named: The class names the type.
        iops: IOPS of each.
        iops_per_gb: IOPS for each GiB of them.
        throughput: MiB/s of each.
        raises: The driver raises IOPS that are too few.
    """

    type: str
    named: bool
    iops: int | None
    iops_per_gb: int | None
    throughput: int | None
    raises: bool = False


def _disks(spec: AnyClass | None) -> _Disks | None:
    """The disks of a class; None where there are none, or nothing is known of them."""
    if isinstance(spec, EbsClassSpec):
        return _Disks(
            type=spec.type,
            named=True,
            iops=spec.iops,
            iops_per_gb=spec.iops_per_gb,
            throughput=spec.throughput,
        )
    if not isinstance(spec, StorageClassSpec) or spec.existing:
        return None
    if spec.provisioner != DRIVER.name:
        return None
    stated = DRIVER.stated(spec.all_parameters)
    numbers = {
        key: int(stated[key]) if stated.get(key) else None
        for key in ("iops", "iopsPerGB", "throughput")
    }
    return _Disks(
        type=stated.get("type") or ebs.DEFAULT_TYPE,
        named=bool(stated.get("type")),
        iops=numbers["iops"],
        iops_per_gb=numbers["iopsPerGB"],
        throughput=numbers["throughput"],
        raises=stated.get("allowAutoIOPSPerGBIncrease") == "true",
    )


def _claims(
    stack: Stack,
) -> Iterator[tuple[Path, ClaimSpec | EphemeralSpec, _Disks]]:
    """The claims on classes of disks, with where they stand."""
    classes = stack.platform.storage_classes if stack.platform else {}
    for name, volume in stack.volumes.items():
        if not isinstance(volume, ClaimSpec | EphemeralSpec):
            continue
        disks = _disks(classes.get(volume.storage_class or ""))
        if disks is not None:
            yield ("team", "volumes", name), volume, disks


def _claim_problems(stack: Stack, rule: str) -> Iterator[Problem]:
    for path, claim, disks in _claims(stack):
        if claim.size is None or claim.size == _NO_SIZE:
            continue
        gib = -(-int(quantity.parse(claim.size)) // _GIB)
        problem = ebs.claim_problem(
            disks.type,
            disks.iops,
            disks.iops_per_gb,
            gib,
            raises=disks.raises,
        )
        if problem is not None and problem.rule == rule:
            yield replace(problem.under(*path), value=claim.size)


def size_of_its_type(stack: Stack) -> Iterator[Problem]:
    """A claim on a class of EBS has a size that disks of the class's type have."""
    yield from _claim_problems(stack, "EBS09")


def iops_of_its_size(stack: Stack) -> Iterator[Problem]:
    """A claim on a class of EBS is large enough for the IOPS of its class."""
    yield from _claim_problems(stack, "EBS10")


def attached_to_many(stack: Stack) -> Iterator[Problem]:
    """A disk that several nodes attach at once is of type io2."""
    for path, claim, disks in _claims(stack):
        many = "ReadWriteMany" in claim.access_modes and claim.volume_mode == "Block"
        if not many or ebs.BY_NAME[disks.type].multi_attach:
            continue
        yield Problem(
            rule="",
            message=f"the driver attaches only io2 to several nodes, and the class "
            f"makes {disks.type}",
            path=(*path, "accessModes"),
            value=claim.access_modes,
            nearest="[ReadWriteOnce]",
            link="https://docs.aws.amazon.com/ebs/latest/userguide/"
            "ebs-volumes-multi.html",
            # A test of the driver's takes a class without a type for one.
            severity="error" if disks.named else "warning",
        )


def class_in_its_own_words(stack: Stack) -> Iterator[Problem]:
    """A class in the driver's words makes disks that EC2 makes, where pods are."""
    platform = stack.config.platform
    classes = platform.storage_classes if platform else {}
    for name, spec in classes.items():
        disks = _disks(spec)
        if platform is None or disks is None or not isinstance(spec, StorageClassSpec):
            continue
        at = ("platform", "storageClasses", name)
        written = {key.lower(): key for key in spec.parameters}
        for problem in ebs.class_problems(
            disks.type,
            iops=disks.iops,
            iops_per_gb=disks.iops_per_gb,
            throughput=disks.throughput,
        ):
            key = str(problem.path[0])
            key = written.get(key.lower(), key)
            yield replace(problem, path=(*at, "parameters", key))
        yield from _misspelt(spec, at)
        if platform.cloud == "aws":
            yield from _promises(spec, at)


def _misspelt(spec: StorageClassSpec, at: Path) -> Iterator[Problem]:
    """The few keys whose upper and lower case are not the same to the driver."""
    for key in spec.parameters:
        parameter = DRIVER.find(key)
        if parameter is not None and parameter.name in EXACT - {key}:
            yield Problem(
                rule="",
                message="the driver takes this key in its own spelling only",
                path=(*at, "parameters", key),
                nearest=parameter.name,
                link=DRIVER.link,
            )


def _promises(spec: StorageClassSpec, at: Path) -> Iterator[Problem]:
    """What every class of an environment on AWS has, unless someone leaves it out."""
    if spec.binding != "WaitForFirstConsumer":
        yield Problem(
            rule="",
            message="a disk is in one zone: made before its pod is, it may be in "
            "another",
            path=(*at, "volumeBindingMode"),
            value=spec.binding,
            nearest="WaitForFirstConsumer",
            link="https://kubernetes.io/docs/concepts/storage/storage-classes/"
            "#volume-binding-mode",
            severity="warning",
        )
    if DRIVER.stated(spec.all_parameters).get("encrypted") != "true":
        yield Problem(
            rule="",
            message="disks are not encrypted unless the class or the account says so",
            path=(*at, "parameters", "encrypted"),
            nearest='"true"',
            link=DRIVER.link,
            severity="warning",
        )


def snapshot_parameters(stack: Stack) -> Iterator[Problem]:
    """A class of snapshots of EBS has parameters that its driver knows."""
    platform = stack.config.platform
    for name, spec in (platform.snapshot_classes if platform else {}).items():
        if spec.driver == SNAPSHOTS.name and not spec.existing:
            for problem in SNAPSHOTS.problems(spec.parameters):
                yield problem.under("platform", "snapshotClasses", name)


RULES = (
    Rule("EBS06", "a snapshot that the driver refuses to take", snapshot_parameters),
    Rule("EBS09", "a claim that stays Pending for its size", size_of_its_type),
    Rule("EBS10", "a disk refused, or slower than its class says", iops_of_its_size),
    Rule("EBS11", "a disk that no second node attaches", attached_to_many),
    Rule(
        "EBS12",
        "disks refused, in another zone than their pods, or in the clear",
        class_in_its_own_words,
    ),
)
