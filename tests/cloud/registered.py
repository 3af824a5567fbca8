"""What a cloud would refuse of the resources that a program registered with mocks."""

from collections.abc import Iterator
from typing import Any

from components.testing import Deployment, Registered
from sandbox.kubernetes_provider.paths import parse_path
from sandbox.kubernetes_provider.values import UNKNOWN
from tests.cloud.kind import CloudError
from tests.cloud.provider import Cloud, checked


def refused(cloud: Cloud, package: str, deployment: Deployment) -> list[str]:
    """Return what the SDK's classes and the cloud's own documents do not allow.

    It is for a preview, in which ids are not known yet: those that the mocks
    make are not of the cloud's form.

    Args:
        cloud: The cloud that looks at them.
        package: What the types of its resources begin with: `aws`.
        deployment: What `components.testing.deploy` returned.
    """
    return [
        text
        for resource in deployment.resources
        if resource.type.startswith(f"{package}:") and not resource.read
        for text in _refusals(cloud, resource)
    ]


def _refusals(cloud: Cloud, resource: Registered) -> Iterator[str]:
    inputs: Any = resource.inputs
    for path in resource.unknown:
        inputs = _with_unknown(inputs, list(parse_path(path)))
    try:
        _, failures = checked(
            cloud,
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
