"""`team.secrets`: credentials of programs that move data, by name only.

No Spec here holds a secret. Each names keys of the stack's configuration, whose
values `pulumi config set --secret` encrypts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails

from components.catalog import credentials, names
from components.catalog.problem import UNSET, Path, Problem
from components.spec import EnvironmentVariable, Spec, as_error

DIRECTORY = "/run/secrets/ml-storage"
"""Where a program finds the files of its secrets, each in `<name>/`."""

_RCLONE_CONFIG = "rclone.conf"
_CLIENT_SECRET = "client-secret"  # noqa: S105, a key of the Secret, not its value


class SecretSpec(Spec):
    """The part that all kinds of secrets share."""

    readable_by: Literal["root", "anyone"] = "root"
    """Who may read its files in the container. `root`, the default, is what ssh
    wants of a program that runs as root; `anyone` is for an image whose program
    runs as another user."""

    def config_keys(self) -> Iterator[tuple[Path, str]]:
        """Each key of the configuration that is named here, and where."""
        return iter(())

    def content(self, name: str, values: Mapping[str, str]) -> dict[str, str]:
        """The entries of the Secret called `name`.

        Args:
            name: The secret's key under `team.secrets`.
            values: The value of each key of `config_keys`.
        """
        del name
        return dict(values)

    def plain_variables(self, directory: str) -> dict[str, str]:
        """Environment variables with values that are no secret.

        Args:
            directory: Where the secret's files are.
        """
        del directory
        return {}

    def secret_variables(self) -> dict[str, str]:
        """Environment variables, and the entries of the Secret they come from."""
        return {}

    @property
    def has_files(self) -> bool:
        """Whether a program reads it from files."""
        return False

    def problems(self) -> Iterator[Problem]:
        """What stands here names a key, and is not the secret itself."""
        for path, key in self.config_keys():
            if not credentials.names_a_key(key):
                short = key.removeprefix("ml-storage:")
                yield Problem(
                    rule="SEC05",
                    message="this is no name of a configuration key, and may be the "
                    "secret itself: store it with `pulumi config set --secret "
                    "KEY`, and name the KEY here",
                    path=path,
                    nearest=short if credentials.names_a_key(short) else None,
                    link=credentials.LINK,
                )

    @model_validator(mode="wrap")
    @classmethod
    def _without_values(
        cls, data: Any, handler: ModelWrapValidatorHandler[Self]
    ) -> Self:
        """No error repeats what stands here: it may be the secret itself."""
        try:
            return handler(data)
        except ValidationError as error:
            found = error.errors(include_url=False)
            raise ValidationError.from_exception_data(
                cls.__name__, [_masked(each) for each in found]
            ) from None


# pydantic's own errors whose input is no value of anyone's.
_HARMLESS = ("literal_error", "too_short", "string_too_short")
_WORDS = {
    "string_type": "a text is wanted here",
    "dict_type": "a mapping of names is wanted here",
}


def _masked(error: ErrorDetails) -> InitErrorDetails:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "missing":
        # Its input is all that stands beside it.
        return InitErrorDetails(type=kind, loc=error["loc"], input=None)
    if kind in _HARMLESS:
        return InitErrorDetails(
            type=kind, loc=error["loc"], input=error["input"], ctx=context
        )
    message = _WORDS.get(kind, error["msg"])
    problem: Problem = context.get("problem", Problem(rule="CFG03", message=message))
    masked = replace(problem, value=UNSET)
    return InitErrorDetails(type=as_error(masked), loc=error["loc"], input=None)


class RcloneSecretSpec(SecretSpec):
    """The remotes of rclone, as its configuration file says them."""

    kind: Literal["rclone"]

    config: str
    """The configuration key whose value is the text of an `rclone.conf`. The
    program finds it by `RCLONE_CONFIG`."""

    def config_keys(self) -> Iterator[tuple[Path, str]]:
        """The one key."""
        yield ("config",), self.config

    def content(self, name: str, values: Mapping[str, str]) -> dict[str, str]:
        """The file."""
        del name
        return {_RCLONE_CONFIG: values[self.config]}

    def plain_variables(self, directory: str) -> dict[str, str]:
        """The variable by which rclone finds the file."""
        return {"RCLONE_CONFIG": f"{directory}/{_RCLONE_CONFIG}"}

    @property
    def has_files(self) -> bool:
        """It is a file."""
        return True


class SshSecretSpec(SecretSpec):
    """A private key, and the host keys of those it is shown to."""

    kind: Literal["ssh"]

    private_key: str
    """The configuration key whose value is the private key, in OpenSSH's or
    PEM format and without a passphrase."""

    known_hosts: str = Field(min_length=1)
    """Lines of a `known_hosts` file, as `ssh-keyscan HOST` prints them. They are
    public; a host that is not among them is refused."""

    def config_keys(self) -> Iterator[tuple[Path, str]]:
        """The one key."""
        yield ("privateKey",), self.private_key

    def content(self, name: str, values: Mapping[str, str]) -> dict[str, str]:
        """The key, the hosts, and a configuration for `ssh -F` and `scp -F`."""
        directory = f"{DIRECTORY}/{name}"
        config = [
            "Host *",
            f"  IdentityFile {directory}/id",
            "  IdentitiesOnly yes",
            f"  UserKnownHostsFile {directory}/known_hosts",
            "  GlobalKnownHostsFile /dev/null",
            "  StrictHostKeyChecking yes",
            # There is no one to answer a question.
            "  BatchMode yes",
        ]
        return {
            "id": _lines(values[self.private_key]),
            "known_hosts": _lines(self.known_hosts),
            "config": _lines("\n".join(config)),
        }

    @property
    def has_files(self) -> bool:
        """Three of them."""
        return True

    def problems(self) -> Iterator[Problem]:
        """The public part holds no private key."""
        yield from super().problems()
        if "PRIVATE KEY" in self.known_hosts:
            yield Problem(
                rule="SEC05",
                message="this is a private key, and what stands here is public: "
                "store the key with `pulumi config set --secret KEY`, and name the "
                "KEY as privateKey",
                path=("knownHosts",),
                link=credentials.LINK,
            )


def _lines(text: str) -> str:
    """Lines as OpenSSH reads them: a key without its last newline is refused."""
    return "\n".join(text.strip().splitlines()) + "\n"


class GlobusSecretSpec(SecretSpec):
    """The client credentials of the Globus CLI."""

    kind: Literal["globus"]

    client_id: str = Field(min_length=1)
    """The client's id, which is public: `GLOBUS_CLI_CLIENT_ID`."""

    client_secret: str
    """The configuration key whose value is the client's secret:
    `GLOBUS_CLI_CLIENT_SECRET`."""

    def config_keys(self) -> Iterator[tuple[Path, str]]:
        """The one key."""
        yield ("clientSecret",), self.client_secret

    def content(self, name: str, values: Mapping[str, str]) -> dict[str, str]:
        """The client's secret."""
        del name
        return {_CLIENT_SECRET: values[self.client_secret]}

    def plain_variables(self, directory: str) -> dict[str, str]:
        """The client's id."""
        del directory
        return {"GLOBUS_CLI_CLIENT_ID": self.client_id}

    def secret_variables(self) -> dict[str, str]:
        """The client's secret."""
        return {"GLOBUS_CLI_CLIENT_SECRET": _CLIENT_SECRET}


