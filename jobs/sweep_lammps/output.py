"""The output directory of one index: the newest run's files, and older runs'.

`result.json` is written last: where it stands, `log.lammps` beside it is whole.
"""

import json
from pathlib import Path

from jobs import atomic
from jobs.sweep_lammps.log import run_that_wrote

LOG = "log.lammps"
RESULT = "result.json"


def set_aside(directory: Path) -> list[Path]:
    """Rename the output of an earlier run, so that a new one overwrites nothing.

    `log.lammps` becomes `log.lammps.run-<n>` and `result.json` becomes
    `result.json.run-<n>`, where n is the run that wrote the log. A name that is
    taken, as when a run was tried again, gets `.2`, `.3` … after it.

    Returns:
        The new names.

    Raises:
        OSError: The storage refused.
    """
    log, result = directory / LOG, directory / RESULT
    old = [path for path in (result, log) if path.exists()]
    if not old:
        return []
    run = run_that_wrote(log) if log.exists() else None
    if run is None and result.exists():
        run = _run_of(result)
    suffix = f"run-{0 if run is None else run}"
    attempt, ending = 1, suffix
    while any(p.with_name(f"{p.name}.{ending}").exists() for p in (result, log)):
        attempt += 1
        ending = f"{suffix}.{attempt}"
    # The result goes first: it must never stand beside a log that is not its own.
    renamed = [path.rename(path.with_name(f"{path.name}.{ending}")) for path in old]
    atomic.flush_directory(directory)
    return renamed


def publish(directory: Path, result: dict[str, object]) -> None:
    """Write the result of a finished run, whole or not at all.

    Raises:
        OSError: The storage refused.
    """
    text = json.dumps(result, indent=2) + "\n"
    atomic.write(directory / RESULT, lambda file: file.write(text.encode()))


def _run_of(result: Path) -> int | None:
    try:
        run = json.loads(result.read_text())["run"]
    except (ValueError, KeyError, TypeError):
        # Another program's file: it is set aside like any other.
        return None
    return run if isinstance(run, int) else None
