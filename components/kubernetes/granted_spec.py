"""`from:`: storage of the platform's that the team was granted.

It makes no resource: the platform made the claim in the team's namespace, under
the name of the storage.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from components.catalog.storage_kinds import AccessMode
from components.kubernetes.mountable import MountedByClaim, PodNeeds
from components.kubernetes.volume_spec import Access, Writers
from components.spec import Name, Spec


def narrower(one: Access, other: Access) -> Access:
    """What is left when both have a say: reading, unless both allow writing."""
    return "read-only" if "read-only" in (one, other) else "read-write"


class GrantedSpec(Spec):
    """A thing of the platform's `storage`, as a volume of the team."""

    source: Name = Field(validation_alias="from", serialization_alias="from")
    """The name under `platform.storage`; the team's `grants` must have it."""

    access: Access | None = None
    """`read-only` mounts it read-only though the grant allows writing.
    Default: what the grant allows."""

    writers: Writers | None = None
    """How several writing pods share it; default: one pod writes."""


@dataclass(frozen=True, kw_only=True)
class _Claimed:
    access_modes: list[AccessMode]
    access: Access


class Granted(MountedByClaim):
    """The claim that the platform made for a grant. Mountable."""

    def __init__(
        self,
        claim_name: str,
        access_modes: list[AccessMode],
        access: Access,
        needs: PodNeeds | None = None,
    ) -> None:
        """Name the claim.

        Args:
            claim_name: Name of the claim in the team's namespace.
            access_modes: Who may mount the storage at once.
            access: What the grant and the team together allow.
            needs: What the storage asks of every pod that mounts it, for this
                access; default: nothing.
        """
        self.claim_name = claim_name
        self.spec = _Claimed(access_modes=access_modes, access=access)
        self._needs = needs or PodNeeds()

    def pod_needs(self) -> PodNeeds:
        """What the storage asks of its pods."""
        return self._needs
