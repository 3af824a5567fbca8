"""`kind: checkpoint-tier`: checkpoints on a local disk, published to a bucket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field

from components.catalog import ages
from components.catalog.problem import Problem
from components.kubernetes.helper import Helper
from components.kubernetes.job_spec import INDEX_VARIABLE, JobSpec
from components.kubernetes.part_spec import Part
from components.kubernetes.pattern_spec import (
    PatternSpec,
    as_kubernetes,
    default_resources,
)
from components.kubernetes.program_spec import MountSpec, ProgramSpec, Resources
from components.kubernetes.uri_spec import UriSpec
from components.spec import Age, Count, Name, Text, as_error

OWN_WORDS = ("content", "published")
"""What a checkpoint's manifest says by itself (`jobs/checkpoints/remote.py`)."""

_ENDING = 5
"""Seconds of the grace period that are left for the container's own end."""


def _disk(value: Any) -> Any:
    """A volume's name as it is.

    Raises:
        PydanticCustomError: It is a part of a volume.
    """
    match value:
        case {"volume": str(volume)}:
            problem = Problem(
                rule="PAT18",
                message="the disk is named alone: which directory of it the program "
                "writes to is the subPath of its mount",
                value=cast("dict[str, Any]", value),
                nearest=volume,
            )
            raise as_error(problem)
        case _:
            return value


class CheckpointTierSpec(PatternSpec):
    """Checkpoints that a program writes to a local disk, kept in a bucket.

    Before the program starts, the newest whole checkpoint of the bucket is put
    where it looks for one. While it runs, a container beside it publishes each
    new one; what the program waits for is the local disk. When the pod is asked
    to stop, the last one is published within the program's `graceSeconds`.

    Each index of a sweep has a directory of its own in the bucket. Of a program
    of several nodes the first pod alone has its checkpoints published and put
    back: the others get their state from it.

    The container that publishes is a sidecar of Kubernetes 1.29 or newer.
    """

    kind: Literal["checkpoint-tier"]

    local: Annotated[Name, BeforeValidator(_disk)]
    """The volume that the program writes to: `kind: scratch`, with `medium: nvme`
    where its nodes have such disks, or a claim that one pod has for itself."""

    bucket: Part
    """The bucket, and the prefix of this program's checkpoints in it."""

    keep: Count = 3
    """How many of the newest are kept in the bucket; default 3."""

    max_age: Age | None = None
    """Older ones are removed, but never the newest; such as `14d`. Default: by
    number alone."""

    about: dict[Name, Text] = Field(default_factory=dict[str, str])
    """What the checkpoints are of, such as `{model: resnet50}`: those of another
    are refused at the start. Default: the name of the program."""

    resources: Resources = Field(default_factory=default_resources)
    """What the container gets that publishes; default: 100m of CPU, 256Mi of
    memory and at most 1Gi."""

    def problems(self) -> Iterator[Problem]:
        """An age in days, and words that are the user's own."""
        yield from super().problems()
        if self.max_age is not None and not ages.is_age(self.max_age):
            yield Problem(
                rule="PAT17",
                message="an age is a whole number of days",
                path=("maxAge",),
                value=self.max_age,
                nearest=ages.nearest(self.max_age),
            )
        for word in OWN_WORDS:
            if word in self.about:
                yield Problem(
                    rule="PAT17",
                    message="each checkpoint says this of itself: take another word",
                    path=("about", word),
                    value=self.about[word],
                )

    def volumes(self) -> Mapping[str, str]:
        """The disk and the bucket."""
        return {"local": self.local, "bucket": self.bucket.volume}

    def mount(self, name: str, program: ProgramSpec, mount: MountSpec) -> MountSpec:
        """The disk."""
        del name, program
        return mount.model_copy(update={"volume": self.local})

    def uris(self, pattern: str) -> Mapping[str, UriSpec]:
        """The bucket, in a variable of the pattern's name: `CKPT_URI`."""
        part = self.bucket
        return {variable(pattern): UriSpec(volume=part.volume, path=part.path)}

    def helpers(
        self, pattern: str, name: str, program: ProgramSpec, path: str
    ) -> Sequence[Helper]:
        """One that fetches the newest, and one that publishes."""
        uri, options = f"$({variable(pattern)})", list[str]()
        for key, value in (self.about or {"program": name}).items():
            options += ["--about", f"{key}={value}"]
        if isinstance(program, JobSpec) and program.indexes is not None:
            uri = f"{uri}index-$({INDEX_VARIABLE})/"
        elif program.together > 1:
            options.append("--only-first")
        flush = max(program.grace_seconds - _ENDING, 1)
        keeping = ["--keep", str(self.keep), "--flush", str(flush)]
        if self.max_age is not None:
            keeping += ["--max-age", self.max_age]
        command = ["python3", "-m", "jobs.checkpoints"]
        restore = Helper(
            role="restore",
            of=pattern,
            image=self.image,
            command=[*command, "restore", uri, path, *options],
            paths=[path],
            uris=[variable(pattern)],
            resources=as_kubernetes(self.resources),
        )
        publish = replace(
            restore,
            role="publish",
            command=[*command, "publish", path, uri, *keeping, *options],
            stays=True,
        )
        return [restore, publish]


def variable(pattern: str) -> str:
    """The variable that holds the URI of a tier's bucket."""
    return f"{pattern.upper().replace('-', '_')}_URI"
