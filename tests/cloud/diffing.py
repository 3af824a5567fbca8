"""What an update of a cloud resource changes, and what it would replace."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.kubernetes_provider.paths import Change, Path, parse_path, write_path
from sandbox.kubernetes_provider.values import UNKNOWN, Secret, has_unknown, plain
from tests.cloud.inputs import DEFAULTS
from tests.cloud.kind import Kind

_MISSING: Final = object()


@dataclass
class Diff:
    """The changes of one resource.

    Attributes:
        changes: Each path as Pulumi writes it, and what happens to it.
        replaces: The paths among them that cannot change in place.
    """

    changes: dict[str, Change] = field(default_factory=dict)
    replaces: set[str] = field(default_factory=set)


def compare(
    kind: Kind,
    old: Mapping[str, Any],
    state: Mapping[str, Any],
    new: Mapping[str, Any],
    ignore: list[str],
) -> Diff:
    """Return what changes between two sets of checked inputs.

    Args:
        kind: What the resource is.
        old: The inputs that the state holds.
        state: The outputs that the state holds: what the cloud chose where the
            program said nothing.
        new: The inputs asked for; may hold unknowns.
        ignore: Property paths of `ignoreChanges`; what lies below is left out.
    """
    before, after = _whole(kind, old), _whole(kind, new)
    for key in kind.computed:
        if key not in after:
            before.pop(key, None)
        elif key not in before and key in state:
            before[key] = plain(state[key])
    found: list[tuple[Path, Change, Any, Any]] = []
    _walk(kind, (), before, after, found)
    ignored = [parse_path(path) for path in ignore]
    diff = Diff()
    for path, change, was, is_ in found:
        if any(_begins(path, above) for above in ignored):
            continue
        written = write_path(path)
        diff.changes[written] = change
        if _replaces(kind, path, was, is_, after):
            diff.replaces.add(written)
    return diff


def _whole(kind: Kind, inputs: Mapping[str, Any]) -> dict[str, Any]:
    given = {k: plain(v) for k, v in inputs.items() if k != DEFAULTS}
    return {**kind.defaults, **given}


def _replaces(
    kind: Kind, path: Path, was: Any, is_: Any, inputs: Mapping[str, Any]
) -> bool:
    names = tuple(part for part in path if isinstance(part, str))
    for pattern in kind.replaces:
        if _begins(names, tuple(pattern.split("."))):
            return True
    rule = kind.replaces_when.get(".".join(names))
    return rule is not None and is_ is not UNKNOWN and rule(was, is_, inputs)


def _begins(path: Path, above: Path) -> bool:
    return len(above) <= len(path) and all(
        want in ("*", part) for want, part in zip(above, path, strict=False)
    )


def _walk(
    kind: Kind,
    path: Path,
    old: Any,
    new: Any,
    found: list[tuple[Path, Change, Any, Any]],
) -> None:
    if isinstance(new, Secret):
        new = new.value
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            one, other = old.get(key, _MISSING), new.get(key, _MISSING)
            _step(kind, (*path, key), one, other, found)
    elif isinstance(old, list) and isinstance(new, list):
        if path and path[-1] in kind.sets:
            if has_unknown(new) or _sorted(old) != _sorted(new):
                found.append((path, "update", old, new))
            return
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else _MISSING
            after = new[index] if index < len(new) else _MISSING
            _step(kind, (*path, index), before, after, found)
    elif new is UNKNOWN or not _same(kind, path, old, new):
        found.append((path, "update", old, new))


def _step(
    kind: Kind,
    path: Path,
    old: Any,
    new: Any,
    found: list[tuple[Path, Change, Any, Any]],
) -> None:
    if new is _MISSING:
        if isinstance(old, dict) and old:
            _walk(kind, path, old, {}, found)
        else:
            found.append((path, "delete", old, None))
    elif old is _MISSING:
        if isinstance(new, dict) and new:
            _walk(kind, path, {}, new, found)
        else:
            found.append((path, "add", None, new))
    else:
        _walk(kind, path, old, new, found)


def _sorted(items: list[Any]) -> list[str]:
    return sorted(json.dumps(item, sort_keys=True) for item in items)


def _same(kind: Kind, path: Path, old: Any, new: Any) -> bool:
    names = ".".join(part for part in path if isinstance(part, str))
    if (form := kind.forms.get(names)) is not None:
        return form(old) == form(new)
    if old == new and isinstance(old, bool) == isinstance(new, bool):
        return True
    if not isinstance(old, str) or not isinstance(new, str):
        return False
    # A policy is the same in every layout.
    try:
        one, other = json.loads(old), json.loads(new)
    except ValueError:
        return False
    return isinstance(one, dict) and one == other
