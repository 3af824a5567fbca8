"""An add-on of the cluster: there already, or installed by the stack."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import Field

from components.catalog.problem import Problem
from components.spec import Spec

_VERSION = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")


class AddOnSpec(Spec):
    """Something that the cluster has for all of its teams; its name is its key."""

    existing: bool = False
    """The cluster has it, from its cloud or its owner: nothing is made."""

    install: bool = False
    """Install its Helm chart, or on EKS the add-on that EKS has of this name. Not
    beside one that is there already."""

    version: str | None = None
    """The exact version of the chart; default: the one this project was read
    against. Of an add-on of EKS its build, such as `v1.9.0-eksbuild.1`; default:
    what EKS has for the cluster's version."""

    values: dict[str, Any] = Field(default_factory=dict[str, Any])
    """Values of the chart, over those that this project sets; of an add-on of EKS
    its configuration."""

    def problems(self) -> Iterator[Problem]:
        """Existing or installed, and settings only of what is installed."""
        if self.existing == self.install:
            both = " not both" if self.existing else ""
            yield Problem(
                rule="ADD02",
                message="an add-on is there already (existing: true) or is installed "
                f"(install: true),{both or ' one of both'}",
                nearest="existing: true",
            )
        for key, value in (("version", self.version), ("values", self.values)):
            if self.existing and not self.install and value:
                yield Problem(
                    rule="ADD02",
                    message="the add-on is there already: what it is is set there",
                    path=(key,),
                    value=value,
                )
        if self.version is not None and not _VERSION.fullmatch(self.version):
            exact = re.search(r"\d+\.\d+\.\d+", self.version)
            yield Problem(
                rule="ADD02",
                message="a version is exact, such as 1.2.3: a range would change the "
                "cluster when a chart is published",
                path=("version",),
                value=self.version,
                nearest=exact.group() if exact else None,
            )
