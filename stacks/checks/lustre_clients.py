"""Lustre: the nodes that mount a file system have a client for its version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from components.aws.fsx_lustre_class_spec import FsxLustreClassSpec
from components.aws.fsx_lustre_spec import FsxLustreSpec
from components.aws.node_pool_spec import EksNodePoolSpec
from components.catalog.fsx_lustre import client_problem
from components.catalog.fsx_lustre_tables import RECOMMENDED_VERSION
from components.catalog.problem import Problem
from components.kubernetes.storage_class_spec import StorageClassSpec
from stacks.checks.places import FSX, class_of, pool_of
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import SeenVolume

_PARAMETER = "fileSystemTypeVersion"


def _version(stack: Stack, volume: SeenVolume) -> tuple[str, str] | None:
    """The version of Lustre behind a volume, and the key that says it.

    None where there is no Lustre, or where its version is not known: of a file
    system of someone else's that does not say it.
    """
    if isinstance(volume, FsxLustreSpec):
        stated = "lustre_version" in volume.model_fields_set
        known = stated or volume.existing is None
        return (volume.lustre_version, "lustreVersion") if known else None
    spec = class_of(stack, volume)
    if isinstance(spec, FsxLustreClassSpec):
        return spec.lustre_version, "lustreVersion"
    if isinstance(spec, StorageClassSpec) and spec.provisioner == FSX:
        if spec.existing:
            return None
        # Without it the class is completed with what AWS recommends.
        return spec.all_parameters.get(_PARAMETER, RECOMMENDED_VERSION), _PARAMETER
    return None


def has_a_client(stack: Stack) -> Iterator[Problem]:
    """The AMI of the nodes has a client that mounts this version of Lustre."""
    for mount in stack.mounts:
        found = _version(stack, mount.volume) if mount.volume else None
        if found is None:
            continue
        version, key = found
        pool = pool_of(stack, mount.program)
        ami = pool.ami_type if isinstance(pool, EksNodePoolSpec) else None
        problem = client_problem(version, ami)
        if problem is not None:
            nearest = problem.nearest
            yield replace(
                problem,
                path=mount.at,
                value=mount.mount.volume,
                nearest=None if nearest is None else f'{key}: "{nearest}"',
            )


RULES = (Rule("AWS17", "a mount that ends with 'Invalid argument'", has_a_client),)
