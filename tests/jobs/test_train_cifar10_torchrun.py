"""CIFAR-10 is learned under torchrun: in one pod, and in two without an option."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import history
from jobs.train_cifar10 import synthetic
from tests.containers import Container
from tests.jobs.test_rendezvous import LOOPBACK, WITHOUT_LIBUV, free_port, path_of
from tests.jobs.test_train_cifar10 import outcomes, pair, steps, wait_for_step

pytestmark = pytest.mark.images

# 500 images in batches of 50: ten steps to an epoch.
PROGRAM = (
    *("-m", "jobs.train_cifar10", "--data", "/mnt/data", "--checkpoints", "/mnt/ckpt"),
    *("--batch", "50", "--checkpoint-every", "10", "--epochs", "2"),
)


@pytest.fixture
def mounted(tmp_path: Path) -> Path:
    """A directory that programs find the data in, and Python its shim."""
    synthetic.make(str(tmp_path / "data"), images=500, seed=1)
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_LIBUV)
    return tmp_path


def test_torchrun_stops_with_a_checkpoint_and_two_pods_go_on(
    train: Container, mounted: Path
) -> None:
    python = ("env", f"PYTHONPATH=/mnt:{path_of(train)}", "python3")
    torchrun = (*python, "-m", "torch.distributed.run")
    # Tests beside this one may have its usual port.
    two = (*torchrun, "--master-port", str(free_port()), "--nproc-per-node", "2")
    slow = (*two, *PROGRAM, "--pause", "0.1")
    with train.start(mounted, *slow, **LOOPBACK) as process:
        wait_for_step(mounted, 10)
        process.terminate()
        out, err = process.communicate(timeout=300)
    # It tells its processes to stop, and waits until they have.
    assert process.returncode == 1, err
    assert "process 0 of 2" in out
    assert "process 1 of 2" in out
    last = steps(mounted)[-1]
    assert 10 <= last < 20
    assert f"interrupted at step {last} of 20: loss " in out

    # What starts a process in each pod needs to be told nothing.
    with pair(train, mounted, *torchrun, *PROGRAM) as processes:
        first, second = outcomes(processes)
    assert first[0] == second[0] == 0, first[2] + second[2]
    assert f"resumed from /mnt/ckpt/step-{last:08d}" in first[1]
    assert "process 0 of 2" in first[1]
    assert "process 1 of 2" in second[1]

    # It is the training of a process that is alone, but for the rounding of sums.
    alone = train.run(mounted, "python3", *PROGRAM, "--checkpoints", "/mnt/alone")
    assert alone.returncode == 0, alone.stderr
    ends = [
        history.read(mounted / place / "history.jsonl")[-1]
        for place in ("ckpt", "alone")
    ]
    assert [end["ended_at_step"] for end in ends] == [20, 20]
    assert ends[0]["loss"] == pytest.approx(ends[1]["loss"], rel=0.05)
