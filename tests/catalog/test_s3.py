from __future__ import annotations

from itertools import pairwise, product

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import ages, s3
from components.catalog import s3_notifications as told

API = botocore.session.get_session().get_service_model("s3")
TEXT = st.text("abcxyzABC019.-_/: ", max_size=80)


def rules(problems: object) -> list[str]:
    return [problem.rule for _, problem in problems]  # type: ignore[attr-defined]


def step(days: int, to: str | None = None, index: int = 0) -> s3.Step:
    return s3.Step(index=index, days=days, to=to)


@pytest.mark.parametrize(
    "name", ["abc", "my-data", "a.b-c.d", "0" * 63, "192.168.5.4a", "xn-data"]
)
def test_names_that_s3_takes(name: str) -> None:
    assert s3.general_name(name) is None


@pytest.mark.parametrize(
    ("name", "rule", "nearest"),
    [
        ("ab", "BKT01", None),
        ("a" * 64, "BKT01", "a" * 63),
        ("My_Data", "BKT01", "my-data"),
        ("s3://my-data/", "BKT01", "my-data"),
        ("-data-", "BKT01", "data"),
        ("a..b", "BKT01", "a.b"),
        ("192.168.5.4", "BKT01", "bucket-192-168-5-4"),
        ("xn--data", "BKT02", "data"),
        ("sthree-configurator-a", "BKT02", "configurator-a"),
        ("amzn-s3-demo-data", "BKT02", "data"),
        ("data-s3alias", "BKT02", "data"),
        ("data--ol-s3", "BKT02", "data"),
        ("data.mrap", "BKT02", "data"),
        ("data--usw2-az1--x-s3", "BKT02", "data--usw2-az1"),
    ],
)
def test_names_that_s3_refuses(name: str, rule: str, nearest: str | None) -> None:
    problem = s3.general_name(name)
    assert problem is not None
    assert (problem.rule, problem.nearest) == (rule, nearest)


@given(TEXT)
def test_the_nearest_name_is_one(name: str) -> None:
    problem = s3.general_name(name)
    if problem is not None and problem.nearest is not None:
        assert s3.general_name(str(problem.nearest)) is None


@given(TEXT, st.sampled_from(["usw2-az1", "use1-az6", "usw2-lax1-az1"]))
def test_the_nearest_name_of_a_directory_bucket_is_one(name: str, zone: str) -> None:
    problem = s3.directory_name(name, zone)
    if problem is not None and problem.nearest is not None:
        assert s3.directory_name(str(problem.nearest), zone) is None


def test_a_directory_bucket_says_its_zone() -> None:
    name = s3.directory_bucket("data", "usw2-az1")
    assert name == "data--usw2-az1--x-s3"
    assert s3.is_directory(name)
    assert s3.zone_of(name) == "usw2-az1"
    assert s3.directory_name(name, "usw2-az1") is None
    other = s3.directory_name(name, "usw2-az2")
    assert other is not None
    assert other.nearest == "data--usw2-az2--x-s3"


@pytest.mark.parametrize("zone", ["us-west-2a", "usw2", "az1", ""])
def test_a_zones_name_is_no_id(zone: str) -> None:
    problem = s3.zone_id(zone)
    assert problem is not None
    assert problem.rule == "BKT04"


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("12h", "1d"),
        ("25h", "2d"),
        ("0d", "1d"),
        ("30", "30d"),
        ("30 days", "30d"),
        ("2w", "14d"),
        ("1y", "365d"),
        ("soon", None),
    ],
)
def test_ages_are_whole_days(text: str, nearest: str | None) -> None:
    problem = s3.age(text)
    assert problem is not None
    assert (problem.rule, problem.nearest) == ("BKT07", nearest)


@given(st.integers(1, 99_999))
def test_an_age_is_read_as_it_was_written(number: int) -> None:
    assert s3.age(f"{number}d") is None
    assert ages.days(f"{number}d") == number


def test_objects_may_move_at_once_but_not_be_deleted_at_once() -> None:
    assert s3.age("0d", least=0) is None
    with pytest.raises(ValueError, match="such as 90d"):
        ages.days("12h")


def test_the_classes_are_those_of_the_api() -> None:
    assert set(s3.STORAGE_CLASSES) == set(
        API.shape_for("TransitionStorageClass").enum  # type: ignore[attr-defined]
    )
    assert set(s3.ARCHIVE_TIERS) == set(
        API.shape_for("IntelligentTieringAccessTier").enum  # type: ignore[attr-defined]
    )


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/
# lifecycle-transition-general-considerations.html, "unsupported transitions".
NEVER = {
    ("INTELLIGENT_TIERING", "STANDARD_IA"),
    ("ONEZONE_IA", "INTELLIGENT_TIERING"),
    ("ONEZONE_IA", "STANDARD_IA"),
    ("ONEZONE_IA", "GLACIER_IR"),
}


@pytest.mark.parametrize(("one", "other"), list(product(s3.STORAGE_CLASSES, repeat=2)))
def test_every_pair_of_classes(one: str, other: str) -> None:
    """Far enough apart, only the order of the waterfall counts."""
    found = rules(s3.steps_problems([step(100, one), step(500, other, 1)]))
    order = list(s3.STORAGE_CLASSES)
    colder = order.index(other) > order.index(one)
    allowed = colder and (one, other) not in NEVER
    assert found == ([] if allowed else ["BKT08"])


