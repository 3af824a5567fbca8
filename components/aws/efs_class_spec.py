"""`kind: efs` under storageClasses: an access point for each claim."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from components.catalog import efs, efs_access_points, efs_driver, efs_volumes
from components.catalog.efs_access_points import LARGEST_ID
from components.catalog.problem import Problem
from components.kubernetes.cloud_class_spec import CloudClassSpec
from components.kubernetes.storage_class_spec import BindingMode
from components.spec import Name, Text


class EfsClassSpec(CloudClassSpec):
    """A class of EFS: every claim is a directory of one file system.

    The size of a claim limits nothing. Whatever a pod does in it is done as
    the uid and gid of its access point, whoever the pod runs as.
    """

    provisioner: ClassVar[str] = efs_driver.DRIVER.name
    binding: ClassVar[BindingMode] = "Immediate"
    expandable: ClassVar[bool] = False

    kind: Literal["efs"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    of: Name | None = None
    """The file system: one of `kind: efs` under `platform.storage`. Either this
    or `fileSystem`."""

    file_system: Text | None = None
    """The id of a file system of someone else's, such as `fs-0123456789abcdef0`.
    Either this or `of`."""

    directory_perms: Text = "0770"
    """Mode of the directories, three or four octal digits; default `0770`."""

    uid: int | None = Field(default=None, ge=0, le=LARGEST_ID)
    """User id of everything in them, 0 to 4294967295. Default: the group id that
    the driver gives out."""

    gid: int | None = Field(default=None, ge=0, le=LARGEST_ID)
    """Group id of everything in them, 0 to 4294967295. Default: one that no
    other directory has, from `gidRange`."""

    gid_range: list[int] | None = None
    """First and last group id that the driver gives out, of which it uses
    10,000 at most; default: 50000 to 60000."""

    base_path: Text | None = None
    """The directory that they are made in; default: the root. With the names
    of the directories it has at most 4 names and 100 characters."""

    sub_path_pattern: Text | None = None
    """Their names, of `${.PVC.name}`, `${.PVC.namespace}`, `${.PV.name}` and
    plain text; default: the name of the PersistentVolume."""

    ensure_unique_directory: bool | None = None
    """Add a random suffix to the names made by `subPathPattern`; default
    `true`. Without it two claims may be one directory."""

    reuse_access_point: bool = False
    """A claim made again under its name finds its directory; default `false`.
    The name alone decides: claims of one name in two namespaces share it."""

    @property
    def all_parameters(self) -> dict[str, str]:
        """The driver's parameters, but for the id of a file system of the stack's."""
        first, last = self.gid_range or (None, None)
        stated = {
            "provisioningMode": "efs-ap",
            "fileSystemId": self.file_system,
            "directoryPerms": self.directory_perms,
            "uid": self.uid,
            "gid": self.gid,
            "gidRangeStart": first,
            "gidRangeEnd": last,
            "basePath": self.base_path,
            "subPathPattern": self.sub_path_pattern,
            "ensureUniqueDirectory": self.ensure_unique_directory,
            "reuseAccessPoint": self.reuse_access_point or None,
        }
        return {
            key: str(value).lower() if isinstance(value, bool) else str(value)
            for key, value in stated.items()
            if value is not None
        }

    def problems(self) -> Iterator[Problem]:
        """One file system, and directories and ids that its access points can have."""
        yield from self._file_system_problems()
        wrong = efs_access_points.mode_problem(
            self.directory_perms, ("directoryPerms",), uid=self.uid
        )
        if wrong is not None:
            yield wrong
        if self.gid_range is not None:
            yield from efs_driver.group_id_problems(self.gid_range, ("gidRange",))
        yield from efs_driver.directory_problems(
            self.base_path, self.sub_path_pattern, unique=self.ensure_unique_directory
        )
        yield from efs_volumes.option_problems(self.mount_options, access_point="")

    def _file_system_problems(self) -> Iterator[Problem]:
        if self.of is None and self.file_system is None:
            yield Problem(
                rule="EFS13",
                message="required: the file system that the directories are in, of "
                "the stack (of) or of someone else (fileSystem)",
                path=("of",),
                link=efs_driver.LINK,
            )
        elif self.of is not None and self.file_system is not None:
            yield Problem(
                rule="EFS13",
                message="the directories are in one file system: of the stack (of) or "
                "of someone else (fileSystem)",
                path=("fileSystem",),
                value=self.file_system,
                link=efs_driver.LINK,
            )
        elif self.file_system is not None:
            wrong = efs.id_problem(self.file_system, ("fileSystem",))
            if wrong is not None:
                yield wrong
