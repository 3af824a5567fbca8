"""What things need of each other, as the cloud enforces it."""

from collections.abc import Mapping
from typing import Any

from tests.cloud.kind import CloudError, Kind, Ref, at
from tests.cloud.store import Thing, Things


def check_refs(kind: Kind, inputs: Mapping[str, Any], things: Things) -> None:
    """Look up every thing that the inputs name.

    Raises:
        CloudError: There is no such thing.
    """
    for ref in kind.refs:
        if ref.missing is None or not ref.when(inputs):
            continue
        for value in at(inputs, ref.path):
            found = things.get(ref.to, {})
            if not any(
                ref.form(value) in _names(thing, id_, ref)
                for id_, thing in found.items()
            ):
                raise CloudError(ref.missing.format(value))


def taken(kind: Kind, inputs: Mapping[str, Any], things: Things) -> str | None:
    """Return what the cloud answers where there is such a thing already."""
    wanted = [inputs.get(key) for key in kind.unique]
    for id_, thing in things.get(kind.type_, {}).items():
        if [thing["inputs"].get(key) for key in kind.unique] == wanted:
            return (kind.exists or "{} exists already").format(id_)
    return None


def held(kinds: Mapping[str, Kind], token: str, id_: str, things: Things) -> str | None:
    """Return what the cloud answers where something else needs a thing."""
    thing = things[token][id_]
    for kind in kinds.values():
        for ref in kind.refs:
            if ref.to != token or ref.holds is None:
                continue
            names = _names(thing, id_, ref)
            for other, user in things.get(kind.type_, {}).items():
                if user.get("of") == id_ or not ref.when(user["inputs"]):
                    continue
                if (kind.type_, other) == (token, id_):
                    continue
                if _ends(kind, user, thing, token, id_):
                    continue
                used = at({**user["inputs"], **user["outputs"]}, ref.path)
                if any(ref.form(value) in names for value in used):
                    return f"{ref.holds.format(id_)} ({kind.type_} {other})"
    return None


def drop(kinds: Mapping[str, Kind], token: str, id_: str, things: Things) -> None:
    """Take a thing away, and those that go with it."""
    thing = things[token].pop(id_)
    for other, found in things.items():
        kind = kinds.get(other)
        for name, user in list(found.items()):
            ended = kind is not None and _ends(kind, user, thing, token, id_)
            if ended or user.get("of") == id_:
                del found[name]


def _ends(kind: Kind, user: Thing, thing: Thing, token: str, id_: str) -> bool:
    """Tell whether a thing goes with another one."""
    return any(
        ref.form(value) in _names(thing, id_, ref)
        for ref in kind.refs
        if ref.ends and ref.to == token
        for value in at(user["inputs"], ref.path)
    )


def _names(thing: Thing, id_: str, ref: Ref) -> list[Any]:
    """Return all that a thing may be called by a property of another."""
    whole = {**thing["inputs"], **thing["outputs"], "id": id_}
    keys = (ref.by,) if isinstance(ref.by, str) else ref.by
    return [ref.form(whole[key]) for key in keys if whole.get(key) is not None]
