"""Snapshots: of what they are taken, and what is restored from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.catalog import quantity
from components.catalog.problem import Problem
from components.catalog.storage_kinds import BY_DRIVER
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.snapshot_spec import SnapshotSpec
from components.spec import closest
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import NEUTRAL

_LINK = "https://kubernetes.io/docs/concepts/storage/volume-snapshots/"


def _snapshots(stack: Stack) -> Mapping[str, SnapshotSpec]:
    return stack.config.team.snapshots if stack.config.team else {}


def _claim(stack: Stack, name: str | None) -> ClaimSpec | None:
    volume = stack.volumes.get(name or "")
    return volume if isinstance(volume, ClaimSpec) else None


def _driver(stack: Stack, claim: ClaimSpec | None) -> str | None:
    """The driver that provisions a claim, where it is known."""
    classes = stack.platform.storage_classes if stack.platform else {}
    found = classes.get((claim.storage_class if claim else None) or "")
    return found.provisioner if found else None


def _snapshot_driver(stack: Stack, snapshot: SnapshotSpec | None) -> str | None:
    """The driver that takes a snapshot, where it is known."""
    classes = stack.platform.snapshot_classes if stack.platform else {}
    found = classes.get((snapshot.snapshot_class if snapshot else None) or "")
    return found.driver if found else None


def _restored(stack: Stack) -> Iterator[tuple[str, ClaimSpec, SnapshotSpec]]:
    """Claims that are restored, with the snapshot that each names."""
    snapshots = _snapshots(stack)
    for name, claim in stack.claims:
        snapshot = snapshots.get(claim.restore or "")
        if snapshot is not None:
            yield name, claim, snapshot


def of_a_claim(stack: Stack) -> Iterator[Problem]:
    """A snapshot is of one of the team's claims."""
    claims = {name for name, _ in stack.claims}
    known = stack.names("team", "volumes")
    for name, snapshot in _snapshots(stack).items():
        if snapshot.of is None or snapshot.of in claims:
            continue
        if snapshot.of in known and snapshot.of not in stack.volumes:
            # It is broken or granted: broken, nothing is known about it.
            granted = stack.config.team and snapshot.of in stack.config.team.volumes
            if not granted:
                continue
        yield Problem(
            rule="",
            message="a snapshot is of a claim (kind: claim), and this volume is none"
            if snapshot.of in known
            else "no such volume under team.volumes",
            path=("team", "snapshots", name, "of"),
            value=snapshot.of,
            allowed=tuple(sorted(claims)),
            nearest=closest(snapshot.of, claims),
            link=_LINK,
        )


def known_class(stack: Stack) -> Iterator[Problem]:
    """A snapshot names a class that the platform describes."""
    if stack.platform is None:
        return
    known = stack.names("platform", "snapshotClasses")
    for name, snapshot in _snapshots(stack).items():
        if snapshot.snapshot_class is None or snapshot.snapshot_class in known:
            continue
        yield Problem(
            rule="",
            message="no such class under platform.snapshotClasses (one that the "
            "cluster has already is described there with existing: true)",
            path=("team", "snapshots", name, "snapshotClass"),
            value=snapshot.snapshot_class,
            allowed=tuple(sorted(known)),
            nearest=closest(snapshot.snapshot_class, known),
            link=_LINK,
        )


def one_driver(stack: Stack) -> Iterator[Problem]:
    """A snapshot and the claims around it belong to one driver."""
    classes = stack.platform.snapshot_classes if stack.platform else {}
    for name, snapshot in _snapshots(stack).items():
        driver = _snapshot_driver(stack, snapshot)
        wanted = _driver(stack, _claim(stack, snapshot.of))
        if driver is None or wanted is None or driver == wanted:
            continue
        fitting = [key for key, spec in classes.items() if spec.driver == wanted]
        yield Problem(
            rule="",
            message=f"the claim is of {wanted}, and the class takes snapshots with "
            f"{driver}",
            path=("team", "snapshots", name, "snapshotClass"),
            value=snapshot.snapshot_class,
            allowed=tuple(sorted(fitting)),
            nearest=min(fitting, default=None),
            link=_LINK,
        )
    yield from _restored_elsewhere(stack)


def _restored_elsewhere(stack: Stack) -> Iterator[Problem]:
    storage = stack.platform.storage_classes if stack.platform else {}
    for name, claim, snapshot in _restored(stack):
        driver, wanted = _driver(stack, claim), _snapshot_driver(stack, snapshot)
        if driver is None or wanted is None or driver == wanted:
            continue
        source = _claim(stack, snapshot.of)
        fitting = [key for key, spec in storage.items() if spec.provisioner == wanted]
        same = source.storage_class if source else None
        yield Problem(
            rule="",
            message=f"the snapshot is of {wanted}, and this class is of {driver}",
            path=("team", "volumes", name, "storageClass"),
            value=claim.storage_class,
            allowed=tuple(sorted(fitting)),
            nearest=same if same in fitting else min(fitting, default=None),
            link=_LINK,
        )


