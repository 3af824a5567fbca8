"""`runAs`: whom a program runs as, and what it cannot do then.

The container runtime's filter of system calls, which Kubernetes takes away by
default, also denies NUMA memory policies (`numactl --membind`): it is in force
only here, where someone asked for it.
Source: https://github.com/containerd/containerd/issues/13610, read 2026-11-22.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from components.spec import LARGEST_COUNT, Spec


class RunAsSpec(Spec):
    """A user that is not root, by number."""

    user: int = Field(ge=1, le=LARGEST_COUNT)
    """The user's number, which need not be in the image's `/etc/passwd`."""

    group: int | None = Field(default=None, ge=1, le=LARGEST_COUNT)
    """The number of its group; default: the user's. Disks that pods have alone
    are given to this group."""

    @property
    def of_the_pod(self) -> dict[str, Any]:
        """The `securityContext` of the pod."""
        group = self.group or self.user
        return {
            "runAsNonRoot": True,
            "runAsUser": self.user,
            "runAsGroup": group,
            "fsGroup": group,
            # A disk of millions of files is looked at once, and not each time.
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        }

    @property
    def of_a_container(self) -> dict[str, Any]:
        """The `securityContext` of each container, as `restricted` wants it."""
        return {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }
