"""Policies of IAM: what an identity may do with buckets and keys.

Pure functions that return policy documents. No statement names `*` as its
resource. Sources, read 2026-11-22: `doc/CONFIGURATION.md` of
https://github.com/awslabs/mountpoint-s3 (the actions that a mount needs),
https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/
s3-express-security-iam-example-bucket-policies.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from components.catalog import s3
from components.catalog.problem import Problem

VERSION = "2012-10-17"
Document = dict[str, Any]
Access = Literal["read-write", "read-only"]

LINK = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
    "reference_policies_elements_resource.html"
)

_READ = ("s3:GetObject",)
_WRITE = (
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
)
# What a policy reads as a pattern or a variable, wherever it stands.
_SPECIAL = frozenset("*?$")


def document(*statements: Document) -> Document:
    """A policy of these statements."""
    return {"Version": VERSION, "Statement": list(statements)}


def prefix_problem(prefix: str) -> Problem | None:
    """What is wrong with `prefix` as the part of a bucket that is granted."""
    plain = "".join(c for c in prefix if c not in _SPECIAL)
    if plain == prefix:
        return None
    return Problem(
        rule="IAM01",
        message="in a policy '*', '?' and '$' stand for other texts: the grant would "
        "be of more than this prefix",
        value=prefix,
        nearest="/".join(part for part in plain.split("/") if part) or None,
        link=LINK,
    )


def in_part(bucket: str, prefix: str) -> Problem | None:
    """What is wrong with a grant of `prefix` of the bucket called `bucket`."""
    if not s3.is_directory(bucket):
        return None
    return Problem(
        rule="IAM02",
        message="a session with a directory bucket is for all of it: no prefix of it "
        "can be granted",
        value=prefix,
        link=s3.DIRECTORY,
    )


def as_prefix(prefix: str | None) -> str:
    """A granted prefix as keys begin with it: ends with `/`, or is empty."""
    text = (prefix or "").strip("/")
    return f"{text}/" if text else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketGrant:
    """What one identity may do with one bucket.

    Attributes:
        bucket_arn: ARN of the bucket.
        access: Whether it may write.
        prefix: The part of the bucket; None for all of it.
        kms_key_arn: The key that encrypts the bucket; None for S3's own.
    """

    bucket_arn: str
    access: Access
    prefix: str | None = None
    kms_key_arn: str | None = None


def bucket_access(grants: Sequence[BucketGrant]) -> Document:
    """The policy of an identity that has exactly these grants.

    Reading is to list and to get below the prefix. Writing is to put, overwrite,
    delete, upload in parts and abort there besides. Listing the unfinished
    uploads of a bucket cannot be kept to a prefix: it goes with a grant of all
    of the bucket only.

    Raises:
        ValueError: No grant at all, a prefix that is a pattern, or one of a
            directory bucket.
    """
    if not grants:
        raise ValueError("a policy without grants allows nothing: leave it out")
    sessions: list[Document] = []
    # Statements that differ in their resources alone are one: a role's policies
    # have 10,240 characters together.
    listings: dict[tuple[str, bool], list[str]] = {}
    objects: dict[bool, list[str]] = {}
    for grant in grants:
        prefix = as_prefix(grant.prefix)
        problem = prefix_problem(prefix)
        if problem is not None:
            raise ValueError(f"{prefix!r}: {problem.message}")
        writes = grant.access == "read-write"
        if s3.is_directory(grant.bucket_arn):
            sessions.append(_session(grant, prefix))
            continue
        uploads = writes and not prefix
        listings.setdefault((prefix, uploads), []).append(grant.bucket_arn)
        objects.setdefault(writes, []).append(f"{grant.bucket_arn}/{prefix}*")
    return document(
        *(_listing(*key, arns) for key, arns in listings.items()),
        *(_objects(writes, arns) for writes, arns in objects.items()),
        *sessions,
        *_keys(grants),
    )


def _listing(prefix: str, uploads: bool, bucket_arns: list[str]) -> Document:
    """Listing buckets, all of them or below a prefix."""
    more = ["s3:ListBucketMultipartUploads"] if uploads else []
    statement: Document = {
        "Effect": "Allow",
        "Action": ["s3:ListBucket", *more],
        "Resource": bucket_arns,
    }
    if prefix:
        statement["Condition"] = {"StringLike": {"s3:prefix": [f"{prefix}*"]}}
    return statement


def _objects(writes: bool, arns: list[str]) -> Document:
    """Reading objects, and writing them."""
    return {
        "Effect": "Allow",
        "Action": [*_READ, *(_WRITE if writes else ())],
        "Resource": arns,
    }


def _session(grant: BucketGrant, prefix: str) -> Document:
    if prefix:
        raise ValueError("no prefix of a directory bucket can be granted")
    session: Document = {
        "Effect": "Allow",
        "Action": ["s3express:CreateSession"],
        "Resource": [grant.bucket_arn],
    }
    if grant.access == "read-only":
        session["Condition"] = {"StringEquals": {"s3express:SessionMode": "ReadOnly"}}
    return session


def _keys(grants: Iterable[BucketGrant]) -> list[Document]:
    """The keys that these buckets are encrypted with, each once."""
    writes: dict[str, bool] = {}
    for grant in grants:
        if grant.kms_key_arn is not None:
            before = writes.get(grant.kms_key_arn, False)
            writes[grant.kms_key_arn] = before or grant.access == "read-write"
    return [key_access([key], write=write) for key, write in writes.items()]


def key_access(key_arns: Sequence[str], *, write: bool) -> Document:
    """The statement that lets an identity use keys through S3.

    An upload in parts decrypts what it wrote before, so writing needs both.
    """
    actions = ["kms:Decrypt", *(["kms:GenerateDataKey"] if write else [])]
    return {"Effect": "Allow", "Action": actions, "Resource": list(key_arns)}


def tls_only(bucket_arn: str) -> Document:
    """The policy of a general purpose bucket that no one reaches without TLS.

    A directory bucket cannot be reached without it:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-data-protection.html
    (2026-11-22).
    """
    return document(
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket_arn, f"{bucket_arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )
