"""Prices of a cloud: a dated list, and sums of what is in it.

What has no price is named as not counted, what rests on someone's word as rough,
and what was counted at its highest price as the most that it can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

HOURS = Decimal(730)
"""The hours of a month, as the clouds' own calculators count them."""

Status = Literal["confirmed", "unconfirmed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A row of a price list.

    Attributes:
        name: What is paid for, such as `ebs gp3`.
        usd: US dollars for one unit; None where it is not known.
        unit: The unit, such as `GB-month`.
        source: Where it was read.
        priced: Of when the price is, as its source says.
        as_of: The day it was read, ISO 8601.
        status: `confirmed` where the source is the cloud's price list, or was
            generated from it.
    """

    name: str
    usd: Decimal | None
    unit: str
    source: str
    priced: str
    as_of: str = "2026-11-22"
    status: Status = "confirmed"


def missing(name: str, unit: str) -> Price:
    """What costs something for which no source was found."""
    return Price(
        name=name,
        usd=None,
        unit=unit,
        source="no source was found",
        priced="unknown",
        status="unconfirmed",
    )


class NoPricesError(LookupError):
    """Nothing is known of the prices of a region."""

    def __init__(self, region: str, known: str) -> None:
        """Say which region is known instead."""
        super().__init__(
            f"prices are known of {known} only, and none of {region}: regions differ "
            "by item, and a factor would be a guess"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What something costs a month.

    Attributes:
        usd: US dollars a month, of all that has a price.
        counted: Names of the prices in it: rows of the list, which say of when
            they are, and such as `ec2` with a machine.
        rough: Names of the prices in it that no price list confirms.
        unknown: What costs something, and is not in it.
        at_most: Why it may be less: what was counted at its highest price.
    """

    usd: Decimal = Decimal(0)
    counted: frozenset[str] = field(default_factory=frozenset[str])
    rough: frozenset[str] = field(default_factory=frozenset[str])
    unknown: frozenset[str] = field(default_factory=frozenset[str])
    at_most: frozenset[str] = field(default_factory=frozenset[str])

    @property
    def is_certain(self) -> bool:
        """Whether it is the list price of everything, to the cent."""
        return not (self.rough or self.unknown or self.at_most)

    def __add__(self, other: Estimate) -> Estimate:
        """Both together."""
        return Estimate(
            usd=self.usd + other.usd,
            counted=self.counted | other.counted,
            rough=self.rough | other.rough,
            unknown=self.unknown | other.unknown,
            at_most=self.at_most | other.at_most,
        )


def listed(rows: Iterable[Price]) -> dict[str, Price]:
    """A price list, by name."""
    return {row.name: row for row in rows}


def cost_of(prices: Mapping[str, Price], name: str, amount: Decimal | int) -> Estimate:
    """What `amount` of one row costs; nothing costs nothing."""
    row = prices.get(name)
    if not amount:
        return Estimate()
    if row is None or row.usd is None:
        return Estimate(unknown=frozenset({name}))
    rough = frozenset({name}) if row.status == "unconfirmed" else frozenset[str]()
    return Estimate(usd=row.usd * amount, counted=frozenset({name}), rough=rough)


def at_most(estimate: Estimate, why: str) -> Estimate:
    """An estimate that may be less, and why."""
    return estimate + Estimate(at_most=frozenset({why}))
