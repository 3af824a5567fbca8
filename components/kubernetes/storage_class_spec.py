"""A StorageClass for any provisioner."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from components.catalog.problem import Problem
from components.spec import Spec


class StorageClassSpec(Spec):
    """A class that the stack makes, or one that the cluster has (`existing`).

    The name of the class is its key. Kubernetes cannot change a class: a
    changed parameter replaces it, and claims that are bound keep what they
    have.
    """

    provisioner: str = Field(min_length=1)
    """The driver, such as `rook-ceph.cephfs.csi.ceph.com`."""

    existing: bool = False
    """The cluster has the class: it is used, not made. Its provisioner still
    tells `check` which access modes it can give."""

    parameters: dict[str, str] = Field(default_factory=dict[str, str])
    """The driver's own parameters, texts all."""

    reclaim_policy: Literal["Delete", "Retain"] = "Delete"
    """What happens to a volume when its claim is deleted; default `Delete`:
    the claims themselves are protected."""

    volume_binding_mode: Literal["Immediate", "WaitForFirstConsumer"] = "Immediate"
    """When a claim gets its volume; `WaitForFirstConsumer` for disks of a
    zone, so that they are made where their pod runs."""

    allow_volume_expansion: bool = False
    """Whether claims may grow."""

    mount_options: list[str] = Field(default_factory=list[str])
    """Options of every mount of the class's volumes."""

    def problems(self) -> Iterator[Problem]:
        """An existing class is not configured here."""
        if not self.existing:
            return
        for name, value in (
            ("parameters", self.parameters),
            ("mountOptions", self.mount_options),
        ):
            if value:
                yield Problem(
                    rule="CLS01",
                    message="the class exists already: what it does is set there",
                    path=(name,),
                    value=value,
                )
