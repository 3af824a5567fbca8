"""CIFAR-10 is learned in the image: alone, in pairs, killed and resumed."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from jobs import artifacts, history, manifest
from jobs.train_cifar10 import synthetic
from tests.containers import Container
from tests.jobs.test_rendezvous import environment, free_port

pytestmark = pytest.mark.images

# 500 images in batches of 50: ten steps to an epoch.
PROGRAM = (
    *("python3", "-m", "jobs.train_cifar10", "--data", "/mnt/data"),
    *("--checkpoints", "/mnt/ckpt", "--batch", "50", "--checkpoint-every", "10"),
)
SHORT = (*PROGRAM, "--epochs", "3")
SLOW = (*SHORT, "--pause", "0.1")

COMPARE = """
import torch
from pathlib import Path
from jobs import states
from jobs.checkpoints import CheckpointStore

def same(a, b):
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b

one, two = (CheckpointStore(Path(d)).newest(states.read) for d in ("ckpt", "uncut"))
assert one[0].step == two[0].step == 30, (one[0], two[0])
assert set(one[1]) >= {"model", "optimizer", "step", "settings"}
print("the same" if same(one[1], two[1]) else "different")
"""

# After the first step, what the optimizer remembers of it is a tenth of the gradient.
GRADIENTS = """
import torch
from pathlib import Path
from jobs import states
from jobs.checkpoints import CheckpointStore

one, two = (
    CheckpointStore(Path(d)).newest(states.read)[1]["optimizer"]["state"]
    for d in ("ckpt", "alone")
)
assert len(one) == len(two) == 14
for k in one:
    a, b = one[k]["exp_avg"], two[k]["exp_avg"]
    assert b.abs().max() > 1e-5
    assert torch.allclose(a, b, rtol=1e-3, atol=1e-7), (k, (a - b).abs().max())
print("the same")
"""

# Each argument is a command line. PyTorch is loaded once for all of them.
EACH = """
import contextlib, io, json, sys
from jobs.train_cifar10.__main__ import main

for words in map(json.loads, sys.argv[1:]):
    with contextlib.redirect_stderr(io.StringIO()) as err:
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                code = main(words)
            except SystemExit as problem:
                code = problem.code
    print(json.dumps([code, err.getvalue()]))
"""

ANSWER = """
import torch
from pathlib import Path
from jobs.train_cifar10 import export, model, shards
from jobs.train_cifar10.data import Data

test = Data(shards.find("/mnt/data")).test
network = export.load(Path("/mnt/out/run-7"))
hits = network(model.normalized(test.images)).argmax(dim=1) == test.labels
print(hits.float().mean().item() > 0.9, len(hits))
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("data")
    synthetic.make(str(directory), images=500, seed=1)
    return directory


@pytest.fixture
def mounted(data: Path, tmp_path: Path) -> Path:
    """A directory that programs find the data in."""
    shutil.copytree(data, tmp_path / "data")
    return tmp_path


