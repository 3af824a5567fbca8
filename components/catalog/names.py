"""The names Kubernetes takes.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
"""

from __future__ import annotations

import hashlib
import re

from components.catalog.problem import Problem

LINK = "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/"
LABEL_LENGTH = 63
SUBDOMAIN_LENGTH = 253

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(rf"{_LABEL.pattern}(\.{_LABEL.pattern})*")
_ENVIRONMENT = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")


def _nearest(text: str, length: int, keep: str) -> str | None:
    lowered = re.sub(rf"[^a-z0-9{keep}]+", "-", text.lower())
    # Around a dot stands a letter or a digit, as at both ends.
    joined = re.sub(r"[-.]*\.[-.]*", ".", lowered).strip("-.")
    return joined[:length].rstrip("-.") or None


def label(text: str, length: int = LABEL_LENGTH) -> Problem | None:
    """What is wrong with `text` as a DNS label (RFC 1123) of at most `length`."""
    if len(text) <= length and _LABEL.fullmatch(text):
        return None
    return Problem(
        rule="NAM01",
        message="a name is lower-case letters, digits and '-', begins and ends "
        f"with a letter or digit, and has at most {length} characters",
        value=text,
        nearest=_nearest(text, length, "-"),
        link=LINK,
    )


def joined(role: str, name: str) -> str:
    """A DNS label made of both; where both are too long, of a digest as well."""
    whole = f"{role}-{name}"
    if len(whole) <= LABEL_LENGTH:
        return whole
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{whole[: LABEL_LENGTH - 9]}-{digest}"


def subdomain(text: str) -> Problem | None:
    """What is wrong with `text` as a DNS subdomain (RFC 1123)."""
    if len(text) <= SUBDOMAIN_LENGTH and _SUBDOMAIN.fullmatch(text):
        return None
    return Problem(
        rule="NAM02",
        message="a name is lower-case letters, digits, '-' and '.', begins and "
        "ends with a letter or digit, and has at most "
        f"{SUBDOMAIN_LENGTH} characters",
        value=text,
        nearest=_nearest(text, SUBDOMAIN_LENGTH, ".-"),
        link=LINK,
    )


def is_entry(text: str) -> bool:
    """Whether a Secret or a ConfigMap may have `text` as the name of an entry."""
    fits = 0 < len(text) <= SUBDOMAIN_LENGTH
    return fits and text != "." and not text.startswith("..") and _is_key(text)


def _is_key(text: str) -> bool:
    return re.fullmatch(r"[-._a-zA-Z0-9]+", text) is not None


def environment_variable(text: str) -> Problem | None:
    """What is wrong with `text` as the name of an environment variable."""
    if _ENVIRONMENT.fullmatch(text):
        return None
    return Problem(
        rule="NAM03",
        message="an environment variable is letters, digits, '_', '-' and '.', "
        "and does not begin with a digit",
        value=text,
        nearest=re.sub(r"^(\d)", r"_\1", re.sub(r"[^-._a-zA-Z0-9]+", "_", text))
        or None,
        link=LINK,
    )
