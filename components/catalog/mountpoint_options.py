"""The options of Mountpoint for Amazon S3.

Sources, read 2026-11-22: https://github.com/awslabs/mountpoint-s3
(`mountpoint-s3/src/cli.rs`, `doc/CONFIGURATION.md`) and
https://github.com/awslabs/mountpoint-s3-csi-driver v2.7.0
(`pkg/mountpoint/args.go`, which leaves out or refuses some).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from components.catalog import kms
from components.catalog.problem import Problem

LINK = "https://github.com/awslabs/mountpoint-s3/blob/main/doc/CONFIGURATION.md"
DRIVER_LINK = "https://github.com/awslabs/mountpoint-s3-csi-driver/blob/main/docs/CONFIGURATION.md"

LARGEST_ID = 2**32 - 1
"""The largest user and group id. Mountpoint takes none below 1."""

Shape = Literal["flag", "count", "text", "mode", "ttl", "directory"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of Mountpoint.

    Attributes:
        name: Its name, without dashes.
        shape: What stands after it; a `flag` stands alone.
        least: The least number of a `count`.
        choices: The texts that it takes; empty for any.
        refused: Why it does not work in a pod; None where it does.
    """

    name: str
    shape: Shape = "text"
    least: int = 1
    choices: tuple[str, ...] = ()
    refused: str | None = None


_DROPPED = "the driver leaves it out without a word"
_FAILS = "the driver refuses it"


def _all(shape: Shape, *names: str) -> Iterator[Option]:
    return (Option(name=name, shape=shape) for name in names)


OPTIONS: dict[str, Option] = {
    option.name: option
    for option in (
        *_all("flag", "read-only", "allow-delete", "allow-overwrite"),
        *_all("flag", "allow-other", "allow-root", "auto-unmount"),
        *_all("flag", "incremental-upload", "requester-pays", "no-sign-request"),
        *_all("flag", "force-path-style", "dual-stack", "transfer-acceleration"),
        *_all("flag", "infer-content-type", "log-metrics", "no-log"),
        *_all("flag", "debug", "debug-crt"),
        *_all("text", "region", "endpoint-url", "bucket-type", "profile"),
        *_all("text", "storage-class", "expected-bucket-owner", "cache-xz"),
        *_all("text", "log-directory", "otlp-endpoint", "user-agent-prefix"),
        *_all("text", "upload-checksums", "bind", "cache", "sse-kms-key-id"),
        *_all("count", "uid", "gid", "maximum-throughput-gbps", "max-threads"),
        *_all("count", "part-size", "read-part-size", "write-part-size"),
        *_all("count", "otlp-export-interval", "cache-block-size"),
        *_all("count", "aws-max-attempts"),
        *_all("mode", "dir-mode", "file-mode"),
        *_all("ttl", "metadata-ttl", "negative-metadata-ttl"),
        Option(name="prefix", shape="directory"),
        Option(name="max-cache-size", shape="count", least=0),
        Option(name="memory-target", shape="count", least=512),
        Option(name="sse", choices=("aws:kms", "aws:kms:dsse", "AES256")),
        *(
            Option(name=name, refused=_DROPPED)
            for name in ("foreground", "f", "help", "h", "version", "v")
        ),
        *(Option(name=name, refused=_FAILS) for name in ("o", "ca-bundle")),
    )
}
"""The options by name."""

OF_THE_SPEC: dict[str, str] = {
    "prefix": "the prefix of a grant",
    "read-only": "access",
    "allow-delete": "mount.allowDelete",
    "allow-overwrite": "mount.allowOverwrite",
    "allow-other": "mount.uid and mount.gid",
    "uid": "mount.uid",
    "gid": "mount.gid",
    "region": "the platform's region",
    "cache": "mount.cache",
    "max-cache-size": "mount.cache",
    "write-part-size": "mount.writePartSize",
    "metadata-ttl": "mount.metadataTtl",
}
"""Options that a bucket of `kind: s3` says in its own words."""

_SHAPES: dict[Shape, str] = {
    "flag": "",
    "count": r"\d+",
    "text": r".+",
    "mode": r"0?[0-7]{3}",
    "ttl": r"[1-9]\d*|minimal|indefinite",
    "directory": r".*/",
}
_FORMS: dict[Shape, str] = {
    "flag": "this option stands alone",
    "count": "a whole number follows this option",
    "text": "a value follows this option",
    "mode": "an octal mode such as 0750 follows this option",
    "ttl": "a number of seconds, minimal or indefinite follows this option",
    "directory": "a prefix ends with '/': without it, nothing is mounted",
}


