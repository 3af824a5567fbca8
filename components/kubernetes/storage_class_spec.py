"""A StorageClass for any provisioner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from components.catalog import driver_checks, labels, mount_options
from components.catalog.presets import PRESETS, Preset, PresetName
from components.catalog.problem import Problem
from components.catalog.provisioner_tables import driver_of
from components.spec import DriverMountOption, Spec, Text, as_error


def _provisioner(value: str) -> str:
    # Capitals are taken in the prefix of a provisioner, too.
    problem = labels.key(value.lower())
    if problem is not None:
        raise as_error(
            replace(
                problem,
                rule="NAM02",
                message="a provisioner is a name of at most 63 letters, digits, '-', "
                "'_' and '.' that begins and ends with a letter or digit, after a "
                "DNS name and '/' where it has a prefix",
                value=value,
            )
        )
    return value


Provisioner = Annotated[str, Field(min_length=1), AfterValidator(_provisioner)]
"""The name of a provisioner, such as `nfs.csi.k8s.io` or `rancher.io/local-path`."""

_Parameter = Annotated[str, Field(min_length=1)]

BindingMode = Literal["Immediate", "WaitForFirstConsumer"]


class StorageClassSpec(Spec):
    """A class that the stack makes, or one that the cluster has (`existing`).

    The name of the class is its key. Kubernetes cannot change a class: a
    changed parameter replaces it, and claims that are bound keep what they
    have.
    """

    preset: PresetName | None = None
    """A class as its driver's own project recommends it: provisioner, binding,
    expansion, parameters and mount options. What is stated beside it wins."""

    stated_provisioner: Provisioner | None = Field(default=None, alias="provisioner")
    """The driver, such as `rook-ceph.cephfs.csi.ceph.com`. Required without a
    preset."""

    existing: bool = False
    """The cluster has the class: it is used, not made. Its provisioner still
    tells `check` which access modes it can give."""

    parameters: dict[_Parameter, Text] = Field(default_factory=dict[str, str])
    """The driver's own parameters, texts all. Those of drivers that are known
    are checked."""

    zone: str | None = Field(default=None, min_length=1)
    """The zone of the volumes, where the driver makes them all in one, as that of
    FSx for Lustre does. Default: the only zone that the pools have."""

    reclaim_policy: Literal["Delete", "Retain"] = "Delete"
    """What happens to a volume when its claim is deleted; default `Delete`:
    the claims themselves are protected."""

    volume_binding_mode: BindingMode | None = None
    """When a claim gets its volume; `WaitForFirstConsumer` for disks of a
    zone, so that they are made where their pod runs. Default: what the preset
    says, else `Immediate`."""

    allow_volume_expansion: bool | None = None
    """Whether claims may grow; default: what the preset says, else `false`."""

    mount_options: list[DriverMountOption] | None = None
    """Options of every mount of the class's volumes; default: what the preset
    says, else none."""

    @property
    def provisioner(self) -> str:
        """The driver, stated or of the preset."""
        preset = self._preset
        return self.stated_provisioner or (preset.provisioner if preset else "")

    @property
    def binding(self) -> BindingMode:
        """When a claim gets its volume."""
        preset = self._preset
        default = preset.binding if preset else "Immediate"
        return self.volume_binding_mode or default

    @property
    def expandable(self) -> bool:
        """Whether claims may grow."""
        if self.allow_volume_expansion is not None:
            return self.allow_volume_expansion
        preset = self._preset
        return preset is not None and preset.expandable

    @property
    def all_parameters(self) -> dict[str, str]:
        """The parameters that are stated, and those that the preset adds."""
        preset, row = self._preset, driver_of(self.provisioner)
        if preset is None or row is None:
            return self.parameters
        return preset.filled(row, self.parameters)

    @property
    def all_mount_options(self) -> list[str]:
        """The mount options that are stated, or those of the preset."""
        preset, row = self._preset, driver_of(self.provisioner)
        if self.mount_options is not None or preset is None or row is None:
            return self.mount_options or []
        return list(preset.options(row, self.parameters))

    @property
    def _preset(self) -> Preset | None:
        return PRESETS[self.preset] if self.preset else None

    def problems(self) -> Iterator[Problem]:
        """A driver, its parameters, and options that its mounts can have."""
        wrong_driver = list(self._provisioner_problems())
        yield from wrong_driver
        if self.existing:
            yield from self._existing_problems()
        if self.existing or wrong_driver:
            return
        row = driver_of(self.provisioner)
        if row is not None:
            yield from row.problems(self.all_parameters)
            together = driver_checks.CLASSES.get(row.name)
            if together is not None:
                yield from together(self.all_parameters)
        yield from self._option_problems()

    def _provisioner_problems(self) -> Iterator[Problem]:
        preset, stated = self._preset, self.stated_provisioner
        if preset is None and stated is None:
            yield Problem(
                rule="CFG02",
                message="required: the driver, a preset that names it, or the kind of "
                "a cloud's storage (kind)",
                path=("provisioner",),
            )
        if preset is None or stated is None:
            return
        # Rook's drivers carry the namespace of their operator in their names.
        if driver_of(stated) is not driver_of(preset.provisioner):
            yield Problem(
                rule="CLS03",
                message=f"the preset {preset.name} is a class of another driver",
                path=("provisioner",),
                value=stated,
                nearest=preset.provisioner,
            )

    def _existing_problems(self) -> Iterator[Problem]:
        for name, value in (
            ("preset", self.preset),
            ("parameters", self.parameters),
            ("mountOptions", self.mount_options),
        ):
            if value:
                yield Problem(
                    rule="CLS01",
                    message="the class exists already: what it does is set there",
                    path=(name,),
                    value=value,
                    nearest=f"provisioner: {self.provisioner}"
                    if name == "preset"
                    else None,
                )

    def _option_problems(self) -> Iterator[Problem]:
        reason = mount_options.WITHOUT_MOUNT_OPTIONS.get(self.provisioner)
        if reason is not None and self.mount_options:
            yield Problem(
                rule="MNT05",
                message=f"{self.provisioner} takes no mount options: {reason}",
                path=("mountOptions",),
                value=self.mount_options,
                link=mount_options.LINK,
            )
            return
        row = driver_of(self.provisioner)
        for index, option in enumerate(self.mount_options or ()):
            problem = None
            if row is not None and not row.words_in_options:
                problem = mount_options.option(option)
            problem = problem or mount_options.never_written(option)
            if problem is not None:
                yield problem.under("mountOptions", index)
