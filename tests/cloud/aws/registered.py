"""What AWS would refuse of the resources that a program registered with mocks."""

from collections.abc import Iterator
from typing import Any

from components.testing import Deployment, Registered
from sandbox.kubernetes_provider.paths import parse_path
from sandbox.kubernetes_provider.values import UNKNOWN
from tests.cloud.aws.cloud import Aws
from tests.cloud.kind import CloudError
from tests.cloud.provider import checked


def refusals(deployment: Deployment) -> list[str]:
    """Return what the SDK's classes and AWS's service models do not allow.

    It is for a preview, in which ids are not known yet: those that the mocks
    make are not of AWS's form.

    Args:
        deployment: What `components.testing.deploy` returned.
    """
    return [
        text
        for resource in deployment.resources
        if resource.type.startswith("aws:") and not resource.read
        for text in _refusals(resource)
    ]


def _refusals(resource: Registered) -> Iterator[str]:
    inputs: Any = resource.inputs
    for path in resource.unknown:
        inputs = _with_unknown(inputs, list(parse_path(path)))
    try:
        _, failures = checked(
            Aws(),
            {},
            resource.type,
            inputs,
            {},
            name=resource.name,
            seed=b"",
            proposed="",
        )
    except CloudError as error:
        yield f"{resource}: {error}"
        return
    for failure in failures:
        yield f"{resource}: {failure.path}: {failure.reason}"


def _with_unknown(value: Any, path: list[str | int]) -> Any:
    """Return the value with what a preview does not know where it stands."""
    if not path:
        return UNKNOWN
    head, *rest = path
    if isinstance(value, list):
        return [
            _with_unknown(item, rest) if index == head else item
            for index, item in enumerate(value)
        ]
    below = value if isinstance(value, dict) else {}
    return {**below, head: _with_unknown(below.get(head), rest)}
