"""A directory of a file system of Amazon EFS, as an access point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.aws.efs_spec import OwnerSpec
from components.catalog.efs_access_points import path_problem


@dataclass(frozen=True, kw_only=True)
class EfsAccessPointArgs:
    """What an EfsAccessPoint is made from.

    Attributes:
        file_system_id: The file system.
        path: The directory, absolute; made at the first mount where it is not
            there.
        owner: As whom everything is done through it, and whose a directory is
            that has to be made; default: uid and gid 1000, mode 0770.
        tags: Tags of its own.
    """

    file_system_id: pulumi.Input[str]
    path: str
    owner: OwnerSpec = field(default_factory=OwnerSpec)
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


class EfsAccessPoint(pulumi.ComponentResource):
    """An access point: what is mounted through it is one directory.

    It is a pointer: without it the directory and what is in it stay. A changed
    directory or owner makes another access point.

    Attributes:
        access_point_id: Its id.
    """

    access_point_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: EfsAccessPointArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the access point.

        Args:
            name: Name of the access point.
            args: What to make.
            opts: Must carry the provider of the region.

        Raises:
            ValueError: EFS has no access points for such a directory.
        """
        wrong = path_problem(args.path, ("path",))
        if wrong is not None:
            raise ValueError(f"{args.path!r}: {wrong.message}")
        super().__init__("ml-storage:index:EfsAccessPoint", name, None, opts)
        owner = args.owner
        made = aws.efs.AccessPoint(
            f"{name}-access-point",
            file_system_id=args.file_system_id,
            posix_user={"uid": owner.uid, "gid": owner.gid},
            root_directory={
                "path": args.path,
                # Without it the mount of a directory that is not there fails.
                "creation_info": {
                    "owner_uid": owner.uid,
                    "owner_gid": owner.gid,
                    "permissions": owner.permissions,
                },
            },
            tags={"Name": name, **args.tags},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.access_point_id = made.id
        self.register_outputs({"accessPointId": self.access_point_id})
