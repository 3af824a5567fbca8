"""What a LAMMPS log says about the run that wrote it."""

import re
from dataclasses import dataclass
from pathlib import Path

_WRITER = re.compile(r"^ml-storage run (\d+) index \d+ binsize \S+$", re.MULTILINE)
_BINSIZE = re.compile(r"^\s*binsize = ([\d.eE+-]+), bins = ", re.MULTILINE)
_VERSION = re.compile(r"\ALAMMPS \((.+)\)$", re.MULTILINE)
_LOOP = re.compile(r"^Loop time of ([\d.eE+-]+) on ", re.MULTILINE)


class BadLog(ValueError):  # noqa: N818 - the name says what is the matter
    """A log lacks what a finished run writes."""


@dataclass(frozen=True, kw_only=True)
class LogFacts:
    """What a finished run says.

    Attributes:
        version: Of LAMMPS, e.g. "22 Jul 2025 - Update 4".
        binsize: The size of neighbor bins that it really used, in units of sigma.
        loop_seconds: Wall time of the steps.
        final_energy: Total energy per atom after the last step, in epsilon.
    """

    version: str
    binsize: float
    loop_seconds: float
    final_energy: float


def facts(log: Path) -> LogFacts:
    """Read the log of a finished run.

    Raises:
        BadLog: The run did not finish, or LAMMPS did not say what it did.
    """
    text = log.read_text(errors="replace")
    return LogFacts(
        version=_only(_VERSION, text, "a version"),
        binsize=float(_only(_BINSIZE, text, "the bin size it used")),
        loop_seconds=float(_only(_LOOP, text, "the end of a run")),
        final_energy=_final_energy(text),
    )


def run_that_wrote(log: Path) -> int | None:
    """Return the number of the run that wrote a log, if it says so."""
    found = _WRITER.search(log.read_text(errors="replace"))
    return int(found[1]) if found else None


def _only(pattern: re.Pattern[str], text: str, what: str) -> str:
    found = pattern.search(text)
    if found is None:
        raise BadLog(f"the log has not {what}")
    return found[1]


def _final_energy(text: str) -> float:
    columns: list[str] = []
    energy = None
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["Step"]:
            columns = words
        elif line.startswith("Loop time"):
            columns = []
        elif columns and len(words) == len(columns) and words[0].isdecimal():
            energy = float(words[columns.index("TotEng")])
    if energy is None:
        raise BadLog("the log has not the energy of a step")
    return energy