def taken_by_the_driver(stack: Stack) -> Iterator[Problem]:
    """A snapshot is of a claim whose driver can take one."""
    for name, snapshot in _snapshots(stack).items():
        driver = _driver(stack, _claim(stack, snapshot.of))
        row = BY_DRIVER.get(driver or "")
        if row is None or row.snapshots:
            continue
        yield Problem(
            rule="",
            message=f"{row.kind} takes no snapshots",
            path=("team", "snapshots", name, "of"),
            value=snapshot.of,
            link=row.source.partition(" ")[0],
            severity="error" if row.status == "confirmed" else "warning",
        )


def known_snapshot(stack: Stack) -> Iterator[Problem]:
    """A claim is restored from one of the team's snapshots."""
    known = stack.names("team", "snapshots")
    for name, claim in stack.claims:
        if claim.restore is not None and claim.restore not in known:
            yield Problem(
                rule="",
                message="no such snapshot under team.snapshots (one that the cluster "
                "has already is named there with existing: {name: ...})",
                path=("team", "volumes", name, "restore"),
                value=claim.restore,
                allowed=tuple(sorted(known)),
                nearest=closest(claim.restore, known),
                link=_LINK,
            )


def large_enough(stack: Stack) -> Iterator[Problem]:
    """A restored claim is no smaller than what the snapshot is of."""
    for name, claim, snapshot in _restored(stack):
        source = _claim(stack, snapshot.of)
        if claim.size is None or source is None or source.size is None:
            continue
        # A size that is wrong in itself is said once.
        if claim.size == NEUTRAL["team", "volumes", "*", "size"]:
            continue
        if quantity.parse(claim.size) < quantity.parse(source.size):
            yield Problem(
                rule="",
                message=f"the snapshot is of {snapshot.of}, which has {source.size}: "
                "it does not fit",
                path=("team", "volumes", name, "size"),
                value=claim.size,
                nearest=source.size,
                link=_LINK,
            )


def no_circle(stack: Stack) -> Iterator[Problem]:
    """No claim is restored from what comes from itself."""
    snapshots = _snapshots(stack)
    origin = {
        name: snapshots[claim.restore].of
        for name, claim in stack.claims
        if claim.restore is not None and claim.restore in snapshots
    }
    seen: set[str | None] = set()
    for name in origin:
        way: list[str] = []
        place: str | None = name
        while place in origin and place not in seen:
            seen.add(place)
            way.append(place)
            place = origin[place]
        # Each claim of a circle is said, and none that only leads into one.
        for member in way[way.index(place) :] if place in way else ():
            claim = _claim(stack, member)
            yield Problem(
                rule="",
                message="the snapshot is taken of this very claim (or of one restored "
                "from it): neither can be made first",
                path=("team", "volumes", member, "restore"),
                value=claim.restore if claim else None,
            )


def same_mode(stack: Stack) -> Iterator[Problem]:
    """A snapshot of files is restored as files, one of a device as a device."""
    for name, claim, snapshot in _restored(stack):
        source = _claim(stack, snapshot.of)
        # An existing claim does not say here what it is.
        if source is None or source.existing is not None:
            continue
        if claim.volume_mode != source.volume_mode:
            yield Problem(
                rule="",
                message=f"the snapshot is of {snapshot.of}, whose volumeMode is "
                f"{source.volume_mode}",
                path=("team", "volumes", name, "volumeMode"),
                value=claim.volume_mode,
                nearest=source.volume_mode,
                link=f"{_LINK}#convert-volume-mode",
            )


def one_snapshot_each(stack: Stack) -> Iterator[Problem]:
    """A snapshot that is taken into the stack is one of its snapshots, not two."""
    team = stack.config.team
    given = team.snapshots if team else {}
    taken = {n for n, s in given.items() if s.existing is None and s.adopt is None}
    for name, snapshot in given.items():
        if snapshot.adopt is None:
            continue
        if snapshot.adopt.name in taken:
            yield Problem(
                rule="",
                message="another snapshot of the stack is this one already: no two "
                "resources of a stack are one object",
                path=("team", "snapshots", name, "adopt", "name"),
                value=snapshot.adopt.name,
            )
        taken.add(snapshot.adopt.name)


RULES = (
    Rule("SNP01", "a snapshot that waits for its claim for ever", of_a_claim),
    Rule("SNP02", "a snapshot that no driver takes", known_class),
    Rule("SNP03", "a snapshot that its driver does not know", one_driver),
    Rule("SNP04", "a snapshot that never becomes ready", taken_by_the_driver),
    Rule(
        "SNP05", "a claim that stays Pending for want of its snapshot", known_snapshot
    ),
    Rule("SNP06", "a claim that stays Pending, too small to restore", large_enough),
    Rule("SNP07", "a claim and a snapshot that wait for each other", no_circle),
    Rule("SNP08", "a restore that the provisioner refuses", same_mode),
    Rule("SNP09", "a snapshot that two names manage", one_snapshot_each),
)
