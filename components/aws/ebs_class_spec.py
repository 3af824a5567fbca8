"""`kind: ebs` under storageClasses: a disk for each claim."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from components.aws.fields import KeyName, key_problems
from components.catalog import ebs, ebs_driver
from components.catalog.ebs import VolumeTypeName
from components.catalog.problem import Problem
from components.kubernetes.cloud_class_spec import CloudClassSpec
from components.kubernetes.storage_class_spec import BindingMode


class EbsClassSpec(CloudClassSpec):
    """A class of EBS: every claim is a disk, made in the zone of its pod."""

    provisioner: ClassVar[str] = ebs_driver.DRIVER.name
    binding: ClassVar[BindingMode] = "WaitForFirstConsumer"
    expandable: ClassVar[bool] = True

    kind: Literal["ebs"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    type: VolumeTypeName = "gp3"
    """The volume type; default `gp3`. `io2` and `io1` need `iops` or
    `iopsPerGB`; `st1` and `sc1` are hard disks of at least 125 GiB."""

    iops: int | None = None
    """IOPS of every disk of gp3 (3000 to 80000), io2 (100 to 256000) or io1 (100
    to 64000); default: 3000 of gp3. A disk has at most 500 of gp3, 1000 of io2
    and 50 of io1 for each GiB."""

    iops_per_gb: int | None = Field(default=None, alias="iopsPerGB")
    """IOPS for each GiB, instead of `iops`: at most 500 of gp3, 1000 of io2 and 50
    of io1."""

    throughput: int | None = None
    """MiB/s of every gp3 disk, 125 to 2000; default 125."""

    fs_type: Literal["ext4", "ext3", "xfs"] = "ext4"
    """The file system on it; default `ext4`."""

    kms_key: KeyName | None = None
    """The key that encrypts the disks, by its name under `platform.keys` or its
    ARN; default: AWS's own for EBS. They are encrypted in any case."""

    @property
    def all_parameters(self) -> dict[str, str]:
        """The driver's parameters, but for the ARN of a key."""
        stated = {
            "type": self.type,
            "encrypted": "true",
            ebs_driver.FS_TYPE: self.fs_type,
            "iops": self.iops,
            "iopsPerGB": self.iops_per_gb,
            "throughput": self.throughput,
        }
        return {key: str(value) for key, value in stated.items() if value is not None}

    def problems(self) -> Iterator[Problem]:
        """IOPS and throughput that disks of the type have."""
        yield from ebs.class_problems(
            self.type,
            iops=self.iops,
            iops_per_gb=self.iops_per_gb,
            throughput=self.throughput,
        )
        yield from key_problems(self.kms_key)
