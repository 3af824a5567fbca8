"""What an environment tells the stacks of its teams.

A platform stack exports it as the output `contract`; nothing in it is secret and
no credential is in it. `check` makes the same from the environment's YAML, or
reads the file that `pulumi stack output contract --json` wrote.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, cast

from pydantic import ValidationError

from components.catalog.problem import Problem
from stacks.config import EnvironmentConfig, PlatformConfig

OUTPUT = "contract"
"""The stack output that holds it."""

DATA = (
    "region",
    "project",
    "network",
    "keys",
    "storage",
    "disk_images",
    "storage_pools",
)
"""What the stack of a cluster takes from the stack of its storage."""

VERSION = 1
"""Counts up when a team's program has to read it in another way."""


@dataclass(frozen=True, kw_only=True)
class Contract:
    """An environment as its teams may know it.

    Attributes:
        environment: The stack of the environment.
        provides: What it gives: pools, storage, classes, teams.
        ids: What the cloud calls what it gives, by section and name: known once
            it is deployed. Not part of the digest, nor of what can drift.
    """

    environment: str
    provides: EnvironmentConfig
    ids: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def of(
        cls,
        platform: PlatformConfig,
        environment: str,
        ids: Mapping[str, Any] | None = None,
    ) -> Contract:
        """The contract of an environment as its YAML declares it."""
        names = EnvironmentConfig.model_fields
        fields = {name: getattr(platform, name) for name in names}
        return cls(
            environment=environment,
            provides=EnvironmentConfig.model_construct(
                platform.model_fields_set & set(names), **fields
            ),
            ids=ids or {},
        )

    def as_output(self) -> dict[str, Any]:
        """The contract as plain values, with a digest over all of it."""
        body = {
            "version": VERSION,
            "environment": self.environment,
            "provides": self.provides.model_dump(
                mode="json",
                by_alias=True,
                exclude_unset=True,
                # How an add-on is set up is free text, and no team's affair.
                exclude={"add_ons": {"__all__": {"values"}}},
            ),
        }
        return {
            **body,
            "digest": _digest(body),
            **({"ids": self.ids} if self.ids else {}),
        }

    def differences(self, other: Contract, team: str | None) -> list[str]:
        """Where two contracts say different things to `team`: dotted paths.

        Args:
            other: The other contract.
            team: Who asks; None for the stack of a cluster, which takes only
                what holds data.
        """
        only = _only if team is not None else _data
        mine, theirs = (
            c.as_output()["provides"]
            for c in (only(self, team or ""), only(other, team or ""))
        )
        return list(_differences(mine, theirs, ""))


def _digest(body: Mapping[str, Any]) -> str:
    """A digest that is the same for the same values, however they are ordered."""
    whole = {key: body[key] for key in body if key not in ("digest", "ids")}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _whole(value: Any) -> Any:
    """`value` with whole numbers as such: the engine hands on floats."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {k: _whole(v) for k, v in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_whole(item) for item in cast("list[Any]", value)]
    return value


def _only(contract: Contract, team: str) -> Contract:
    """What concerns `team`: another team's guardrails are none of its affair."""
    teams = {n: t for n, t in contract.provides.teams.items() if n == team}
    provides = contract.provides.model_copy(update={"teams": teams})
    return Contract(environment=contract.environment, provides=provides)


def _data(contract: Contract, _: str) -> Contract:
    """What a cluster beside it takes: network, keys and storage."""
    provides = contract.provides.model_construct(
        {"cloud", *DATA} & contract.provides.model_fields_set,
        cloud=contract.provides.cloud,
        **{name: getattr(contract.provides, name) for name in DATA},
    )
    return Contract(environment=contract.environment, provides=provides)


def _differences(mine: Any, theirs: Any, path: str) -> Iterator[str]:
    if isinstance(mine, dict) and isinstance(theirs, dict):
        ours, others = cast("dict[str, Any]", mine), cast("dict[str, Any]", theirs)
        for key in sorted({*ours, *others}):
            below = f"{path}.{key}" if path else key
            if key not in ours or key not in others:
                yield below
            else:
                yield from _differences(ours[key], others[key], below)
    elif mine != theirs:
        yield path


def read(
    value: object, environment: str, origin: str
) -> tuple[Contract | None, list[Problem]]:
    """A contract from plain values, or what is wrong with it.

    Args:
        value: What the output or the file holds.
        environment: The environment that the team's stack names.
        origin: Where it comes from, in a person's words.
    """
    body: dict[str, Any] = _whole(value) if isinstance(value, dict) else {}
    wrong = _envelope_problem(body, environment, origin, missing=value is None)
    if wrong is not None:
        return None, [wrong]
    try:
        provides = EnvironmentConfig.model_validate(
            body.get("provides"), by_alias=True, by_name=False
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        message = (
            f"{origin} was made by another version of this project, and is not "
            f"understood at {place}: {first['msg']}"
        )
        return None, [_wrong("CON01", message, environment)]
    ids = cast("dict[str, Any]", body.get("ids") or {})
    return Contract(environment=environment, provides=provides, ids=ids), []


def _envelope_problem(
    body: Mapping[str, Any], environment: str, origin: str, *, missing: bool
) -> Problem | None:
    """What is wrong with a contract before its content is looked at."""
    version = body.get("version")
    nearest = None
    if missing:
        rule = "CON05"
        why = "has no contract: the environment is not deployed yet"
        why += f" (pulumi up -s {environment})"
    elif type(version) is not int or not isinstance(body.get("environment"), str):
        rule = "CON01"
        why = f"holds no contract of this project: {_how_to_write(environment)}"
    elif version != VERSION:
        rule = "CON02"
        why = f"has version {version} of the contract, and this checkout knows "
        why += f"version {VERSION}: " + (
            "update the checkout" if version > VERSION else "deploy the environment"
        )
    elif body.get("digest") != _digest(body):
        rule = "CON01"
        why = "is cut off or was edited: its digest is not that of what it says"
    elif body["environment"] != environment:
        rule, nearest = "CON04", body["environment"]
        why = "is the contract of another environment"
    else:
        return None
    return _wrong(rule, f"{origin} {why}", environment, nearest)


def _wrong(
    rule: str, message: str, environment: str, nearest: str | None = None
) -> Problem:
    return Problem(
        rule=rule,
        message=message,
        path=("team", "platform"),
        value=environment,
        nearest=nearest,
    )


def _how_to_write(environment: str) -> str:
    return f"write it with `pulumi stack output {OUTPUT} --json -s {environment}`"


def read_file(
    file: FilePath, environment: str
) -> tuple[Contract | None, list[Problem]]:
    """The contract that `file` holds as JSON, or what is wrong with it."""
    try:
        value: Any = json.loads(file.read_text())
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no JSON"
        message = f"{file.name} cannot be read ({why}): {_how_to_write(environment)}"
        return None, [_wrong("CON01", message, environment)]
    # A whole set of outputs will do: it is what `stack output --json` gives.
    if isinstance(value, dict) and (OUTPUT in value or not value):
        value = cast("dict[str, Any]", value).get(OUTPUT)
    return read(cast("object", value), environment, file.name)


def drift(
    deployed: Contract, declared: Contract, team: str | None, file: str
) -> list[Problem]:
    """What the YAML of the environment says otherwise than what is deployed."""
    places = deployed.differences(declared, team)
    if not places:
        return []
    shown = ", ".join(places[:3]) + (", …" if len(places) > 3 else "")
    message = (
        f"{file} says something else than what is deployed, at {shown}: deploy the "
        f"environment first (pulumi up -s {deployed.environment})"
    )
    return [_wrong("CON03", message, deployed.environment)]
