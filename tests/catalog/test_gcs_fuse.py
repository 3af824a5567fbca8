from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import gcs_fuse
from components.catalog import gcs_fuse_options as fuse
from components.catalog.gcs_fuse_tables import (
    ATTRIBUTES,
    DISCARDED,
    FLAGS,
    KERNEL_WORDS,
    KEYS,
    NEEDS,
    Option,
)

VALUES = {
    "flag": "true",
    "number": "16",
    "decimal": "0.5",
    "mode": "664",
    "duration": "30s",
    "text": "some",
    "severity": "info",
    "protocol": "http2",
    "strategy": "direct-path-only",
}
PLAIN = [o for o in FLAGS.values() if o.flag not in DISCARDED and o.flag != "profile"]
PLAIN = [o for o in PLAIN if not o.deprecated and o.flag != "o"]


def rule(text: str) -> str | None:
    problem = fuse.option_problem(text)
    return problem.rule if problem else None


@pytest.mark.parametrize("option", PLAIN, ids=lambda o: o.flag)
def test_every_option_in_both_styles(option: Option) -> None:
    value = VALUES[option.kind]
    assert rule(f"{option.flag}={value}") is None
    alone = rule(option.flag)
    assert alone == (None if option.kind == "flag" else "FUS03")
    # A key of the config file without a section is said on the command line.
    if option.key is not None and ":" in option.key:
        assert rule(f"{option.key}:{value}") is None
        assert KEYS[option.key] is option


@pytest.mark.parametrize("option", PLAIN, ids=lambda o: o.flag)
def test_a_value_of_another_kind_is_refused(option: Option) -> None:
    if option.kind != "text":
        problem = fuse.option_problem(f"{option.flag}=?")
        assert problem is not None
        assert problem.rule == "FUS03"


@pytest.mark.parametrize("flag", DISCARDED)
def test_what_the_driver_leaves_out_is_refused(flag: str) -> None:
    assert rule(f"{flag}=x") == "FUS02"
    if flag in FLAGS and FLAGS[flag].key not in (None, flag):
        assert rule(f"{FLAGS[flag].key}:x") == "FUS02"


@pytest.mark.parametrize("word", KERNEL_WORDS)
def test_what_the_kernel_takes(word: str) -> None:
    assert rule(f"o={word}") is None


@pytest.mark.parametrize("text", ["o=ro", "-o ro", "o=rw", "--ro", "o=nosuid"])
def test_nothing_else_of_the_kernel(text: str) -> None:
    assert rule(text) == "FUS02"


@given(st.text("abcdefgimnorst-_:=.0123456789", min_size=1, max_size=40))
def test_the_nearest_option_is_one(text: str) -> None:
    problem = fuse.option_problem(text)
    if problem is not None and problem.rule == "FUS01" and problem.nearest:
        found = fuse.option_problem(str(problem.nearest))
        assert found is None or found.rule != "FUS01"


@given(st.sampled_from(sorted(FLAGS)), st.integers(-5, 5))
def test_the_nearest_number_is_taken(flag: str, number: int) -> None:
    problem = fuse.option_problem(f"{flag}={number}")
    if problem is not None and problem.rule == "FUS03" and problem.nearest:
        assert rule(str(problem.nearest)) is None


@pytest.mark.parametrize("cache", [False, True])
@pytest.mark.parametrize("purpose", [None, "training", "serving", "checkpoints"])
def test_the_options_of_a_purpose_are_right(purpose: Any, cache: bool) -> None:
    options = gcs_fuse.purpose_options(purpose, cache=cache)
    if cache:
        options += gcs_fuse.cache_options(Decimal(2**30))
    assert [fuse.option_problem(o) for o in options] == [None] * len(options)
    assert list(fuse.together_problems(options, cache=cache, writes=True)) == []
    about_caches = [o for o in options if o.startswith("file-cache:")]
    assert bool(about_caches) == cache


