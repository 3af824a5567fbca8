"""`kind: efs`: a file system of Amazon EFS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from components.aws.fields import KeyName, Zone, key_problems
from components.catalog import efs, efs_access_points, efs_lifecycle
from components.catalog.efs import Performance, Throughput
from components.catalog.efs_access_points import LARGEST_ID
from components.catalog.problem import Problem
from components.kubernetes.cloud_volume_spec import CloudVolumeSpec
from components.spec import Age, Spec, Text

_OF_THE_FILE_SYSTEM = (
    *("performance", "throughput", "provisioned_mibps"),
    *("lifecycle", "backups", "kms_key"),
)


class OwnerSpec(Spec):
    """Whose the files of an access point are.

    Everything that is done through an access point is done as this user,
    whoever the pod runs as: the two never disagree. What fails is to give a
    file to another user (`chown`).
    """

    uid: int = Field(default=1000, ge=0, le=LARGEST_ID)
    """User id of everything that is done through it, 0 to 4294967295; default
    1000."""

    gid: int = Field(default=1000, ge=0, le=LARGEST_ID)
    """Group id of everything that is done through it, 0 to 4294967295; default
    1000."""

    permissions: Text = "0770"
    """Mode of its directory where it has to be made, three or four octal
    digits; default `0770`."""

    def problems(self) -> Iterator[Problem]:
        """A mode, with which the owner can read and write."""
        wrong = efs_access_points.mode_problem(
            self.permissions, ("permissions",), uid=self.uid
        )
        if wrong is not None:
            yield wrong


class EfsLifecycleSpec(Spec):
    """When files that no one reads move to cheaper storage."""

    to_infrequent_access: Age | None = Field(default=None, alias="toIA")
    """Days without access after which a file moves to Infrequent Access: 1, 7,
    14, 30, 60, 90, 180, 270 or 365, such as `30d`; default: never."""

    to_archive: Age | None = None
    """Days without access after which it moves on to Archive, one of the same,
    such as `90d`: later than `toIA`, and with elastic throughput only; default:
    never."""

    back_on_access: bool = True
    """A file that is read moves back; default `true`."""


class EfsSpec(CloudVolumeSpec):
    """A file system of EFS.

    It is encrypted, mounted by TLS only, and has one mount target in each zone
    of the network. With `adopt` the file system alone is taken into the stack:
    its mount targets, their security group, its policy and its backups stay as
    they are, and `adopt` stays where it is.
    """

    row: ClassVar[str] = "efs"

    kind: Literal["efs"]  # pyright: ignore[reportIncompatibleVariableOverride]: frozen, so a narrower type is safe

    performance: Performance = "generalPurpose"
    """The performance mode; default `generalPurpose`. `maxIO` has higher
    latencies, and goes neither with elastic throughput nor with `zone`. It
    cannot be changed: another mode is another file system."""

    throughput: Throughput = "elastic"
    """The throughput mode; default `elastic`, which AWS recommends. It can be
    changed in place."""

    provisioned_mibps: int | None = Field(default=None, alias="provisionedMiBps")
    """MiB/s of `throughput: provisioned`, 1 to 3414 or less by region; required
    there, and only there."""

    zone: Zone | None = None
    """One Zone: everything in this zone. Default: in every zone of the network.
    It cannot be changed: another zone is another file system."""

    lifecycle: EfsLifecycleSpec | None = None
    """When files move to cheaper storage, and back; default: never."""

    backups: bool = True
    """Daily backups by AWS Backup; default `true`."""

    kms_key: KeyName | None = None
    """The key that encrypts it, by its name under `platform.keys` or its ARN;
    default: AWS's own for EFS. It is encrypted in any case. Another key is
    another file system."""

    owner: OwnerSpec | None = None
    """Whose files are what a team writes under a granted prefix: each prefix is
    an access point. Default: uid and gid 1000. A directory that is there keeps
    the owner that it has."""

    def problems(self) -> Iterator[Problem]:
        """Modes that go together, and times that EFS has."""
        yield from super().problems()
        for key, text in (("existing", self.existing), ("adopt", self.adopt)):
            wrong = None if text is None else efs.id_problem(text, (key,))
            if wrong is not None:
                yield wrong
        if self.existing is not None:
            yield from self._stays(_OF_THE_FILE_SYSTEM, "what it has is")
            return
        if self.adopt is not None:
            yield from self._stays(("backups",), "its backups are")
        yield from key_problems(self.kms_key)
        yield from efs.mode_problems(
            self.performance, self.throughput, self.provisioned_mibps, self.zone
        )
        if self.lifecycle is not None:
            for problem in efs_lifecycle.lifecycle_problems(
                self.lifecycle.to_infrequent_access,
                self.lifecycle.to_archive,
                self.performance,
                self.throughput,
            ):
                yield problem.under("lifecycle")

    def _stays(self, names: tuple[str, ...], what: str) -> Iterator[Problem]:
        """What others made keeps what they gave it."""
        for name in names:
            field, value = EfsSpec.model_fields[name], getattr(self, name)
            if value != field.default:
                yield Problem(
                    rule="EFS08",
                    message=f"others made the file system: {what} set there",
                    path=(str(field.validation_alias or name),),
                    value=value.model_dump() if isinstance(value, Spec) else value,
                    link=efs.LINK,
                )
