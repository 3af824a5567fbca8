"""`kind: dataset-staging` and `kind: model-repository`: copied once, read by many."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field, ValidatorFunctionWrapHandler, WrapValidator

from components.catalog import sources
from components.catalog.problem import UNSET, Problem
from components.kubernetes.helper import Helper
from components.kubernetes.job_spec import Duration, JobSpec, seconds
from components.kubernetes.nodes_spec import Nodes
from components.kubernetes.part_spec import Part, PartSpec, part
from components.kubernetes.pattern_spec import PatternSpec, default_resources, waiting
from components.kubernetes.program_spec import MountSpec, ProgramSpec, Resources
from components.kubernetes.run_as_spec import RunAsSpec
from components.kubernetes.uri_spec import UriSpec
from components.spec import LARGEST_COUNT, Count, Name

TARGET = "/target"
"""Where the staging job mounts the directory that it fills."""

SOURCE_VARIABLE = "SOURCE_URI"
"""What holds the URI of the bucket that it reads."""

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_MOVING = ("current", "latest", "newest")


def _source(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """A URL stays a text; a volume's name becomes a part of it."""
    if isinstance(value, PartSpec) or (isinstance(value, str) and "://" in value):
        return handler(value)
    # What is wrong with it is wrong as a part, and not also as a text.
    return PartSpec.model_validate(part(value), by_alias=True)


