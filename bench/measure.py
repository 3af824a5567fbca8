"""Two ways of one thing, measured in turns, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]

Measure = Callable[[], dict[str, float]]


@dataclass(frozen=True)
class Pair:
    """What two ways took, round by round.

    Attributes:
        ours: Of this project.
        baseline: Of what it is compared with.
    """

    ours: list[dict[str, float]]
    baseline: list[dict[str, float]]

    def medians(self, what: str) -> tuple[float, float]:
        """What ours took, and the baseline, in the middle of all rounds."""
        return (
            median(round_[what] for round_ in self.ours),
            median(round_[what] for round_ in self.baseline),
        )

    def ratio(self, what: str) -> float:
        """Ours over the baseline: the middle of the rounds' own ratios.

        Both of a round are measured one after the other, so that a load on the
        machine weighs on both.
        """
        pairs = zip(self.ours, self.baseline, strict=True)
        return median(mine[what] / theirs[what] for mine, theirs in pairs)


def in_turns(ours: Measure, baseline: Measure, rounds: int) -> Pair:
    """Measure both `rounds` times, each of them first in every other round."""
    pair = Pair([], [])
    for number in range(rounds):
        both = [(ours, pair.ours), (baseline, pair.baseline)]
        for measure, results in both if number % 2 else reversed(both):
            results.append(measure())
    return pair


def reported(*arguments: str) -> dict[str, float]:
    """What `python -m ARGUMENTS` prints of itself as JSON."""
    return json.loads(_run(arguments))


def cpu_seconds(*arguments: str) -> dict[str, float]:
    """Seconds of CPU that `python -m ARGUMENTS` takes from its start to its end."""
    before = os.times()
    start = time.perf_counter()
    _run(arguments)
    wall = time.perf_counter() - start
    after = os.times()
    user = after.children_user - before.children_user
    system = after.children_system - before.children_system
    return {"seconds": user + system, "wall": wall}


def _run(arguments: tuple[str, ...]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        # Modules are compiled once, as they are for whoever uses them.
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""},
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr or done.stdout}")
    return done.stdout
