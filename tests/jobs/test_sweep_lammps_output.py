"""Old output is set aside under the run that wrote it, and never overwritten."""

from pathlib import Path

import pytest

from jobs.sweep_lammps.log import BadLog, facts
from jobs.sweep_lammps.output import publish, set_aside

LOG = """LAMMPS (22 Jul 2025 - Update 4)
print "ml-storage run ${run} index ${index} binsize ${binsize}"
ml-storage run 3 index 1 binsize 2
  binsize = 2, bins = 9 9 9
   Step          Temp          PotEng         TotEng         Press
         0   2.6            -6.1           -2.2            -1.5
        25   1.4            -4.2           -2.1             0.5
Loop time of 0.35 on 1 procs for 25 steps with 2916 atoms
"""


def test_what_a_log_says(tmp_path: Path) -> None:
    log = tmp_path / "log.lammps"
    log.write_text(LOG)
    found = facts(log)
    assert found.version == "22 Jul 2025 - Update 4"
    assert (found.binsize, found.final_energy, found.loop_seconds) == (2, -2.1, 0.35)


@pytest.mark.parametrize("lines", range(LOG.count("\n")))
def test_a_log_cut_off_is_no_finished_run(tmp_path: Path, lines: int) -> None:
    log = tmp_path / "log.lammps"
    log.write_text("\n".join(LOG.splitlines()[:lines]))
    with pytest.raises(BadLog):
        facts(log)


def test_nothing_to_set_aside(tmp_path: Path) -> None:
    assert set_aside(tmp_path) == []


def test_the_log_says_which_run_wrote_it(tmp_path: Path) -> None:
    # Run 3 was killed: there is no result, and that of run 2 is set aside already.
    (tmp_path / "log.lammps").write_text(LOG)
    (tmp_path / "result.json.run-2").write_text('{"run": 2}')
    assert [p.name for p in set_aside(tmp_path)] == ["log.lammps.run-3"]
    assert (tmp_path / "log.lammps.run-3").read_text() == LOG


def test_a_log_that_does_not_say(tmp_path: Path) -> None:
    (tmp_path / "log.lammps").write_text("torn")
    publish(tmp_path, {"run": 4})
    names = [path.name for path in set_aside(tmp_path)]
    assert names == ["result.json.run-4", "log.lammps.run-4"]
    (tmp_path / "log.lammps").write_text("torn")
    (tmp_path / "result.json").write_text("[]")
    names = [path.name for path in set_aside(tmp_path)]
    assert names == ["result.json.run-0", "log.lammps.run-0"]


def test_a_run_tried_again_overwrites_nothing(tmp_path: Path) -> None:
    for attempt in ("first", "second", "third"):
        (tmp_path / "log.lammps").write_text(f"{LOG}{attempt}")
        set_aside(tmp_path)
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["log.lammps.run-3", "log.lammps.run-3.2", "log.lammps.run-3.3"]
    assert (tmp_path / "log.lammps.run-3").read_text().endswith("first")
