"""`kind: bucket`: a bucket of any server that speaks S3, reached by its URI.

It makes no resource, and no pod mounts it: a program names it under `uris`.

Sources, read 2026-11-22:
https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html (the
endpoint of all services and that of one, each with an optional path),
https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html, and botocore
1.44.5 `handlers.py` (`VALID_BUCKET`: the names that it sends to any server).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, Literal
from urllib.parse import urlsplit

from components.catalog import aws_regions, paths, s3, sources
from components.catalog.problem import UNSET, Problem
from components.kubernetes.uri_spec import UriSpec
from components.kubernetes.volume_spec import Access, VolumeSpec
from components.spec import Name, Text

KEYS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
"""The variables by which libraries of S3 sign their requests."""

ENDPOINTS: Final = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3")
"""The variables of the server. Mountpoint's client, and with it the S3 connector for
PyTorch, reads the first only; a second left over from the image would win elsewhere.
"""

REGIONS: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")
"""The variables of the region. botocore reads the one, the other SDKs the other."""

GOOGLE = "https://storage.googleapis.com"
"""Where Cloud Storage speaks S3, to HMAC keys.

Source: https://docs.cloud.google.com/storage/docs/aws-simple-migration (2026-11-22)
"""

_INTEROPERABILITY = "https://docs.cloud.google.com/storage/docs/aws-simple-migration"
_ENDPOINTS_LINK = (
    "https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html"
)
_ANY_SERVER = re.compile(r"[a-zA-Z0-9._-]{1,255}")
_FEWEST = "us-east-1"

_PRIVATE_SUFFIXES = (".svc", ".cluster.local", ".internal", ".local", ".lan")


class BucketUriSpec(VolumeSpec):
    """A bucket of any server that speaks S3, which programs reach by its URI.

    Ceph's gateway, MinIO, Cloud Storage by its interoperability keys, or AWS itself
    from a cluster elsewhere. A program that names it under `uris` gets the URI, the
    server and its region as environment variables, and the keys of `secret`; nothing
    is mounted. On AWS and Google Cloud, buckets of the platform's need no keys:
    grant those instead.
    """

    kind: Literal["bucket"]

    uri: str
    """The bucket, `s3://datasets/`, or a part of it, `s3://datasets/vision/`."""

    endpoint: str | None = None
    """The URL of the server, such as `https://s3.example.com`. Default: AWS."""

    region: Text | None = None
    """The region that requests are signed for. Default: `us-east-1`, which servers
    other than AWS take; required on AWS."""

    secret: Name | None = None
    """One of the team's `secrets` of kind `environment`, which sets
    `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`: every program that names the
    bucket gets it. Default: none. Then the program itself has to ask without a
    signature, and can only read."""

    access: Access = "read-write"
    """`read-only` says that it is only read, as it has to be without `secret`; what
    the keys of a secret may do, the server says. Default `read-write`."""

    def problems(self) -> Iterator[Problem]:
        """What the URI, the server and the keys say of each other."""
        yield from self._wrong_uri()
        yield from self._wrong_endpoint()
        yield from self._wrong_region()
        if self.secret is None and self.access == "read-write":
            yield Problem(
                rule="BKT24",
                message="without a secret requests are anonymous, and those only "
                "read: name one of team.secrets as secret, or say that it is read",
                path=("access",),
                value=self.access if "access" in self.model_fields_set else UNSET,
                nearest="read-only",
            )
        if self.writers is not None:
            yield Problem(
                rule="VOL06",
                message="no pod mounts it, and each object is written by itself: "
                "there are no writers to name",
                path=("writers",),
                value=self.writers,
            )

    def _wrong_uri(self) -> Iterator[Problem]:
        wrong = sources.check(self.uri)
        if wrong is not None and wrong.rule == "DAT02":
            message = "there are credentials in this URI: store them as a secret"
            yield replace(wrong, message=message, path=("uri",))
            return
        scheme, separator, _ = self.uri.partition("://")
        if not separator or scheme != "s3":
            yield self._no_uri()
            return
        asks = any(sign in self.bucket for sign in "?#")
        if not asks:
            yield from self._wrong_bucket()
        problem = paths.relative_directory(self.prefix) if self.prefix else None
        if problem is not None or asks or _is_odd(self.prefix):
            kept = self.uri.partition("?")[0].partition("#")[0]
            yield Problem(
                rule="BKT21",
                message="what follows the bucket is a prefix: names between '/', "
                "without '..', spaces, '?' and '#'",
                path=("uri",),
                value=self.uri,
                nearest=None if problem or kept == self.uri or _is_odd(kept) else kept,
            )

    def _no_uri(self) -> Problem:
        """Neither `s3` nor what is meant by it."""
        scheme, separator, rest = self.uri.partition("://")
        google = scheme in ("gs", "gcs")
        others = google or scheme in ("s3a", "s3n")
        if google:
            message = (
                "this kind speaks S3, which Cloud Storage does at "
                f"{GOOGLE} with interoperability keys (endpoint, secret); on Google "
                "Cloud the platform's own bucket (kind: gcs) is granted, and needs "
                "no keys"
            )
        elif scheme in ("http", "https"):
            message = (
                "this is the bucket, s3://BUCKET/PREFIX/; the server's URL is endpoint"
            )
        else:
            message = "a bucket is named s3://BUCKET/ or s3://BUCKET/PREFIX/"
        bare = None if separator or "/" in self.uri[:1] else f"s3://{self.uri}"
        return Problem(
            rule="BKT21",
            message=message,
            path=("uri",),
            value=self.uri,
            nearest=f"s3://{rest}" if others else bare,
            link=_INTEROPERABILITY if google else None,
        )

    def _wrong_bucket(self) -> Iterator[Problem]:
        """A name that AWS has not may be another server's."""
        on_aws = self.endpoint is None
        if on_aws and s3.is_directory(self.bucket):
            return
        wrong = s3.general_name(self.bucket)
        if wrong is None:
            return
        refused = on_aws or _ANY_SERVER.fullmatch(self.bucket) is None
        rest = f"{self.prefix}/" if self.prefix else ""
        nearest = f"s3://{wrong.nearest}/{rest}" if wrong.nearest else None
        yield replace(
            wrong,
            path=("uri",),
            value=self.uri,
            nearest=nearest,
            severity="error" if refused else "warning",
        )

    def _wrong_endpoint(self) -> Iterator[Problem]:
        if self.endpoint is None:
            return
        wrong = sources.endpoint(self.endpoint)
        if wrong is not None:
            rule = wrong.rule if wrong.rule == "DAT02" else "BKT22"
            yield replace(wrong, rule=rule, path=("endpoint",))
            return
        parts = urlsplit(self.endpoint)
        if parts.query or parts.fragment:
            yield Problem(
                rule="BKT22",
                message="an endpoint is the URL of a server, without '?' and '#'",
                path=("endpoint",),
                value=self.endpoint,
                nearest=self.endpoint.partition("?")[0].partition("#")[0],
                link=_ENDPOINTS_LINK,
            )
            return
        why = self._suspicious(parts.hostname or "", parts.path, parts.scheme)
        if why is not None:
            message, nearest = why
            yield Problem(
                rule="BKT23",
                message=message,
                path=("endpoint",),
                value=self.endpoint,
                nearest=nearest,
                link=_ENDPOINTS_LINK,
                severity="warning",
            )

    def _suspicious(
        self, host: str, path: str, scheme: str
    ) -> tuple[str, str | None] | None:
        """What is probably not meant: why, and what is."""
        endpoint = self.endpoint or ""
        in_host = host.partition(".")[0] == self.bucket and host.count(".") > 1
        if path.strip("/") == self.bucket or in_host:
            without = endpoint.replace(f"//{self.bucket}.", "//", 1)
            if not in_host:
                without = endpoint.rstrip("/").removesuffix(f"/{self.bucket}")
            said = "the bucket's name stands in it, and is added to it once more"
            return said, without
        if host == "localhost" or _address(host, "is_loopback"):
            return "in a pod this is the pod itself, and no server runs there", None
        if scheme == "http" and not _is_private(host):
            said = (
                "anyone between here and there can read and change what comes over "
                "plain http, and see who asks"
            )
            return said, endpoint.replace("http://", "https://", 1)
        return None

    def _wrong_region(self) -> Iterator[Problem]:
        # Of what is no bucket of S3, the region says nothing.
        if self.endpoint is not None or not self.uri.startswith("s3://"):
            return
        if self.region is None:
            yield Problem(
                rule="CFG02",
                message="required on AWS: requests are signed for the bucket's region",
                path=("region",),
            )
        elif self.region not in aws_regions.REGIONS:
            yield Problem(
                rule="BKT25",
                message="no region of AWS is known by this name",
                path=("region",),
                value=self.region,
                nearest=aws_regions.closest(self.region),
                severity="warning",
            )

    @property
    def bucket(self) -> str:
        """The name of the bucket."""
        return self.uri.removeprefix("s3://").partition("/")[0]

    @property
    def prefix(self) -> str:
        """What of it is meant, without `/` at the end; empty for all."""
        return self.uri.removeprefix("s3://").partition("/")[2].rstrip("/")

    def at(self, path: str | None = None) -> str:
        """The URI of what is meant, or of a part of that, with `/` at its end."""
        parts = [part.strip("/") for part in (self.bucket, self.prefix, path) if part]
        return f"s3://{'/'.join(parts)}/"

    @property
    def server(self) -> tuple[str | None, str, str | None]:
        """What a program has but one of: the endpoint, the region, the secret."""
        endpoint = self.endpoint.rstrip("/") if self.endpoint else None
        return endpoint, self.region or _FEWEST, self.secret

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that name the server and its region."""
        endpoint, region, _ = self.server
        of_the_server = dict.fromkeys(ENDPOINTS, endpoint) if endpoint else {}
        return {**of_the_server, **dict.fromkeys(REGIONS, region)}


def buckets_of(
    uris: Mapping[str, UriSpec], volumes: Mapping[str, object]
) -> Iterator[tuple[str, BucketUriSpec]]:
    """Those of a program's `uris` that are of a bucket of this kind.

    Args:
        uris: The volumes that the program names, by their variables.
        volumes: The team's volumes, by name.
    """
    for variable, uri in uris.items():
        volume = volumes.get(uri.volume)
        if isinstance(volume, BucketUriSpec):
            yield variable, volume


def _address(host: str, what: Literal["is_loopback", "is_private"]) -> bool:
    """Whether a host is an IP address of that sort."""
    try:
        return bool(getattr(ipaddress.ip_address(host), what))
    except ValueError:
        return False


def _is_odd(text: str) -> bool:
    """Whether there is something in a URI that is no part of an object's name here."""
    return any(not c.isprintable() or c.isspace() or c in "?#" for c in text)


def _is_private(host: str) -> bool:
    """Whether a host is one of the cluster's or of its own network's."""
    name = host.rstrip(".").lower()
    inside = "." not in name or name.endswith(_PRIVATE_SUFFIXES)
    return _address(host, "is_private") if ":" in host or _numeric(host) else inside


def _numeric(host: str) -> bool:
    return host.replace(".", "").isdigit()
