"""Names that a provider makes: of the resource's name and seven digits."""

import hashlib
from typing import Any, Final

from sandbox.kubernetes_provider.values import plain
from tests.cloud.inputs import DEFAULTS, Failure
from tests.cloud.kind import Kind

_DIGITS: Final = 7


def with_name(
    kind: Kind,
    new: dict[str, Any],
    old: dict[str, Any],
    *,
    name: str,
    seed: bytes,
    proposed: str,
) -> tuple[dict[str, Any], list[Failure]]:
    """Return the inputs with a name where the program gave none.

    A name that was made stays as long as the resource does. A prefix that the
    program gives leaves the naming to the cloud.

    Args:
        kind: What the resource is.
        new: The inputs asked for.
        old: The inputs of the resource as it stands; empty for a new one.
        name: The resource's name in the program.
        seed: What the digits are made of.
        proposed: A name that the project's own naming rules ask for.
    """
    inputs = {key: value for key, value in new.items() if key != DEFAULTS}
    key = kind.named
    if key is None or key in inputs or f"{key}Prefix" in inputs:
        return inputs, []
    inputs[DEFAULTS] = [key]
    if key in old and key in plain(old.get(DEFAULTS, [])):
        inputs[key] = old[key]
        return inputs, []
    digits = hashlib.sha256(seed or name.encode()).hexdigest()[:_DIGITS]
    made = proposed or f"{name}-{digits}"
    if kind.prefix:
        made = kind.prefix + made
    inputs[key] = made.lower() if kind.lower else made
    if len(made) > kind.longest:
        reason = (
            f"name {name!r} plus {_DIGITS + 1} characters is longer than maximum "
            f"length {kind.longest}"
        )
        return inputs, [Failure(key, reason)]
    return inputs, []
