"""A part of a bucket that roles can be given on."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.catalog import gcs_names


@dataclass(frozen=True, kw_only=True)
class ManagedFolderArgs:
    """What a ManagedFolder is made from.

    Attributes:
        bucket: Name of the bucket, which has uniform access.
        prefix: The part of it, such as `vision/`.
    """

    bucket: pulumi.Input[str]
    prefix: str


class ManagedFolder(pulumi.ComponentResource):
    """What a grant of a part of a bucket is bound to; it is there once for each part.

    It holds no data: where it goes, its objects stay.

    Attributes:
        folder: Its name, which ends with a slash, known when it exists.
    """

    folder: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: ManagedFolderArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the folder.

        Args:
            name: Name of the folder in the stack.
            args: What to make.
            opts: Must carry the provider of the project.

        Raises:
            ValueError: A prefix that cannot be a managed folder.
        """
        super().__init__("ml-storage:index:ManagedFolder", name, None, opts)
        problem = gcs_names.folder_problem(args.prefix)
        if problem is not None:
            raise ValueError(f"{args.prefix!r}: {problem.message}")
        folder = gcp.storage.ManagedFolder(
            f"{name}-folder",
            bucket=args.bucket,
            name=gcs_names.as_folder(args.prefix),
            # Otherwise a grant could not be taken back while there is data; the
            # objects stay where they are.
            force_destroy=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.folder = folder.name
        self.register_outputs({"folder": self.folder})
