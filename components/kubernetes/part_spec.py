"""A part of a volume: its name, and the directory or prefix that is meant."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from components.spec import Name, Spec, SubPath


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


def _part(value: Any) -> Any:
    return {"volume": value} if isinstance(value, str) else value


Part = Annotated[PartSpec, BeforeValidator(_part)]
