"""Patterns: what only the pattern knows of the volumes and programs that it joins.

What it is made of is judged by the rules of that: zones, access, writers, identities.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.catalog import paths
from components.catalog.problem import Path, Problem, Severity
from components.catalog.storage_kinds import StorageKind
from components.gcp.gcs_fuse_spec import GcsFuseSpec
from components.kubernetes.checkpoint_tier_spec import CheckpointTierSpec
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.deployment_spec import DeploymentSpec
from components.kubernetes.job_spec import JobSpec
from components.kubernetes.part_spec import PartSpec
from components.kubernetes.pattern_spec import PatternSpec
from components.kubernetes.shared_artifacts_spec import SharedArtifactsSpec
from components.kubernetes.staging_spec import StagingSpec
from components.kubernetes.static_volume_spec import HostPathSpec
from components.spec import closest
from stacks.checks.access import for_many
from stacks.checks.pattern_lookups import (
    PatternMount,
    declared_programs,
    lies_on,
    mounts_of,
    patterns_of,
    words_of,
)
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import PodVolume, SeenVolume, UriVolume

_ACCESS_MODES = (
    "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes"
)


def a_name_of_its_own(stack: Stack) -> Iterator[Problem]:
    """What a program mounts by a name is one thing: a pattern or a volume."""
    volumes = stack.names("team", "volumes")
    for at, name, _ in patterns_of(stack, PatternSpec):
        if name in volumes:
            yield Problem(
                rule="",
                message="a volume has this name, and programs mount both by their "
                "names",
                path=at,
                nearest=f"{name}-pattern",
            )


def a_job_of_its_own(stack: Stack) -> Iterator[Problem]:
    """The job that a pattern brings has a name that no other job has."""
    taken = {
        name: "the team has a job of that name"
        for name in stack.names("team", "jobs")
        if name not in stack.jobs_of_patterns
    }
    for at, name, pattern in patterns_of(stack, StagingSpec):
        title = pattern.job_name(name)
        if title in taken:
            yield Problem(
                rule="",
                message=f"it brings a job called {title}, and {taken[title]}",
                path=at,
                nearest=f"{name}-pattern",
            )
        taken.setdefault(title, f"{name} brings one of that name")


def known_volume(stack: Stack) -> Iterator[Problem]:
    """A pattern is made of the team's volumes."""
    known = stack.names("team", "volumes")
    for at, _, pattern in patterns_of(stack, PatternSpec):
        for key, volume in pattern.volumes().items():
            if volume not in known:
                is_pattern = volume in stack.names("team", "patterns")
                yield Problem(
                    rule="",
                    message="a pattern is made of volumes, and not of another pattern"
                    if is_pattern
                    else "no such volume under team.volumes",
                    path=(*at, key),
                    value=volume,
                    allowed=tuple(sorted(known)),
                    nearest=closest(volume, known),
                )


def _filled(stack: Stack) -> Iterator[tuple[str, PartSpec, SeenVolume]]:
    """What patterns fill for others: the pattern, the directory and its volume."""
    for _, name, pattern in patterns_of(stack, PatternSpec):
        part = pattern.filled()
        volume = stack.volumes.get(part.volume) if part else None
        if part is not None and volume is not None:
            yield name, part, volume


def _is_shared(volume: SeenVolume) -> bool:
    """Whether what one pod writes to a volume is there for others that mount it."""
    own = isinstance(volume, PodVolume) and not isinstance(volume, GcsFuseSpec)
    return not own and not isinstance(volume, UriVolume)


def seen_by_others(stack: Stack) -> Iterator[Problem]:
    """What is filled for others lies on a volume that they see."""
    shared = sorted(name for name, v in stack.volumes.items() if _is_shared(v))
    for name, part, volume in _filled(stack):
        if _is_shared(volume):
            continue
        source = _source(stack, name)
        nearest = shared[0] if len(shared) == 1 else None
        if not isinstance(volume, UriVolume):
            message = f"each pod has a volume of kind {volume.kind} to itself: no "
            message += "other would see what is brought here"
        elif source in shared:
            message = "source is the bucket that is copied, and to where it goes: "
            message += "they are swapped"
            nearest = source
        else:
            message = f"no pod mounts a volume of kind {volume.kind}"
        yield Problem(
            rule="",
            message=message,
            path=("team", "patterns", name, "to"),
            value=part.volume,
            allowed=tuple(shared),
            nearest=nearest,
        )


