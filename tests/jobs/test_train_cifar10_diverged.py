"""What is no training any more is neither kept nor exported."""

from __future__ import annotations

from pathlib import Path

from tests.containers import Container


def test_a_loss_that_is_no_number_is_not_saved(
    train: Container, tmp_path: Path
) -> None:
    made = train.run(
        tmp_path,
        *("python3", "-m", "jobs.train_cifar10.synthetic"),
        *("--output", "data", "--images", "100", "--seed", "1"),
    )
    assert made.returncode == 0, made.stderr
    done = train.run(
        tmp_path,
        *("python3", "-m", "jobs.train_cifar10", "--data", "data"),
        *("--checkpoints", "kept", "--epochs", "1", "--learning-rate", "1e30"),
        *("--export", "models"),
    )
    assert done.returncode == 1
    assert done.stderr.startswith("the loss at step 1 is nan: ")
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.glob("kept/step-*")) == []
    assert not (tmp_path / "models").exists()
