"""What an interrupted run left in Pulumi's state, and how to settle it.

Pure functions over an exported deployment; they change it in place.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from sandbox.kubernetes_provider.values import SECRET, SIGNATURE, Secret

Entry = dict[str, Any]
"""A resource as the exported state has it."""

INTERRUPTED: Final = "the run that made this was interrupted before it was ready"
_CHANGED: Final = "the run that changed this was interrupted"


def operations(deployment: Entry) -> list[Entry]:
    """Return the operations that were cut off: `{"resource": …, "type": …}`."""
    return deployment.get("pending_operations") or []


def half_replaced(deployment: Entry) -> list[Entry]:
    """Return the resources that were deleted and not made anew."""
    return [r for r in deployment.get("resources") or [] if r.get("pendingReplacement")]


def adopt(deployment: Entry, made: Entry) -> None:
    """Take a resource into the state that a cut-off create had made.

    An older resource of the same name was either deleted before (it goes), or is
    still there (it is marked to be deleted, as the engine would have).

    Args:
        deployment: The exported deployment.
        made: The resource, with its id and outputs.
    """
    kept: list[Entry] = []
    for old in deployment.get("resources") or []:
        if old["urn"] == made["urn"] and not old.get("delete"):
            if old.get("pendingReplacement"):
                continue
            old["delete"] = True
        kept.append(old)
    made["initErrors"] = [INTERRUPTED]
    deployment["resources"] = _ordered([*kept, made])


def distrust(deployment: Entry, operation: Entry) -> None:
    """Have a resource updated by the next run, whatever its recorded inputs say.

    An update that was cut off may have arrived: the recorded inputs may not be
    those of the object.
    """
    urn = operation["resource"]["urn"]
    for entry in deployment.get("resources") or []:
        if entry["urn"] == urn and not entry.get("delete"):
            entry["initErrors"] = [_CHANGED]


def forget(deployment: Entry, urn: str, id_: str) -> None:
    """Take a resource out of the state whose object is gone.

    What depends on it no longer does. One that has children is left as pending
    replacement, because children cannot do without their parent.
    """
    resources: list[Entry] = deployment.get("resources") or []
    gone = [r for r in resources if r["urn"] == urn and r.get("id") == id_]
    rest = [r for r in resources if r not in gone]
    if any(r["urn"] == urn for r in rest):
        deployment["resources"] = rest
        return
    if any(r.get("parent") == urn for r in rest):
        for entry in gone:
            entry["pendingReplacement"] = True
        return
    for entry in rest:
        _let_go(entry, urn)
    deployment["resources"] = rest


def provider_inputs(deployment: Entry, entry: Entry) -> dict[str, Any]:
    """Return the inputs of the provider resource that an entry refers to."""
    urn, _, id_ = str(entry.get("provider", "")).rpartition("::")
    for found in deployment.get("resources") or []:
        if found["urn"] == urn and found.get("id") == id_:
            return read_values(found.get("inputs") or {})
    return {}


def read_values(value: Any) -> Any:
    """Return exported values, with `Secret` where they say so."""
    match value:
        case {"plaintext": str(text)} if value.get(SIGNATURE) == SECRET:
            return Secret(read_values(json.loads(text)))
        case dict():
            return {key: read_values(item) for key, item in value.items()}
        case list():
            return [read_values(item) for item in value]
        case _:
            return value


def write_values(value: Any) -> Any:
    """Return values as an import takes them; it encrypts the secrets."""
    match value:
        case Secret():
            text = json.dumps(write_values(value.value))
            return {SIGNATURE: SECRET, "plaintext": text}
        case dict():
            return {key: write_values(item) for key, item in value.items()}
        case list():
            return [write_values(item) for item in value]
        case _:
            return value


def _let_go(entry: Entry, urn: str) -> None:
    if "dependencies" in entry:
        entry["dependencies"] = [d for d in entry["dependencies"] if d != urn]
    for key, urns in (entry.get("propertyDependencies") or {}).items():
        entry["propertyDependencies"][key] = [d for d in urns or [] if d != urn]
    if entry.get("deletedWith") == urn:
        del entry["deletedWith"]
    if "replaceWith" in entry:
        entry["replaceWith"] = [d for d in entry["replaceWith"] if d != urn]


def _needs(entry: Entry) -> Iterator[str]:
    yield entry.get("parent", "")
    yield entry.get("deletedWith", "")
    yield str(entry.get("provider", "")).rpartition("::")[0]
    yield from entry.get("dependencies") or []
    yield from entry.get("replaceWith") or []
    for urns in (entry.get("propertyDependencies") or {}).values():
        yield from urns or []


def _ordered(resources: list[Entry]) -> list[Entry]:
    """Return the resources with each after what it needs, else as they stood."""
    waiting = list(resources)
    known = {entry["urn"] for entry in resources}
    placed: set[str] = set()
    ordered: list[Entry] = []
    while waiting:
        ready = (e for e in waiting if all(n not in known - placed for n in _needs(e)))
        entry = next(ready, waiting[0])
        waiting.remove(entry)
        ordered.append(entry)
        placed.add(entry["urn"])
    return ordered
