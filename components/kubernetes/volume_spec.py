"""What every kind of volume says about itself."""

from __future__ import annotations

from typing import Literal

from components.spec import Name, Spec

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
