"""Directories of EFS: what is granted of a file system, and the driver's classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from components.aws.efs_spec import EfsSpec
from components.catalog.efs_access_points import mode_problem, path_problem
from components.catalog.efs_driver import (
    DRIVER,
    MOST_ACCESS_POINTS,
    directory_problems,
    group_id_problems,
)
from components.catalog.efs_volumes import option_problems
from components.catalog.problem import Problem
from components.kubernetes.granted_spec import GrantedSpec
from components.kubernetes.storage_class_spec import StorageClassSpec
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack

_PERMISSIONS = (
    "https://docs.aws.amazon.com/efs/latest/ug/accessing-fs-nfs-permissions.html"
)
_OFF = ("false", "f", "0")


def class_in_its_own_words(stack: Stack) -> Iterator[Problem]:
    """A class of EFS in the driver's words makes directories that EFS makes."""
    platform = stack.config.platform
    for name, spec in (platform.storage_classes if platform else {}).items():
        if not isinstance(spec, StorageClassSpec) or spec.existing:
            continue
        if spec.provisioner != DRIVER.name:
            continue
        at = ("platform", "storageClasses", name)
        for problem in _parameter_problems(DRIVER.stated(spec.all_parameters)):
            yield problem.under(*at, "parameters")
        for problem in option_problems(spec.all_mount_options, access_point=""):
            yield problem.under(*at)


def _parameter_problems(stated: Mapping[str, str]) -> Iterator[Problem]:
    first, last = stated.get("gidRangeStart"), stated.get("gidRangeEnd")
    if first and last:
        path = ("gidRangeEnd",)
        for problem in group_id_problems([int(first), int(last)], path):
            yield replace(problem, value=last, nearest=int(first) + MOST_ACCESS_POINTS)
    unique = stated.get("ensureUniqueDirectory")
    yield from directory_problems(
        stated.get("basePath"),
        stated.get("subPathPattern"),
        unique=None if not unique else unique.lower() not in _OFF,
    )
    uid = stated.get("uid")
    wrong = mode_problem(
        stated.get("directoryPerms", ""),
        ("directoryPerms",),
        uid=int(uid) if uid else None,
    )
    if wrong is not None:
        yield wrong


def granted_directory(stack: Stack) -> Iterator[Problem]:
    """A prefix of EFS is an access point: a directory that one can have."""
    platform = stack.config.platform
    for team, space in (platform.teams if platform else {}).items():
        for name, grant in space.grants.items():
            storage = platform.storage.get(name) if platform else None
            if not isinstance(storage, EfsSpec) or grant.prefix is None:
                continue
            at = ("platform", "teams", team, "grants", name, "prefix")
            problem = path_problem(f"/{grant.prefix.strip('/')}", at)
            if problem is not None:
                nearest = str(problem.nearest).strip("/")
                yield replace(problem, value=grant.prefix, nearest=nearest or None)


def written_by_its_owner(stack: Stack) -> Iterator[Problem]:
    """Who writes to a whole file system of EFS is root, which owns it.

    Through an access point, which every granted prefix is, all is done as its
    owner; the root directory is its own, and root's when EFS makes it.
    """
    team, space = stack.config.team, stack.space
    for mount in stack.mounts:
        run_as = mount.program.run_as
        if not isinstance(mount.volume, EfsSpec) or run_as is None or not mount.writes:
            continue
        own = team.volumes.get(mount.mount.volume) if team else None
        grant = (
            space.grants.get(own.source)
            if space is not None and isinstance(own, GrantedSpec)
            else None
        )
        if team is None or grant is None or grant.prefix is not None:
            continue
        if run_as.user == 0:
            continue
        yield Problem(
            rule="",
            message="the root directory of a new file system is root's, and user "
            f"{run_as.user} cannot write there unless root has let it: the grant of a "
            "prefix is a directory with an owner of its own",
            path=mount.at,
            value=mount.mount.volume,
            nearest=f"prefix: {team.name}",
            link=_PERMISSIONS,
            severity="warning",
        )


RULES = (
    Rule("AWS32", "a program that fails at its first write", written_by_its_owner),
    Rule("EFS10", "a claim that the driver or EFS refuses", class_in_its_own_words),
    Rule("EFS15", "an access point that EFS refuses", granted_directory),
)