@pytest.mark.parametrize("name", s3.STORAGE_CLASSES)
@pytest.mark.parametrize("apart", [-1, 0, 1, 29, 30, 31, 89, 90, 91, 179, 180, 181])
def test_every_class_before_a_deletion(name: str, apart: int) -> None:
    found = list(s3.steps_problems([step(50, name), step(50 + apart, None, 1)]))
    least = s3.STORAGE_CLASSES[name].least_days
    if apart <= 0:
        assert rules(found) == ["BKT09"]
    elif apart < least:
        ((wrong, problem),) = found
        assert (problem.rule, problem.severity) == ("BKT10", "warning")
        assert (wrong.index, problem.nearest) == (1, f"{50 + least}d")
    else:
        assert found == []


@pytest.mark.parametrize("name", s3.STORAGE_CLASSES)
@pytest.mark.parametrize("days", [0, 29, 30, 31])
def test_every_class_from_standard(name: str, days: int) -> None:
    found = list(s3.steps_problems([step(days, name)]))
    early = name.endswith("_IA") and days < 30
    assert rules(found) == (["BKT10"] if early else [])
    assert all(problem.severity == "warning" for _, problem in found)


def test_two_classes_on_one_day() -> None:
    steps = [step(90, "STANDARD_IA"), step(90, "GLACIER", 1)]
    ((wrong, problem),) = s3.steps_problems(steps)
    assert (wrong.index, problem.rule) == (1, "BKT08")


@given(st.permutations(list(s3.STORAGE_CLASSES)), st.integers(1, 6))
def test_a_chain_is_right_when_each_of_its_moves_is(
    names: list[str], length: int
) -> None:
    chain = names[:length]
    steps = [step(200 * (i + 1), name, i) for i, name in enumerate(chain)]
    wrong = [s for s, p in s3.steps_problems(steps) if p.severity == "error"]
    bad = [
        i + 1
        for i, (a, b) in enumerate(pairwise(chain))
        if b not in s3.STORAGE_CLASSES[a].next
    ]
    assert [s.index for s in wrong] == bad


@pytest.mark.parametrize("tier", s3.ARCHIVE_TIERS)
def test_the_limits_of_the_archive_tiers(tier: str) -> None:
    least, most = s3.ARCHIVE_TIERS[tier]
    assert s3.tier_days(tier, f"{least}d") is None
    assert s3.tier_days(tier, f"{most}d") is None
    for days, nearest in ((least - 1, least), (most + 1, most)):
        problem = s3.tier_days(tier, f"{days}d")
        assert problem is not None
        assert (problem.rule, problem.nearest) == ("BKT13", f"{nearest}d")


def test_the_events_are_those_of_the_api() -> None:
    assert set(told.EVENTS) == set(API.shape_for("Event").enum)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("event", "nearest"),
    [
        ("ObjectCreated", "s3:ObjectCreated:*"),
        ("s3:objectcreated:*", "s3:ObjectCreated:*"),
        ("s3:ObjectRemoved:Deleted", "s3:ObjectRemoved:Delete"),
    ],
)
def test_an_event_that_is_none(event: str, nearest: str) -> None:
    problem = told.event_problem(event)
    assert problem is not None
    assert (problem.rule, problem.nearest) == ("BKT16", nearest)


@pytest.mark.parametrize(
    ("arn", "kind"),
    [
        ("arn:aws:sqs:us-west-2:123456789012:changes", "queue"),
        ("arn:aws:sns:us-west-2:123456789012:changes", "topic"),
        ("arn:aws:lambda:us-west-2:123456789012:function:changes", "function"),
        ("arn:aws:lambda:us-west-2:123456789012:function:changes:live", "function"),
        ("arn:aws-cn:sqs:cn-north-1:123456789012:changes", "queue"),
        ("arn:aws:lambda:us-west-2:123456789012:changes", None),
        ("arn:aws:s3:::changes", None),
        ("arn:aws:sqs:us-west-2:1234:changes", None),
        ("https://sqs.us-west-2.amazonaws.com/123456789012/changes", None),
    ],
)
def test_whom_a_bucket_tells(arn: str, kind: str | None) -> None:
    assert told.target(arn) == kind
    assert (told.target_problem(arn) is None) == (kind is not None)


def test_no_fifo_queue() -> None:
    problem = told.target_problem("arn:aws:sqs:us-west-2:123456789012:changes.fifo")
    assert problem is not None
    assert problem.nearest == "arn:aws:sqs:us-west-2:123456789012:changes"


CREATED = "s3:ObjectCreated:*"


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ((CREATED, "", ""), (CREATED, "", ""), True),
        ((CREATED, "", ""), ("s3:ObjectCreated:Put", "a/", ""), True),
        ((CREATED, "a/", ""), (CREATED, "b/", ""), False),
        ((CREATED, "a/", ""), (CREATED, "a/b/", ""), True),
        ((CREATED, "a/", ".tar"), (CREATED, "a/", ".json"), False),
        ((CREATED, "a/", ".gz"), (CREATED, "a/", ".tar.gz"), True),
        ((CREATED, "", ""), ("s3:ObjectRemoved:*", "", ""), False),
    ],
)
def test_events_are_told_of_once(
    one: tuple[str, str, str], other: tuple[str, str, str], overlap: bool
) -> None:
    entries = [
        told.Told(events=[event], prefix=prefix, suffix=suffix)
        for event, prefix, suffix in (one, other)
    ]
    assert list(told.overlaps(entries)) == ([(0, 1)] if overlap else [])
    assert list(told.overlaps(entries[::-1])) == ([(0, 1)] if overlap else [])
