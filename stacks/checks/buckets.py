"""Buckets: what a mounted bucket cannot do, and whom it is shown to."""

from __future__ import annotations

from collections.abc import Iterator

from components.aws.bucket_spec import BucketSpec
from components.catalog import iam, mountpoint, s3
from components.catalog.problem import Problem
from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from components.kubernetes.csi_spec import CsiSpec
from components.kubernetes.granted_spec import GrantedSpec
from stacks.checks.rule import Rule
from stacks.checks.stack import MountOf, Stack

_TROUBLE = (
    "https://github.com/awslabs/mountpoint-s3-csi-driver/blob/main/docs/"
    "TROUBLESHOOTING.md"
)
_MODES = (
    "https://github.com/awslabs/mountpoint-s3-csi-driver/blob/main/pkg/driver/node/"
    "node.go"
)
_HANDLES = "https://github.com/kubernetes/kubernetes/issues/132921"


def _mounted(stack: Stack) -> Iterator[MountOf]:
    """The mounts of buckets of S3."""
    for mount in stack.mounts:
        if stack.is_of_a_pattern(mount.at):
            # On a mounted bucket there is no pattern: that is said by itself.
            continue
        volume = mount.volume
        driver = volume.driver if isinstance(volume, CsiSpec) else None
        if isinstance(volume, BucketSpec) or driver == mountpoint.DRIVER:
            yield mount


def written_as_a_bucket_can_be(stack: Stack) -> Iterator[Problem]:
    """Whoever writes to a mounted bucket says so, and so has thought of how.

    Libraries that save to a temporary file and rename it, and logs, fail there.
    """
    for mount in _mounted(stack):
        if mount.writes and mount.writers is None and mount.program.all_pods == 1:
            yield Problem(
                rule="",
                message=f"{mountpoint.CANNOT}. What saves by renaming a file, or "
                "appends to a log, fails; say writers where the program writes new "
                "files only, or readOnly, or let it write through the S3 connector",
                path=mount.at,
                value=mount.mount.volume,
                nearest="writers: one",
                link=mountpoint.SEMANTICS,
                severity="warning",
            )


def a_prefix_of_its_own(stack: Stack) -> Iterator[Problem]:
    """A directory of a bucket is mounted by a prefix: a `subPath` can vanish."""
    for mount in _mounted(stack):
        if mount.mount.sub_path is not None:
            yield Problem(
                rule="",
                message="a directory of a bucket is there only while a file is in it: "
                "a subPath that becomes empty cannot be used any more, and its pod "
                "does not end; grant the directory as a prefix",
                path=(*mount.at, "subPath"),
                value=mount.mount.sub_path,
                nearest=f"prefix: {mount.mount.sub_path}",
                link=_TROUBLE,
                severity="warning",
            )


def one_claim_in_a_pod(stack: Stack) -> Iterator[Problem]:
    """What was granted is one volume of a pod, under whatever names."""
    team = stack.config.team
    own = team.volumes if team else {}
    for owner, program in stack.programs:
        first: dict[str, str] = {}
        for path, mount in program.mounts.items():
            named = own.get(mount.volume)
            seen = stack.volumes.get(mount.volume)
            if not isinstance(named, GrantedSpec):
                continue
            other = first.setdefault(named.source, mount.volume)
            if isinstance(seen, CloudVolumeSpec) and other != mount.volume:
                yield Problem(
                    rule="",
                    message=f"it is the claim of {other} once more, and a node takes "
                    "two volumes of one claim for one: the pod would wait for ever "
                    "for the other",
                    path=(*owner, "mounts", path),
                    value=mount.volume,
                    nearest=other,
                    link=_HANDLES,
                )


def seen_by_its_program(stack: Stack) -> Iterator[Problem]:
    """A program that runs as a user can see the files of the bucket it mounts.

    The driver gives the pod's group the files, unless the bucket's `mount` says
    another; to everyone else they are closed.
    """
    for mount in stack.mounts:
        run_as, volume = mount.program.run_as, mount.volume
        if run_as is None or not isinstance(volume, BucketSpec):
            continue
        group, shown = run_as.group or run_as.user, volume.mount
        if shown.gid in (None, group) or shown.uid == run_as.user:
            continue
        yield Problem(
            rule="",
            message=f"the files are shown as those of group {shown.gid}, and closed to "
            f"others: user {run_as.user} of group {group} cannot even list them",
            path=mount.at,
            value=mount.mount.volume,
            nearest=f"runAs: {{user: {run_as.user}, group: {shown.gid}}}",
            link=_MODES,
        )


def _granted(stack: Stack) -> Iterator[tuple[str, str, BucketSpec, str]]:
    """Every prefix of a bucket that a team is granted."""
    platform = stack.config.platform
    for team, space in (platform.teams if platform else {}).items():
        for name, grant in space.grants.items():
            spec = platform.storage.get(name) if platform else None
            if isinstance(spec, BucketSpec) and grant.prefix is not None:
                yield team, name, spec, grant.prefix


def a_plain_prefix(stack: Stack) -> Iterator[Problem]:
    """A granted prefix is a text: a policy would read a pattern as more."""
    for team, name, _, prefix in _granted(stack):
        problem = iam.prefix_problem(prefix)
        if problem is not None:
            yield problem.under("platform", "teams", team, "grants", name, "prefix")


def a_part_of_a_bucket(stack: Stack) -> Iterator[Problem]:
    """A prefix is granted of a bucket whose parts can be told apart."""
    for team, name, spec, prefix in _granted(stack):
        bucket = spec.bucket or spec.existing or spec.adopt or ""
        known = s3.DIRECTORY_SUFFIX if spec.directory else bucket
        problem = iam.in_part(known, prefix)
        if problem is not None:
            yield problem.under("platform", "teams", team, "grants", name, "prefix")


def made_by_no_class(stack: Stack) -> Iterator[Problem]:
    """A class makes volumes: the driver of Mountpoint makes none."""
    platform = stack.config.platform
    for name, spec in (platform.storage_classes if platform else {}).items():
        if spec.provisioner == mountpoint.DRIVER:
            yield Problem(
                rule="",
                message="this driver makes no buckets: a bucket stands under "
                "platform.storage, and teams are granted it",
                path=("platform", "storageClasses", name),
                nearest="storage: {NAME: {kind: s3}}",
                link=_MODES.replace("pkg/driver/node/node.go", "docs/CONFIGURATION.md"),
            )


RULES = (
    Rule("AWS18", "a checkpoint that a bucket cannot take", written_as_a_bucket_can_be),
    Rule("AWS19", "a directory that vanishes under a pod", a_prefix_of_its_own),
    Rule("AWS20", "a pod that waits for ever for a volume it has", one_claim_in_a_pod),
    Rule("AWS26", "a bucket that its program cannot look into", seen_by_its_program),
    Rule("AWS39", "claims that stay Pending for ever", made_by_no_class),
    Rule("IAM01", "a grant of more than was meant", a_plain_prefix),
    Rule("IAM02", "a grant of a part that is one of all", a_part_of_a_bucket),
)
