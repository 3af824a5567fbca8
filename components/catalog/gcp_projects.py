"""Projects of Google Cloud: what the id of one looks like.

Source: https://docs.cloud.google.com/resource-manager/docs/creating-managing-projects
(project id: 6 to 30 lower-case letters, digits and hyphens; begins with a letter;
does not end with a hyphen), read 2026-11-22.
"""

from __future__ import annotations

import re

from components.catalog.problem import Problem

LINK = "https://docs.cloud.google.com/resource-manager/docs/creating-managing-projects"

_ID = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", re.ASCII)
# Projects of a domain, from before there were organizations.
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+:", re.ASCII)


def problem(project: str) -> Problem | None:
    """What is wrong with `project` as the id of a project."""
    domain = _DOMAIN.match(project)
    if _ID.fullmatch(project[domain.end() :] if domain else project):
        return None
    if project.isdecimal():
        return Problem(
            rule="",
            message="this is the project's number: its id is wanted, such as "
            "ml-prod-123456",
            value=project,
            link=LINK,
        )
    written = project.removeprefix("projects/").strip().lower()
    written = re.sub(r"[\s_.]+", "-", written)
    return Problem(
        rule="",
        message="the id of a project has 6 to 30 lower-case letters, digits and "
        "hyphens, begins with a letter and does not end with a hyphen",
        value=project,
        nearest=written if _ID.fullmatch(written) else None,
        link=LINK,
    )
