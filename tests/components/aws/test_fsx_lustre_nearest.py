"""What a file system's Spec refuses, it accepts with the nearest values."""

from __future__ import annotations

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from components.aws.fsx_lustre_spec import FsxLustreSpec
from components.catalog import fsx_lustre_tables as tables
from components.catalog.problem import Problem

Yaml = dict[str, Any]

FILE_SYSTEMS = st.fixed_dictionaries(
    {
        "kind": st.just("fsx-lustre"),
        "zone": st.just("us-west-2a"),
        "deployment": st.sampled_from(tables.DEPLOYMENTS),
        "storageType": st.sampled_from(tables.STORAGE_TYPES),
    },
    optional={
        "capacityGiB": st.integers(-1, 100_000) | st.sampled_from((1200, 4800, 36000)),
        "throughputPerTiB": st.sampled_from((12, 40, 50, 125, 200, 1000, 1)),
        "throughput": st.integers(0, 3_000_000),
        "lustreVersion": st.sampled_from(("2.10", "2.12", "2.15", "3")),
        "driveCache": st.sampled_from(tables.DRIVE_CACHES),
        "metadataIops": st.just("AUTOMATIC") | st.integers(0, 250_000),
        "readCache": st.fixed_dictionaries(
            {"mode": st.sampled_from(("NO_CACHE", "USER_PROVISIONED"))},
            optional={"sizeGiB": st.integers(0, 10**8)},
        ),
        "efa": st.booleans(),
        "maintenance": st.sampled_from(("1:00:00", "Sun:9:00", "0:05:30")),
        "backups": st.fixed_dictionaries(
            {"retentionDays": st.integers(-1, 100)},
            optional={"startTime": st.sampled_from(("05:00", "5:00"))},
        ),
        "rootSquash": st.fixed_dictionaries(
            {"user": st.sampled_from(("1:1", "0:0", "root"))}
        ),
        "linkedTo": st.lists(
            st.fixed_dictionaries(
                {
                    "bucket": st.sampled_from(("one", "two", "three")),
                    "path": st.sampled_from(("/a", "b", "/c/d", "/c", "/")),
                }
            ),
            max_size=1,
        ),
    },
)


def refused(yaml: Yaml) -> list[Problem]:
    try:
        FsxLustreSpec.model_validate(yaml)
    except ValidationError as error:
        return [line.get("ctx", {})["problem"] for line in error.errors()]
    return []


def correct(yaml: Yaml, problem: Problem) -> None:
    """Put the nearest value where the problem is; without one, leave it out."""
    *parents, last = problem.path
    at: Any = yaml
    for key in parents:
        at = cast("Yaml", at).setdefault(key, {}) if isinstance(key, str) else at[key]
    if problem.nearest is not None:
        at[last] = problem.nearest
    elif len(problem.path) > 1:
        # A part that cannot be is left out with the whole of which it is.
        yaml.pop(str(problem.path[0]), None)
    else:
        at.pop(last)


@given(yaml=FILE_SYSTEMS)
def test_the_nearest_values_are_accepted(yaml: Yaml) -> None:
    for _ in range(4):
        found = refused(yaml)
        paths = [problem.path for problem in found]
        assert len(paths) == len(set(paths))
        for problem in found:
            assert problem.link
            correct(yaml, problem)
    assert refused(yaml) == []
