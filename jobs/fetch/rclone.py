"""Objects of a bucket, or the files of a listing, by rclone."""

import configparser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from jobs.fetch.errors import FetchError
from jobs.rclone import TransferError, run, tries

_REMOTE = "dataset"
_TYPES = {"s3": "s3", "gs": "google cloud storage"}


@dataclass(frozen=True, kw_only=True)
class Remote:
    """What rclone reads, and how.

    Attributes:
        path: The remote and the path in it, as rclone writes it.
        environment: Variables that describe the remote.
        options: Options of the command line.
    """

    path: str
    environment: Mapping[str, str]
    options: tuple[str, ...] = ()


def remote_of(
    url: str,
    *,
    endpoint: str | None = None,
    requester_pays: bool = False,
    config: Path | None = None,
) -> Remote:
    """Describe what a URL stands for.

    Args:
        url: An s3, gs, http or https URL.
        endpoint: The URL of an S3-compatible server; default: AWS.
        requester_pays: Agree to pay for the requests.
        config: A configuration of rclone whose only remote of the URL's kind
            reads it; default: no identity.

    Raises:
        FetchError: The configuration has no such remote, or several.
    """
    parts = urlsplit(url)
    options = ("--s3-requester-pays",) if requester_pays else ()
    if config is not None:
        name = _only_remote(config, _TYPES.get(parts.scheme, "http"))
        path = f"{name}:{parts.netloc}{parts.path}"
        variables = {"RCLONE_CONFIG": str(config)}
        if endpoint is not None:
            options += ("--s3-endpoint", endpoint)
        return Remote(path=path, environment=variables, options=options)
    if parts.scheme == "s3":
        settings = {
            "TYPE": "s3",
            "PROVIDER": "Other" if endpoint else "AWS",
            "ENV_AUTH": "false",
            **({"ENDPOINT": endpoint} if endpoint else {}),
        }
    elif parts.scheme == "gs":
        settings = {"TYPE": "google cloud storage", "ANONYMOUS": "true"}
    else:
        settings = {"TYPE": "http", "URL": url}
    inside = f"{parts.netloc}{parts.path}" if parts.scheme in _TYPES else ""
    prefix = f"RCLONE_CONFIG_{_REMOTE.upper()}_"
    variables = {f"{prefix}{key}": value for key, value in settings.items()}
    # Empty: there is no file, and none is looked for.
    variables["RCLONE_CONFIG"] = ""
    path = f"{_REMOTE}:{inside}"
    return Remote(path=path, environment=variables, options=options)


def copy(
    remote: Remote,
    target: Path,
    *,
    attempts: int,
    pause: float,
    say: Callable[[str], None],
) -> None:
    """Copy files into a directory; those that are there already are kept.

    rclone compares sizes and, where the storage has them, digests.

    Args:
        remote: What to copy.
        target: The directory.
        attempts: How often all that is missing is asked for.
        pause: Seconds between two of these attempts.
        say: Is told how far it is, every 10 s.

    Raises:
        FetchError: Something is missing after all attempts.
        OSError: rclone is not there.
    """
    command = [
        *("copy", remote.path, str(target), *remote.options),
        *tries(attempts, pause),
    ]
    try:
        run(command, environment=remote.environment, say=say)
    except TransferError as problem:
        raise FetchError(str(problem), problem.failure) from None


def file_name(url: str) -> str:
    """The name of the file that a URL stands for."""
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    # What is left may not lead out of the directory, or hide in it.
    return name.replace("/", "_").replace("\0", "").lstrip(".") or "data"


def _only_remote(config: Path, kind: str) -> str:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(config.read_text())
    except configparser.Error:
        # Its message would repeat the line.
        raise FetchError("the secret is no configuration of rclone") from None
    names = [s for s in parser.sections() if parser.get(s, "type", fallback="") == kind]
    if len(names) != 1:
        found = ", ".join(names) or "none"
        raise FetchError(
            f"the secret must have one remote of type {kind}: there is {found}"
        )
    return names[0]
