"""CIFAR-10's file format, and small copies in it: no PyTorch is needed for either."""

from __future__ import annotations

import os
import pickle
import pickletools
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from jobs.rclone import TransferError
from jobs.train_cifar10 import batch_file, shards, synthetic
from jobs.train_cifar10.batch_file import BadBatch, Batch

ROOT = Path(__file__).parents[2]
BATCH = Batch(bytes(range(256)) * 24, bytes([3, 9]))
FILE = batch_file.encode(BATCH, label="training batch 1 of 5", names=["a.png", "b.png"])
NAMES = [*batch_file.TRAINING, "test_batch", "batches.meta"]


class Command:
    """What a pickle of it would run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.path),)


def files(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_a_batch_is_read_as_it_was_written() -> None:
    assert batch_file.decode(FILE) == BATCH
    assert len(BATCH) == 2


def test_the_file_is_what_python_2_wrote() -> None:
    operations = {each.name for each, _, _ in pickletools.genops(FILE)}
    assert {"SHORT_BINSTRING", "BINSTRING", "GLOBAL", "BUILD"} <= operations
    assert not {name for name in operations if "UNICODE" in name or "BYTES" in name}
    assert b"cnumpy.core.multiarray\n_reconstruct\n" in FILE
    assert max(each.proto for each, _, _ in pickletools.genops(FILE)) == 2


@pytest.mark.parametrize("part", [0.0, 0.2, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_refused(part: float) -> None:
    with pytest.raises(BadBatch, match="cut off"):
        batch_file.decode(FILE[: int(len(FILE) * part)])


def test_nothing_that_a_file_asks_for_is_run(tmp_path: Path) -> None:
    run = tmp_path / "run"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        bad = pickle.dumps({"data": Command(run), "labels": []}, protocol=protocol)
        with pytest.raises(BadBatch, match=f"it would run {os.mkdir.__module__}"):
            batch_file.decode(bad)
    assert not run.exists()


@pytest.mark.parametrize(
    ("labels", "why"),
    [([3], "not as many labels"), ([3, 10], "from 0 to 9"), ([3, "x"], "from 0 to 9")],
)
def test_labels_that_do_not_fit_are_refused(labels: list[object], why: str) -> None:
    # Lists of small numbers stand in a pickle as they are.
    old, new = (pickle.dumps(each, protocol=2)[2:-1] for each in ([3, 9], labels))
    strip = slice(3, None)  # the empty list and its place in the memo
    assert FILE.count(old[strip]) == 1
    with pytest.raises(BadBatch, match=why):
        batch_file.decode(FILE.replace(old[strip], new[strip]))


@pytest.mark.parametrize("value", [[1, 2], {}, {"labels": [1]}, {"data": 1}, "text"])
def test_other_pickles_are_refused(value: object) -> None:
    with pytest.raises(BadBatch, match=r"no dictionary|lacks its labels"):
        batch_file.decode(pickle.dumps(value))


def test_the_same_seed_makes_the_same_files(tmp_path: Path) -> None:
    for name, seed in (("one", 4), ("two", 4), ("other", 5)):
        synthetic.make(str(tmp_path / name), images=20, seed=seed)
    one, two, other = (
        files(tmp_path / name / "cifar-10-batches-py")
        for name in ("one", "two", "other")
    )
    assert one == two
    assert sorted(one) == sorted(NAMES)
    assert {n: one[n] == other[n] for n in NAMES} == {
        n: n == "batches.meta" for n in NAMES
    }
    assert [len(batch_file.decode(one[name])) for name in NAMES[:-1]] == [4] * 6
    meta = pickle.loads(one["batches.meta"], encoding="bytes")  # noqa: S301, our own
    assert meta[b"label_names"][3] == b"cat"
    assert meta[b"num_cases_per_batch"] == 4


def test_an_archive_holds_the_same(tmp_path: Path) -> None:
    synthetic.make(str(tmp_path / "plain"), images=10, seed=1)
    archive = tmp_path / "new" / "cifar-10-python.tar.gz"
    synthetic.make(str(archive), images=10, seed=1)
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "unpacked", filter="data")
    directory = "cifar-10-batches-py"
    assert files(tmp_path / "unpacked" / directory) == files(
        tmp_path / "plain" / directory
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--images", "7"), 2, "there are five batches of one size"),
        (("--images", "0"), 2, "no whole number from 1"),
        (("--output", "http://x/y"), 2, "is neither gs://bucket/prefix/ nor"),
        (("--output", "README.md/data"), 1, "the storage refused: "),
    ],
)
def test_what_cannot_be_made_is_said(
    tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    command = [sys.executable, "-m", "jobs.train_cifar10.synthetic"]
    done = subprocess.run(
        [*command, "--output", str(tmp_path), "--images", "10", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []
    assert done.returncode == code


@pytest.mark.parametrize("below", ["", "cifar-10-batches-py", "a/b"])
def test_a_copy_is_found_at_or_below_a_directory(tmp_path: Path, below: str) -> None:
    synthetic.make(str(tmp_path), images=10, seed=1)
    made = tmp_path / "cifar-10-batches-py"
    # What is still arriving is no copy.
    hidden = tmp_path / ".sync" / "x"
    hidden.mkdir(parents=True)
    (hidden / "data_batch_1").write_bytes(b"half")
    if below == "a/b":
        (tmp_path / "a").mkdir()
        made = made.rename(tmp_path / "a" / "b")
    top = made if below == "cifar-10-batches-py" else tmp_path
    found = shards.find(str(top))
    assert found.where == str(made)
    assert found.read("test_batch") == (made / "test_batch").read_bytes()


def test_a_copy_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TransferError, match="no data_batch_1 at or below") as caught:
        shards.find(str(tmp_path))
    assert caught.value.failure == 3
    synthetic.make(str(tmp_path), images=10, seed=1)
    made = tmp_path / "cifar-10-batches-py"
    (made / "data_batch_4").unlink()
    with pytest.raises(TransferError, match=r"lacks data_batch_4$") as caught:
        shards.find(str(tmp_path))
    assert caught.value.failure == 3
    synthetic.make(str(tmp_path / "second"), images=10, seed=1)
    with pytest.raises(TransferError, match="are several copies"):
        shards.find(str(tmp_path))
