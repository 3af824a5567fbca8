"""Run a whole stack from its YAML without an engine, as a test of it.

    deployed = deploy_stack("Pulumi.vision-prod.yaml")
    assert deployed.one("PersistentVolumeClaim", "checkpoints-claim").protect

The program is the one that `pulumi up` runs, and the harness is
`components.testing`. See `docs/how-to/test-your-stack.md`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from components.testing import Deployment, RefusedError, Registered, deploy
from stacks import contract as contracts
from stacks import program
from stacks.config import NAMESPACE, PlatformConfig
from stacks.contract import Contract
from stacks.source import read

__all__ = ["Deployment", "RefusedError", "Registered", "contract_of", "deploy_stack"]

Stack = str | Path | Mapping[str, Any]
"""A stack's file, or what stands under its `config:`."""


def deploy_stack(
    stack: Stack,
    *,
    preview: bool = False,
    strict: bool = False,
    complete: bool = False,
    secrets: Mapping[str, str] | None = None,
    contract: Stack | None = None,
    outputs: Callable[[Registered], Mapping[str, Any]] = lambda _: {},
    name: str = "",
) -> Deployment:
    """What `pulumi up` would register for a stack.

    Args:
        stack: The stack's file, or its configuration.
        preview: Leave outputs that depend on the cluster unknown.
        strict: Refuse the stack for its warnings, too.
        complete: Refuse objects that name others which this stack neither
            makes nor looks up; see `components.testing.deploy`.
        secrets: Values of the secret configuration keys that the stack names,
            by their names without `ml-storage:`. A key that the file holds as
            `secure:` and that is not given here is a text that says so.
        contract: What the environment of a team's stack exports: its file or
            configuration, or the contract itself as JSON has it. Default: the
            environment's file beside the team's.
        outputs: What the cluster adds to a resource's inputs.
        name: Name of the stack; default: the one in the name of its file.

    Raises:
        RefusedError: The API server or the engine would refuse it, or there is
            a warning and `strict`.
        pulumi.RunError: `ml-storage check` finds a problem.
    """
    found, root, config = _parts(stack)
    hidden = {
        key: f"(the value of {key})" for key, value in config.items() if _secret(value)
    }
    hidden |= {f"{NAMESPACE}:{key}": text for key, text in (secrets or {}).items()}
    deployed = deploy(
        program.run,
        preview=preview,
        config={k: _as_pulumi(v) for k, v in config.items() if k not in hidden},
        secrets=hidden,
        stack=name or found,
        root=root,
        outputs=outputs,
        stacks=_environments(config, root, contract),
        complete=complete,
    )
    warnings = [text for level, text in deployed.messages if level == "warning"]
    if strict and warnings:
        raise RefusedError("\n".join(warnings))
    return deployed


def contract_of(environment: Stack, name: str = "") -> dict[str, Any]:
    """The contract that an environment exports, as its stack would.

    Args:
        environment: The environment's file, or its configuration.
        name: Name of its stack; default: the one in the name of its file.
    """
    found, _, config = _parts(environment)
    platform = PlatformConfig.model_validate(
        config.get(f"{NAMESPACE}:platform"), by_alias=True, by_name=False
    )
    name = name or found
    if platform.cloud == "kubernetes":
        return Contract.of(platform, name).as_output()
    # What the cloud calls things is known once the environment's own stack ran.
    return deploy_stack(environment, name=name).outputs[contracts.OUTPUT]


def _parts(stack: Stack) -> tuple[str, Path | None, dict[str, Any]]:
    """Name, directory and configuration of a stack."""
    if isinstance(stack, Mapping):
        return "test", None, dict(stack)
    file = Path(stack)
    source = read(file)
    if source.problems:
        position, problem = source.problems[0]
        raise ValueError(f"{file}:{position.line}: {problem.message}")
    name = file.stem.removeprefix("Pulumi.")
    config: object = source.data.get("config", {})
    return name, file.parent.resolve(), cast("dict[str, Any]", config)


def _secret(value: object) -> bool:
    return isinstance(value, dict) and set(cast("dict[str, Any]", value)) == {"secure"}


def _as_pulumi(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _environments(
    config: Mapping[str, Any], root: Path | None, given: Stack | None
) -> dict[str, dict[str, Any]]:
    """The outputs of the stack that this one builds upon."""
    own, team = (config.get(f"{NAMESPACE}:{key}") for key in ("platform", "team"))
    section, key = (team, "platform") if own is None else (own, "storageStack")
    name = cast("dict[str, Any]", section).get(key) if _mapping(section) else None
    if name is None:
        return {}
    if isinstance(given, Mapping) and "digest" in given:
        value = dict(given)
    elif given is not None:
        value = contract_of(given, name)
    elif root is not None and (root / f"Pulumi.{name}.yaml").exists():
        value = contract_of(root / f"Pulumi.{name}.yaml", name)
    else:
        raise ValueError(
            f"the environment {name} has no file beside this stack: hand its "
            "configuration or its contract to `contract`"
        )
    return {f"organization/ml-storage/{name}": {contracts.OUTPUT: value}}


def _mapping(value: object) -> bool:
    return isinstance(value, dict)
