"""A disk of Compute Engine that pods mount as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.catalog.gcp_disk_driver import DRIVER, KEY, POOLS, READ_AHEAD
from components.catalog.gcp_disk_tables import BY_NAME, ML, REPLACED_BY
from components.gcp.disk_spec import DiskSpec
from components.kubernetes.csi_source import CsiSource
from components.kubernetes.volume_spec import Access


@dataclass(frozen=True, kw_only=True)
class DiskArgs:
    """What a Disk is made from.

    Attributes:
        spec: The disk.
        project: The project that it is in.
        image: The image that it is made from, by its full name; default: none.
        kms_key: The key that encrypts it, by its full name; default: Google's
            own. The service agent of Compute Engine has to have the right to
            use it first.
    """

    spec: DiskSpec
    project: str
    image: pulumi.Input[str] | None = None
    kms_key: pulumi.Input[str] | None = None


class Disk(pulumi.ComponentResource):
    """A disk: made, taken over, or named.

    A disk that is `existing` is named in full, and not looked up. With
    `onDelete: protect` a snapshot is made first if the disk is destroyed in
    spite of that (after `pulumi state unprotect`); with `delete` it goes with
    its data at once.

    Attributes:
        ids: What mounts it: `disk`, its full name.
    """

    ids: Mapping[str, pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        args: DiskArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make, adopt or name the disk.

        Args:
            name: Name of the storage.
            args: What to make.
            opts: Must carry the provider of the project.
        """
        super().__init__("ml-storage:index:Disk", name, None, opts)
        spec = args.spec
        if spec.existing is not None:
            self.ids = {"disk": pulumi.Output.from_input(spec.existing)}
        else:
            self.ids = {"disk": self._disk(name, args).id}
        self.register_outputs(dict(self.ids))

    def _disk(self, name: str, args: DiskArgs) -> gcp.compute.Disk:
        spec = args.spec
        adopt = spec.adopt
        return gcp.compute.Disk(
            f"{name}-disk",
            # An adopted one keeps the name that it has.
            name=None if adopt is None else adopt.rpartition("/")[2],
            project=args.project,
            zone=spec.zone,
            type=spec.type,
            size=spec.size_gib,
            provisioned_iops=spec.iops,
            provisioned_throughput=spec.throughput,
            access_mode=_access_mode(spec),
            image=args.image,
            snapshot=spec.snapshot,
            disk_encryption_key=None
            if args.kms_key is None
            else {"kms_key_self_link": args.kms_key},
            create_snapshot_before_destroy=True
            if adopt is None and spec.on_delete == "protect"
            else None,
            labels=spec.tags or None,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=adopt is not None or spec.on_delete == "protect",
                retain_on_delete=spec.on_delete == "retain",
                import_=adopt,
                # What cannot be changed stays what it was when others made it.
                ignore_changes=list(REPLACED_BY) if adopt is not None else None,
            ),
        )


def _access_mode(spec: DiskSpec) -> str | None:
    """Whom Compute Engine lets have it at once; Hyperdisk alone is told.

    A type that is on one node at a time has no other mode.
    """
    row = BY_NAME[spec.type]
    if not row.hyperdisk or not row.shared:
        return None
    if spec.adopt is not None and spec.access == "read-write":
        return None
    return "READ_ONLY_MANY" if spec.access == "read-only" else "READ_WRITE_SINGLE"


def csi_source(
    spec: DiskSpec, ids: Mapping[str, pulumi.Input[str]], *, access: Access
) -> CsiSource:
    """What a PersistentVolume says that mounts the disk.

    Args:
        spec: The disk.
        ids: Its full name, as `disk`.
        access: What the volume is for; the spec's own may narrow it.
    """
    return CsiSource(
        driver=DRIVER.name,
        handle=ids["disk"],
        mount_options=[READ_AHEAD] if spec.type == ML else [],
        read_only=spec.narrowed(access) == "read-only",
        fs_type=spec.fs_type,
        zones=[spec.zone],
    )


def class_parameters(
    *,
    kms_key: pulumi.Input[str] | None = None,
    pools: Sequence[pulumi.Input[str]] = (),
) -> dict[str, pulumi.Input[str]]:
    """The parameters of a class that only the cloud knows.

    Args:
        kms_key: The full name of its key.
        pools: The full names of its storage pools.
    """
    parameters: dict[str, pulumi.Input[str]] = {}
    if kms_key is not None:
        parameters[KEY] = kms_key
    if pools:
        parameters[POOLS] = pulumi.Output.all(*pools).apply(",".join)
    return parameters
