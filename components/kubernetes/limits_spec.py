"""Limits of each container and claim of a team."""

from __future__ import annotations

from collections.abc import Iterator

from components.catalog import quantity
from components.catalog.problem import Problem
from components.spec import Cores, Size, Spec

LINK = "https://kubernetes.io/docs/concepts/policy/limit-range/"


class ContainerLimits(Spec):
    """One bound of a container, for each of its resources."""

    cpu: Cores | None = None
    """CPU cores, such as `500m` or 2; default: no bound."""

    memory: Size | None = None
    """Memory, memory scratch counted in; default: no bound."""

    ephemeral_storage: Size | None = None
    """Disk of the node, disk scratch and a container's own writes counted in;
    default: no bound."""


class ClaimLimits(Spec):
    """Bounds of the size of a claim."""

    min: Size | None = None
    """The smallest claim; default: no bound."""

    max: Size | None = None
    """The largest claim, those of static volumes included; default: no bound."""


class LimitsSpec(Spec):
    """What each container and each claim of a team gets at least and at most."""

    default: ContainerLimits = ContainerLimits()
    """The limit of a container that states none. Default: `max`."""

    default_request: ContainerLimits = ContainerLimits()
    """What a container gets that requests nothing. Default: `default`, else
    `min`."""

    max: ContainerLimits = ContainerLimits()
    """The highest limit of a container."""

    min: ContainerLimits = ContainerLimits()
    """The least that a container may request."""

    claim: ClaimLimits = ClaimLimits()
    """Bounds of every claim in the namespace."""

    def problems(self) -> Iterator[Problem]:
        """What the API server refuses: bounds that contradict each other."""
        for resource in ContainerLimits.model_fields:
            for field, lower, upper in (
                ("min", (), ("max",)),
                ("default", ("min",), ("max",)),
                ("default_request", ("min",), ("default", "max")),
            ):
                yield from self._between(resource, field, lower, upper)
        least, most = self.claim.min, self.claim.max
        if least and most and quantity.parse(least) > quantity.parse(most):
            yield Problem(
                rule="LIM01",
                message=f"the smallest claim is larger than the largest, {most}",
                path=("claim", "min"),
                value=least,
                nearest=most,
                link=LINK,
            )

    def _between(
        self, resource: str, field: str, lower: tuple[str, ...], upper: tuple[str, ...]
    ) -> Iterator[Problem]:
        """One bound of a resource, seen against those around it."""
        value = self._bound(field, resource)
        if value is None:
            return
        size = quantity.parse(value)
        above = [b for b in (self._bound(f, resource) for f in upper) if b]
        below = [b for b in (self._bound(f, resource) for f in lower) if b]
        least = min(above, key=quantity.parse, default=None)
        most = max(below, key=quantity.parse, default=None)
        message = nearest = None
        if least is not None and size > quantity.parse(least):
            message, nearest = f"more than {least}, which is the most", least
        elif most is not None and size < quantity.parse(most):
            message, nearest = f"less than {most}, which is the least", most
        if message is not None:
            aliases = {"default_request": "defaultRequest"}
            keys = {"ephemeral_storage": "ephemeralStorage"}
            yield Problem(
                rule="LIM01",
                message=message,
                path=(aliases.get(field, field), keys.get(resource, resource)),
                value=value,
                nearest=nearest,
                link=LINK,
            )

    def _bound(self, field: str, resource: str) -> str | None:
        bound: str | None = getattr(getattr(self, field), resource)
        return bound