def _source(stack: Stack, name: str) -> str | None:
    """The volume that a pattern copies; None for none."""
    pattern = stack.declared.patterns.get(name) if stack.declared else None
    return pattern.volumes().get("source") if pattern else None


def _in_a_bucket(stack: Stack, volume: SeenVolume) -> StorageKind | None:
    """What is known of a volume that is a mounted bucket; None for other storage."""
    row = None if isinstance(volume, UriVolume) else stack.storage_kind(volume)
    return row if row is not None and not row.append else None


def on_storage_that_renames(stack: Stack) -> Iterator[Problem]:
    """What is filled for others gets its names when it is whole, by renaming.

    A mounted bucket renames no directory: Mountpoint renames nothing, and Cloud
    Storage FUSE only in a bucket with a hierarchical namespace.
    """
    for name, part, volume in _filled(stack):
        row = _without_renames(stack, volume)
        if row is None:
            continue
        yield Problem(
            rule="",
            message="this is a bucket, mounted: what is brought here is renamed when "
            "it is whole, and a bucket renames no directory; bring it to a file "
            "system, or let programs read the bucket itself",
            path=("team", "patterns", name, "to"),
            value=part.volume,
            allowed=tuple(
                sorted(
                    other
                    for other, seen in stack.volumes.items()
                    if _is_shared(seen) and _in_a_bucket(stack, seen) is None
                )
            ),
            link=row.source.partition(" ")[0],
            severity="error" if _never_renames(row) else "warning",
        )


def _without_renames(stack: Stack, volume: SeenVolume) -> StorageKind | None:
    """What is known of a mounted bucket that may rename no directory; else None."""
    row = _in_a_bucket(stack, volume)
    # Which FUSE does where there are directories.
    if row is None or (row.rename and getattr(volume, "folders", None) is True):
        return None
    return row


def _never_renames(row: StorageKind) -> bool:
    """Whether it is known that storage renames no directory, and not only feared."""
    return not row.rename and row.status == "confirmed"


def not_from_itself(stack: Stack) -> Iterator[Problem]:
    """What is copied does not hold the copy, nor lie in it."""
    for at, name, pattern in patterns_of(stack, StagingSpec):
        target = stack.volumes.get(pattern.to.volume)
        if isinstance(pattern.source, str) or target is None:
            continue
        row = _without_renames(stack, target)
        if not _is_shared(target) or (row is not None and _never_renames(row)):
            # That nothing can be brought there is said by itself.
            continue
        source, directory = lies_on(stack, pattern.source)
        on, parent = lies_on(stack, pattern.target)
        if source == on and paths.overlap(directory, parent):
            below = pattern.source.path
            free = below is not None and not paths.overlap(below, name)
            yield Problem(
                rule="",
                message="this is the part of the bucket that is copied, or one in it "
                "or around it: the copy would be copied, too",
                path=(*at, "to"),
                value=pattern.to.volume,
                nearest=f"{{volume: {pattern.to.volume}, path: {name}}}"
                if free
                else None,
            )


def mounted_on_all_nodes(stack: Stack) -> Iterator[Problem]:
    """Who waits for data mounts the volume beside who brings it."""
    for name, part, volume in _filled(stack):
        users = [
            program
            for _, program in declared_programs(stack)
            if any(mount.volume == name for mount in program.mounts.values())
        ]
        # To a program of several pods the same is said at its mount.
        few = users and all(program.pods <= 1 for program in users)
        at: Path = ("team", "patterns", name, "to")
        if isinstance(volume, HostPathSpec):
            yield Problem(
                rule="",
                message="this is a directory of each node: on other nodes than the one "
                "that it is brought to, programs wait for it for ever",
                path=at,
                value=part.volume,
                severity="warning",
            )
        claim = isinstance(volume, ClaimSpec)
        if claim and volume.access_modes == ["ReadWriteOnce"] and few:
            yield Problem(
                rule="",
                message="the volume is ReadWriteOnce, for one node at a time: who "
                "waits for the data on another keeps it from being brought",
                path=at,
                value=part.volume,
                nearest=for_many(stack, volume),
                link=_ACCESS_MODES,
                severity="warning",
            )


