"""What Pulumi's state holds of an object, in the official provider's form."""

import copy
from typing import Any, Final

from sandbox.kubernetes_provider.diffing import same
from sandbox.kubernetes_provider.naming import metadata
from sandbox.kubernetes_provider.paths import Path
from sandbox.kubernetes_provider.values import Secret, has_secret, hide, plain

INPUTS: Final = "__inputs"
INITIAL_VERSION: Final = "__initialApiVersion"
MANAGER: Final = "__fieldManager"
_OWN: Final = (INPUTS, INITIAL_VERSION, MANAGER)
_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_READ_ONLY: Final = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)

# A property name cannot have a dash, so the SDKs write these keys otherwise.
_DASHED: Final = {
    f"x_kubernetes_{name}": f"x-kubernetes-{name.replace('_', '-')}"
    for name in (
        "embedded_resource",
        "int_or_string",
        "list_map_keys",
        "list_type",
        "map_type",
        "preserve_unknown_fields",
        "validations",
    )
}
_UNDERSCORED: Final = {dashed: plain_key for plain_key, dashed in _DASHED.items()}


def to_object(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the Kubernetes object of an SDK's properties, without secrets."""
    found = _rename(plain(properties), _DASHED)
    for key in _READ_ONLY:
        metadata(found).pop(key, None)
    return found


def split(state: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the inputs and the live object that a state holds."""
    whole = _rename(plain(state), _DASHED)
    inputs = whole.pop(INPUTS, {})
    for key in _OWN:
        whole.pop(key, None)
    return inputs, whole


def state(
    inputs: dict[str, Any],
    live: dict[str, Any],
    given: dict[str, Any],
    *,
    initial_version: str,
    manager: str,
) -> dict[str, Any]:
    """Return the state of an object.

    Args:
        inputs: What was sent to Kubernetes.
        live: What Kubernetes made of it.
        given: The inputs as the program gave them: what was secret there is
            secret in the state.
        initial_version: The `apiVersion` that it was created with.
        manager: The name of the field manager that applies it.
    """
    outputs = hide(_rename(without_noise(live), _UNDERSCORED), given)
    strings, data = given.get("stringData"), outputs.get("data")
    if live.get("kind") == "Secret" and isinstance(data, dict) and has_secret(strings):
        outputs["data"] = Secret(data)
    return {
        **outputs,
        INPUTS: hide(_rename(inputs, _UNDERSCORED), given),
        INITIAL_VERSION: initial_version,
        MANAGER: manager,
    }


def without_noise(live: dict[str, Any]) -> dict[str, Any]:
    """Return the live object without what only machines read."""
    quiet = copy.deepcopy(live)
    metadata(quiet).pop("managedFields", None)
    _drop_annotation(quiet, _LAST_APPLIED)
    return quiet


def observed(live: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs as the live object has them now.

    Only what the inputs name is looked at. A field that means the same in
    another spelling (`1024Mi`, `1Gi`), or an empty one that Kubernetes does not
    keep, stays as it was written.
    """
    return _observed((), live, inputs)


def imported(live: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs of an object that Pulumi did not make."""
    found = without_noise(live)
    found.pop("status", None)
    for key in _READ_ONLY:
        metadata(found).pop(key, None)
    _drop_annotation(found, "deployment.kubernetes.io/revision")
    return found


def _observed(path: Path, live: Any, given: Any) -> Any:
    if isinstance(given, dict) and isinstance(live, dict):
        return {
            key: _observed((*path, key), live[key], item) if key in live else item
            for key, item in given.items()
            if key in live or not _matters(item)
        }
    if isinstance(given, list) and isinstance(live, list):
        paired = zip(live, given, strict=False)
        kept = [_observed((*path, i), a, b) for i, (a, b) in enumerate(paired)]
        return [*kept, *live[len(given) :]]
    return given if same(live, given, path) else live


def _matters(value: Any) -> bool:
    """Tell a field that Kubernetes keeps from an empty one that it drops."""
    if isinstance(value, dict):
        return any(_matters(item) for item in value.values())
    return bool(value)


def _drop_annotation(obj: dict[str, Any], key: str) -> None:
    annotations = metadata(obj).get("annotations")
    if isinstance(annotations, dict) and key in annotations:
        del annotations[key]
        if not annotations:
            del metadata(obj)["annotations"]


def _rename(value: Any, names: dict[str, str]) -> Any:
    match value:
        case dict():
            return {names.get(k, k): _rename(v, names) for k, v in value.items()}
        case list():
            return [_rename(item, names) for item in value]
        case _:
            return value
