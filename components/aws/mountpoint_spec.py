"""How Mountpoint for S3 mounts a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from components.catalog import mountpoint
from components.catalog import mountpoint_options as options
from components.catalog.problem import Problem
from components.spec import DriverMountOption, Size, Spec, Text


class MountpointSpec(Spec):
    """How Mountpoint for S3 mounts it.

    Files are written once, from the beginning to the end: nothing is appended,
    renamed or changed in place.
    """

    cache: Size | None = None
    """Room on the node's disk for what was read; default: no cache."""

    cache_medium: Literal["disk", "memory"] = "disk"
    """Where the cache is; default `disk`."""

    uid: int | None = Field(default=None, ge=1, le=options.LARGEST_ID)
    """Whose the files are shown to be, from 1 on: this user may write. Default:
    that of the program that mounts it, and others only read."""

    gid: int | None = Field(default=None, ge=1, le=options.LARGEST_ID)
    """Whose group the files are shown to be of, from 1 on."""

    allow_delete: bool = True
    """Programs may delete files, where they may write; default `true`."""

    allow_overwrite: bool = True
    """Programs may write a file anew, where they may write; default `true`."""

    write_part_size: Size | None = None
    """Size of the parts of an upload, 5Mi to 5Gi: an object has at most 10,000.
    Default 8Mi, and so 78 GiB at most."""

    metadata_ttl: Text | None = None
    """How long what was listed is believed, such as `60s`, `minimal` or
    `indefinite`. Default: `minimal`, and a minute with a cache."""

    options: list[DriverMountOption] = Field(default_factory=list[str])
    """Further options of Mountpoint, without leading dashes."""

    def problems(self) -> Iterator[Problem]:
        """Options and sizes that Mountpoint takes."""
        if self.cache_medium == "memory" and self.cache is None:
            yield Problem(
                rule="MPT16",
                message="there is no cache: say its size (cache)",
                path=("cache",),
                link=mountpoint.CACHING,
            )
        if self.write_part_size is not None:
            problem = mountpoint.part_size_problem(self.write_part_size)
            if problem is not None:
                yield problem.under("writePartSize")
        ttl = self.metadata_ttl
        if ttl is not None and mountpoint.ttl_seconds(ttl) is None:
            yield Problem(
                rule="MPT17",
                message="a time is a whole number of s, m, h or d, or minimal, or "
                "indefinite",
                path=("metadataTtl",),
                value=ttl,
                nearest=f"{int(ttl)}s" if ttl.isascii() and ttl.isdigit() else None,
                link=options.LINK,
            )
        if not (self.allow_delete and self.allow_overwrite):
            key = "allowOverwrite" if self.allow_delete else "allowDelete"
            yield Problem(
                rule="MPT18",
                message="where programs write, what saves over its last file or "
                "tidies up behind itself fails: checkpoints, logs, temporary files",
                path=(key,),
                value=False,
                nearest="true",
                link=mountpoint.SEMANTICS,
                severity="warning",
            )
        for index, text in enumerate(self.options):
            problem = options.own_words(text) or options.option_problem(text)
            if problem is not None:
                yield problem.under("options", index)

    def option_problems(self, *, directory: bool) -> Iterator[tuple[int, Problem]]:
        """What only the kind of bucket shows: positions of options, and why."""
        # allow-other is always given.
        yield from options.together_problems(self.options, directory=directory)
