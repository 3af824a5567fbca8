"""Load a stack's file with plain pydantic models and PyYAML, and nothing else.

python -m bench.bare FILE
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, Field


class Volume(BaseModel):
    """A claim."""

    kind: str
    storage_class: str = Field(alias="storageClass")
    size: str
    access_modes: list[str] = Field(alias="accessModes")


class Team(BaseModel):
    """A team and its volumes."""

    name: str
    volumes: dict[str, Volume]


class Quota(BaseModel):
    """Bytes for each class."""

    storage: dict[str, str]


class Space(BaseModel):
    """What a team may use."""

    quota: Quota


class StorageClass(BaseModel):
    """A class of the cluster's."""

    provisioner: str
    existing: bool = False


class Platform(BaseModel):
    """An environment."""

    cloud: str
    cluster: dict[str, str]
    storage_classes: dict[str, StorageClass] = Field(alias="storageClasses")
    teams: dict[str, Space]


class Stack(BaseModel):
    """A stack's file."""

    platform: Platform = Field(alias="ml-storage:platform")
    team: Team = Field(alias="ml-storage:team")


def load(file: Path) -> Stack:
    """The stack in `file`, read by PyYAML's faster loader where there is one."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Stack.model_validate(yaml.load(file.read_text(), loader)["config"])  # noqa: S506, a safe loader


if __name__ == "__main__":
    load(Path(sys.argv[1]))