@pytest.fixture(scope="module")
def uncut(
    train: Container, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """What a training leaves that nothing cut off."""
    directory = tmp_path_factory.mktemp("uncut")
    shutil.copytree(data, directory / "data")
    done = train.run(directory, *SHORT, "--export", "/mnt/out", ML_STORAGE_RUN="7")
    assert (done.returncode, done.stderr) == (0, "")
    return directory


def assert_ends_like(uncut: Path, train: Container, directory: Path) -> None:
    shutil.copytree(uncut / "ckpt", directory / "uncut")
    done = train.run(directory, "python3", "-c", COMPARE)
    assert done.stdout == "the same\n", done.stderr


def steps(directory: Path) -> list[int]:
    return sorted(int(p.name[5:]) for p in (directory / "ckpt").glob("step-*"))


def wait_for_step(directory: Path, step: int) -> None:
    deadline = time.monotonic() + 120
    while not (directory / "ckpt" / f"step-{step:08d}").exists():
        assert time.monotonic() < deadline, "no checkpoint came"
        time.sleep(0.01)


@contextmanager
def pair(
    train: Container, directory: Path, *command: str
) -> Iterator[list[subprocess.Popen[str]]]:
    """Two pods of one program; they are gone at the end, whatever happens."""
    port = free_port()
    with ExitStack() as stack:
        processes: list[subprocess.Popen[str]] = []
        for node in range(2):
            variables = environment(node, nodes=2, port=port, processes=1)
            # At the end of the with, a process is waited for: it is gone by then.
            process = stack.enter_context(train.start(directory, *command, **variables))
            stack.callback(process.kill)
            processes.append(process)
        yield processes


def outcomes(processes: list[subprocess.Popen[str]]) -> list[tuple[int, str, str]]:
    said = [process.communicate(timeout=300) for process in processes]
    return [(p.returncode, *each) for p, each in zip(processes, said, strict=True)]


def test_it_learns_and_exports_what_others_load(train: Container, uncut: Path) -> None:
    assert steps(uncut) == [10, 20, 30]
    start, end = history.read(uncut / "ckpt" / "history.jsonl")
    assert start == {"event": "start", "run": 7, "started_at_step": 0, "loss": None}
    assert (end["ended_at_step"], end["outcome"]) == (30, "finished")
    version = artifacts.newest(uncut / "out")
    assert version is not None
    assert version == uncut / "out" / "run-7"
    about = manifest.read(version / manifest.NAME).about
    assert float(about["accuracy"]) > 0.9, "guessing among ten classes: 0.1"
    assert about["steps"] == "30"
    answered = train.run(uncut, "python3", "-c", ANSWER)
    assert answered.stdout == "True 100\n", answered.stderr

    # Once more: nothing is trained, and the same version is kept.
    before = (version / "model.pt").stat().st_mtime_ns
    done = train.run(uncut, *SHORT, "--export", "/mnt/out", ML_STORAGE_RUN="7")
    assert done.returncode == 0, done.stderr
    assert "already at step 30 of 30: nothing to train" in done.stdout
    assert (version / "model.pt").stat().st_mtime_ns == before


def test_killed_and_asked_to_stop_it_ends_the_same_to_the_bit(
    train: Container, uncut: Path, mounted: Path
) -> None:
    with train.start(mounted, *SLOW) as process:
        wait_for_step(mounted, 10)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert 20 not in steps(mounted)

    with train.start(mounted, *SLOW) as process:
        wait_for_step(mounted, 20)
        # A few steps on, so that it is at none where a checkpoint is due.
        time.sleep(0.3)
        process.terminate()
        out, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (128 + signal.SIGTERM, "")
    assert "resumed from /mnt/ckpt/step-00000010 " in out
    last = steps(mounted)[-1]
    assert 20 <= last < 30
    assert f"interrupted at step {last} of 30: loss " in out

    done = train.run(mounted, *SHORT)
    assert done.returncode == 0, done.stderr
    assert f"resumed from /mnt/ckpt/step-{last:08d} " in done.stdout
    assert_ends_like(uncut, train, mounted)


def test_two_train_as_one_and_only_the_first_writes(
    train: Container, mounted: Path
) -> None:
    # All images in one step.
    step = (*PROGRAM, "--batch", "500", "--epochs", "1")
    with pair(train, mounted, *step, "--export", "/mnt/out") as processes:
        first, second = outcomes(processes)
    assert first[0] == second[0] == 0, first[2] + second[2]
    assert "process 0 of 2" in first[1]
    assert "finished at step 1 of 1" in first[1]
    assert second[1].endswith("process 1 of 2\n"), "one of them speaks for both"
    assert steps(mounted) == [1]
    log = history.read(mounted / "ckpt" / "history.jsonl")
    assert [each["event"] for each in log] == ["start", "end"]
    assert [path.name for path in (mounted / "out").iterdir()] == ["run-1"]
    alone = train.run(mounted, *step, "--checkpoints", "/mnt/alone")
    assert alone.returncode == 0, alone.stderr
    done = train.run(mounted, "python3", "-c", GRADIENTS)
    assert done.stdout == "the same\n", done.stderr
    one = history.read(mounted / "alone" / "history.jsonl")[1]["loss"]
    assert log[1]["loss"] == pytest.approx(one, rel=1e-3)

    # Another number of processes rounds differently: it is not gone on by chance.
    more = (*step, "--epochs", "2")
    done = train.run(mounted, *more)
    assert done.returncode == 1
    assert "made by 2 processes, now there are 1" in done.stderr
    assert "--new-world-size" in done.stderr
    assert steps(mounted) == [1]
    done = train.run(mounted, *more, "--new-world-size")
    assert done.returncode == 0, done.stderr
    assert "resumed from /mnt/ckpt/step-00000001" in done.stdout
    assert steps(mounted) == [1, 2]


def test_one_of_two_is_asked_to_stop_and_both_do(
    train: Container, mounted: Path
) -> None:
    with pair(train, mounted, *SLOW) as processes:
        wait_for_step(mounted, 10)
        processes[1].terminate()
        first, second = outcomes(processes)
    assert first[0] == second[0] == 128 + signal.SIGTERM, first[2] + second[2]
    last = steps(mounted)[-1]
    assert f"interrupted at step {last} of 30" in first[1]


def test_one_of_two_is_killed_and_the_other_says_so(
    train: Container, mounted: Path
) -> None:
    with pair(train, mounted, *SLOW) as processes:
        wait_for_step(mounted, 10)
        processes[1].kill()
        first, second = outcomes(processes)
    assert second[0] == -signal.SIGKILL
    assert first[0] == 1
    assert first[2].startswith("another process is gone: ")
    assert first[2].count("\n") == 1
    assert 30 not in steps(mounted)


def test_what_does_not_fit_is_refused(train: Container, uncut: Path) -> None:
    shutil.copytree(uncut / "data", uncut / "damaged")
    name = "/mnt/damaged/cifar-10-batches-py"
    batch = uncut / "damaged" / "cifar-10-batches-py" / "data_batch_3"
    batch.write_bytes(batch.read_bytes()[:-5000])
    synthetic.make(str(uncut / "other"), images=500, seed=2)
    before = sorted((uncut / "ckpt").iterdir())
    refused(
        train,
        uncut,
        (("--data", "/mnt/none"), 3, "no data_batch_1 at or below /mnt/none"),
        (("--data", "gs://bucket/data/"), 2, "cannot be streamed"),
        (("--batch", "501"), 1, "batch 501: there are 500 images"),
        (("--batch", "10"), 1, "made with batch 50 (now 10)"),
        (("--seed", "3"), 1, "made with seed 0 (now 3)"),
        (("--data", "/mnt/other"), 1, "made with data "),
        (
            ("--data", "/mnt/damaged"),
            6,
            f"data_batch_3 of {name} is damaged: it is cut",
        ),
    )
    assert sorted((uncut / "ckpt").iterdir()) == before


def refused(
    train: Container, directory: Path, *cases: tuple[tuple[str, ...], int, str]
) -> None:
    """See to it that each is refused as it should be: the words, the code, a line."""
    lines = [json.dumps([*SHORT[3:], *words]) for words, _, _ in cases]
    done = train.run(directory, "python3", "-c", EACH, *lines)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    for (_, code, said), (told, err) in zip(cases, found, strict=True):
        assert told == code, err
        assert said in err
        assert code == 2 or err.count("\n") == 1


def test_checkpoints_of_another_program_are_left_alone(
    train: Container, mounted: Path
) -> None:
    other = ("python3", "-m", "jobs.train", "--checkpoints", "/mnt/ckpt")
    assert train.run(mounted, *other, "--steps", "10").returncode == 0
    done = train.run(mounted, *SHORT)
    assert done.returncode == 1
    assert done.stderr == (
        "/mnt/ckpt holds another training: the checkpoints were made by another "
        "program; use these settings, or another --checkpoints\n"
    )
    assert steps(mounted) == [10]


def test_a_version_that_is_there_does_not_change(
    train: Container, uncut: Path, mounted: Path
) -> None:
    shutil.copytree(uncut / "out", mounted / "out")
    before = (mounted / "out" / "run-7" / "model.pt").read_bytes()
    more = (*PROGRAM, "--epochs", "1", "--export", "/mnt/out")
    done = train.run(mounted, *more, ML_STORAGE_RUN="7")
    assert done.returncode == 1
    assert "run-7 is there already, with another content" in done.stderr
    assert (mounted / "out" / "run-7" / "model.pt").read_bytes() == before
    assert steps(mounted) == [10], "what was trained is not lost"


def test_storage_that_is_full_leaves_nothing_torn(
    train: Container, mounted: Path
) -> None:
    # Files of at most 100 KiB; a checkpoint has more than 700.
    limited = f"ulimit -f 200; exec {' '.join(SHORT)}"
    done = train.run(mounted, "sh", "-c", limited)
    assert done.returncode == 1
    assert done.stderr == "the storage refused: [Errno 27] File too large\n"
    assert [path.name for path in (mounted / "ckpt").iterdir()] == ["history.jsonl"]
