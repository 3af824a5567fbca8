"""What every kind of volume says about itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import AfterValidator

from components.catalog import names
from components.catalog.problem import Problem
from components.catalog.storage_kinds import LINK, AccessMode
from components.spec import Name, Spec, as_error

Writers = Literal["one", "per-index", "sharded"]
"""Who may write, when several pods mount a volume read-write.

`one`: the program promises that only one of its pods writes. `per-index`:
each index of an Indexed Job gets a directory of its own. `sharded`: the pods
write different files of one directory and know it (torch DCP, Orbax).
"""

Access = Literal["read-write", "read-only"]

OnDelete = Literal["protect", "retain", "delete"]
"""What happens to the data when the thing leaves the stack.

`protect`: destroying or replacing it is an error. `retain`: it is forgotten
and stays where it is. `delete`: it is destroyed with its data.
"""


DRIVER_LENGTH = 63
"""The longest name of a CSI driver: the API server refuses a longer one."""


def _driver_name(value: str) -> str:
    # Capitals are allowed in a driver's name, though no driver has any.
    problem = names.subdomain(value.lower())
    if problem is None and len(value) > DRIVER_LENGTH:
        problem = Problem(
            rule="NAM02",
            message=f"a driver's name has at most {DRIVER_LENGTH} characters",
        )
    if problem is not None:
        raise as_error(replace(problem, value=value))
    return value


DriverName = Annotated[str, AfterValidator(_driver_name)]
"""The name of a CSI driver, such as `rook-ceph.cephfs.csi.ceph.com`."""


def pod_mode_stands_alone(modes: list[AccessMode]) -> Iterator[Problem]:
    """What the API server says of ReadWriteOncePod among other modes."""
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        yield Problem(
            rule="VOL05",
            message="ReadWriteOncePod stands alone",
            path=("accessModes",),
            value=modes,
            nearest="[ReadWriteOncePod]",
            link=LINK,
        )


class VolumeSpec(Spec):
    """The part that all kinds of volumes share."""

    writers: Writers | None = None
    """How several writing pods share it; default: one pod writes."""

    access: Access = "read-write"
    """`read-only` mounts it read-only everywhere."""


class Reference(Spec):
    """A thing that exists already, by name."""

    name: Name
    """The name of the object in the team's namespace."""
