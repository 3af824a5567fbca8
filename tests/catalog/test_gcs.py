from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import ages, gcs, gcs_names
from components.catalog import gcs_notifications as told

TEXT = st.text("abcxyzABC019.-_/: go", max_size=80)
DAYS = st.integers(0, 999_999)


def step(days: int, to: str | None = None, index: int = 0) -> gcs.Step:
    return gcs.Step(index=index, days=days, to=to)


@pytest.mark.parametrize("name", ["abc", "my-data", "my_data", "0" * 63, "192-168-5-4"])
def test_names_that_cloud_storage_takes(name: str) -> None:
    assert gcs_names.bucket_name(name) is None


@pytest.mark.parametrize(
    ("name", "rule", "nearest"),
    [
        ("ab", "GCS01", None),
        ("a" * 64, "GCS01", "a" * 63),
        ("My-Data", "GCS01", "my-data"),
        ("gs://my-data/", "GCS01", "my-data"),
        ("-data-", "GCS01", "data"),
        ("a..b", "GCS01", "a-b"),
        ("192.168.5.4", "GCS01", "192-168-5-4"),
        ("goog-data", "GCS02", "data"),
        ("the-google-data", "GCS02", "the-data"),
        ("data.example.com", "GCS03", "data-example-com"),
        (f"{'a' * 64}.com", "GCS01", f"{'a' * 63}"),
    ],
)
def test_names_that_it_does_not(name: str, rule: str, nearest: str | None) -> None:
    problem = gcs_names.bucket_name(name)
    assert problem is not None
    assert (problem.rule, problem.nearest) == (rule, nearest)


@given(TEXT)
def test_the_nearest_name_is_one(name: str) -> None:
    problem = gcs_names.bucket_name(name)
    if problem is not None and problem.nearest is not None:
        assert gcs_names.bucket_name(str(problem.nearest)) is None


@pytest.mark.parametrize(
    ("prefix", "nearest"),
    [
        ("vision/", None),
        ("/".join("abcdefghijklmno"), None),
        ("/".join("abcdefghijklmnop"), "/".join("abcdefghijklmno")),
    ],
)
def test_a_managed_folder_is_fifteen_deep(prefix: str, nearest: str | None) -> None:
    problem = gcs_names.folder_problem(prefix)
    assert (problem and problem.nearest) == nearest
    if nearest is not None:
        assert gcs_names.folder_problem(nearest) is None


def test_a_managed_folder_has_a_short_name_that_is_no_challenge() -> None:
    assert gcs_names.as_folder("vision") == gcs_names.as_folder("vision/") == "vision/"
    assert gcs_names.folder_problem("a" * 1023) is None
    assert gcs_names.folder_problem("a" * 1024) is not None
    assert gcs_names.folder_problem(".well-known/acme-challenge/x") is not None


@pytest.mark.parametrize("least", [0, 1])
@given(number=DAYS)
def test_ages_are_whole_days(number: int, least: int) -> None:
    text = f"{number}d"
    assert (gcs.age(text, least=least) is None) == (number >= least)
    if number >= least:
        assert ages.days(text) == number


@given(st.text("0123456789dhmswy -", max_size=8))
def test_the_nearest_age_is_one(text: str) -> None:
    problem = gcs.age(text)
    if problem is not None and problem.nearest is not None:
        assert gcs.age(str(problem.nearest)) is None


def test_deleted_objects_stay_for_a_while_or_not_at_all() -> None:
    for number in range(120):
        problem = gcs.soft_delete(f"{number}d")
        assert (problem is None) == (number == 0 or 7 <= number <= 90)
        if problem is not None:
            assert gcs.soft_delete(str(problem.nearest)) is None


def test_a_retention_is_shorter_than_a_hundred_years() -> None:
    assert gcs.retention("36524d") is None
    problem = gcs.retention("36525d")
    assert problem is not None
    assert problem.nearest == "36524d"


@pytest.mark.parametrize(
    "place", ["us-central1", "US-CENTRAL1", "US", "eu", "asia", "nam4"]
)
def test_places_that_there_are(place: str) -> None:
    assert gcs.location(place) is None


