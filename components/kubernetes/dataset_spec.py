"""`kind: dataset`: a public dataset, fetched into a pod's own scratch.

It makes no resource: the spec itself is what a pod mounts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

from components.catalog import quantity, sources
from components.catalog.problem import Problem
from components.catalog.storage_kinds import AccessMode
from components.kubernetes.mountable import InitContainer, PodNeeds
from components.kubernetes.scratch_spec import ScratchSpec
from components.kubernetes.secret_in_pod import SecretByName
from components.kubernetes.secret_spec import RcloneSecretSpec
from components.kubernetes.volume_spec import Access, VolumeSpec
from components.spec import Image, Name, Size

DIRECTORY = "/dataset"
"""Where the container that fetches it mounts the volume."""

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")

# What the fetching program needs for itself, buffers of rclone included.
_MEMORY = quantity.parse("1Gi")
_DISK = quantity.parse("1Gi")


class DatasetSpec(VolumeSpec):
    """A public dataset: each pod fetches it before its program starts.

    An init container copies the source into an `emptyDir`, anonymously, checks
    it, and unpacks it where it is an archive. A failure fails the pod: the
    program never sees half of it. A dataset that many pods read is fetched by
    each; to fetch it once, let a job copy it to a claim.
    """

    kind: Literal["dataset"]

    source: str
    """Where it is: the `https://` or `http://` URL of a file, or of a listing
    when it ends with `/`; or `s3://bucket/…` or `gs://bucket/…`, an object or
    all objects below a prefix."""

    sha256: str | None = None
    """The SHA-256 of the file, 64 hexadecimal digits, checked before it is
    unpacked. Default: none; only its size is checked."""

    unpack: bool | None = None
    """Unpack a tar or zip file, and leave the file itself out. Default: by its
    name (`.tar`, `.tar.gz`, `.tgz`, `.tar.bz2`, `.tar.xz`, `.zip`)."""

    size: Size
    """The most it may hold: the archive and what is unpacked from it lie there
    at the same time."""

    medium: Literal["disk", "memory"] = "disk"
    """`disk`, counted as ephemeral storage, or `memory`, counted as memory."""

    image: Image
    """The image that fetches it: the image `transfer` of this project, which
    `make images` builds, in a registry of your own."""

    endpoint: str | None = None
    """The URL of an S3-compatible server, for `s3://` sources. Default: AWS."""

    requester_pays: bool = False
    """Agree to pay for the requests to a bucket; it needs `secret`."""

    secret: Name | None = None
    """One of the team's `secrets` of kind `rclone`, whose only remote of the
    source's kind reads it. Default: none, anonymously."""

    access: Access = "read-only"
    """`read-only` mounts it read-only everywhere; that is the default here."""

    def problems(self) -> Iterator[Problem]:
        """What the source, the digest and the identity say of each other."""
        wrong = sources.check(self.source)
        if wrong is not None:
            yield replace(wrong, path=("source",))
        yield from self._wrong_digest()
        yield from self._wrong_endpoint()
        if self.source.startswith("http://") and self.sha256 is None and wrong is None:
            yield Problem(
                rule="DAT05",
                message="anyone between here and there can change what comes over "
                "plain http: say its sha256, or use https",
                path=("source",),
                value=self.source,
                nearest=self.source.replace("http://", "https://", 1),
                severity="warning",
            )
        yield from self._wrong_identity()
        if self.writers is not None:
            yield Problem(
                rule="VOL06",
                message="each pod has a copy of its own: there are no writers to name",
                path=("writers",),
                value=self.writers,
            )

    def _wrong_digest(self) -> Iterator[Problem]:
        if self.sha256 is None:
            return
        if _SHA256.fullmatch(self.sha256) is None:
            digest = self.sha256.strip().lower().removeprefix("sha256:")
            yield Problem(
                rule="DAT04",
                message="a SHA-256 is 64 hexadecimal digits, as sha256sum prints it",
                path=("sha256",),
                value=self.sha256,
                nearest=digest if _SHA256.fullmatch(digest) else None,
            )
        elif sources.is_directory(self.source):
            yield Problem(
                rule="DAT04",
                message="many files have no digest in common: leave it out, or name "
                "one file",
                path=("sha256",),
                value=self.sha256,
            )

    def _wrong_endpoint(self) -> Iterator[Problem]:
        if self.endpoint is None:
            return
        wrong = sources.endpoint(self.endpoint)
        if wrong is None and not self.source.startswith("s3://"):
            wrong = Problem(
                rule="DAT01",
                message="only s3:// sources have an endpoint",
                value=self.endpoint,
            )
        if wrong is not None:
            yield replace(wrong, path=("endpoint",))

    def _wrong_identity(self) -> Iterator[Problem]:
        bucket = self.source.startswith(("s3://", "gs://"))
        if self.requester_pays and bucket and self.secret is None:
            yield Problem(
                rule="DAT03",
                message="whoever pays has an identity, and an anonymous request has "
                "none: name one of team.secrets of kind rclone as secret",
                path=("requesterPays",),
                value=True,
                link="https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
                "RequesterPaysBuckets.html",
            )
        for key, value in (
            ("requesterPays", self.requester_pays or None),
            ("secret", self.secret),
        ):
            if value is not None and self.source.startswith(("http://", "https://")):
                yield Problem(
                    rule="DAT03",
                    message="an http or https source is read without any identity: "
                    "leave it out",
                    path=(key,),
                    value=value,
                )

    @property
    def access_modes(self) -> list[AccessMode]:
        """One pod."""
        return ["ReadWriteOncePod"]

    @property
    def read_only(self) -> bool:
        """Unless `access` says otherwise."""
        return self.access == "read-only"

    @property
    def _scratch(self) -> ScratchSpec:
        return ScratchSpec(kind="scratch", medium=self.medium, size=self.size)

    def volume_source(self) -> dict[str, Any]:
        """The `emptyDir` that it is fetched into."""
        return self._scratch.volume_source()

    def pod_needs(self) -> PodNeeds:
        """The size, as scratch counts it, and the container that fetches it."""
        secrets: list[SecretByName] = []
        if self.secret is not None:
            # A pod sees nothing of the key that it is made from.
            spec = RcloneSecretSpec(kind="rclone", config="config")
            secrets.append(SecretByName(self.secret, spec))
        init = InitContainer(
            image=self.image,
            command=self._command(),
            path=DIRECTORY,
            resources=self._resources(),
            secrets=secrets,
        )
        return replace(self._scratch.pod_needs(), init_containers=[init])

    def _command(self) -> list[str]:
        command = ["python3", "-m", "jobs.fetch", self.source, "--into", DIRECTORY]
        if self.sha256 is not None:
            command += ["--sha256", self.sha256.lower()]
        if self.unpack is not None:
            command.append("--unpack" if self.unpack else "--no-unpack")
        if self.endpoint is not None:
            command += ["--endpoint", self.endpoint]
        if self.requester_pays:
            command.append("--requester-pays")
        if self.secret is not None:
            command.append("--with-secret")
        return command

    def _resources(self) -> dict[str, Any]:
        needs = self._scratch.pod_needs()
        disk = quantity.bytes_text(needs.ephemeral_storage + _DISK)
        return {
            "requests": {"cpu": "100m", "memory": "256Mi", "ephemeral-storage": disk},
            "limits": {
                # What it writes into memory counts as its own while it runs.
                "memory": quantity.bytes_text(needs.memory + _MEMORY),
                "ephemeral-storage": disk,
            },
        }
