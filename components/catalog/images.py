"""References of container images, as a container runtime reads them.

Source: https://github.com/distribution/reference at 0965666 (regexp.go,
normalize.go) and the digests of the OCI image specification, read 2026-11-22.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from components.catalog.problem import Problem

LINK = "https://kubernetes.io/docs/concepts/containers/images/#image-names"
NAME_LENGTH = 255
TAG_LENGTH = 128

_HEX_DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_REGISTRY = re.compile(
    rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[A-Fa-f0-9:]+\])(?::[0-9]+)?", re.ASCII
)
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def _split(text: str) -> tuple[str, str, str | None, str | None]:
    """Registry (or nothing), repository, tag and digest of a reference."""
    rest, at, digest = text.partition("@")
    first, slash, tail = rest.partition("/")
    # As the runtime decides it: other first words are part of the repository.
    is_registry = bool(slash) and (
        "." in first or ":" in first or first == "localhost" or first.lower() != first
    )
    registry, path = (first, tail) if is_registry else ("", rest)
    repository, colon, tag = path.partition(":")
    return registry, repository, tag if colon else None, digest if at else None


def _join(registry: str, repository: str, tag: str | None, digest: str | None) -> str:
    name = f"{registry}/{repository}" if registry else repository
    tagged = f"{name}:{tag}" if tag else name
    return f"{tagged}@{digest}" if digest else tagged


class _Wrong(NamedTuple):
    why: str
    nearest: str | None


def _wrong(text: str) -> _Wrong | None:
    """Why a runtime refuses `text`, and what may have been meant."""
    if re.search(r"\s", text):
        bare = text.strip()
        nearest = None if re.search(r"\s", bare) else bare
        return _Wrong("an image has no spaces in it", nearest)
    scheme = _SCHEME.match(text)
    if scheme is not None:
        why = f"an image is named without {scheme.group()}"
        return _Wrong(why, text[scheme.end() :])
    registry, repository, tag, digest = _split(text)
    return (
        _wrong_name(registry, repository, tag, digest)
        or _wrong_tag(registry, repository, tag, digest)
        or _wrong_digest(text, digest)
    )


def _wrong_name(
    registry: str, repository: str, tag: str | None, digest: str | None
) -> _Wrong | None:
    if repository != repository.lower():
        lower = _join(registry, repository.lower(), tag, digest)
        return _Wrong("a repository is lower-case", lower)
    if registry and not _REGISTRY.fullmatch(registry):
        return _Wrong("a registry is a host name, with a port or without", None)
    named = _REPOSITORY.fullmatch(repository)
    if not named or len(registry) + len(repository) + 1 > NAME_LENGTH:
        why = (
            "a repository is words of lower-case letters and digits, joined by "
            f"'/', '-', '_' or '.', and at most {NAME_LENGTH} characters"
        )
        better = _nearest_repository(repository)
        changed = better not in ("", repository)
        return _Wrong(why, _join(registry, better, tag, digest) if changed else None)
    if not registry and tag is None and re.fullmatch(r"[a-f0-9]{64}", repository):
        return _Wrong("64 hexadecimal digits are an image's id, not its name", None)
    return None


def _wrong_tag(
    registry: str, repository: str, tag: str | None, digest: str | None
) -> _Wrong | None:
    if tag is None or _TAG.fullmatch(tag):
        return None
    word = re.sub(r"[^\w.-]+", "-", tag, flags=re.ASCII).lstrip(".-")[:TAG_LENGTH]
    return _Wrong(
        f"a tag is at most {TAG_LENGTH} letters, digits, '_', '.' and '-', and does "
        "not begin with '.' or '-'",
        _join(registry, repository, word, digest),
    )


def _nearest_repository(repository: str) -> str:
    path = re.sub(r"[^a-z0-9._/-]+", "-", repository)
    words = [re.sub(r"[._-]*[._][._-]*", ".", w).strip("._-") for w in path.split("/")]
    return "/".join(word for word in words if word)


def _wrong_digest(text: str, digest: str | None) -> _Wrong | None:
    if digest is None:
        return None
    algorithm, _, digits = digest.partition(":")
    length = _HEX_DIGITS.get(algorithm)
    if length is not None and re.fullmatch(rf"[a-f0-9]{{{length}}}", digits):
        return None
    lower = text.replace(digest, digest.lower())
    return _Wrong(
        "a digest is sha256: and 64 lower-case hexadecimal digits",
        None if lower == text else lower,
    )


def reference(text: str) -> Problem | None:
    """What is wrong with `text` as the reference of an image."""
    wrong = _wrong(text)
    if wrong is None:
        return None
    message, nearest = wrong
    problem = Problem(rule="IMG01", message=message, value=text, link=LINK)
    # What is suggested must be taken in its turn, or nothing is.
    for _ in range(8):
        if nearest is None:
            return problem
        more = _wrong(nearest)
        if more is None:
            return replace(problem, nearest=nearest or None)
        nearest = more[1]
    return problem


def unpinned(text: str) -> Problem | None:
    """The warning that a reference may name another image at the next pull."""
    if _wrong(text) is not None:
        return None
    _, _, tag, digest = _split(text)
    if digest is not None or tag not in (None, "latest"):
        return None
    named = "tag latest" if tag else "an image without tag is `latest`, which"
    return Problem(
        rule="IMG02",
        message=f"{named} moves: the next run, or the next node, may get another "
        "program. Name a version or a digest",
        value=text,
        link=LINK,
        severity="warning",
    )
