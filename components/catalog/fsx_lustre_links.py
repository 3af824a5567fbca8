"""Amazon FSx for Lustre: buckets that a file system shows as directories.

A link is a data repository association. Sources as in `fsx_lustre_tables`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from components.catalog import fsx_lustre_tables as tables
from components.catalog.fsx_lustre_asked import FileSystem
from components.catalog.problem import UNSET, Problem

_URI = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/.*)?")
PATH_MOST = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One association.

    Attributes:
        path: The directory of the file system.
        bucket: A bucket of the environment, by the name of its storage.
        prefix: The part of that bucket.
        uri: A bucket of someone else's, with its prefix.
    """

    path: str
    bucket: str | None = None
    prefix: str | None = None
    uri: str | None = None

    @property
    def directory(self) -> str:
        """Its path without what means nothing: `/data` for `/data/`."""
        return "/" + "/".join(self._parts)

    @property
    def _parts(self) -> list[str]:
        return [part for part in self.path.split("/") if part]

    @property
    def repository(self) -> tuple[str, str]:
        """What tells it from other buckets and prefixes: who, and where."""
        if self.uri is not None:
            bucket, _, prefix = self.uri.removeprefix("s3://").partition("/")
            return f"s3://{bucket}", prefix.strip("/")
        return self.bucket or "", (self.prefix or "").strip("/")

    def overlaps(self, other: Link) -> bool:
        """Whether one directory is the other, or in it."""
        shorter = min(len(self._parts), len(other._parts))
        return self._parts[:shorter] == other._parts[:shorter]


def link_problems(asked: FileSystem, links: Sequence[Link]) -> Iterator[Problem]:
    """What is wrong with the links of a file system.

    Paths begin with `deployment` or `version`, or with `links` and a position.
    """
    if not links:
        return
    yield from _cannot_link(asked)
    if len(links) > tables.LINKS_MOST:
        yield _problem(
            "FSX18",
            f"a file system has at most {tables.LINKS_MOST} links",
            tables.LINKS_MOST,
            None,
            UNSET,
        )
    for index, link in enumerate(links):
        yield from _repository(index, link)
        yield from _path(index, link, links)
        for earlier in links[:index]:
            if _named(link) and link.repository == earlier.repository:
                yield _problem(
                    "FSX19",
                    "a bucket, or a prefix of it, is linked once",
                    index,
                    "uri" if link.uri is not None else "bucket",
                    link.uri if link.uri is not None else link.bucket,
                )
                break


def _named(link: Link) -> bool:
    return (link.uri is None) != (link.bucket is None)


def _cannot_link(asked: FileSystem) -> Iterator[Problem]:
    if asked.deployment == tables.SCRATCH_1:
        yield Problem(
            rule="FSX17",
            message=f"{tables.SCRATCH_1} cannot be linked to buckets",
            path=("deployment",),
            value=asked.deployment,
            nearest=tables.SCRATCH_2,
            link=tables.ASSOCIATION,
        )
    # PERSISTENT_2 has no Lustre 2.10 in any case.
    elif asked.version == "2.10" and asked.deployment != tables.PERSISTENT_2:
        yield Problem(
            rule="FSX17",
            message="Lustre 2.10 cannot be linked to buckets",
            path=("version",),
            value=asked.version,
            nearest=tables.RECOMMENDED_VERSION,
            link=tables.ASSOCIATION,
        )
    elif asked.storage_type == tables.TIERING:
        yield Problem(
            rule="FSX17",
            message=f"whether {tables.TIERING} can be linked to buckets is not "
            "confirmed",
            path=("links",),
            link=tables.ASSOCIATION,
            severity="warning",
        )


def _repository(index: int, link: Link) -> Iterator[Problem]:
    if link.bucket is None and link.uri is None:
        yield _problem("FSX19", "a link names its bucket or uri", index, "bucket")
    elif link.bucket is not None and link.uri is not None:
        yield _problem(
            "FSX19", "a link has a bucket or a uri, not both", index, "uri", link.uri
        )
    elif link.uri is not None:
        if not _URI.fullmatch(link.uri):
            fixed = f"s3://{link.uri.partition('://')[2] or link.uri}"
            yield _problem(
                "FSX19",
                "a uri is s3://BUCKET or s3://BUCKET/PREFIX/",
                index,
                "uri",
                link.uri,
                nearest=fixed if _URI.fullmatch(fixed) else None,
            )
        if link.prefix is not None:
            yield _problem(
                "FSX19",
                "the prefix of a uri stands in the uri",
                index,
                "prefix",
                link.prefix,
                nearest=None,
            )
    elif link.prefix is not None and link.prefix.startswith("/"):
        yield _problem(
            "FSX19",
            "a prefix does not begin with /: keys of S3 do not",
            index,
            "prefix",
            link.prefix,
            nearest=link.prefix.lstrip("/") or None,
        )


def _path(index: int, link: Link, links: Sequence[Link]) -> Iterator[Problem]:
    path = link.path
    if not path.startswith("/"):
        yield _problem(
            "FSX18",
            "a path begins with /",
            index,
            "path",
            path,
            nearest=f"/{path}" if path else "/",
        )
    elif len(path) > PATH_MOST:
        yield _problem(
            "FSX18",
            f"a path has at most {PATH_MOST} characters",
            index,
            "path",
            path,
        )
    elif link.directory == "/" and len(links) > 1:
        if index == next(i for i, one in enumerate(links) if one.directory == "/"):
            yield _problem(
                "FSX18",
                "/ is the whole file system: it is the only link, or none",
                index,
                "path",
                path,
                nearest=f"/{link.repository[0].removeprefix('s3://')}",
            )
    else:
        for earlier in links[:index]:
            if earlier.directory != "/" and link.overlaps(earlier):
                yield _problem(
                    "FSX18",
                    f"paths of links do not overlap: {earlier.directory} is linked",
                    index,
                    "path",
                    path,
                )
                break


def _problem(
    rule: str,
    message: str,
    index: int,
    field: str | None,
    value: object = UNSET,
    *,
    nearest: object = None,
) -> Problem:
    return Problem(
        rule=rule,
        message=message,
        path=("links", index, *([field] if field else [])),
        value=value,
        nearest=nearest,
        link=tables.ASSOCIATION,
    )
