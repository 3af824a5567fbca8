# The libraries of schemas carry no whole types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
"""The strict OpenAPI schema of Kubernetes, read once for each kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from kubernetes_validate import utils
from referencing import Registry, Resource

KUBERNETES_VERSION = "1.35"
"""The release whose schemas objects are checked against."""

_SCHEMAS = f"kubernetes-json-schema/v{KUBERNETES_VERSION}.0-local-strict"


def schema_errors(manifest: Mapping[str, Any]) -> Iterator[str]:
    """What the schema of its kind says of an object; nothing of unknown kinds.

    A kind that a CRD brings is known to the API server of its cluster alone.
    """
    kind, version = manifest.get("kind"), manifest.get("apiVersion")
    if not isinstance(kind, str) or not isinstance(version, str):
        yield "an object has apiVersion and kind"
        return
    validator = _validator(kind, version)
    if validator is None:
        return
    for error in validator.iter_errors(manifest):
        where = ".".join(str(part) for part in error.absolute_path)
        yield f"{where}: {error.message}"


def known(kind: str, version: str) -> bool:
    """Whether Kubernetes itself has objects of that kind."""
    return _validator(kind, version) is not None


@cache
def _validator(kind: str, version: str) -> Draft202012Validator | None:
    # Of the group only its first word is in the name of the file.
    group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", version)
    try:
        schema = _contents(f"{kind.lower()}-{group}.json")
    except FileNotFoundError:
        return None
    return Draft202012Validator(schema, registry=_definitions())


@cache
def _definitions() -> Registry[Any]:
    resource = Resource.from_contents(_contents("_definitions.json"))
    registry: Registry[Any] = Registry()
    return resource @ registry


def _contents(file: str) -> Any:
    return utils.schema_contents(f"{_SCHEMAS}/{file}", KUBERNETES_VERSION)
