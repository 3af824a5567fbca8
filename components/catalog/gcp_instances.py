"""What Google Cloud calls an instance of Filestore or Managed Lustre.

Source: API discovery of file.v1 (revision 20260819) and the reference of
`projects.locations.instances` of both, read 2026-11-22.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from components.catalog.problem import Path, Problem

_SHORT = r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
_FULL = re.compile(
    r"projects/(?P<project>[a-z0-9.:-]+)/locations/(?P<location>[a-z0-9-]+)/"
    rf"instances/(?P<instance>{_SHORT})"
)
_ZONE = re.compile(r"[a-z]+-[a-z]+[0-9]+-[a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceName:
    """An instance by its full name.

    Attributes:
        project: The id of its project.
        location: Its zone, or its region.
        instance: Its id there.
    """

    project: str
    location: str
    instance: str

    def __str__(self) -> str:
        return (
            f"projects/{self.project}/locations/{self.location}/"
            f"instances/{self.instance}"
        )


def parse(text: str) -> InstanceName | None:
    """The parts of a full name; None for what is not one."""
    found = _FULL.fullmatch(text)
    return InstanceName(**found.groupdict()) if found else None


def is_id(text: str) -> bool:
    """Whether `text` is an instance's id: 1 to 63 of a-z, 0-9 and '-'."""
    return re.fullmatch(_SHORT, text) is not None


def is_zone(location: str) -> bool:
    """Whether a location is a zone, and not a region."""
    return _ZONE.fullmatch(location) is not None


def nearest_id(text: str) -> str | None:
    """The id nearest to `text`; None where nothing of it can stand in one."""
    kept = re.sub(r"[^a-z0-9-]+", "-", text.lower()).lstrip("-0123456789")
    return kept[:63].rstrip("-") or None


def id_of(stack: str, name: str) -> str:
    """The id of an instance that a stack makes, where the cloud chooses none.

    Args:
        stack: The name of the stack.
        name: The name of the storage, a DNS label.
    """
    # What is cut off is the stack's: its storage differs in the end.
    prefix = (nearest_id(stack) or "")[: max(62 - len(name), 0)].rstrip("-")
    if not prefix and name[:1].isalpha():
        return name
    return f"{prefix or 'i'}-{name}"[:63].rstrip("-")


def name_problem(rule: str, text: str, path: Path, link: str) -> Problem | None:
    """What is wrong with `text` as an instance, by its full name or its id."""
    if parse(text) is not None or is_id(text):
        return None
    # Such as the URL of the console or of the API has it.
    inside = _FULL.search(text)
    found = inside[0] if inside else None
    return Problem(
        rule=rule,
        message="an instance is named by its id, of a-z, 0-9 and '-', or in full: "
        "projects/PROJECT/locations/LOCATION/instances/ID",
        path=path,
        value=text,
        nearest=found or (None if "/" in text else nearest_id(text)),
        link=link,
    )
