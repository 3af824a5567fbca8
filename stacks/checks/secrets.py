"""Secrets: each is there, is encrypted, and reaches a program by one way only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from components.catalog import credentials
from components.catalog.problem import Path, Problem
from components.kubernetes.bucket_uri_spec import BucketUriSpec, buckets_of
from components.kubernetes.dataset_spec import DatasetSpec
from components.kubernetes.program_spec import ProgramSpec
from components.kubernetes.secret_spec import DIRECTORY, SecretSpec
from components.spec import closest
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack


@dataclass(frozen=True, kw_only=True)
class Given:
    """A secret that a program gets.

    Attributes:
        path: Where that is said, below the program.
        value: What stands there.
        name: The secret's name.
        secret: The secret.
    """

    path: Path
    value: str
    name: str
    secret: SecretSpec

    @property
    def variables(self) -> list[str]:
        """The environment variables that it sets."""
        plain = self.secret.plain_variables(f"{DIRECTORY}/{self.name}")
        return [*plain, *self.secret.secret_variables()]


def given(stack: Stack, program: ProgramSpec) -> Iterator[Given]:
    """The secrets of a program that are whole: those it names, those of its buckets.

    The secret of a bucket is given once, however often it is named.
    """
    secrets = stack.config.team.secrets if stack.config.team else {}
    for position, name in enumerate(program.secrets):
        if name in secrets:
            at: Path = ("secrets", position)
            yield Given(path=at, value=name, name=name, secret=secrets[name])
    seen = set(program.secrets)
    for variable, bucket in buckets_of(program.uris, stack.volumes):
        name = bucket.secret
        if name is None or name in seen or name not in secrets:
            continue
        seen.add(name)
        at, value = ("uris", variable), program.uris[variable].volume
        yield Given(path=at, value=value, name=name, secret=secrets[name])


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
    """A program, a dataset and a bucket name the team's secrets."""
    known = stack.names("team", "secrets")
    named: list[tuple[Path, str]] = [
        ((*owner, "secrets", position), name)
        for owner, program in stack.programs
        for position, name in enumerate(program.secrets)
    ]
    named += [
        (("team", "volumes", name, "secret"), volume.secret)
        for name, volume in stack.volumes.items()
        if isinstance(volume, DatasetSpec | BucketUriSpec) and volume.secret is not None
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
    for owner, program in stack.programs:
        setters = dict.fromkeys(program.env, "the program's env")
        for each in given(stack, program):
            twice = [variable for variable in each.variables if variable in setters]
            of_a_bucket = each.path[0] == "uris"
            if twice:
                sets = f"its secret {each.name}" if of_a_bucket else "it"
                yield Problem(
                    rule="",
                    message=f"{sets} sets {twice[0]}, and so does {setters[twice[0]]}",
                    path=(*owner, *each.path),
                    value=each.value,
                )
            if not of_a_bucket:
                # Of two buckets with keys of their own it is said elsewhere.
                setters |= dict.fromkeys(each.variables, f"the secret {each.name}")


RULES = (
    Rule("SEC02", "a secret that everyone with the file can read", encrypted),
    Rule("SEC03", "a deployment that stops for a value it lacks", known_key),
    Rule("SEC04", "a token that all of the team can read", none_in_the_environment),
    Rule("SEC06", "pods that wait for a secret that no one makes", known_secret),
    Rule("SEC07", "a program that uses another secret than was meant", set_once),
)