def test_checkpoints_are_not_believed_for_ever() -> None:
    for purpose, believed in (("training", True), ("checkpoints", False)):
        options = gcs_fuse.purpose_options(purpose, cache=False)  # type: ignore[arg-type]
        assert ("metadata-cache:ttl-secs:-1" in options) == believed


@given(st.integers(1, 2**45))
def test_a_cache_is_on_a_larger_volume(size: int) -> None:
    room = gcs_fuse.cache_room(Decimal(size))
    assert size * 11 / 10 <= room < size * 11 / 10 + 2**20 + 1
    (option,) = gcs_fuse.cache_options(Decimal(size))
    assert 1 <= int(option.rpartition(":")[2]) <= max(1, size // 2**20)


@pytest.mark.parametrize("feature", NEEDS)
def test_versions_that_bring_a_feature(feature: Any) -> None:
    for first in NEEDS[feature]:
        before, _, build = first.rpartition(".")
        assert gcs_fuse.lacks(first, feature) is None
        assert gcs_fuse.lacks(f"{before}.{int(build) + 1}", feature) is None
        assert gcs_fuse.lacks(f"{before}.{int(build) - 1}", feature) == first
        # The beginning of a version says nothing against it.
        assert gcs_fuse.lacks(first.rpartition("-gke")[0], feature) is None
    assert gcs_fuse.lacks("1.99", feature) is None
    assert gcs_fuse.lacks("1.20.1-gke.1", feature) == NEEDS[feature][0]
    assert gcs_fuse.lacks("latest", feature) is None


def test_what_a_mount_asks_of_the_version() -> None:
    found = gcs_fuse.features(
        [
            "file-cache:max-size-mb:1024",
            "file-cache-enable-parallel-downloads",
            "read_ahead_kb=1024",
            "write:enable-streaming-writes:true",
            "read:enable-buffered-read:false",
        ],
        prefetch=True,
    )
    assert set(found) == {
        *("file cache", "parallel downloads", "kernel read ahead"),
        *("streaming writes", "metadata prefetch"),
    }
    assert list(gcs_fuse.features(["file-cache:max-size-mb:0"])) == []


def volume(handle: str = "corpora", **more: Any) -> list[tuple[str, Any]]:
    attributes, options = more.get("attributes", {}), more.get("options", [])
    found = gcs_fuse.volume_problems(handle, attributes, options)
    return [(p.rule, p.path) for p in found]


def test_a_volume_in_the_drivers_words() -> None:
    attributes = {
        "fileCacheCapacity": "-1",
        "fileCacheForRangeRead": "true",
        "metadataCacheTTLSeconds": "3600",
        "mountOptions": "implicit-dirs,ro",
    }
    options = ["ro", "file-cache:enable-parallel-downloads:true"]
    assert volume("corpora:one", attributes=attributes, options=options) == []
    assert attributes.keys() <= ATTRIBUTES.keys()


@pytest.mark.parametrize(
    ("more", "rule", "path"),
    [
        ({"handle": "_"}, "FUS11", ("volumeHandle",)),
        ({"attributes": {"a": "b"}}, "FUS09", ("volumeAttributes", "a")),
        (
            {"attributes": {"fileCacheCapacity": "10GB"}},
            "FUS10",
            ("volumeAttributes", "fileCacheCapacity"),
        ),
        (
            {"attributes": {"mountOptions": "implicit-dirs,o=ro"}},
            "FUS02",
            ("volumeAttributes", "mountOptions"),
        ),
        ({"options": ["nonsense"]}, "FUS01", ("mountOptions", 0)),
        (
            {"options": ["file-system:kernel-list-cache-ttl-secs:-1"]},
            "FUS06",
            ("mountOptions", 0),
        ),
    ],
)
def test_a_volume_that_is_wrong(more: Any, rule: str, path: Any) -> None:
    assert volume(**more) == [(rule, path)]
