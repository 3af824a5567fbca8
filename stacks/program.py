"""What the Pulumi program does: load, then build."""

from __future__ import annotations

import json
from pathlib import Path as FilePath
from typing import Any

import pulumi

from stacks import report
from stacks.config import NAMESPACE, StackConfig
from stacks.load import from_values
from stacks.platform import build_platform
from stacks.team import build_team

_KEYS = ("platform", "team")


def load() -> StackConfig:
    """The configuration of this stack, from Pulumi, as a whole or not at all.

    Raises:
        pulumi.RunError: There is any problem; it lists all of them.
    """
    config = pulumi.Config(NAMESPACE)
    given = {key: config.get(key) for key in _KEYS}
    # A key that the stack leaves out comes as nothing, or as the empty mapping
    # that is its default in Pulumi.yaml.
    values = {
        key: _value(text) for key, text in given.items() if text not in (None, "", "{}")
    }
    name = f"Pulumi.{pulumi.get_stack()}.yaml"
    file = FilePath(pulumi.get_root_directory() or ".") / name
    loaded = from_values(values, file, name)
    for found in loaded.found:
        if found.problem.severity == "warning":
            pulumi.log.warn(report.text(found))
    if loaded.config is None:
        raise pulumi.RunError(report.refusal(loaded.found))
    return loaded.config


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def build(config: StackConfig) -> dict[str, Any]:
    """Register everything that `config` declares; the stack's outputs."""
    outputs: dict[str, Any] = {}
    if config.platform is not None:
        platform = build_platform(config.platform)
        outputs["context"] = config.platform.cluster.context
        if config.team is not None:
            outputs |= build_team(config.team, platform)
    return outputs
