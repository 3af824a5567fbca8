"""The same stack as a Pulumi program that someone wrote by hand, for nothing else.

It registers what the stack's YAML registers, component for component. Only what
does not grow with the number of volumes is this project's own.
"""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from bench.stack_file import CLASS, TEAM, volume_names
from components.kubernetes.team_space import TeamSpace, TeamSpaceArgs
from components.kubernetes.team_space_spec import QuotaSpec, TeamSpaceSpec


class Claim(pulumi.ComponentResource):
    """A claim under protection."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__("ml-storage:index:Claim", name, None, opts)
        # The SDK's types of dictionaries have no keys as Kubernetes writes them.
        spec: Any = {
            "storageClassName": CLASS,
            "accessModes": ["ReadWriteMany"],
            "volumeMode": "Filesystem",
            "resources": {"requests": {"storage": "10Gi"}},
        }
        claim = k8s.core.v1.PersistentVolumeClaim(
            f"{name}-claim",
            metadata={"name": name, "namespace": TEAM},
            spec=spec,
            opts=pulumi.ResourceOptions(
                parent=self, protect=True, delete_before_replace=True
            ),
        )
        self.volume_name = claim.spec.volume_name
        self.register_outputs({"claimName": name, "volumeName": self.volume_name})


def program(volumes: int) -> None:
    """Register an environment, and a team with so many volumes."""
    provider = k8s.Provider("cluster", context="bench", cluster_identifier="bench")
    quota = QuotaSpec(storage={CLASS: "1Pi"})
    space = TeamSpace(
        TEAM,
        TeamSpaceArgs(spec=TeamSpaceSpec(quota=quota)),
        pulumi.ResourceOptions(provider=provider),
    )
    opts = pulumi.ResourceOptions(provider=provider, depends_on=[space])
    claims = {name: Claim(name, opts) for name in volume_names(volumes)}
    pulumi.export("namespace", TEAM)
    pulumi.export(
        "volumes",
        {
            name: {
                "kind": "claim",
                "claim": name,
                "persistentVolume": claim.volume_name,
            }
            for name, claim in claims.items()
        },
    )
