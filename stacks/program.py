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
from stacks.cloud import cluster_provider
from stacks.config import NAMESPACE, SECTIONS, StackConfig
from stacks.contract import Contract
from stacks.load import Loaded, from_values, secret_names
from stacks.platform import Environment, build_platform
from stacks.team import build_team


def run() -> None:
    """Run the program of this stack, and export what it made.

    A team's stack first reads what its environment exports, and a cluster's what
    the stack of its storage does; nothing is registered before that is known and
    all of the configuration is right.

    Raises:
        pulumi.RunError: There is any problem; it lists all of them.
    """
    values = _values()
    other = _other_stack(values)
    if other is None:
        _export(build(load(values)))
        return

    async def after_the_contract() -> None:
        deployed = await _deployed(other)
        _export(build(load(values, deployed), deployed))

    pulumi.run(after_the_contract)


def _other_stack(values: Mapping[str, Any]) -> str | None:
    """The stack that this one builds upon: of its storage, or of its environment."""
    own = "platform" in values
    section = values.get("platform" if own else "team")
    if not isinstance(section, dict):
        return None
    keys = cast("dict[str, Any]", section)
    name = keys.get("storageStack" if own else "platform")
    return name if isinstance(name, str) else None


def load(values: Mapping[str, Any], deployed: object = None) -> StackConfig:
    """The configuration of this stack, as a whole or not at all.

    Args:
        values: The sections of this project's configuration, from Pulumi.
        deployed: The contract that the other stack exports, or None.

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
        deployed: The contract of the other stack that this one builds upon.
    """
    # What is loaded by now stays to the end: the collector need not look at it
    # again with every resource, which took a third of the time.
    gc.freeze()
    outputs: dict[str, Any] = {}
    team = config.team
    platform = config.platform
    if platform is not None:
        data = platform.storage_stack
        built = build_platform(platform, _contract(deployed, data).ids if data else {})
        outputs |= built.outputs
        made = Contract.of(platform, pulumi.get_stack(), built.ids)
        outputs[contract.OUTPUT] = made.as_output()
    elif team is not None and team.cluster is not None and team.platform is not None:
        given = _contract(deployed, team.platform)
        outputs["context"] = team.cluster.context
        built = Environment(
            config=given.provides,
            provider=cluster_provider(team.cluster),
            ids=given.ids,
        )
    else:
        raise ValueError("a stack has an environment, or names the stack that is one")
    if team is not None:
        outputs |= build_team(team, built)
    return outputs


def _contract(deployed: object, stack: str) -> Contract:
    """The contract that `stack` exports, which the checks have found right.

    Raises:
        ValueError: There is none, or it is wrong.
    """
    given, problems = contract.read(deployed, stack, stack)
    if given is None:
        raise ValueError(f"built upon a contract that is wrong: {problems[0].message}")
    return given


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
