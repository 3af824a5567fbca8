"""What a team's stack can know of its environment, and from where."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, cast

from components.catalog.problem import Problem
from components.spec import closest
from stacks import contract as contracts
from stacks.config import NAMESPACE, EnvironmentConfig, PlatformConfig
from stacks.contract import Contract
from stacks.repair import validate
from stacks.source import read


@dataclass(frozen=True, kw_only=True)
class Known:
    """An environment as far as it is known.

    Attributes:
        provides: What it gives; None when that cannot be known.
        problems: Why not, or what is wrong with what is known.
    """

    provides: EnvironmentConfig | None = None
    problems: list[Problem] = field(default_factory=list[Problem])


def offline(
    name: str, team: str | None, beside: FilePath, contract: FilePath | None
) -> Known:
    """The environment `name` by the contract in a file, or by its YAML.

    Args:
        name: The stack of the environment.
        team: The team that asks; None where it is the stack of a cluster.
        beside: The directory that may hold the environment's YAML.
        contract: A contract as JSON; default: the YAML is what counts.
    """
    if contract is not None:
        given, problems = contracts.read_file(contract, name)
        return _compared(given, problems, name, team, beside)
    file = _file(name, beside)
    declared, problems = _declared(name, beside)
    if declared is None and not problems:
        problems = [
            Problem(
                rule="CON06",
                message=f"the environment is not known here: there is no {file.name} "
                "beside this file; name its contract with --contract FILE",
                path=("team", "platform"),
                value=name,
                nearest=closest(name, _beside(beside)),
            )
        ]
    return Known(provides=declared.provides if declared else None, problems=problems)


def deployed(value: object, name: str, team: str | None, beside: FilePath) -> Known:
    """The environment by what its stack exports."""
    given, problems = contracts.read(value, name, f"the stack {name}")
    return _compared(given, problems, name, team, beside)


def _compared(
    given: Contract | None,
    problems: list[Problem],
    name: str,
    team: str | None,
    beside: FilePath,
) -> Known:
    """A contract, held against the environment's YAML where that is there."""
    declared, wrong = _declared(name, beside)
    if given is not None and declared is not None:
        problems = [
            *problems,
            *contracts.drift(given, declared, team, _file(name, beside).name),
        ]
    provides = given.provides if given else declared.provides if declared else None
    return Known(provides=provides, problems=[*problems, *wrong])


def _file(name: str, beside: FilePath) -> FilePath:
    return beside / f"Pulumi.{name}.yaml"


def _beside(directory: FilePath) -> list[str]:
    """The stacks whose files are in a directory."""
    files = directory.glob("Pulumi.*.yaml") if directory.is_dir() else ()
    return sorted(file.name.split(".", 1)[1].removesuffix(".yaml") for file in files)


def _declared(name: str, beside: FilePath) -> tuple[Contract | None, list[Problem]]:
    """The contract that the environment's YAML would give, where it is there."""
    file = _file(name, beside)
    if not file.exists():
        return None, []
    source = read(file)
    node: Any = source.data
    for key in ("config", f"{NAMESPACE}:platform"):
        node = cast("dict[str, Any]", node).get(key) if isinstance(node, dict) else None
    stack, errors, _ = validate({"platform": node})
    platform: PlatformConfig | None = stack.platform if stack else None
    if source.problems or errors or platform is None:
        return None, [
            Problem(
                rule="CON07",
                message=f"{file.name} has problems of its own: check it first",
                path=("team", "platform"),
                value=name,
            )
        ]
    if platform.storage_stack is not None:
        data, problems = _declared(platform.storage_stack, beside)
        if data is None:
            return None, problems or [
                Problem(
                    rule="CON07",
                    message=f"{file.name} names the stack {platform.storage_stack}, "
                    "whose file is not beside it: name the contract with --contract "
                    "FILE",
                    path=("team", "platform"),
                    value=name,
                )
            ]
        platform = with_storage(platform, data.provides)
    return Contract.of(platform, name), []


def with_storage(platform: PlatformConfig, data: EnvironmentConfig) -> PlatformConfig:
    """A cluster's stack with the network, keys and storage of another."""
    taken = {
        name: getattr(data, name)
        for name in contracts.DATA
        if name in data.model_fields_set and name not in platform.model_fields_set
    }
    return platform.model_copy(update=taken)