def split(text: str) -> tuple[str, str | None]:
    """The name of an option and what follows it, as the driver takes it apart."""
    words = re.fullmatch(r"\s*-{0,2}([^\s=]*)(?:[\s=]\s*(.*?))?\s*", text, re.DOTALL)
    if words is None:
        return text.strip(), None
    return words[1], words[2]


def option_problem(text: str) -> Problem | None:
    """What is wrong with `text` as one option, by itself."""
    name, value = split(text)
    option = OPTIONS.get(name)
    if option is None:
        found = difflib.get_close_matches(name.replace("_", "-"), OPTIONS, n=1)
        rest = "" if value is None else f" {value}"
        return Problem(
            rule="MPT01",
            message="Mountpoint has no such option, and does not start",
            value=text,
            nearest=f"{found[0]}{rest}" if found else None,
            link=LINK,
        )
    if option.refused is not None:
        return Problem(
            rule="MPT02",
            message=f"this option does not work in a pod: {option.refused}",
            value=text,
            link=DRIVER_LINK,
        )
    return _value_problem(option, text, value)


def _value_problem(option: Option, text: str, value: str | None) -> Problem | None:
    fits = re.fullmatch(_SHAPES[option.shape], value or "") is not None
    nearest: str | None = None
    if option.shape == "directory" and value and not fits:
        return Problem(
            rule="MPT03",
            message=_FORMS["directory"],
            value=text,
            nearest=f"{option.name} {value}/",
            link=LINK,
        )
    message = _FORMS[option.shape]
    if option.shape == "flag" and not fits:
        nearest = option.name
    elif option.shape == "ttl" and value and (age := re.fullmatch(r"(\d+)s", value)):
        nearest = f"{option.name} {age[1]}"
    elif option.shape == "count" and fits and int(value or 0) < option.least:
        fits, nearest = False, f"{option.name} {option.least}"
        message = f"this number is at least {option.least}"
    elif option.choices and value not in option.choices:
        fits = False
        message = f"one of {', '.join(option.choices)} follows this option"
    if fits:
        return None
    return Problem(
        rule="MPT04", message=message, value=text, nearest=nearest, link=LINK
    )


def own_words(text: str) -> Problem | None:
    """What a bucket's own fields say already, said again as an option."""
    name, _ = split(text)
    if name not in OF_THE_SPEC:
        return None
    return Problem(
        rule="MPT05",
        message=f"this has a key of its own: {OF_THE_SPEC[name]}",
        value=text,
        link=LINK,
    )


def together_problems(
    options: Sequence[str], *, directory: bool | None = None
) -> Iterator[tuple[int, Problem]]:
    """What is wrong with options that are right by themselves.

    Args:
        options: The options.
        directory: Whether they mount a directory bucket; None where it is not
            known.

    Yields:
        The position of the option, and what is wrong.
    """
    given = {name: (i, value) for i, (name, value) in enumerate(map(split, options))}
    if "sse-kms-key-id" in given:
        at, key = given["sse-kms-key-id"]
        sse = given.get("sse", (0, None))[1]
        if not kms.is_key_arn(key or "") or sse not in ("aws:kms", "aws:kms:dsse"):
            yield (
                at,
                Problem(
                    rule="MPT12",
                    message="a key is given by its ARN, beside the option sse aws:kms",
                    value=options[at],
                    link=LINK,
                ),
            )
    if "incremental-upload" in given and directory is False:
        at, _ = given["incremental-upload"]
        yield (
            at,
            Problem(
                rule="MPT13",
                message="only directory buckets (S3 Express) let files grow",
                value=options[at],
                link=LINK,
            ),
        )
    owner = given.get("uid") or given.get("gid")
    if owner is not None and "allow-other" not in given:
        yield (
            owner[0],
            Problem(
                rule="MPT14",
                message="without allow-other only root may look into the mount, "
                "whoever its files belong to",
                value=options[owner[0]],
                nearest="[…, allow-other]",
                link=LINK,
                severity="warning",
            ),
        )
