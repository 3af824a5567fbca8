"""Numbers that come in ranges, each in steps of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Band:
    """A range of numbers.

    Attributes:
        least: The smallest.
        most: The largest.
        step: From one to the next.
    """

    least: int
    most: int
    step: int = 1

    def __contains__(self, number: int) -> bool:
        return self.least <= number <= self.most and not self._over(number)

    def nearest(self, number: int) -> int:
        """The number of it that is nearest; of two the larger."""
        inside = min(max(number, self.least), self.most)
        down = inside - self._over(inside)
        up = down + self.step
        return up if up <= self.most and up - inside <= inside - down else down

    def _over(self, number: int) -> int:
        return (number - self.least) % self.step

    def __str__(self) -> str:
        steps = f" in steps of {self.step:,}" if self.step > 1 else ""
        return f"{self.least:,} to {self.most:,}{steps}"


def among(number: int, bands: Sequence[Band]) -> bool:
    """Whether a number is of any of the bands."""
    return any(number in band for band in bands)


def nearest(number: int, bands: Sequence[Band]) -> int:
    """The number of the bands that is nearest; of two the larger."""
    found = [band.nearest(number) for band in bands]
    return min(found, key=lambda one: (abs(one - number), -one))


def words(bands: Sequence[Band]) -> str:
    """The bands in words."""
    return ", or ".join(map(str, bands))
