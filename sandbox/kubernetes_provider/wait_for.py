"""The annotation `pulumi.com/waitFor`: what to wait for, in the user's words."""

import json
import re
from typing import Any

from sandbox.kubernetes_provider.cluster import Cluster
from sandbox.kubernetes_provider.conditions import Condition, Progress
from sandbox.kubernetes_provider.errors import ProviderError
from sandbox.kubernetes_provider.paths import parse_path


def parse(annotation: str) -> Condition:
    """Return the condition that the annotation asks for.

    Args:
        annotation: `jsonpath={.path}` (the field is there), `jsonpath={.path}=x`
            (it is x), `condition=Type` or `condition=Type=Status`, or a JSON
            list of these, all of which have to hold.

    Raises:
        ProviderError: It is none of these.
    """
    try:
        listed = json.loads(annotation)
    except ValueError:
        listed = annotation
    asked = listed if isinstance(listed, list) else [annotation]
    if not asked:
        raise ProviderError("pulumi.com/waitFor names no condition")
    checks = [_one(str(text)) for text in asked]

    def check(live: dict[str, Any], _: Cluster) -> Progress:
        missing = [text for text, holds in checks if not holds(live)]
        return Progress(not missing, f"waiting for {', '.join(missing)}")

    return check


def _one(text: str) -> tuple[str, Any]:
    kind, _, rest = text.partition("=")
    if kind == "condition" and rest:
        name, _, status = rest.partition("=")
        return text, lambda live: _reported(live, name, status or "True")
    match = re.fullmatch(r"\{(\.[^{}?@]+)\}(?:=(.*))?", rest)
    if kind != "jsonpath" or match is None:
        raise ProviderError(
            f"pulumi.com/waitFor: {text!r} is neither jsonpath={{.a.b}}[=value] "
            "nor condition=Type[=Status]"
        )
    path, wanted = parse_path(match[1]), match[2]
    return text, lambda live: _matches(live, path, wanted)


def _reported(live: dict[str, Any], name: str, status: str) -> bool:
    found = (live.get("status") or {}).get("conditions") or []
    return any(
        c.get("type", "").lower() == name.lower()
        and str(c.get("status")).lower() == status.lower()
        for c in found
    )


def _matches(live: Any, path: tuple[str | int, ...], wanted: str | None) -> bool:
    values = [live]
    for part in path:
        found: list[Any] = []
        for value in values:
            if part == "*" and isinstance(value, list | dict):
                found += value.values() if isinstance(value, dict) else value
            elif isinstance(part, int) and isinstance(value, list):
                found += value[part : part + 1]
            elif isinstance(value, dict) and part in value:
                found.append(value[part])
        values = found
    if wanted is None:
        return bool(values)
    texts = [v if isinstance(v, str) else json.dumps(v) for v in values]
    return wanted in texts
