"""Who owns which field of an object, as `metadata.managedFields` records it."""

import secrets
from typing import Any, Final

from sandbox.kubernetes_provider.naming import metadata
from sandbox.kubernetes_provider.paths import parse_path

# Whose updates an apply takes over: the provider's own creation, and kubectl's.
_TAKEN_OVER: Final = frozenset(
    {
        ("kubectl", "Apply"),
        ("kubectl", "Update"),
        ("before-first-apply", "Update"),
        ("pulumi-kubernetes", "Update"),
        ("pulumi-kubernetes.exe", "Update"),
        ("pulumi-resource-kubernetes", "Update"),
    }
)


def takeover(live: dict[str, Any], manager: str) -> list[dict[str, Any]]:
    """Return the JSON patch that makes the creation's fields the applier's.

    Only then does an apply that leaves a field out remove it from the object.
    The patch is empty where there is nothing to take over, and fails where the
    object changed meanwhile.

    Args:
        live: The live object, with its managed fields.
        manager: The field manager that applies.
    """
    entries = metadata(live).get("managedFields") or []
    taken = [e for e in entries if _is_taken(e)]
    if not taken:
        return []
    own = [e for e in entries if _is_own(e, manager)]
    newest = max((*taken, *own), key=lambda entry: entry.get("time", ""))
    merged: dict[str, Any] = {}
    for entry in (*taken, *own):
        merged = _union(merged, entry.get("fieldsV1") or {})
    applied = {
        **newest,
        "manager": manager,
        "operation": "Apply",
        "fieldsV1": merged,
    }
    applied.pop("subresource", None)
    rest = [entry for entry in entries if entry not in taken and entry not in own]
    version = metadata(live)["resourceVersion"]
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": [*rest, applied]},
        # Setting the version to what it is makes the server refuse the patch
        # where the object has moved on.
        {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
    ]


def made_by_pulumi(live: dict[str, Any]) -> bool:
    """Tell whether a Pulumi provider, this or the official one, made the object."""
    return any(
        str(entry.get("manager", "")).startswith("pulumi-")
        for entry in metadata(live).get("managedFields") or []
    )


def new_manager() -> str:
    """Return a name for the field manager of one object."""
    return f"pulumi-kubernetes-{secrets.token_hex(4)}"


def applier(live: dict[str, Any]) -> str:
    """Return the field manager that a provider applies the object with."""
    for entry in metadata(live).get("managedFields") or []:
        name = str(entry.get("manager", ""))
        if entry.get("operation") == "Apply" and name.startswith("pulumi-kubernetes-"):
            return name
    return new_manager()


def may_force(live: dict[str, Any], *, preview: bool) -> bool:
    """Tell whether an apply may overrule conflicts without being asked to.

    A preview may where the real update will take the fields over first; an
    object that records no owners at all has nobody to conflict with.
    """
    entries = metadata(live).get("managedFields") or []
    return not entries or (preview and any(_is_taken(entry) for entry in entries))


def keep_ignored(
    obj: dict[str, Any], live: dict[str, Any], ignore: list[str], manager: str
) -> None:
    """Make an apply leave the ignored fields as they stand.

    What only others own is left out of the object; what is the applier's own
    is sent as it is now, because leaving it out would remove it.

    Args:
        obj: The object to apply; changed in place.
        live: The live object.
        ignore: Property paths of `ignoreChanges`. Those into lists are left to
            the engine, which sends the old value for them.
        manager: The field manager that applies.
    """
    entries = metadata(live).get("managedFields") or []
    for text in ignore:
        path = parse_path(text)
        keys = [part for part in path if isinstance(part, str) and part != "*"]
        if len(keys) != len(path):
            continue
        own = any(_owns(e, keys) for e in entries if e.get("manager") == manager)
        others = any(_owns(e, keys) for e in entries if e.get("manager") != manager)
        found, value = _lookup(live, keys)
        if others and not own:
            _remove(obj, keys)
        elif found:
            _put(obj, keys, value)


def _is_taken(entry: dict[str, Any]) -> bool:
    pair = (entry.get("manager"), entry.get("operation"))
    return pair in _TAKEN_OVER and not entry.get("subresource")


def _is_own(entry: dict[str, Any], manager: str) -> bool:
    pair = (entry.get("manager"), entry.get("operation"))
    return pair == (manager, "Apply") and not entry.get("subresource")


def _union(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    joined = dict(one)
    for key, value in other.items():
        joined[key] = _union(joined[key], value) if key in joined else value
    return joined


def _owns(entry: dict[str, Any], keys: list[str]) -> bool:
    fields = entry.get("fieldsV1") or {}
    for key in keys:
        if f"f:{key}" not in fields:
            return False
        fields = fields[f"f:{key}"]
    return True


def _lookup(obj: Any, keys: list[str]) -> tuple[bool, Any]:
    for key in keys:
        if not isinstance(obj, dict) or key not in obj:
            return False, None
        obj = obj[key]
    return True, obj


def _remove(obj: dict[str, Any], keys: list[str]) -> None:
    found, parent = _lookup(obj, keys[:-1])
    if found and isinstance(parent, dict):
        parent.pop(keys[-1], None)


def _put(obj: dict[str, Any], keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        obj = obj.setdefault(key, {})
        if not isinstance(obj, dict):
            return
    obj[keys[-1]] = value
