"""The version of a model that is served, and whether there is a newer one."""

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from jobs import artifacts, manifest
from jobs.manifest import BadManifest, Manifest
from jobs.rclone import Failure
from jobs.serve.errors import ServingError

FILE: Final = "model.pt"
"""The file of a version that is the model."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version of a model, as its manifest says.

    Attributes:
        name: What it is called: its directory, or what made it says so.
        directory: Where its manifest is.
        model: Where `FILE` is: the directory, or one below it.
        manifest: Its files, and what is said of them.
    """

    name: str
    directory: Path
    model: Path
    manifest: Manifest

    @property
    def sha256(self) -> str:
        """The SHA-256 of the list of its files, the same for the same files."""
        lines = (f"{file.sha256}  {file.path}\n" for file in self.manifest.files)
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def newest(models: Path, *, contents: bool) -> Version:
    """Return the version that was published last, its files compared.

    Args:
        models: The directory of one version, or of several.
        contents: Whether all files are read for their SHA-256 too; else their
            sizes are compared.

    Raises:
        ServingError: There is none, or it is not as its manifest says.
        OSError: The storage refused.
    """
    directory = artifacts.newest(models)
    if directory is None:
        raise _none(models)
    found = manifest.read(directory / manifest.NAME)
    wrong = next(manifest.differences(directory, found, contents=contents), None)
    if wrong is not None:
        raise ServingError(
            Failure.DIFFERS, f"{directory} is not as its manifest says: {wrong}"
        )
    return Version(
        name=_name(models, directory, found),
        directory=directory,
        model=_model(directory, found),
        manifest=found,
    )


def newer(models: Path, served: Version) -> str | None:
    """Return the name of the version that has taken the place of the one served.

    Returns:
        None while the one served is the newest.

    Raises:
        OSError: The storage refused.
    """
    directory = artifacts.newest(models)
    if directory is None:
        return None
    try:
        found = manifest.read(directory / manifest.NAME)
    except (FileNotFoundError, BadManifest):
        # It is being replaced at this moment.
        return None
    if directory == served.directory and found.files == served.manifest.files:
        return None
    return _name(models, directory, found)


def _none(models: Path) -> ServingError:
    """Why there is nothing to read."""
    try:
        manifest.read(models / manifest.NAME)
    except BadManifest as problem:
        return ServingError(
            Failure.DIFFERS, f"{models / manifest.NAME} is no manifest: {problem}"
        )
    except (FileNotFoundError, NotADirectoryError):
        pass
    return ServingError(
        Failure.MISSING,
        f"{models} has no version that is whole: what is published or staged there "
        f"has a {manifest.NAME}",
    )


def _name(models: Path, directory: Path, found: Manifest) -> str:
    if directory != models:
        return directory.name
    return found.about.get("version", found.source)


def _model(directory: Path, found: Manifest) -> Path:
    """Where the model is, in a version or in a copy of what holds one."""
    paths = [PurePosixPath(file.path) for file in found.files]
    places = [path.parent for path in paths if path.name == FILE]
    if not places:
        raise ServingError(
            Failure.MISSING,
            f"{directory} has no {FILE}: it is no model that was exported here",
        )
    if len(places) > 1:
        names = ", ".join(sorted(str(place) for place in places))
        raise ServingError(
            Failure.OTHER, f"{directory} has several models ({names}): say which"
        )
    return directory / places[0]
