"""`uris`: a bucket as a program's own library reads and writes it, by its URI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from components.catalog.problem import Problem
from components.spec import EnvironmentVariable, Name, Spec, SubPath

_LIBRARIES_OWN = "AWS_"
"""What the variables begin with that the libraries of AWS read for themselves."""


class UriSpec(Spec):
    """A volume's name, or its name and the part of it that is meant."""

    volume: Name
    """The key of the volume under `volumes`, `from:` a bucket."""

    path: SubPath | None = None
    """The part of it below this prefix; default: all that was granted."""

    @property
    def declared(self) -> str:
        """What is declared, whichever bucket it turns out to be."""
        return f"{self.volume}/{self.path or ''}"


def _uri(value: Any) -> Any:
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
        elif name.upper().startswith(_LIBRARIES_OWN):
            yield Problem(
                rule="URI03",
                message="the libraries of AWS read variables of this name for "
                "themselves, and would take the URI for something else",
                path=("uris", name),
                value=uri.volume,
                nearest=f"DATASET_{name[len(_LIBRARIES_OWN) :].upper() or 'URI'}",
                link="https://docs.aws.amazon.com/sdkref/latest/guide/"
                "settings-reference.html",
            )
