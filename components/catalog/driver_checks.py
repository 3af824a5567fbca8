"""What drivers want of classes and volumes beyond one value at a time.

A row of `provisioner_tables` says which parameters there are; how they go together,
and what a PersistentVolume may say, is arithmetic of the driver's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from components.catalog import (
    ebs_driver,
    efs_driver,
    efs_volumes,
    filestore_driver,
    filestore_volumes,
    fsx_driver,
    gcp_disk_driver,
    gcp_lustre_driver,
    gcs_fuse,
    mountpoint,
    static_volumes,
)
from components.catalog.problem import Problem

ClassCheck = Callable[[Mapping[str, str]], Iterable[Problem]]
VolumeCheck = Callable[[str, Mapping[str, str], Sequence[str]], Iterable[Problem]]


def _mountpoint(
    handle: str, attributes: Mapping[str, str], options: Sequence[str]
) -> Iterable[Problem]:
    del handle  # Free text: the bucket stands in the attributes.
    return mountpoint.volume_problems(attributes, options)


CLASSES: Mapping[str, ClassCheck] = {
    fsx_driver.DRIVER.name: fsx_driver.check,
    filestore_driver.DRIVER.name: filestore_driver.check,
    gcp_lustre_driver.DRIVER.name: gcp_lustre_driver.check,
    gcp_disk_driver.DRIVER.name: gcp_disk_driver.check,
}
"""By the driver, what is wrong with the parameters of a class together."""

VOLUMES: Mapping[str, VolumeCheck] = {
    ebs_driver.DRIVER.name: static_volumes.disk_problems,
    fsx_driver.DRIVER.name: static_volumes.lustre_problems,
    efs_driver.DRIVER.name: efs_volumes.volume_problems,
    gcp_disk_driver.DRIVER.name: gcp_disk_driver.volume_problems,
    mountpoint.DRIVER: _mountpoint,
    filestore_driver.DRIVER.name: filestore_volumes.volume_problems,
    gcp_lustre_driver.DRIVER.name: gcp_lustre_driver.volume_problems,
    gcs_fuse.DRIVER: gcs_fuse.volume_problems,
}
"""By the driver, what is wrong with handle, attributes and options of a volume."""

ANNOTATIONS: Mapping[str, Mapping[str, str]] = {
    gcs_fuse.DRIVER: {gcs_fuse.ENABLED: "true"}
}
"""By the driver, annotations of every pod that mounts a volume of it."""
