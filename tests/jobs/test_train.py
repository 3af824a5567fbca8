"""Real training in its image: checkpoints, resuming, interruptions."""

import shutil
import signal
import time
from pathlib import Path

import pytest

from jobs import history
from tests.containers import Container

pytestmark = pytest.mark.images

PROGRAM = ("python3", "-m", "jobs.train", "--checkpoints", "/mnt/ckpt")
SHORT = (*PROGRAM, "--steps", "60", "--checkpoint-every", "20")


# Equal states may be pickled to different bytes: strings that were one object in one
# program are two in another. So the states are compared, every number to the bit.
COMPARE = """
import io, torch
from pathlib import Path
from jobs.checkpoints import CheckpointStore

def same(a, b):
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b

load = lambda payload: torch.load(io.BytesIO(payload), weights_only=True)
one, two = (CheckpointStore(Path(d)).newest(load) for d in ("ckpt", "uncut"))
assert one[0].step == two[0].step == 60, (one[0], two[0])
assert set(one[1]) >= {"model", "optimizer", "batches", "random", "step"}
print("the same" if same(one[1], two[1]) else "different")
"""


def assert_ends_like(uncut: Path, train: Container, directory: Path) -> None:
    shutil.copytree(uncut, directory / "uncut")
    done = train.run(directory, "python3", "-c", COMPARE)
    assert done.stdout == "the same\n", done.stderr


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not come"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def uncut(train: Container, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoints of a training that nothing cut off."""
    directory = tmp_path_factory.mktemp("uncut")
    done = train.run(directory, *SHORT)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.startswith("starting from step 0\n")
    assert "finished at step 60 of 60: loss " in done.stdout
    return directory / "ckpt"


def test_it_learns_and_keeps_three(uncut: Path) -> None:
    assert sorted(p.name for p in uncut.iterdir()) == [
        "history.jsonl",
        "step-00000020",
        "step-00000040",
        "step-00000060",
    ]
    start, end = history.read(uncut / "history.jsonl")
    assert start == {"event": "start", "run": 1, "started_at_step": 0, "loss": None}
    assert end["ended_at_step"] == 60
    assert isinstance(end["loss"], float)
    assert end["loss"] < 1.7, "guessing among eight classes has a loss of 2.08"


def test_killed_and_resumed_it_ends_the_same_to_the_bit(
    train: Container, uncut: Path, tmp_path: Path
) -> None:
    with train.start(tmp_path, *SHORT, "--pause", "0.05") as process:
        wait_for(tmp_path / "ckpt" / "step-00000020")
        process.kill()
    assert process.returncode == -signal.SIGKILL

    done = train.run(tmp_path, *SHORT, ML_STORAGE_RUN="2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("resumed from /mnt/ckpt/step-00000020 (loss ")
    assert_ends_like(uncut, train, tmp_path)
    first, second, end = history.read(tmp_path / "ckpt" / "history.jsonl")
    assert (first["run"], first["started_at_step"]) == (1, 0)
    assert (second["run"], second["started_at_step"]) == (2, 20)
    assert end["loss"] == history.read(uncut / "history.jsonl")[1]["loss"]


def test_asked_to_stop_it_saves_the_step_it_is_at(
    train: Container, uncut: Path, tmp_path: Path
) -> None:
    with train.start(tmp_path, *SHORT, "--pause", "0.05") as process:
        wait_for(tmp_path / "ckpt" / "step-00000020")
        # A few steps on, so that it is at none where a checkpoint is due.
        time.sleep(0.3)
        process.terminate()
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM
    _, end = history.read(tmp_path / "ckpt" / "history.jsonl")
    step = end["ended_at_step"]
    assert isinstance(step, int)
    assert f"interrupted at step {step} of 60: loss " in out
    assert 20 <= step < 60
    assert (tmp_path / "ckpt" / f"step-{step:08d}").exists()

    # Evaluating at other steps changes no number either.
    done = train.run(tmp_path, *SHORT)
    assert f"resumed from /mnt/ckpt/step-{step:08d}" in done.stdout
    assert_ends_like(uncut, train, tmp_path)


def test_bad_files_are_skipped_and_mapped_data_changes_nothing(
    train: Container, uncut: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "ckpt"
    directory.mkdir()
    whole = (uncut / "step-00000040").read_bytes()
    (directory / "step-00000040").write_bytes(whole)
    (directory / "step-00000050").write_bytes(whole[:5000])
    (directory / "step-00000055").write_bytes(b"of another program")
    done = train.run(tmp_path, *SHORT, "--scratch", "/mnt/scratch")
    assert done.returncode == 0, done.stderr
    assert "skipped /mnt/ckpt/step-00000055: " in done.stdout
    assert "skipped /mnt/ckpt/step-00000050: " in done.stdout
    assert "resumed from /mnt/ckpt/step-00000040" in done.stdout
    assert_ends_like(uncut, train, tmp_path)
    kept = sum(path.stat().st_size for path in (tmp_path / "scratch").iterdir())
    assert kept == (4096 + 1024) * (16 * 4 + 8)


def test_at_the_target_it_says_so(train: Container, uncut: Path) -> None:
    before = (uncut / "step-00000060").stat().st_mtime_ns
    done = train.run(uncut.parent, *SHORT)
    assert done.returncode == 0
    assert "already at step 60 of 60: nothing to train" in done.stdout
    assert "finished at step 60 of 60: loss " in done.stdout
    assert (uncut / "step-00000060").stat().st_mtime_ns == before


def test_another_training_is_not_taken_for_this_one(
    train: Container, uncut: Path
) -> None:
    done = train.run(uncut.parent, *SHORT, "--seed", "5")
    assert done.returncode == 1
    assert "made with seed 0 (now 5)" in done.stderr
    assert "another --checkpoints" in done.stderr


def test_storage_that_refuses_is_said_in_one_line(
    train: Container, tmp_path: Path
) -> None:
    (tmp_path / "ckpt").write_text("a file where the directory should be")
    done = train.run(tmp_path, *SHORT)
    assert done.returncode == 1
    assert done.stderr.startswith("the storage refused: ")
    assert done.stderr.count("\n") == 1


def test_storage_that_is_full_leaves_nothing_torn(
    train: Container, tmp_path: Path
) -> None:
    # Files of at most 50 KiB; a checkpoint has more than 100.
    limited = f"ulimit -f 100; exec {' '.join(SHORT)}"
    done = train.run(tmp_path, "sh", "-c", limited)
    assert done.returncode == 1
    assert done.stderr == "the storage refused: [Errno 27] File too large\n"
    assert [path.name for path in (tmp_path / "ckpt").iterdir()] == ["history.jsonl"]
