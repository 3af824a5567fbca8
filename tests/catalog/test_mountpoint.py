from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import mountpoint as mp
from components.catalog import mountpoint_options as mp_options
from components.catalog import quantity

ARN = "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
VALUES = {
    "flag": "",
    "count": "1024",
    "text": "words",
    "mode": "0750",
    "ttl": "60",
    "directory": "a/b/",
}


@pytest.mark.parametrize("name", mp_options.OPTIONS)
@pytest.mark.parametrize("dashes", ["", "--"])
@pytest.mark.parametrize("between", [" ", "="])
def test_every_option_in_every_spelling(name: str, dashes: str, between: str) -> None:
    option = mp_options.OPTIONS[name]
    value = option.choices[0] if option.choices else VALUES[option.shape]
    text = f"{dashes}{name}{between if value else ''}{value}"
    problem = mp_options.option_problem(text)
    if option.refused:
        assert problem is not None
        assert problem.rule == "MPT02"
    else:
        assert problem is None, text


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        (name, wrong)
        for name, option in mp_options.OPTIONS.items()
        if not option.refused
        for wrong in {
            "flag": ["yes"],
            "count": [None, "many", "-1", "1.5"],
            "text": [None],
            "mode": [None, "rwx", "0999"],
            "ttl": [None, "0", "60s", "forever"],
            "directory": [None, "a", "a/b"],
        }[option.shape]
    ],
)
def test_every_option_with_a_value_that_it_does_not_take(
    name: str, wrong: str | None
) -> None:
    problem = mp_options.option_problem(name if wrong is None else f"{name} {wrong}")
    assert problem is not None
    assert problem.rule in ("MPT03", "MPT04")
    if problem.nearest is not None:
        assert mp_options.option_problem(str(problem.nearest)) is None


@pytest.mark.parametrize(
    ("text", "rule", "nearest"),
    [
        ("allow_delete", "MPT01", "allow-delete"),
        ("alow-other", "MPT01", "allow-other"),
        ("meta-data-ttl 60", "MPT01", "metadata-ttl 60"),
        ("-o allow_other", "MPT02", None),
        ("ca-bundle /etc/ca.pem", "MPT02", None),
        ("foreground", "MPT02", None),
        ("prefix data", "MPT03", "prefix data/"),
        ("uid 0", "MPT04", "uid 1"),
        ("memory-target 256", "MPT04", "memory-target 512"),
        ("metadata-ttl 60s", "MPT04", "metadata-ttl 60"),
        ("read-only=true", "MPT04", "read-only"),
        ("sse AES", "MPT04", None),
    ],
)
def test_what_people_write(text: str, rule: str, nearest: str | None) -> None:
    problem = mp_options.option_problem(text)
    assert problem is not None
    assert (problem.rule, problem.nearest) == (rule, nearest)


def test_words_that_a_spec_has_itself_are_options() -> None:
    assert set(mp_options.OF_THE_SPEC) <= set(mp_options.OPTIONS)
    problem = mp_options.own_words("uid=1000")
    assert problem is not None
    assert problem.rule == "MPT05"
    assert mp_options.own_words("requester-pays") is None


@pytest.mark.parametrize(
    ("options", "directory", "rules"),
    [
        (["sse aws:kms", f"sse-kms-key-id {ARN}"], None, []),
        ([f"sse-kms-key-id {ARN}"], None, ["MPT12"]),
        (["sse aws:kms", "sse-kms-key-id alias/data"], None, ["MPT12"]),
        (["incremental-upload"], False, ["MPT13"]),
        (["incremental-upload"], True, []),
        (["incremental-upload"], None, []),
        (["uid 1000", "gid 1000"], None, ["MPT14"]),
        (["uid 1000", "allow-other"], None, []),
    ],
)
def test_options_together(
    options: list[str], directory: bool | None, rules: list[str]
) -> None:
    found = mp_options.together_problems(options, directory=directory)
    assert [problem.rule for _, problem in found] == rules


WHOLE = {"bucketName": "data", "authenticationSource": "pod"}
CACHE = {"cache": "emptyDir", "cacheEmptyDirSizeLimit": "10Gi"}
EPHEMERAL = {
    "cache": "ephemeral",
    "cacheEphemeralStorageClassName": "fast",
    "cacheEphemeralStorageResourceRequest": "10Gi",
}


