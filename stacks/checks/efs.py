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
from components.kubernetes.storage_class_spec import StorageClassSpec
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack

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


RULES = (
    Rule("EFS10", "a claim that the driver or EFS refuses", class_in_its_own_words),
    Rule("EFS15", "an access point that EFS refuses", granted_directory),
)
