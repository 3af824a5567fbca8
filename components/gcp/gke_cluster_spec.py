"""A GKE cluster: one that there is, or a new one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from components.catalog import gcp_regions, gke
from components.catalog.problem import Problem
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

    dns_endpoint: bool = False
    """Whether the API server is reached by a DNS name as well, from anywhere by
    whom IAM lets (`container.clusters.connect`); default `false`. Kubeconfigs
    then have this name."""

    kms_key: KeyName | None = None
    """The key that encrypts Secrets in etcd, by its name under `platform.keys` or
    its full name; default: none beside GKE's own encryption."""

    on_delete: Literal["protect", "delete"] = "protect"
    """`protect` sets GKE's deletion protection and Pulumi's; `delete` neither, so
    that the cluster can be thrown away beside its data. To get rid of a protected
    one, deploy it with `delete` first."""

    def problems(self) -> Iterator[Problem]:
        """GKE makes it, and whoever is named can reach it."""
        problem = gke.version_problem(self.version) if self.version else None
        if problem is not None:
            yield problem.under("version")
        yield from gke.access_problems(self.public_access, ("publicAccess",))


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

    @property
    def least_version(self) -> str | None:
        """The version that it has at least; None where that is not said."""
        return self.create.version if self.create else self.version

    @property
    def autopilot(self) -> bool:
        """Whether it is made as one whose nodes GKE makes."""
        return self.create is not None and self.create.mode == "autopilot"

    def problems(self) -> Iterator[Problem]:
        """It is there already or made."""
        if (self.existing is None) == (self.create is None):
            both = " not both" if self.existing is not None else ""
            yield Problem(
                rule="GKE01",
                message="a cluster is there already (existing) or is made (create),"
                f"{both or ' one of both'}",
                nearest=None if both else "create: {mode: standard}",
                link=gke.NAME_LINK,
            )
        if self.existing is not None:
            problem = gke.name_problem(self.existing)
            if problem is not None:
                yield problem.under("existing")
        if self.location is not None:
            problem = gcp_regions.location_problem(self.location)
            if problem is not None:
                yield problem.under("location")
        yield from self._of_version()

    def _of_version(self) -> Iterator[Problem]:
        if self.version is None:
            return
        problem = gke.version_problem(self.version)
        if problem is not None:
            yield problem.under("version")
        elif self.create is not None and self.existing is None:
            yield Problem(
                rule="GKE07",
                message="the version of a cluster that is made is said below create",
                path=("version",),
                value=self.version,
                nearest=f'create: {{version: "{self.version}"}}',
                link=gke.LINK,
            )
