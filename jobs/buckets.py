"""Buckets by their URIs, and how rclone is told of them.

Who asks is decided by the environment alone: the workload identity of a pod, as
the libraries of its cloud find it. No key is an argument, and none is stored.

Sources, read 2026-11-22: https://rclone.org/googlecloudstorage/ and
https://rclone.org/s3/ (`env_auth`, `no_check_bucket`, `bucket_policy_only`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_URI = re.compile(
    r"(?P<scheme>gs|s3)://(?P<bucket>[a-z0-9][a-z0-9._-]+)(?:/(?P<key>.*))?"
)
_REMOTE = "bucket"


class BadUri(ValueError):  # noqa: N818 - the name says what is the matter
    """A text that is no URI of a bucket."""


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket, and what of it is meant.

    Attributes:
        scheme: `gs` or `s3`.
        name: The bucket's name.
        key: An object's name, or a prefix; empty: the whole bucket.
    """

    scheme: str
    name: str
    key: str = ""

    @property
    def path(self) -> str:
        """What rclone calls it, in the environment that `environment` makes."""
        return f"{_REMOTE}:{self.name}/{self.key}"

    @property
    def reading(self) -> tuple[str, ...]:
        """Options of rclone for what is read from it.

        S3's ETag is no MD5 where a key of KMS encrypts the bucket, and rclone would
        take it for one (https://rclone.org/s3/#key-management-system-kms). So S3's
        own checksum is compared, which goes with answers that have a whole object.
        """
        if self.scheme == "gs":
            return ()
        compared = "--s3-use-data-integrity-protections=true"
        return ("--ignore-checksum", compared, "--multi-thread-streams=0")

    @property
    def writing(self) -> tuple[str, ...]:
        """Options of rclone for what is written to it.

        S3 itself compares each request with the MD5 that goes along.
        """
        return () if self.scheme == "gs" else ("--ignore-checksum",)

    def environment(self, own: Mapping[str, str]) -> dict[str, str]:
        """Return the variables that describe it to rclone.

        Args:
            own: This program's environment. As the libraries of the clouds do, it
                names another server by `STORAGE_EMULATOR_HOST` (then nobody is
                asked for an identity), `AWS_ENDPOINT_URL_S3` or
                `AWS_ENDPOINT_URL`, and a region of AWS by `AWS_REGION` or
                `AWS_DEFAULT_REGION`.
        """
        settings = _of_google(own) if self.scheme == "gs" else _of_aws(own)
        # To look whether the bucket is there takes a right that programs lack.
        settings["NO_CHECK_BUCKET"] = "true"
        prefix = f"RCLONE_CONFIG_{_REMOTE.upper()}_"
        # Empty: there is no file, and none is looked for.
        variables = {"RCLONE_CONFIG": ""}
        return variables | {f"{prefix}{key}": text for key, text in settings.items()}


_IDENTITIES = (
    *("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE"),
    *("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
)
"""Variables that give a program keys.

Source, read 2026-11-22:
https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
"""


def is_uri(text: str) -> bool:
    """Whether a text is meant as a URI rather than as a path."""
    return "://" in text


def parse(uri: str) -> Bucket:
    """Return what a URI stands for.

    Raises:
        BadUri: It is neither `gs://bucket/…` nor `s3://bucket/…`.
    """
    found = _URI.fullmatch(uri)
    if found is None:
        raise BadUri(f"{uri!r} is neither gs://bucket/prefix/ nor s3://bucket/prefix/")
    scheme, name, key = found.group("scheme", "bucket", "key")
    return Bucket(scheme=scheme, name=name, key=key or "")


def _of_google(own: Mapping[str, str]) -> dict[str, str]:
    # Access is uniform: objects have no access lists of their own.
    settings = {"TYPE": "google cloud storage", "BUCKET_POLICY_ONLY": "true"}
    host = own.get("STORAGE_EMULATOR_HOST")
    if not host:
        return settings | {"ENV_AUTH": "true"}
    server = host if is_uri(host) else f"http://{host}"
    endpoint = f"{server.rstrip('/')}/storage/v1/"
    return settings | {"ANONYMOUS": "true", "ENDPOINT": endpoint}


def _of_aws(own: Mapping[str, str]) -> dict[str, str]:
    endpoint = own.get("AWS_ENDPOINT_URL_S3") or own.get("AWS_ENDPOINT_URL")
    region = own.get("AWS_REGION") or own.get("AWS_DEFAULT_REGION")
    settings = {"TYPE": "s3", "PROVIDER": "Other" if endpoint else "AWS"}
    if endpoint:
        settings["ENDPOINT"] = endpoint
    # A server that is not AWS's knows nothing of a node's role: without keys it
    # is asked anonymously.
    if not endpoint or any(own.get(name) for name in _IDENTITIES):
        settings["ENV_AUTH"] = "true"
    if region:
        settings["REGION"] = region
    return settings
