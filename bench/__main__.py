"""`make bench`: this project against the same by hand, as ratios of one run."""

from __future__ import annotations

import argparse
import functools
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.measure import Pair, cpu_seconds, in_turns, reported
from bench.stack_file import stack_yaml


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print ratios with what they should be."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument(
        "--volumes",
        type=int,
        nargs=3,
        default=[10, 100, 1000],
        metavar=("FEW", "MORE", "MANY"),
        help="default: 10 100 1000",
    )
    options = parser.parse_args(arguments)
    few, more, many = options.volumes
    print("Registered under mocks: the stack's YAML, by a program written by hand.")
    print("CPU seconds and peak MiB of a process each, medians of rounds in turns.\n")
    print(f"{'volumes':>8} {'time':>8} {'by hand':>8} {'ratio':>6}", end="")
    print(f" {'memory':>8} {'by hand':>8} {'ratio':>6}")
    pairs = {n: registered(n, options.rounds) for n in (few, more, many)}
    growth = [
        marginal(pairs, (more, many), side) / marginal(pairs, (few, more), side)
        for side in (0, 1)
    ]
    print(
        f"\nAt {many}: time {pairs[many].ratio('seconds'):.2f} (at most 1.10), "
        f"memory {pairs[many].ratio('peak'):.2f} (at most 1.15)"
    )
    print(
        f"A further volume after {more} costs {growth[0]:.2f} of one before "
        f"(by hand {growth[1]:.2f}; linear: 1)\n"
    )
    print("`ml-storage check`: by a load with plain pydantic models and PyYAML.")
    print("CPU seconds of a process each, from its start to its end.\n")
    print(f"{'volumes':>8} {'check':>8} {'load':>8} {'ratio':>6} {'over':>9}")
    for volumes in (few, many):
        checked(volumes, options.rounds)
    print(f"\nAt {few}: at most 300 ms over; at {many}: at most 3 times")


def registered(volumes: int, rounds: int) -> Pair:
    """Register so many volumes both ways, and print a line about it."""
    ours, by_hand = (
        functools.partial(reported, "bench.register", way, str(volumes))
        for way in ("yaml", "hand")
    )
    pair = in_turns(ours, by_hand, rounds)
    line = f"{volumes:>8}"
    for what, unit, form in (("seconds", 1, "8.3f"), ("peak", 1024, "8.1f")):
        for value in pair.medians(what):
            line += f" {value / unit:{form}}"
        line += f" {pair.ratio(what):6.2f}"
    print(line, flush=True)
    return pair


def marginal(pairs: dict[int, Pair], between: tuple[int, int], side: int) -> float:
    """Seconds that each volume costs between two numbers of them."""
    low, high = between
    seconds = [pairs[n].medians("seconds")[side] for n in (high, low)]
    # So few that they take no time have grown by no measurable amount.
    return max(seconds[0] - seconds[1], 1e-9) / (high - low)


def checked(volumes: int, rounds: int) -> None:
    """Check a file of so many volumes, load it, and print a line about both."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "Pulumi.bench.yaml"
        file.write_text(stack_yaml(volumes))
        pair = in_turns(
            functools.partial(cpu_seconds, "stacks.cli", "check", str(file)),
            functools.partial(cpu_seconds, "bench.bare", str(file)),
            rounds,
        )
    ours, baseline = pair.medians("seconds")
    print(
        f"{volumes:>8} {ours:8.3f} {baseline:8.3f} {pair.ratio('seconds'):6.2f} "
        f"{(ours - baseline) * 1000:6.0f} ms",
        flush=True,
    )


if __name__ == "__main__":
    main()