class EnvironmentSecretSpec(SecretSpec):
    """Environment variables whose values are secrets, such as an API key."""

    kind: Literal["environment"]

    variables: dict[EnvironmentVariable, str] = Field(min_length=1)
    """Environment variable: the configuration key whose value it gets."""

    def config_keys(self) -> Iterator[tuple[Path, str]]:
        """One for each variable."""
        for variable, key in self.variables.items():
            yield ("variables", variable), key

    def content(self, name: str, values: Mapping[str, str]) -> dict[str, str]:
        """An entry for each variable, under its name."""
        del name
        return {variable: values[key] for variable, key in self.variables.items()}

    def problems(self) -> Iterator[Problem]:
        """Each variable is the name of an entry of a Secret, too."""
        yield from super().problems()
        for variable in self.variables:
            if names.is_entry(variable):
                continue
            nearest = variable.lstrip(".")[: names.SUBDOMAIN_LENGTH]
            yield Problem(
                rule="SEC08",
                message="the variable is an entry of a Secret, whose name has at most "
                f"{names.SUBDOMAIN_LENGTH} characters, is not '.' and does not begin "
                "with '..'",
                path=("variables", variable),
                nearest=nearest or None,
                link="https://kubernetes.io/docs/concepts/configuration/secret/"
                "#restriction-names-data",
            )

    def secret_variables(self) -> dict[str, str]:
        """Each from the entry of its name."""
        return {variable: variable for variable in self.variables}


def _no_text(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    problem = Problem(
        rule="SEC05",
        message="this may be the secret itself: store it with `pulumi config set "
        "--secret KEY`, and say here what the KEY is for, such as {kind: "
        "environment, variables: {HF_TOKEN: KEY}}",
        link=credentials.LINK,
    )
    line = InitErrorDetails(type=as_error(problem), loc=(), input=None)
    raise ValidationError.from_exception_data("Secret", [line])


Secret = Annotated[
    RcloneSecretSpec | SshSecretSpec | GlobusSecretSpec | EnvironmentSecretSpec,
    Field(discriminator="kind"),
    BeforeValidator(_no_text),
]
"""One of `team.secrets`."""
