"""What an update would change, path by path."""

from dataclasses import dataclass, field
from typing import Any, Final

from kubernetes.utils.quantity import parse_quantity

from sandbox.kubernetes_provider.paths import Change, Path, parse_path, write_path
from sandbox.kubernetes_provider.replacement import touches
from sandbox.kubernetes_provider.values import UNKNOWN

# Below these keys Kubernetes holds quantities, which have many spellings.
_QUANTITIES: Final = frozenset(
    {
        "capacity",
        "default",
        "defaultRequest",
        "hard",
        "limits",
        "max",
        "maxLimitRequestRatio",
        "min",
        "overhead",
        "requests",
        "sizeLimit",
    }
)
_MISSING: Final = object()


@dataclass
class Diff:
    """The changes of one object: each path as Pulumi writes it, and its kind."""

    changes: dict[str, Change] = field(default_factory=dict)
    replaces: set[str] = field(default_factory=set)


def compare(
    old: dict[str, Any],
    new: dict[str, Any],
    *,
    force_new: tuple[str, ...],
    ignore: list[str],
) -> Diff:
    """Return what changes between two sets of inputs, both without secrets.

    Args:
        old: The inputs of the object as it stands.
        new: The inputs asked for; may hold unknowns.
        force_new: Paths that cannot change in place.
        ignore: Property paths of `ignoreChanges`; what lies below is left out.
    """
    found: list[tuple[Path, Change, Any]] = []
    _walk((), old, new, found)
    ignored = [parse_path(path) for path in ignore]
    diff = Diff()
    for path, change, value in found:
        if any(_contains(above, path) for above in ignored):
            continue
        written = write_path(path)
        diff.changes[written] = change
        forced = any(touches(pattern, path, value) for pattern in force_new)
        if forced or (written == "metadata" and change == "delete"):
            diff.replaces.add(written)
    return diff


def same(old: Any, new: Any, path: Path) -> bool:
    """Tell whether two leaves mean the same to Kubernetes."""
    if old == new and isinstance(old, bool) == isinstance(new, bool):
        return True
    if not _QUANTITIES.intersection(path) or isinstance(old, bool | list | dict):
        return False
    try:
        return parse_quantity(str(old)) == parse_quantity(str(new))
    except ValueError:
        return False


def _contains(above: Path, path: Path) -> bool:
    return len(above) <= len(path) and all(
        want in ("*", part) for want, part in zip(above, path, strict=False)
    )


def _walk(
    path: Path, old: Any, new: Any, found: list[tuple[Path, Change, Any]]
) -> None:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            _step((*path, key), old.get(key, _MISSING), new.get(key, _MISSING), found)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else _MISSING
            after = new[index] if index < len(new) else _MISSING
            _step((*path, index), before, after, found)
    elif new is UNKNOWN or not same(old, new, path):
        found.append((path, "update", new))


def _step(
    path: Path, old: Any, new: Any, found: list[tuple[Path, Change, Any]]
) -> None:
    if new is _MISSING:
        found.append((path, "delete", None))
    elif old is _MISSING:
        found.append((path, "add", new))
    else:
        _walk(path, old, new, found)
