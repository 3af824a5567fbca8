"""URLs of public datasets: what can be read without any identity.

Sources, read 2026-11-22: https://rclone.org/s3/#anonymous-access,
https://rclone.org/googlecloudstorage/#anonymous-access, https://rclone.org/http/,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html,
https://cloud.google.com/storage/docs/buckets#naming
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from components.catalog.problem import Problem

Scheme = Literal["http", "https", "s3", "gs"]
SCHEMES: tuple[Scheme, ...] = ("https", "s3", "gs", "http")

LINK = "https://rclone.org/s3/#anonymous-access"

# The same storage under the names that Hadoop, Azure and Google's older tools use.
_ALIASES = {"s3a": "s3", "s3n": "s3", "gcs": "gs", "gcsfs": "gs"}

_BUCKET = {
    "s3": re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
    "gs": re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]"),
}
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]+")

# Parameters of signed URLs (S3, Google, Azure, CloudFront), and what services
# call a token: whoever reads the URL has the right that it carries.
_SECRET_PARAMETERS = frozenset(
    (
        *("x-amz-signature", "x-amz-credential", "x-amz-security-token"),
        *("x-goog-signature", "x-goog-credential", "googleaccessid"),
        *("awsaccesskeyid", "signature", "sig", "key-pair-id", "policy"),
        *("token", "access_token", "auth_token", "auth", "apikey", "api_key", "key"),
        *("password", "secret"),
    )
)


def check(url: str) -> Problem | None:
    """What is wrong with `url` as the source of a public dataset."""
    if _has_credentials(url):
        # Its value stays out of every message.
        return Problem(
            rule="DAT02",
            message="there are credentials in this URL, and everyone who sees the "
            "stack or the pod can read them: a public dataset needs none; for "
            "others, copy it once in a job with a secret",
            link="https://rclone.org/docs/#config-file",
        )
    wrong = _wrong(url)
    if wrong is None:
        return None
    return Problem(
        rule="DAT01",
        message=wrong,
        value=url,
        allowed=tuple(f"{s}://" for s in SCHEMES),
        nearest=_nearest(url),
        link=LINK,
    )


def endpoint(url: str) -> Problem | None:
    """What is wrong with `url` as the address of an S3-compatible server."""
    if _has_credentials(url):
        return Problem(
            rule="DAT02", message="there are credentials in this URL: leave them out"
        )
    if url.startswith(("http://", "https://")) and _wrong(url) is None:
        return None
    host = url.rpartition("://")[2].strip("/")
    nearest = f"https://{host}"
    return Problem(
        rule="DAT01",
        message="an endpoint is the http or https URL of a server",
        value=url,
        nearest=nearest if _wrong(nearest) is None else None,
    )


def is_directory(url: str) -> bool:
    """Whether `url` says by its last character that it stands for many files."""
    return urlsplit(url).path in ("", "/") or urlsplit(url).path.endswith("/")


def _has_credentials(url: str) -> bool:
    if "://" not in url:
        # rclone's own way to write a remote: `:s3,access_key_id=…:bucket`.
        return bool(re.search(r"(secret|password|token)\w*=", url.lower()))
    authority = re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]
    parameters = re.split(r"[?#]", url, maxsplit=1)[1:]
    names = (
        unquote(name).lower()
        for text in parameters
        for name, _ in parse_qsl(text, keep_blank_values=True)
    )
    return "@" in authority or any(name in _SECRET_PARAMETERS for name in names)


def _wrong(url: str) -> str | None:
    """Why `url` cannot be read, or None."""
    scheme, separator, _ = url.partition("://")
    if not separator or scheme not in SCHEMES:
        return "a dataset is read from an https, s3, gs or http URL"
    if any(not c.isprintable() or c.isspace() for c in url):
        return "a URL has no spaces and no control characters: %20 stands for one"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "this is no URL"
    if scheme in ("http", "https"):
        return None if _HOST.fullmatch(host) else "this URL names no host"
    return _wrong_bucket(scheme, parts.netloc, parts.query or parts.fragment or port)


def _wrong_bucket(scheme: str, name: str, more: object) -> str | None:
    if more:
        return "a bucket's URL is the bucket and the name of an object or a prefix"
    named = _BUCKET[scheme].fullmatch(name)
    return None if named else "a bucket's name is lower-case letters, digits, '-', '.'"


def _nearest(url: str) -> str | None:
    """A URL that was probably meant, where it is one that can be read."""
    scheme, separator, rest = url.strip().partition("://")
    scheme = _ALIASES.get(scheme.lower(), scheme.lower())
    guesses = [url.strip()]
    if separator:
        host, slash, key = rest.partition("/")
        guesses.append(f"{scheme}://{rest}")
        guesses.append(f"{scheme}://{host.lower().replace('_', '-')}{slash}{key}")
    elif short := re.match(r"(https?|s3|gs):/?(?=\w)", url):
        guesses.append(f"{short[1]}://{url[short.end() :]}")
    elif re.match(r"[\w-]+(\.[\w-]+)+/", url):
        guesses.append(f"https://{url}")
    guesses += [guess.replace(" ", "%20") for guess in guesses]
    return next((guess for guess in guesses if _wrong(guess) is None), None)