class StagingSpec(PatternSpec):
    """A bucket or URL, copied once to a directory that many programs read."""

    source: Annotated[str | PartSpec, WrapValidator(_source)]
    """Where it comes from: the name of a volume that is a bucket, `{volume: …,
    path: …}` for a part of it, or the `https://` URL of a file."""

    to: Part
    """Where it goes: a volume that many pods mount, and the directory of it, which
    is the copy's alone."""

    sha256: str | None = None
    """The SHA-256 of the one file or object, 64 hexadecimal digits, checked before
    it is unpacked. Default: what the bucket keeps of each object is compared."""

    unpack: bool | None = None
    """Unpack a tar or zip file, and leave the file itself out. Default: by its
    name (`.tar`, `.tar.gz`, `.tgz`, `.tar.bz2`, `.tar.xz`, `.zip`)."""

    wait: Duration | None = None
    """How long the source may take to appear, such as `15m`; default: it is there."""

    timeout: Duration = "1h"
    """How long programs that mount it wait until it is whole; then they fail.
    Default `1h`."""

    run: Count = 1
    """The number of this copy; default 1. A new number looks at the source again,
    and is refused where the directory has something else: stage that to another."""

    retries: int = Field(default=3, ge=0, le=LARGEST_COUNT)
    """How often a failed copy is taken up again; default 3."""

    pool: Name | None = None
    """The node pool that copies; default: any node."""

    resources: Resources = Field(default_factory=default_resources)
    """What the copying container gets; default: 100m of CPU, 256Mi of memory and
    at most 1Gi."""

    run_as: RunAsSpec | None = None
    """The user that copies, such as `{user: 1000}`. Default: what the image says."""

    secrets: list[Name] = Field(default_factory=list[str])
    """Secrets that it gets besides; a `bucket` volume brings its own."""

    def problems(self) -> Iterator[Problem]:
        """A source that can be one, and a digest of one file."""
        yield from super().problems()
        if isinstance(self.source, str):
            yield from self._wrong_url(self.source)
        if self.sha256 is not None and _SHA256.fullmatch(self.sha256) is None:
            digest = self.sha256.strip().lower().removeprefix("sha256:")
            yield Problem(
                rule="DAT04",
                message="a SHA-256 is 64 hexadecimal digits, as sha256sum prints it",
                path=("sha256",),
                value=self.sha256,
                nearest=digest if _SHA256.fullmatch(digest) else None,
            )
        if isinstance(self.source, PartSpec) and "*" in (self.source.path or ""):
            yield Problem(
                rule="PAT16",
                message="a path is of one object, or of all below it: '*' stands for "
                "itself",
                path=("source", "path"),
                value=self.source.path,
                nearest=(self.source.path or "").partition("*")[0].rstrip("/") or None,
                severity="warning",
            )
        if self.wait is not None and seconds(self.wait) > seconds(self.timeout):
            yield Problem(
                rule="PAT19",
                message=f"who mounts it gives up after {self.timeout}, and the source "
                f"may take {self.wait} to appear",
                path=("timeout",),
                value=self.timeout if "timeout" in self.model_fields_set else UNSET,
                nearest=self.wait,
                severity="warning",
            )

    def _wrong_url(self, url: str) -> Iterator[Problem]:
        wrong = sources.check(url)
        if wrong is not None and url.partition("://")[0] not in sources.SCHEMES:
            # A bucket has a scheme there, and is a volume here.
            message = "a source is the https URL of a file, or a volume's name"
            yield replace(
                wrong, message=message, path=("source",), allowed=(), link=None
            )
        elif wrong is not None:
            yield replace(wrong, path=("source",), allowed=())
        elif url.startswith(("s3://", "gs://")):
            yield Problem(
                rule="PAT16",
                message="a bucket is one of the team's volumes, which says as whom it "
                "is read: name that, and the part of it",
                path=("source",),
                value=url,
                nearest="{volume: NAME, path: PATH}",
            )
        elif sources.is_directory(url):
            yield Problem(
                rule="PAT16",
                message="one file comes from a URL, and this one is of a directory",
                path=("source",),
                value=url,
            )
        elif url.startswith("http://") and self.sha256 is None:
            yield Problem(
                rule="DAT05",
                message="anyone between here and there can change what comes over "
                "plain http: say its sha256, or use https",
                path=("source",),
                value=url,
                nearest=url.replace("http://", "https://", 1),
                severity="warning",
            )

    @property
    def target(self) -> PartSpec:
        """The directory that is filled."""
        return self.to

    def volumes(self) -> Mapping[str, str]:
        """The source, where it is a bucket, and the target."""
        named = {"to": self.to.volume}
        if isinstance(self.source, PartSpec):
            named["source"] = self.source.volume
        return named

    def filled(self) -> PartSpec:
        """The directory that it is copied to."""
        return self.target

    def mount(self, name: str, program: ProgramSpec, mount: MountSpec) -> MountSpec:
        """The target, read-only."""
        del name, program, mount
        return MountSpec(
            volume=self.target.volume, sub_path=self.target.path, read_only=True
        )

    def helpers(
        self, pattern: str, name: str, program: ProgramSpec, path: str
    ) -> Sequence[Helper]:
        """One that waits until the copy is whole."""
        del name, program
        return self.waits(pattern, path)

    def waits(self, pattern: str, path: str) -> Sequence[Helper]:
        """The container beside any program, which mounts the directory at `path`."""
        return [
            waiting(self, pattern, path, timeout=self.timeout, resources=self.resources)
        ]

    def job(self) -> JobSpec:
        """The job that copies."""
        command = ["python3", "-m", "jobs.stage", self._source_argument(), TARGET]
        if self.sha256 is not None:
            command += ["--sha256", self.sha256.lower()]
        if self.unpack is not None:
            command.append("--unpack" if self.unpack else "--no-unpack")
        if self.wait is not None:
            command += ["--wait", self.wait]
        return JobSpec(
            image=self.image,
            command=command,
            run=self.run,
            retries=self.retries,
            uris=self._source_uris(),
            mounts={
                TARGET: MountSpec(
                    volume=self.to.volume, sub_path=self.target.path, writers="one"
                )
            },
            resources=self.resources,
            nodes=Nodes(pool=self.pool),
            run_as=self.run_as,
            secrets=self.secrets,
        )

    def _source_argument(self) -> str:
        if isinstance(self.source, str):
            return self.source
        # A URI of `uris` ends with a slash, and this may be one object.
        return f"$({SOURCE_VARIABLE}){self.source.path or ''}"

    def _source_uris(self) -> dict[str, UriSpec]:
        if isinstance(self.source, str):
            return {}
        return {SOURCE_VARIABLE: UriSpec(volume=self.source.volume, read_only=True)}


class DatasetStagingSpec(StagingSpec):
    """A dataset, copied once; programs that mount it read it when it is whole."""

    kind: Literal["dataset-staging"]


class ModelRepositorySpec(StagingSpec):
    """A model, copied once for each version; replicas load it read-only.

    A new version is copied beside the old one. A deployment that mounts it, with
    several replicas or a `surge`, goes on serving the old one until the replicas of
    the new one are ready.
    """

    kind: Literal["model-repository"]

    version: Name
    """The version, such as `v7`: a directory below `to`, and part of the name of
    its job."""

    def problems(self) -> Iterator[Problem]:
        """A version that is another one when the model is."""
        yield from super().problems()
        if self.version in _MOVING:
            yield Problem(
                rule="PAT22",
                message="a version is copied once: under a name that stays, what is "
                "newer tomorrow is never copied. Name the one that is meant",
                path=("version",),
                value=self.version,
                nearest="v1",
                severity="warning",
            )

    @property
    def target(self) -> PartSpec:
        """The directory of the version."""
        return PartSpec(volume=self.to.volume, path=self.to.below(self.version))

    def job_name(self, pattern: str) -> str:
        """Each version has a job of its own."""
        return f"{pattern}-{self.version}"
