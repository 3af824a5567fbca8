"""Clusters of GKE: names, versions, and what fits which of them.

Sources, read 2026-11-22: API discovery of container.v1 (revision 20261027) for
names and enums; for the form of versions
https://docs.cloud.google.com/kubernetes-engine/versioning
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from components.catalog import eks
from components.catalog.problem import Path, Problem

LINK = "https://docs.cloud.google.com/kubernetes-engine/versioning"
ENDPOINT_LINK = (
    "https://docs.cloud.google.com/kubernetes-engine/docs/concepts/network-isolation"
)
NAME_LINK = (
    "https://docs.cloud.google.com/kubernetes-engine/docs/reference/rest/v1/"
    "projects.locations.clusters"
)
POOLS_LINK = "https://docs.cloud.google.com/kubernetes-engine/docs/concepts/node-pools"
AUTOPILOT_LINK = (
    "https://docs.cloud.google.com/kubernetes-engine/docs/concepts/autopilot-overview"
)

LONGEST_NAME = 40
"""Characters of the name of a cluster, and of a node pool."""

LONGEST_POOL = 27
"""Characters of the name of a pool here: what the stack and Pulumi append to it
(`-pool`, and `-` with seven digits) has to fit as well."""

_NAME = re.compile(rf"[a-z]([a-z0-9-]{{0,{LONGEST_NAME - 2}}}[a-z0-9])?")
_VERSION = re.compile(r"1\.(\d+)(?:\.(\d+)(?:-gke\.(\d+))?)?")

Version = tuple[int, ...]
"""The numbers of a version, as many as were said: `1.33.2-gke.4655000` is
`(1, 33, 2, 4655000)` and `1.33` is `(1, 33)`."""


def parse(version: str) -> Version | None:
    """The numbers of a version such as `1.33.2-gke.4655000`; None of no version."""
    found = _VERSION.fullmatch(version)
    if found is None:
        return None
    return (1, *(int(part) for part in found.groups() if part is not None))


def at_least(version: str, least: str) -> bool | None:
    """Whether a version is as late as another.

    Args:
        version: What a cluster has, or is made with at least.
        least: What something needs.

    Returns:
        None where `version` does not say: `1.33` may be before `1.33.2-gke.1` or
        after it, and what is no version says nothing.
    """
    have, need = parse(version), parse(least)
    if have is None or need is None:
        return None
    if have[: len(need)] == need[: len(have)] and len(have) < len(need):
        return None
    return have >= need


def version_problem(version: str) -> Problem | None:
    """What is wrong with `version` as a version of GKE."""
    if _VERSION.fullmatch(version):
        return None
    found = re.search(r"1\.\d+(\.\d+(-gke\.\d+)?)?", version)
    return Problem(
        rule="GKE03",
        message='a version of GKE is such as "1.35" or 1.35.1-gke.1616000',
        value=version,
        nearest=as_yaml(found.group()) if found else None,
        link=LINK,
    )


def as_yaml(version: str) -> str:
    """A version as YAML has it: one of two numbers would be a number itself."""
    return f'"{version}"' if re.fullmatch(r"\d+\.\d+", version) else version


def name_problem(name: str) -> Problem | None:
    """What is wrong with `name` as the name of a cluster."""
    if _NAME.fullmatch(name):
        return None
    last = name.rpartition("/clusters/")[2].strip().lower()
    kept = re.sub(r"[^a-z0-9-]+", "-", last).lstrip("-0123456789")[:LONGEST_NAME]
    return Problem(
        rule="GKE02",
        message=f"a cluster's name has at most {LONGEST_NAME} lower-case letters, "
        "digits and '-', begins with a letter and does not end with '-'",
        value=name,
        nearest=kept.rstrip("-") or None,
        link=NAME_LINK,
    )


def access_problems(cidrs: Sequence[str], path: Path) -> Iterator[Problem]:
    """What is wrong with the addresses that reach an API server from outside."""
    ours = {"EKS05": "GKE05", "EKS06": "GKE06"}
    for problem in eks.access_problems(cidrs, path):
        yield replace(problem, rule=ours[problem.rule], link=ENDPOINT_LINK)


def workload_pool(project: str) -> str:
    """The workload identity pool of a project's clusters."""
    return f"{project}.svc.id.goog"