@pytest.mark.parametrize(
    ("attributes", "options", "found"),
    [
        ({}, [], []),
        (CACHE, ["max-cache-size 10240"], []),
        (EPHEMERAL, [], []),
        ({**CACHE, "cacheEmptyDirMedium": "Memory"}, [], []),
        ({"bucketname": "data"}, [], [("MPT06", ("volumeAttributes", "bucketname"))]),
        (
            {"authenticationSource": "Pod"},
            [],
            [("MPT07", ("volumeAttributes", "authenticationSource"))],
        ),
        (
            {"cache": "emptyDir"},
            [],
            [("MPT10", ("volumeAttributes", "cacheEmptyDirSizeLimit"))],
        ),
        (
            {"cache": "ephemeral"},
            [],
            [
                ("MPT10", ("volumeAttributes", "cacheEphemeralStorageClassName")),
                ("MPT10", ("volumeAttributes", "cacheEphemeralStorageResourceRequest")),
            ],
        ),
        (
            {**CACHE, "cacheEmptyDirSizeLimit": "10GB"},
            ["max-cache-size 1"],
            [("MPT07", ("volumeAttributes", "cacheEmptyDirSizeLimit"))],
        ),
        (CACHE, ["allow-other", "cache /tmp"], [("MPT09", ("mountOptions", 1))]),
        ({}, ["cache /tmp"], [("MPT09", ("mountOptions", 0))]),
        (CACHE, ["max-cache-size=10241"], [("MPT11", ("mountOptions", 0))]),
        ({}, ["incremental-upload"], [("MPT13", ("mountOptions", 0))]),
        ({}, ["read-only", "prefix a"], [("MPT03", ("mountOptions", 1))]),
    ],
)
def test_volumes_of_the_driver(
    attributes: dict[str, str],
    options: list[str],
    found: list[tuple[str, tuple[object, ...]]],
) -> None:
    problems = mp.volume_problems({**WHOLE, **attributes}, options)
    assert [(problem.rule, problem.path) for problem in problems] == found


def test_a_volume_names_its_bucket() -> None:
    (problem,) = mp.volume_problems({}, [])
    assert problem.rule == "MPT08"


@given(st.integers(0, 2**20), st.integers(1, 2**20))
def test_a_cache_grows_to_its_limit_and_no_further(size: int, limit: int) -> None:
    attributes = {**WHOLE, "cache": "emptyDir", "cacheEmptyDirSizeLimit": f"{limit}Mi"}
    problems = list(mp.volume_problems(attributes, [f"max-cache-size {size}"]))
    assert [p.rule for p in problems] == (["MPT11"] if size > limit else [])
    for problem in problems:
        assert list(mp.volume_problems(attributes, [str(problem.nearest)])) == []


def test_the_largest_file_is_78_gib_by_default() -> None:
    assert mp.largest_object() == 10_000 * 8 * 1024**2
    assert 78 < mp.largest_object() / 1024**3 < 79


@given(st.integers(1, mp.largest_object(mp.PART_SIZES[1])))
def test_parts_are_large_enough_and_no_larger(size: int) -> None:
    part = mp.part_size_for(size)
    assert mp.largest_object(part) >= size
    assert part % mp.MIB == 0
    assert part == mp.PART_SIZES[0] or mp.largest_object(part - mp.MIB) < size
    assert mp.part_size_problem(quantity.bytes_text(part)) is None


def test_no_upload_is_larger_than_its_parts() -> None:
    with pytest.raises(ValueError, match="no upload"):
        mp.part_size_for(mp.largest_object(mp.PART_SIZES[1]) + 1)


@pytest.mark.parametrize(
    ("text", "nearest"),
    [("5Mi", None), ("5Gi", None), ("4Mi", "5Mi"), ("6Gi", "5Gi"), ("8M", None)],
)
def test_the_limits_of_a_part(text: str, nearest: str | None) -> None:
    problem = mp.part_size_problem(text)
    assert (problem and problem.nearest) == nearest


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("60s", "60"),
        ("5m", "300"),
        ("1d", "86400"),
        ("minimal", "minimal"),
        ("indefinite", "indefinite"),
        ("60", None),
        ("0s", None),
    ],
)
def test_times(text: str, seconds: str | None) -> None:
    assert mp.ttl_seconds(text) == seconds
