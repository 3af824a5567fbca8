"""What every fast test may use: no engine, no cluster, no network."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import settings

from tests.containers import containers, jax, lammps, train

# Fixtures of all modules: unpacked once, whichever asks.
__all__ = ["containers", "jax", "lammps", "train"]

ROOT = Path(__file__).resolve().parents[1]

# The same examples on every machine: a red run can be repeated.
settings.register_profile(
    "fast", deadline=None, max_examples=40, derandomize=True, database=None
)
settings.load_profile("fast")


# Before xdist looks for groups.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What shares one thing of this machine goes to one process of several.

    There is one sandbox, and the images are unpacked once for all that enter them.
    """
    for item in items:
        for marker, group in (("engine", "sandbox"), ("images", "images")):
            if item.get_closest_marker(marker) is not None:
                item.add_marker(pytest.mark.xdist_group(group))
                break


@pytest.fixture
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture
def dev_values(root: Path) -> dict[str, Any]:
    """The configuration of `Pulumi.dev.yaml`, plain."""
    return yaml.safe_load((root / "Pulumi.dev.yaml").read_text())["config"]


@pytest.fixture
def as_pulumi() -> Callable[[dict[str, Any]], dict[str, str]]:
    """Configuration as Pulumi hands it to a program: objects as JSON texts."""
    return lambda values: {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in values.items()
    }
