"""The names of objects, and the annotations that steer the provider."""

import hashlib
import secrets
from typing import Any, Final

from sandbox.kubernetes_provider.values import UNKNOWN

AUTONAMED: Final = "pulumi.com/autonamed"
SKIP_AWAIT: Final = "pulumi.com/skipAwait"
TIMEOUT: Final = "pulumi.com/timeoutSeconds"
WAIT_FOR: Final = "pulumi.com/waitFor"
PATCH_FORCE: Final = "pulumi.com/patchForce"
FIELD_MANAGER: Final = "pulumi.com/patchFieldManager"
PROPAGATION: Final = "pulumi.com/deletionPropagationPolicy"
MANAGED_BY: Final = "app.kubernetes.io/managed-by"

_DEFAULT_TIMEOUT: Final = 600.0


def metadata(obj: dict[str, Any]) -> dict[str, Any]:
    """Return the object's metadata, empty where there is none (or none known)."""
    found = obj.get("metadata")
    return found if isinstance(found, dict) else {}


def annotation(obj: dict[str, Any], key: str) -> str:
    """Return one annotation, empty where it is not set or not known."""
    found = metadata(obj).get("annotations")
    value = found.get(key) if isinstance(found, dict) else None
    return value if isinstance(value, str) else ""


def name_of(obj: dict[str, Any]) -> str:
    """Return the object's name, empty where it has none or it is not known."""
    name = metadata(obj).get("name")
    return name if isinstance(name, str) else ""


def is_named(obj: dict[str, Any]) -> bool:
    """Tell whether the object has a name of its own, known or not."""
    return bool(metadata(obj).get("name"))


def is_autonamed(obj: dict[str, Any]) -> bool:
    """Tell whether the name was made by Pulumi."""
    return annotation(obj, AUTONAMED) == "true"


def autoname(
    obj: dict[str, Any], old: dict[str, Any], *, prefix: str, seed: bytes, proposed: str
) -> None:
    """Give the object a name where it has none: the old one's, or a new one.

    Args:
        obj: The new inputs; changed in place.
        old: The old inputs, empty for a new object.
        prefix: The resource's name in the program.
        seed: The engine's random seed, so that a preview names as the update
            does; empty where there is none.
        proposed: The name that the stack's autonaming settings ask for.
    """
    if is_named(obj) or metadata(obj).get("generateName"):
        return
    if old:
        name = name_of(old) if is_autonamed(old) else ""
    else:
        digest = hashlib.sha256(seed).hexdigest() if seed else secrets.token_hex(4)
        name = proposed or f"{prefix}-{digest[:8]}"
    if not name or obj.get("metadata") is UNKNOWN:
        return
    meta = obj.setdefault("metadata", {})
    meta["name"] = name
    if meta.get("annotations") is not UNKNOWN:
        meta["annotations"] = {**meta.get("annotations", {}), AUTONAMED: "true"}


def timeout(obj: dict[str, Any], asked: float) -> float:
    """Return how long to wait, in seconds.

    `customTimeouts` win over the annotation `pulumi.com/timeoutSeconds`; the
    default is ten minutes.
    """
    if asked:
        return asked
    written = annotation(obj, TIMEOUT)
    return float(written) if written.isdigit() else _DEFAULT_TIMEOUT


def propagation(obj: dict[str, Any]) -> str:
    """Return how a deletion treats what the object owns; default: Foreground."""
    asked = annotation(obj, PROPAGATION).lower()
    return {"orphan": "Orphan", "background": "Background"}.get(asked, "Foreground")


def object_id(obj: dict[str, Any]) -> str:
    """Return Pulumi's id of an object: `namespace/name`, or `name`."""
    meta = metadata(obj)
    space = meta.get("namespace")
    return f"{space}/{meta['name']}" if space else meta["name"]


def parse_id(text: str) -> tuple[str, str]:
    """Return namespace (empty where there is none) and name of an id."""
    space, _, name = text.rpartition("/")
    return space, name