@pytest.mark.parametrize(
    ("place", "severity", "nearest"),
    [
        ("us-central1-a", "error", "us-central1"),
        ("america", "error", None),
        ("us-centrale1", "warning", "us-central1"),
    ],
)
def test_places_that_there_are_not(
    place: str, severity: str, nearest: str | None
) -> None:
    problem = gcs.location(place)
    assert problem is not None
    assert (problem.severity, problem.nearest) == (severity, nearest)


@pytest.mark.parametrize(
    ("regions", "severity"),
    [
        (["us-central1", "us-east1"], None),
        (["europe-west1", "EUROPE-WEST4"], None),
        (["us-central1"], "error"),
        (["us-central1", "us-central1"], "error"),
        (["us-central1", "us-east1", "us-west1"], "error"),
        (["us-central1", "europe-west1"], "warning"),
        (["us-central1", "mars"], "error"),
    ],
)
def test_two_regions(regions: list[str], severity: str | None) -> None:
    problem = gcs.two_regions(regions)
    assert (problem and problem.severity) == severity


@pytest.mark.parametrize(
    ("ttl", "severity"),
    [
        *(("24h", None), ("7d", None), ("168h", None)),
        *(("1h", "warning"), ("23h", "warning")),
        *(("0h", "error"), ("8d", "error"), ("169h", "error"), ("60m", "error")),
    ],
)
def test_how_long_a_cache_keeps(ttl: str, severity: str | None) -> None:
    problem = gcs.cache_ttl(ttl)
    assert (problem and problem.severity) == severity
    if problem is not None and problem.nearest is not None:
        assert gcs.cache_ttl(str(problem.nearest)) is None


@pytest.mark.parametrize(
    ("first", "to"), list(product(gcs.COLDER, gcs.COLDER)), ids=str
)
def test_objects_only_move_to_colder_classes(first: str, to: str) -> None:
    found = [p.rule for _, p in gcs.steps_problems([step(400, to)], first)]
    colder = gcs.COLDER.index(to) > gcs.COLDER.index(first)
    assert ("GCS08" in found) == (not colder)


def test_the_nearest_class_is_one_that_they_can_move_to() -> None:
    for first, to in product(gcs.COLDER, gcs.COLDER):
        for _, problem in gcs.steps_problems([step(400, to)], first):
            if problem.nearest is not None:
                again = gcs.steps_problems([step(400, str(problem.nearest))], first)
                assert list(again) == []


def test_all_the_way_down() -> None:
    days = (0, 30, 120, 485)
    moves = [
        step(day, to, i)
        for i, (day, to) in enumerate(zip(days, [*gcs.COLDER[1:], None], strict=True))
    ]
    assert list(gcs.steps_problems(moves)) == []
    for earlier, later in pairwise(moves):
        early = [step(earlier.days, earlier.to), step(later.days - 1, later.to)]
        first = gcs.COLDER[moves.index(earlier)]
        ((_, problem),) = gcs.steps_problems(early, first)
        assert (problem.rule, problem.severity) == ("GCS10", "warning")
        assert problem.nearest == f"{later.days}d"


@given(
    st.lists(
        st.tuples(st.integers(0, 500), st.sampled_from([*gcs.COLDER[1:], None])),
        max_size=5,
    )
)
def test_nothing_happens_to_what_is_deleted(
    said: list[tuple[int, str | None]],
) -> None:
    steps = [step(days, to, i) for i, (days, to) in enumerate(said)]
    wrong = {s.index for s, p in gcs.steps_problems(steps) if p.rule == "GCS08"}
    gone = min((s.days for s in steps if s.to is None), default=None)
    for each in steps:
        if gone is not None and each.to is not None and each.days > gone:
            assert each.index in wrong


def test_topics_have_full_names() -> None:
    assert told.topic_problem("projects/ml-prod-123456/topics/changes") is None
    for topic in ("changes", "projects/p/topics/goog-a", "projects/p/topics/9"):
        assert told.topic_problem(topic) is not None
    problem = told.topic_problem("//pubsub.googleapis.com/projects/p/topics/abc")
    assert problem is not None
    assert problem.nearest == "projects/p/topics/abc"


@pytest.mark.parametrize("event", told.EVENTS)
def test_events(event: str) -> None:
    assert told.event_problem(event) is None
    problem = told.event_problem(event.lower())
    assert problem is not None
    assert problem.nearest == event
