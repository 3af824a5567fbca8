from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from kubernetes.utils.quantity import parse_quantity

from components.catalog import quantity

numbers = st.from_regex(
    r"[+-]?([0-9]{1,12}(\.[0-9]{0,6})?|\.[0-9]{1,6})", fullmatch=True
)
suffixes = st.sampled_from(
    ["", *"numkMGTPE", *(f"{unit}i" for unit in "KMGTPE")],
)


@given(numbers, suffixes)
def test_means_what_kubernetes_means(number: str, suffix: str) -> None:
    assert quantity.parse(number + suffix) == parse_quantity(number + suffix)


@given(numbers, st.sampled_from("eE"), st.integers(-30, 30))
def test_exponents(number: str, e: str, exponent: int) -> None:
    text = f"{number}{e}{exponent}"
    assert quantity.parse(text) == Decimal(number) * Decimal(10) ** exponent


@given(st.text(max_size=8))
def test_refuses_what_kubernetes_refuses(text: str) -> None:
    try:
        ours = quantity.parse(text)
    except ValueError:
        return
    assert text.isascii()
    # The client spells decimal exponents as Python does.
    assume("e" not in text.lower())
    assert ours == parse_quantity(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "1GB",
        "1gi",
        "1K",
        "1ki",
        "1e",
        "Gi",
        "1.2.3",
        "--1",
        "1_000",
        "\u0661Gi",
        "0x10",
        "inf",
        "nan",
        "1Gi\n",
        "1e100",
    ],
)
def test_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="not a Kubernetes quantity"):
        quantity.parse(text)


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("10GB", "10G"),
        ("10 gib", "10Gi"),
        ("10gi", "10Gi"),
        ("1.5 TiB", "1.5Ti"),
        ("5K", "5k"),
        ("5ki", "5Ki"),
        ("100 mb", "100M"),
        ("10", None),
        ("large", None),
        ("", None),
        ("-1GB", None),
    ],
)
def test_nearest(text: str, nearest: str | None) -> None:
    assert quantity.nearest(text) == nearest


@given(st.text(alphabet="0123456789. kKmMgGtTpPeEiIbB", max_size=10))
def test_the_nearest_is_a_quantity(text: str) -> None:
    nearest = quantity.nearest(text)
    if nearest is not None:
        assert quantity.parse(nearest) >= 0


@given(st.integers(0, 2**70))
def test_bytes_text_is_exact(size: int) -> None:
    assert quantity.parse(quantity.bytes_text(size)) == size


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0"), (1023, "1023"), (1536 * 1024**2, "1536Mi"), (1024**4, "1Ti")],
)
def test_bytes_text_is_short(size: int, text: str) -> None:
    assert quantity.bytes_text(size) == text
