"""The cloud of the stand-in: a file of JSON that outlives each plugin process."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

VARIABLE = "ML_STORAGE_STAND_IN_CLOUD"
"""The environment variable that names the directory of the cloud."""

ACCOUNT = "stand-in:account"
"""The type of the one thing whose id is the cloud's account, where a test names
one. Default: 123456789012, or the project ml-prod-123456."""

ADDRESS = "stand-in:cluster"
"""Where a test says at which API server clusters are: a thing of this type whose
id is the cluster's name, or `*`, and whose inputs are `endpoint` and
`certificateAuthority` (base64)."""

Thing = dict[str, Any]
Things = dict[str, dict[str, Thing]]


class Store:
    """Everything that exists, by type token and then by id.

    A thing is `{"inputs": …, "outputs": …}`: how it is set up, and what the
    cloud made of it. More keys say what else is true of it: `objects` (how many
    a bucket holds), `of` (the id of the thing that made it and takes it along).

    Args:
        directory: Where the file is; made if it is not there.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._file = directory / "cloud.json"
        self._lock = directory / "cloud.lock"

    @contextmanager
    def changing(self) -> Iterator[Things]:
        """The things, held against every other process and written back.

        What an error interrupts is not written.
        """
        with self._held():
            things = self._read()
            yield things
            made = self._file.with_suffix(".new")
            made.write_text(json.dumps(things, indent=1, sort_keys=True))
            made.replace(self._file)

    def read(self) -> Things:
        """Return the things as they are now."""
        with self._held():
            return self._read()

    def get(self, token: str, id_: str) -> Thing | None:
        """Return one thing, `None` where there is no such."""
        return self.read().get(token, {}).get(id_)

    def all(self, token: str) -> dict[str, Thing]:
        """Return every thing of one type, by id."""
        return self.read().get(token, {})

    def put(
        self,
        token: str,
        id_: str,
        inputs: dict[str, Any],
        outputs: dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """Make a thing, or set it up anew, as somebody else would.

        Args:
            token: Its type: `aws:s3/bucket:Bucket`.
            id_: Its id.
            inputs: How it is set up, in Pulumi's property names.
            outputs: What the cloud made of it. Default: what was there before.
            more: What else is true of it, as the class says.
        """
        with self.changing() as things:
            found = things.setdefault(token, {}).setdefault(id_, {"outputs": {}})
            found["inputs"] = inputs
            found["outputs"] |= outputs or {}
            found |= more

    def remove(self, token: str, id_: str) -> None:
        """Take a thing away, as somebody else would."""
        with self.changing() as things:
            del things[token][id_]

    @contextmanager
    def _held(self) -> Iterator[None]:
        with self._lock.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _read(self) -> Things:
        return json.loads(self._file.read_text()) if self._file.exists() else {}
