"""An image of a disk."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.gcp.disk_image_spec import DiskImageSpec


@dataclass(frozen=True, kw_only=True)
class DiskImageArgs:
    """What a DiskImage is made from.

    Attributes:
        spec: The image.
        project: The project that it is in.
        disk: The full name of the disk.
        kms_key: The key that encrypts the image: the disk's own, where it has
            one. Default: Google's own.
    """

    spec: DiskImageSpec
    project: str
    disk: pulumi.Input[str]
    kms_key: pulumi.Input[str] | None = None


class DiskImage(pulumi.ComponentResource):
    """An image: what a disk held when it was made.

    An image cannot be changed, so another disk is another image, which
    `onDelete: protect` refuses: give it another name, and let go of the old
    one when nothing is made from it any more.

    Attributes:
        image: Its full name, `projects/P/global/images/I`.
    """

    image: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: DiskImageArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the image.

        Args:
            name: Name of the image in the stack.
            args: What to make.
            opts: Must carry the provider of the project.
        """
        super().__init__("ml-storage:index:DiskImage", name, None, opts)
        spec = args.spec
        made = gcp.compute.Image(
            f"{name}-image",
            project=args.project,
            source_disk=args.disk,
            image_encryption_key=None
            if args.kms_key is None
            else {"kms_key_self_link": args.kms_key},
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=spec.on_delete == "protect",
                retain_on_delete=spec.on_delete == "retain",
            ),
        )
        self.image = made.id
        self.register_outputs({"image": self.image})
