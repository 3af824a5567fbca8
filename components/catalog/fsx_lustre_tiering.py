"""Amazon FSx for Lustre: throughput and read cache of INTELLIGENT_TIERING."""

from __future__ import annotations

from collections.abc import Iterator

from components.catalog import fsx_lustre_tables as tables
from components.catalog.fsx_lustre_asked import (
    FileSystem,
    nearest_of,
    problem_of,
    type_of,
)
from components.catalog.fsx_lustre_tables import TIERING, Sizes
from components.catalog.problem import Problem


def whole_throughput(asked: FileSystem) -> Iterator[Problem]:
    """A throughput that there is, where the type has one."""
    value, step = asked.throughput, tables.TIERING_THROUGHPUT
    if asked.storage_type != TIERING:
        if value is not None:
            offered = asked.offer.throughputs if asked.offer else ()
            wanted = not asked.throughput_per_tib and offered
            per_tib = nearest_of(value, offered) if wanted else None
            yield problem_of(
                "FSX09",
                "throughput",
                f"only {TIERING} chooses the throughput of the whole: leave it out"
                if per_tib is None
                else f"{type_of(asked)} chooses its throughput by the TiB, such as "
                f"throughputPerTiB: {per_tib}; only {TIERING} that of the whole",
                value=value,
            )
        return
    if _is_whole_throughput(value):
        return
    near = Sizes(step=step).nearest(value or 1)
    yield problem_of(
        "FSX09",
        "throughput",
        f"{TIERING} has a multiple of {step} MB/s, {tables.TIERING_MOST} at most",
        value=value,
        nearest=min(near, tables.TIERING_MOST),
    )


def _is_whole_throughput(mbps: int | None) -> bool:
    step = tables.TIERING_THROUGHPUT
    return mbps in range(step, tables.TIERING_MOST + 1, step)


def read_cache(asked: FileSystem) -> Iterator[Problem]:
    """A read cache that there is, where the type has one."""
    mode, size = asked.cache_mode, asked.cache_size
    if asked.storage_type != TIERING:
        if mode is not None:
            yield problem_of(
                "FSX10",
                "cache_mode",
                f"only {TIERING} has a read cache: leave it out",
                value=mode,
                link=tables.READ_CACHE,
            )
        return
    if mode is None:
        yield problem_of(
            "FSX10",
            "cache_mode",
            f"{TIERING} says how large its read cache is",
            nearest=tables.CACHE_BY_THROUGHPUT,
            allowed=(tables.NO_CACHE, tables.OWN_CACHE, tables.CACHE_BY_THROUGHPUT),
            link=tables.READ_CACHE,
        )
    elif mode != tables.OWN_CACHE:
        if size is not None:
            yield problem_of(
                "FSX10",
                "cache_size",
                f"the size is said with {tables.OWN_CACHE} only: leave it out",
                value=size,
                link=tables.READ_CACHE,
            )
    else:
        yield from _cache_size(asked)


def _cache_size(asked: FileSystem) -> Iterator[Problem]:
    if asked.throughput is None or not _is_whole_throughput(asked.throughput):
        return
    servers = asked.throughput // tables.TIERING_THROUGHPUT
    size = asked.cache_size
    least, most = tables.CACHE_LEAST * servers, tables.CACHE_MOST * servers
    if size is not None and least <= size <= most:
        return
    yield problem_of(
        "FSX10",
        "cache_size",
        f"a read cache has {tables.CACHE_LEAST} to {tables.CACHE_MOST} GiB for every "
        f"{tables.TIERING_THROUGHPUT} MB/s: {least} to {most}",
        value=size,
        nearest=min(max(size or least, least), most),
        link=tables.READ_CACHE,
    )
