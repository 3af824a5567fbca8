"""`uris`: a bucket as a program's own library reads and writes it, by its URI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from components.catalog.problem import Problem
from components.spec import EnvironmentVariable, Name, Spec, SubPath, as_error

_AWS = "https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html"
_GOOGLE = "https://docs.cloud.google.com"
_LIBRARIES_OWN = {
    "AWS_": ("AWS", _AWS),
    "GOOGLE_": (
        "Google Cloud",
        f"{_GOOGLE}/docs/authentication/application-default-credentials",
    ),
    "CLOUDSDK_": ("Google Cloud", f"{_GOOGLE}/sdk/docs/properties"),
}
"""What the variables begin with that the libraries of a cloud read for themselves:
whose they are, and its page on them.

Sources: those pages and google-auth `google/auth/environment_vars.py`, read
2026-11-22.
"""


class UriSpec(Spec):
    """A volume's name, or its name and the part of it that is meant."""

    volume: Name
    """The key of the volume under `volumes`: `from:` a bucket, or `kind: bucket`."""

    path: SubPath | None = None
    """The part of it below this prefix; default: all that was granted."""

    read_only: bool = False
    """The program only reads it: where all that it reaches is only read, it runs
    with the right to read and no other. Default `false`."""

    @property
    def declared(self) -> str:
        """What is declared, whichever bucket it turns out to be."""
        return f"{self.volume}/{self.path or ''}"


def _uri(value: Any) -> Any:
    if isinstance(value, str) and "://" in value:
        raise as_error(
            Problem(
                rule="URI01",
                message="a bucket is named as one of the team's volumes, kind: bucket "
                "or from: a bucket that it was granted",
                value=value,
            )
        )
    return {"volume": value} if isinstance(value, str) else value


Uri = Annotated[UriSpec, BeforeValidator(_uri)]


def variables_of_their_own(
    uris: Mapping[EnvironmentVariable, UriSpec], env: Mapping[EnvironmentVariable, str]
) -> Iterator[Problem]:
    """A variable that holds a URI holds nothing else, and is no one else's."""
    for name, uri in uris.items():
        if name in env:
            yield Problem(
                rule="URI03",
                message="this variable has a value under env too: it holds one of "
                "the two",
                path=("uris", name),
                value=uri.volume,
            )
            continue
        upper = name.upper()
        own = next((own for own in _LIBRARIES_OWN if upper.startswith(own)), None)
        if own is not None:
            cloud, link = _LIBRARIES_OWN[own]
            yield Problem(
                rule="URI03",
                message=f"the libraries of {cloud} read variables of this name for "
                "themselves, and would take the URI for something else",
                path=("uris", name),
                value=uri.volume,
                nearest=f"DATASET_{name[len(own) :].upper() or 'URI'}",
                link=link,
            )
