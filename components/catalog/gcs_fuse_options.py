"""The options of Cloud Storage FUSE: what is wrong with one, and with several.

Sources, read 2026-11-22: https://github.com/GoogleCloudPlatform/gcs-fuse-csi-driver
5fcdc04 (`pkg/sidecar_mounter/sidecar_mounter_config.go`, `pkg/util/util.go`) and
https://github.com/GoogleCloudPlatform/gcsfuse 7b39292 (`cfg`, `docs/semantics.md`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from components.catalog.gcs_fuse_tables import (
    DISCARDED,
    DRIVER_LINK,
    FLAGS,
    KERNEL_WORDS,
    KEYS,
    LINK,
    NODE_FLAGS,
    Kind,
    Option,
)
from components.catalog.problem import Problem

SEMANTICS = (
    "https://github.com/GoogleCloudPlatform/gcsfuse/blob/master/docs/semantics.md"
)


def split(text: str) -> tuple[str, str | None, bool]:
    """An option as the driver takes it apart.

    Returns:
        Its name, its value where it has one, and whether the name is that of the
        config file.
    """
    if "=" not in text and ":" in text and "https" not in text:
        name, _, value = text.rpartition(":")
        return name, value, True
    name, equals, value = text.partition("=")
    return name, value if equals else None, False


def find(text: str) -> Option | None:
    """The option that is meant; None for what Cloud Storage FUSE does not know."""
    name, _, in_file = split(text)
    return (KEYS if in_file else FLAGS).get(name)


OF_THE_SPEC: dict[str, str] = {
    "only-dir": "the prefix of a grant",
    "file-cache-max-size-mb": "mount.cache.size",
    "anonymous-access": "kind: gcs-fuse of a team, with anonymous: true",
}
"""Options that a bucket says in its own words, by their names on the command line."""


def option_problem(text: str) -> Problem | None:
    """What is wrong with `text` as one option, by itself."""
    name, value, in_file = split(text)
    if text in ("ro", "rw"):
        return _own(text, "access")
    if name in ("o", "-o ro", "-o rw") or text.startswith("-"):
        return _of_the_kernel(text, value)
    if name in NODE_FLAGS and not in_file:
        return _value_problem("number", text, name, value, at_least=0)
    option = find(text)
    if option is None:
        return _discarded(name, text) or _unknown(text, name, value, in_file=in_file)
    separator = ":" if in_file else "="
    return _not_on_gke(option, text) or _value_problem(
        option.kind, text, name, value, separator=separator
    )


def _not_on_gke(option: Option, text: str) -> Problem | None:
    """What is wrong with an option that Cloud Storage FUSE has, in a pod of GKE."""
    if option.flag == "profile":
        return Problem(
            rule="FUS12",
            message="profiles are for the classes that GKE brings: given by hand, the "
            "container does not know what the node has for them",
            value=text,
            nearest="mount: {purpose: training}",
            link=DRIVER_LINK,
        )
    if option.deprecated:
        return Problem(
            rule="FUS05",
            message="this option is going away: newer versions have another",
            value=text,
            link=LINK,
            severity="warning",
        )
    return _discarded(option.flag, text)


def _discarded(flag: str, text: str) -> Problem | None:
    """What is wrong with an option that the driver leaves out."""
    if flag not in DISCARDED:
        return None
    return Problem(
        rule="FUS02",
        message="the driver leaves this option out with a line in its log: "
        f"{DISCARDED[flag]}",
        value=text,
        link=DRIVER_LINK,
    )


def _own(text: str, key: str) -> Problem:
    return Problem(
        rule="FUS04",
        message=f"this has a key of its own: {key}",
        value=text,
        link=DRIVER_LINK,
    )


def _of_the_kernel(text: str, value: str | None) -> Problem | None:
    """What is wrong with an option of the kernel's mount."""
    word = value if text.startswith("o=") else text.rsplit(maxsplit=1)[-1].lstrip("-")
    if text.startswith("o=") and word in KERNEL_WORDS:
        return None
    reads = word in ("ro", "rw")
    return Problem(
        rule="FUS02",
        message="the driver leaves this out with a line in its log, and the bucket is "
        "mounted read-write: access says who writes"
        if reads
        else "the driver takes options without dashes, and after o= only "
        f"{', '.join(KERNEL_WORDS)}",
        value=text,
        nearest="access: read-only"
        if word == "ro"
        else text.lstrip("-").replace(" ", "=")
        if text.startswith("--")
        else None,
        link=DRIVER_LINK,
    )


def _unknown(text: str, name: str, value: str | None, *, in_file: bool) -> Problem:
    known, separator = (KEYS, ":") if in_file else (FLAGS, "=")
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    # `file-cache.max-size-mb`, or a name of the other kind.
    other = (FLAGS if in_file else KEYS).get(name.replace(".", ":"))
    nearest = found[0] if found else None
    if other is not None:
        nearest, separator = (other.flag, "=") if in_file else (other.key, ":")
    rest = "" if value is None else f"{separator}{value}"
    return Problem(
        rule="FUS01",
        message="Cloud Storage FUSE has no such option, and does not start",
        value=text,
        nearest=None if nearest is None else f"{nearest}{rest}",
        link=LINK,
    )