def can_be_written(stack: Stack) -> Iterator[Problem]:
    """What a pattern writes to may be written to."""
    for at, _, pattern in patterns_of(stack, PatternSpec):
        for key, name in pattern.volumes().items():
            volume = stack.volumes.get(name)
            if key == "source" or volume is None:
                continue
            row = _without_renames(stack, volume) if key == "to" else None
            # That nothing can be brought to a bucket is said by itself.
            refused = row is not None and _never_renames(row)
            if volume.access == "read-only" and not refused:
                yield Problem(
                    rule="",
                    message="the pattern writes here, and the team may only read it",
                    path=(*at, key),
                    value=name,
                    nearest="access: read-write",
                )


def one_owner_of_a_directory(stack: Stack) -> Iterator[Problem]:
    """What one pattern fills no other does, nor what lies in it."""
    seen: list[tuple[str, str, str]] = []
    filled = [(name, part, *lies_on(stack, part)) for name, part, _ in _filled(stack)]
    for name, part, on, directory in filled:
        beside = [n for n, _, o, _ in filled if o == on and n != name]
        if beside and not paths.parts(directory):
            # Said once, and not at each that lies in it.
            yield Problem(
                rule="",
                message="this is all of the volume, and "
                f"{', '.join(beside)} fill{'s' * (len(beside) == 1)} a part of it: "
                "neither would have what it says",
                path=("team", "patterns", name, "to"),
                value=part.volume,
                nearest=f"{{volume: {part.volume}, path: {name}}}",
            )
            continue
        other = next(
            (n for n, o, d in seen if o == on and paths.overlap(d, directory)), None
        )
        if other is not None:
            free = not any(o == on and paths.overlap(d, name) for _, o, d in seen)
            own = f"{{volume: {part.volume}, path: {name}}}"
            yield Problem(
                rule="",
                message=f"{other} fills this directory, or one in it or around it: "
                "neither would have what it says",
                path=("team", "patterns", name, "to"),
                value=part.volume,
                nearest=own if free else None,
            )
        seen.append((name, on, directory))
    yield from _written_by_others(stack, filled)


def _written_by_others(
    stack: Stack, filled: list[tuple[str, PartSpec, str, str]]
) -> Iterator[Problem]:
    """Mounts that write into what a pattern fills, though they say how."""
    for mount in stack.mounts:
        own = mount.owner[-1] in stack.jobs_of_patterns
        if own or stack.pattern_at(mount.at) is not None or not mount.writes:
            continue
        if mount.mount.writers is None:
            # The rules of writers ask for a word, and tell which.
            continue
        inside = PartSpec(volume=mount.mount.volume, path=mount.mount.sub_path)
        on, directory = lies_on(stack, inside)
        for name, _, where, parent in filled:
            if on == where and paths.is_in(directory, parent):
                yield Problem(
                    rule="",
                    message=f"{name} fills this directory, and what others write "
                    "here is in no manifest of it: mount it read-only, or another",
                    path=mount.at,
                    value=mount.mount.volume,
                    nearest="readOnly: true",
                )


