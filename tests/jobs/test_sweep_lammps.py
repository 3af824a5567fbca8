"""The sweep, run by real LAMMPS in its image."""

import json
from pathlib import Path

import pytest

from jobs.sweep_lammps.__main__ import binsize_of
from tests.containers import Container

PROGRAM = ("python3", "-m", "jobs.sweep_lammps", "--output", "/mnt/out")
BINSIZES = ["1.2", "2", "2.8", "3.6"]


def test_the_bin_sizes() -> None:
    assert [binsize_of(index) for index in range(4)] == BINSIZES


@pytest.fixture(scope="module")
def outputs(lammps: Container, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    directories = [tmp_path_factory.mktemp(f"index-{i}") for i in range(4)]
    for index, directory in enumerate(directories):
        done = lammps.run(directory, *PROGRAM, JOB_COMPLETION_INDEX=str(index))
        assert done.returncode == 0, done.stderr
        assert f"LAMMPS used binsize {BINSIZES[index]}: " in done.stdout
    return [directory / "out" for directory in directories]


@pytest.mark.images
def test_four_indexes_have_four_logs(outputs: list[Path]) -> None:
    logs = [(output / "log.lammps").read_text() for output in outputs]
    for log, binsize in zip(logs, BINSIZES, strict=True):
        assert log.startswith("LAMMPS (")
        assert f"  binsize = {binsize}, bins = " in log
        assert "Loop time of " in log
    assert len(set(logs)) == 4
    results = [json.loads((output / "result.json").read_text()) for output in outputs]
    assert [result["binsize"] for result in results] == [1.2, 2, 2.8, 3.6]
    assert [result["index"] for result in results] == [0, 1, 2, 3]
    # The size of bins is a matter of speed: the physics has to be the same.
    energies = [result["final_energy"] for result in results]
    assert energies == pytest.approx([energies[0]] * 4, rel=1e-4)


@pytest.mark.images
def test_a_second_run_keeps_the_output_of_the_first(
    lammps: Container, outputs: list[Path]
) -> None:
    output = outputs[1]
    first = (output / "log.lammps").read_bytes()
    done = lammps.run(
        output.parent, *PROGRAM, JOB_COMPLETION_INDEX="1", ML_STORAGE_RUN="2"
    )
    assert done.returncode == 0, done.stderr
    assert (output / "log.lammps.run-1").read_bytes() == first
    assert (output / "log.lammps").read_bytes() != first
    assert json.loads((output / "result.json").read_text())["run"] == 2
    assert json.loads((output / "result.json.run-1").read_text())["run"] == 1


@pytest.mark.images
def test_a_failure_of_lammps_is_said_and_publishes_nothing(
    lammps: Container, tmp_path: Path
) -> None:
    bad = (
        "import jobs.sweep_lammps.__main__ as sweep, sys;"
        "sweep.binsize_of = lambda index: 'nonsense';"
        "sys.exit(sweep.main(['--output', '/mnt/out']))"
    )
    done = lammps.run(tmp_path, "python3", "-c", bad)
    assert done.returncode == 1
    assert done.stderr.startswith("LAMMPS failed: ERROR: ")
    assert not (tmp_path / "out" / "result.json").exists()
