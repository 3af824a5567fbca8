"""A GKE cluster: one that there is, or a new one."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from components.gcp.fields import KeyName
from components.spec import Spec, Text


class NewGkeClusterSpec(Spec):
    """A cluster that is made."""

    mode: Literal["standard", "autopilot"] = "standard"
    """`standard` (the default) has the pools of `nodePools`; of `autopilot` GKE
    makes the nodes, and pools are labels that jobs ask for."""

    channel: Literal["rapid", "regular", "stable", "extended"] = "regular"
    """The release channel; default `regular`."""

    version: Text | None = None
    """The least version of the control plane, such as `"1.35"` or
    `1.35.1-gke.1616000`; default: what the channel has."""

    public_access: list[Text] = Field(default_factory=list[str])
    """CIDRs that reach the API server from outside, such as `203.0.113.0/24`;
    default: none. Pulumi has to reach it, wherever it runs."""

    kms_key: KeyName | None = None
    """The key that encrypts Secrets in etcd; default: none of its own."""

    on_delete: Literal["protect", "delete"] = "protect"
    """`protect` sets GKE's deletion protection and Pulumi's; `delete` neither, so
    that the cluster can be thrown away beside its data."""


class GkeClusterSpec(Spec):
    """A GKE cluster, by name or new."""

    existing: Text | None = None
    """The name of a cluster that there is."""

    location: Text | None = None
    """The region of a regional cluster, or the zone of a zonal one; default: the
    environment's region."""

    version: Text | None = None
    """The version that the existing cluster has, such as `1.33.2-gke.4655000`:
    what needs a later one is refused. Default: not known, and not checked."""

    create: NewGkeClusterSpec | None = None
    """A cluster that is made."""