SHAPES: dict[Kind, str] = {
    "flag": r"(?i:true|false|t|f|1|0)",
    "number": r"-?\d{1,18}",
    "decimal": r"-?\d{1,18}(\.\d{1,6})?",
    "mode": r"0?[0-7]{3}",
    "duration": r"(\d+(\.\d+)?(ns|us|ms|s|m|h))+|0",
    "text": r".+",
    "severity": r"(?i:trace|debug|info|warning|error|off)",
    "protocol": r"(?i:http1|http2|grpc|httpmtls)",
    "strategy": r"direct-path-only|direct-path-with-fallback",
}
FORMS: dict[Kind, str] = {
    "flag": "true or false stands here",
    "number": "a whole number stands here",
    "decimal": "a number stands here",
    "mode": "an octal mode such as 664 stands here",
    "duration": "a time such as 30s stands here",
    "text": "a value stands here",
    "severity": "one of trace, debug, info, warning, error, off stands here",
    "protocol": "one of http1, http2, grpc, httpmtls stands here",
    "strategy": "direct-path-only or direct-path-with-fallback stands here",
}

UNLIMITED = -1
"""What a number is at least: most options take it for no limit."""


def _value_problem(
    kind: Kind,
    text: str,
    name: str,
    value: str | None,
    *,
    separator: str = "=",
    at_least: int = UNLIMITED,
) -> Problem | None:
    if value is None and kind == "flag":
        return None
    fits = value is not None and re.fullmatch(SHAPES[kind], value, re.ASCII)
    message, nearest = FORMS[kind], None
    if fits and kind == "number" and int(value or 0) < at_least:
        fits, message = None, f"this number is at least {at_least}"
        nearest = f"{name}{separator}{at_least}"
    elif not fits and kind == "mode" and value and re.fullmatch(r"0[oO]\d+", value):
        nearest = f"{name}{separator}{value[2:]}"
    elif not fits and kind == "flag" and value in ("yes", "on", "no", "off"):
        nearest = f"{name}{separator}{str(value in ('yes', 'on')).lower()}"
    if fits:
        return None
    return Problem(
        rule="FUS03", message=message, value=text, nearest=nearest, link=LINK
    )


def own_words(text: str) -> Problem | None:
    """What a bucket's own fields say already, said again as an option."""
    option = find(text)
    key = OF_THE_SPEC.get(option.flag) if option else None
    return None if key is None else _own(text, key)


def is_on(options: Sequence[str], flag: str) -> bool:
    """Whether an option that is on or off is on: by its name of the command line."""
    for text in options:
        option = find(text)
        if option is not None and option.flag == flag:
            value = split(text)[1]
            return value is None or value.lower() in ("true", "t", "1")
    return False


def number(options: Sequence[str], flag: str) -> int | None:
    """The number of an option, by its name of the command line; None for none."""
    for text in options:
        option = find(text)
        value = split(text)[1]
        if option is not None and option.flag == flag and value is not None:
            return int(value) if re.fullmatch(r"-?\d{1,18}", value, re.ASCII) else None
    return None


def together_problems(
    options: Sequence[str], *, cache: bool, writes: bool, folders: bool | None = None
) -> Iterator[tuple[int, Problem]]:
    """What is wrong with options that are right by themselves.

    Args:
        options: The options.
        cache: Whether there is a file cache.
        writes: Whether something may write through the mount.
        folders: Whether the bucket has folders of its own (a hierarchical
            namespace); None where it is not known.

    Yields:
        The position of the option, and what is wrong.
    """
    flags = [option.flag if (option := find(o)) else None for o in options]
    if not cache and is_on(options, "file-cache-enable-parallel-downloads"):
        at = flags.index("file-cache-enable-parallel-downloads")
        yield (
            at,
            Problem(
                rule="FUS08",
                message="without a file cache Cloud Storage FUSE does not start with "
                "this option: say the cache too",
                value=options[at],
                nearest="cache: {size: 100Gi}",
                link=LINK,
            ),
        )
    if writes and number(options, "kernel-list-cache-ttl-secs"):
        at = flags.index("kernel-list-cache-ttl-secs")
        yield (
            at,
            Problem(
                rule="FUS06",
                message="the kernel believes lists of files that others have changed: "
                "only what is mounted read-only can have this",
                value=options[at],
                nearest="access: read-only",
                link=SEMANTICS,
                severity="warning",
            ),
        )
    if folders is not True and number(options, "rename-dir-limit"):
        at = flags.index("rename-dir-limit")
        yield (
            at,
            Problem(
                rule="FUS07",
                message="a directory is renamed file by file here, and half of it is "
                "left where that is cut off: a bucket with a hierarchical namespace "
                "renames it at once",
                value=options[at],
                nearest="hierarchicalNamespace: true",
                link=SEMANTICS,
                severity="warning",
            ),
        )
