"""A part of a volume: its name, and the directory or prefix that is meant."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from components.catalog import names
from components.catalog.problem import Problem
from components.spec import Name, Spec, SubPath, as_error


class PartSpec(Spec):
    """A volume's name, or its name and the part of it that is meant."""

    volume: Name
    """The key of the volume under `volumes`."""

    path: SubPath | None = None
    """The directory of it, or the part of a bucket below this prefix; default:
    all of it."""

    def below(self, path: str | None) -> str | None:
        """A directory of this part, seen from the volume."""
        return "/".join(p.strip("/") for p in (self.path, path) if p) or None


def part(value: Any) -> Any:
    """A volume's name as a part of it: all.

    Raises:
        PydanticCustomError: The text is a path or a URI.
    """
    if not isinstance(value, str):
        return value
    if "/" in value or ":" in value:
        raise as_error(_no_name(value))
    return {"volume": value}


def _no_name(text: str) -> Problem:
    """What is wrong with a text that is meant as more than a volume's name."""
    volume, _, path = text.replace(":", "/", 1).partition("/")
    whole = names.label(volume) is None and path.strip("/") and "://" not in text
    return Problem(
        rule="PAT18",
        message="one of the team's volumes is named here, and a part of it as "
        "{volume: NAME, path: PATH}",
        value=text,
        nearest=f"{{volume: {volume}, path: {path.strip('/')}}}" if whole else None,
    )


Part = Annotated[PartSpec, BeforeValidator(part)]
