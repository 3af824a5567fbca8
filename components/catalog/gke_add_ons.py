"""Add-ons of GKE: what turns them on, which drivers they are, what is there already.

Sources, read 2026-11-22: API discovery of container.v1 (revision 20261027,
`AddonsConfig`) and the classes of pulumi-gcp 10.2.0 for the fields and defaults;
for versions https://docs.cloud.google.com/kubernetes-engine/docs/concepts/
lustre-csi-driver-overview and GoogleCloudPlatform/gcs-fuse-csi-driver 5fcdc04
`docs/releases.md`. That Autopilot has the drivers of Cloud Storage and Filestore in
any case was not seen at its source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LINK = "https://docs.cloud.google.com/kubernetes-engine/docs/concepts/storage-overview"


@dataclass(frozen=True, slots=True, kw_only=True)
class GkeAddOnKind:
    """An add-on that GKE installs.

    Attributes:
        name: The key under `platform.addOns`.
        field: The field of a cluster's `addons_config`.
        driver: The CSI driver that it is.
        standard: Whether a new Standard cluster has it without being asked.
        autopilot: Whether an Autopilot cluster has it without being asked.
        since: The first version of GKE that has it; None where any of today's
            has.
        link: The page of GKE that describes it.
    """

    name: str
    field: str
    driver: str
    standard: bool = False
    autopilot: bool = False
    since: str | None = None
    link: str = LINK


_HOW_TO = "https://docs.cloud.google.com/kubernetes-engine/docs/how-to"

_ROWS = (
    GkeAddOnKind(
        name="gcs-fuse-csi-driver",
        field="gcs_fuse_csi_driver_config",
        driver="gcsfuse.csi.storage.gke.io",
        autopilot=True,
        link=f"{_HOW_TO}/cloud-storage-fuse-csi-driver-setup",
    ),
    GkeAddOnKind(
        name="filestore-csi-driver",
        field="gcp_filestore_csi_driver_config",
        driver="filestore.csi.storage.gke.io",
        autopilot=True,
        link=f"{_HOW_TO}/persistent-volumes/filestore-csi-driver",
    ),
    GkeAddOnKind(
        name="persistent-disk-csi-driver",
        field="gce_persistent_disk_csi_driver_config",
        driver="pd.csi.storage.gke.io",
        standard=True,
        autopilot=True,
        link=f"{_HOW_TO}/persistent-volumes/gce-pd-csi-driver",
    ),
    GkeAddOnKind(
        name="managed-lustre-csi-driver",
        field="lustre_csi_driver_config",
        driver="lustre.csi.storage.gke.io",
        since="1.33.2-gke.1111000",
        link=f"{_HOW_TO}/persistent-volumes/lustre-csi-driver-new-volume",
    ),
)

GKE_ADD_ONS: dict[str, GkeAddOnKind] = {row.name: row for row in _ROWS}
"""The add-ons that GKE installs, by name."""

DRIVERS: dict[str, str] = {row.driver: row.name for row in _ROWS}
"""The add-on that brings each CSI driver of Google Cloud."""

GIVEN = (
    "nvidia-device-plugin",
    "node-autoscaler",
    "snapshot-controller",
    "metrics-server",
)
"""Add-ons that every cluster of GKE has by itself.

The NVIDIA device plugin runs where a pool has GPUs, drivers come with the pool
(`gpuDriver`); pools state the least and the most of their nodes, and GKE's own
autoscaler keeps to it; the rest is part of the control plane's own pods. Sources:
https://docs.cloud.google.com/kubernetes-engine/docs/how-to/gpus, …/cluster-autoscaler,
…/persistent-volumes/volume-snapshots, read 2026-11-22."""


def gives(add_on: str, *, mode: Literal["standard", "autopilot"] = "standard") -> bool:
    """Whether a cluster of GKE has an add-on without it being declared.

    Args:
        add_on: The key under `platform.addOns`.
        mode: Whose nodes the cluster has.
    """
    if add_on in GIVEN:
        return True
    row = GKE_ADD_ONS.get(add_on)
    return row is not None and (row.autopilot if mode == "autopilot" else row.standard)
