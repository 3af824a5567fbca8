"""What the Pulumi program does: load, then build."""

from __future__ import annotations

import gc
import json
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any, cast

import pulumi
from pulumi.runtime import invoke_async
from pulumi.runtime.config import is_config_secret

from stacks import contract, report
from stacks.config import NAMESPACE, SECTIONS, StackConfig
from stacks.contract import Contract
from stacks.load import Loaded, from_values, secret_names
from stacks.platform import Environment, build_platform, cluster_provider
from stacks.team import build_team


def run() -> None:
    """Run the program of this stack, and export what it made.

    A team's stack first reads what its environment exports; nothing is
    registered before that is known and all of the configuration is right.

    Raises:
        pulumi.RunError: There is any problem; it lists all of them.
    """
    values = _values()
    team = values.get("team")
    platform = cast("Any", team).get("platform") if isinstance(team, dict) else None
    if "platform" in values or not isinstance(platform, str):
        _export(build(load(values)))
        return

    async def after_the_contract() -> None:
        deployed = await _deployed(platform)
        _export(build(load(values, deployed), deployed))

    pulumi.run(after_the_contract)


def load(values: Mapping[str, Any], deployed: object = None) -> StackConfig:
    """The configuration of this stack, as a whole or not at all.

    Args:
        values: The sections of this project's configuration, from Pulumi.
        deployed: The contract that the environment's stack exports, or None.

    Raises:
        pulumi.RunError: There is any problem; it lists all of them.
    """
    name = f"Pulumi.{pulumi.get_stack()}.yaml"
    file = FilePath(pulumi.get_root_directory() or ".") / name
    loaded = from_values(values, file, name, deployed=deployed, keys=_keys(values))
    return _whole(loaded)


def build(config: StackConfig, deployed: object = None) -> dict[str, Any]:
    """Register everything that `config` declares; the stack's outputs.

    Args:
        config: What to build.
        deployed: The contract of the environment, where another stack is it.
    """
    # What is loaded by now stays to the end: the collector need not look at it
    # again with every resource, which took a third of the time.
    gc.freeze()
    outputs: dict[str, Any] = {}
    team = config.team
    if config.platform is not None:
        built = build_platform(config.platform)
        outputs["context"] = config.platform.cluster.context
        made = Contract.of(config.platform, pulumi.get_stack())
        outputs[contract.OUTPUT] = made.as_output()
    elif team is not None and team.cluster is not None and team.platform is not None:
        given, _ = contract.read(deployed, team.platform, team.platform)
        if given is None:
            raise ValueError("a team is built upon the contract of its environment")
        outputs["context"] = team.cluster.context
        built = Environment(
            config=given.provides, provider=cluster_provider(team.cluster)
        )
    else:
        raise ValueError("a stack has an environment, or names the stack that is one")
    if team is not None:
        outputs |= build_team(team, built)
    return outputs


async def _deployed(environment: str) -> Any:
    """What the stack of the environment exports as its contract, or None."""
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{environment}"
    # A reference to a stack that is not there ends the deployment with the
    # engine's words; asking first leaves the saying to us, with all the rest.
    try:
        await invoke_async("pulumi:pulumi:readStackOutputs", {"name": name})
    except Exception as error:
        if "unknown stack" in str(error):
            return None
        raise
    reference = pulumi.StackReference(name)
    return (await reference.get_output_details(contract.OUTPUT)).value


def _values() -> dict[str, Any]:
    """The sections of this project's configuration, as Pulumi has them."""
    config = pulumi.Config(NAMESPACE)
    given = {key: config.get(key) for key in SECTIONS}
    # A key that the stack leaves out comes as nothing, or as the empty mapping
    # that is its default in Pulumi.yaml.
    return {
        key: _value(text) for key, text in given.items() if text not in (None, "", "{}")
    }


def _value(text: str | None) -> Any:
    try:
        return json.loads(text or "")
    except json.JSONDecodeError:
        return text


def _keys(values: Mapping[str, Any]) -> dict[str, bool]:
    """The keys that the team's secrets name and that there are: is it secret?"""
    config = pulumi.Config(NAMESPACE)
    return {
        name: is_config_secret(config.full_key(name))
        for name in secret_names(values)
        if config.get_secret(name) is not None
    }


def _whole(loaded: Loaded) -> StackConfig:
    for found in loaded.found:
        if found.problem.severity == "warning":
            pulumi.log.warn(report.text(found))
    if loaded.config is None:
        raise pulumi.RunError(report.refusal(loaded.found))
    return loaded.config


def _export(outputs: Mapping[str, Any]) -> None:
    for name, value in outputs.items():
        pulumi.export(name, value)
