"""Secrets: each is there, is encrypted, and reaches a program by one way only."""

from __future__ import annotations

from collections.abc import Iterator

from components.catalog import credentials
from components.catalog.problem import Path, Problem
from components.kubernetes.dataset_spec import DatasetSpec
from components.kubernetes.secret_spec import DIRECTORY
from components.spec import closest
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack


def _keys(stack: Stack) -> Iterator[tuple[Path, str]]:
    """Every configuration key that a secret names, and where."""
    team = stack.config.team
    for name, secret in (team.secrets if team else {}).items():
        for path, key in secret.config_keys():
            yield ("team", "secrets", name, *path), key


def encrypted(stack: Stack) -> Iterator[Problem]:
    """A secret's value is encrypted in the stack's file."""
    known = stack.config_keys or {}
    for path, key in _keys(stack):
        if not known.get(key, True):
            yield Problem(
                rule="",
                message="this key's value stands in plain text in the stack's file: "
                "withdraw it where it was issued, and store the new one with "
                f"`pulumi config set --secret {key}`",
                path=path,
                value=key,
                link=credentials.LINK,
            )


def known_key(stack: Stack) -> Iterator[Problem]:
    """A secret names a configuration key that there is."""
    known = stack.config_keys
    if known is None:
        return
    for path, key in _keys(stack):
        if key not in known:
            yield Problem(
                rule="",
                message="there is no such configuration key: `pulumi config set "
                f"--secret {key}` makes it",
                path=path,
                value=key,
                allowed=tuple(sorted(known)),
                nearest=closest(key, known),
                link=credentials.LINK,
            )


def none_in_the_environment(stack: Stack) -> Iterator[Problem]:
    """A credential is no plain value of `env`, which the whole team can read."""
    for owner, program in stack.programs:
        for variable in program.env:
            if credentials.is_credential(variable):
                key = credentials.key_for(variable)
                # The value stays out of every message.
                yield Problem(
                    rule="",
                    message="the value of this variable is a secret, and here it is "
                    "plain text in the file, in the state and in the cluster: put "
                    "it under team.secrets, and name that under the program's "
                    "secrets",
                    path=(*owner, "env", variable),
                    nearest=f"{{kind: environment, variables: {{{variable}: {key}}}}}",
                    link=credentials.LINK,
                )


def known_secret(stack: Stack) -> Iterator[Problem]:
    """A job, a workspace and a dataset name the team's secrets."""
    known = stack.names("team", "secrets")
    named: list[tuple[Path, str]] = [
        ((*owner, "secrets", position), name)
        for owner, program in stack.programs
        for position, name in enumerate(program.secrets)
    ]
    named += [
        (("team", "volumes", name, "secret"), volume.secret)
        for name, volume in stack.volumes.items()
        if isinstance(volume, DatasetSpec) and volume.secret is not None
    ]
    for path, name in named:
        if name not in known:
            yield Problem(
                rule="",
                message="no such secret under team.secrets",
                path=path,
                value=name,
                allowed=tuple(sorted(known)),
                nearest=closest(name, known),
            )


def set_once(stack: Stack) -> Iterator[Problem]:
    """An environment variable of a program has one value."""
    team = stack.config.team
    secrets = team.secrets if team else {}
    for owner, program in stack.programs:
        setters = dict.fromkeys(program.env, "the program's env")
        for position, name in enumerate(program.secrets):
            secret = secrets.get(name)
            if secret is None:
                continue
            directory = f"{DIRECTORY}/{name}"
            variables = [*secret.plain_variables(directory), *secret.secret_variables()]
            twice = [variable for variable in variables if variable in setters]
            if twice:
                yield Problem(
                    rule="",
                    message=f"it sets {twice[0]}, and so does {setters[twice[0]]}",
                    path=(*owner, "secrets", position),
                    value=name,
                )
            setters |= dict.fromkeys(variables, f"the secret {name}")


RULES = (
    Rule("SEC02", "a secret that everyone with the file can read", encrypted),
    Rule("SEC03", "a deployment that stops for a value it lacks", known_key),
    Rule("SEC04", "a token that all of the team can read", none_in_the_environment),
    Rule("SEC06", "pods that wait for a secret that no one makes", known_secret),
    Rule("SEC07", "a program that uses another secret than was meant", set_once),
)