def a_writer(stack: Stack) -> Iterator[Problem]:
    """Shared artifacts are written by one program, which mounts them."""
    jobs = stack.names("team", "jobs") - stack.jobs_of_patterns.keys()
    known = jobs | stack.names("team", "workspaces")
    known |= stack.names("team", "deployments")
    programs = declared_programs(stack)
    for at, name, pattern in patterns_of(stack, SharedArtifactsSpec):
        writers = [(o, p) for o, p in programs if o[-1] == pattern.writer]
        mounted = any(
            mount.volume == name for _, p in writers for mount in p.mounts.values()
        )
        unsure = any(stack.unsure((*owner, "mounts")) for owner, _ in writers)
        severity: Severity = "error"
        if pattern.writer not in known:
            message = "no such program of the team's: all others would wait for ever"
        elif len(writers) > 1:
            told = " and the ".join(words_of(owner) for owner, _ in writers)
            message = f"one program writes, and the {told} are called so"
        elif writers and not mounted and not unsure:
            message = (
                f"the {words_of(writers[0][0])} does not mount {name}: all others "
            )
            message += "would wait for ever"
        elif any(isinstance(p, JobSpec) and p.indexes for _, p in writers):
            message = "one program writes, and each index of this one is a program of "
            message += "its own: nothing but these keep apart what they publish"
            severity = "warning"
        elif any(isinstance(p, DeploymentSpec) and p.pods > 1 for _, p in writers):
            message = "one program writes, and the replicas of this one are all alike: "
            message += "nothing but these keep apart what they publish"
            severity = "warning"
        else:
            continue
        missing = pattern.writer not in known
        yield Problem(
            rule="",
            message=message,
            path=(*at, "writer"),
            value=pattern.writer,
            allowed=tuple(sorted(known)) if missing else (),
            nearest=closest(pattern.writer, known) if missing else None,
            severity=severity,
        )


def somebody_mounts_it(stack: Stack) -> Iterator[Problem]:
    """A pattern is there for the programs that mount it."""
    mounted = {mount.name for mount in mounts_of(stack, PatternSpec)}
    known = stack.names("team", "volumes") | stack.names("team", "patterns")
    for mount in stack.mounts:
        # Which pattern is meant by a name that there is not, is said there.
        if mount.mount.volume not in known:
            mounted.add(closest(mount.mount.volume, known) or "")
    sections = ("jobs", "workspaces", "deployments")
    unsure = any(stack.unsure(("team", section)) for section in sections)
    for at, name, pattern in patterns_of(stack, PatternSpec):
        if name not in mounted and not unsure:
            what = "copied for nobody" if isinstance(pattern, StagingSpec) else "unused"
            yield Problem(
                rule="",
                message=f"no program mounts it: it is {what}",
                path=at,
                nearest=f"mounts: {{/{name}: {name}}}",
                severity="warning",
            )


def mounted_as_it_is(stack: Stack) -> Iterator[Problem]:
    """The pattern says which directory is mounted, and who writes it."""
    for mount in mounts_of(stack, PatternSpec):
        for key, value, why in _against(mount):
            yield Problem(
                rule="",
                message=f"{why}: leave {key} out",
                path=(*mount.at, key),
                value=value,
            )


def _against(mount: PatternMount[PatternSpec]) -> Iterator[tuple[str, object, str]]:
    """What a mount says against its pattern: the key, its value, and why not."""
    said, pattern = mount.mount, mount.pattern
    tier = isinstance(pattern, CheckpointTierSpec)
    writer = isinstance(pattern, SharedArtifactsSpec)
    writer = writer and getattr(pattern, "writer", None) == mount.owner[-1]
    if said.read_only and (tier or writer):
        yield "readOnly", True, "the program writes what this is about"
    writes = "read_only" in said.model_fields_set and not said.read_only
    if writes and not tier and not writer:
        yield "readOnly", False, "who mounts it reads what is whole"
    if said.writers is not None and not tier:
        yield "writers", said.writers, "the pattern says who writes"
    if said.sub_path is not None and not tier:
        yield "subPath", said.sub_path, "that it is whole stands at the top of it"


RULES = (
    Rule("PAT01", "a mount of something else than was meant", a_name_of_its_own),
    Rule("PAT02", "data that is never brought", a_job_of_its_own),
    Rule("PAT03", "a pattern that does nothing", known_volume),
    Rule("PAT04", "programs that wait for ever for what is there", seen_by_others),
    Rule("PAT05", "pods that wait for each other", mounted_on_all_nodes),
    Rule("PAT06", "a copy or a checkpoint that fails at its end", can_be_written),
    Rule("PAT11", "a dataset that is half another", one_owner_of_a_directory),
    Rule("PAT12", "programs that wait for what nobody writes", a_writer),
    Rule("PAT13", "a copy that nobody reads", somebody_mounts_it),
    Rule("PAT15", "a mount that is not what it says", mounted_as_it_is),
    Rule("PAT23", "a copy that grows with each run", not_from_itself),
    Rule("PAT20", "a copy that its storage cannot make", on_storage_that_renames),
)
