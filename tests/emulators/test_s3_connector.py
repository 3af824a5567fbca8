"""The S3 connector for PyTorch against a server of S3: data and checkpoints."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from jobs import history
from jobs.train_cifar10 import synthetic
from tests.emulators.s3_server import S3Server
from tests.jobs.conftest import Container, containers, train  # noqa: F401, fixtures

pytestmark = [pytest.mark.images, pytest.mark.slow]

PROGRAM = (
    *("python3", "-m", "jobs.train_cifar10", "--epochs", "3"),
    *("--batch", "50", "--checkpoint-every", "10"),
)
FROM_BUCKET = ("--data", "s3://datasets/")
TO_BUCKET = ("--checkpoints", "s3://datasets/ckpt/a")


@pytest.fixture
def objects(s3: S3Server, rclone: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of a server that has a bucket with a small copy in it."""
    client = s3.client()
    client.create_bucket(Bucket="datasets")
    path = os.pathsep.join([str(rclone), os.environ["PATH"]])
    for name, value in {**s3.environment, "PATH": path}.items():
        monkeypatch.setenv(name, value)
    synthetic.make("s3://datasets/cifar10/", images=500, seed=1)
    return client


@pytest.fixture
def mounted(tmp_path: Path) -> Path:
    """A directory that programs find the same copy in."""
    synthetic.make(str(tmp_path / "data"), images=500, seed=1)
    return tmp_path


def keys(client: Any, prefix: str) -> dict[str, int]:
    found = client.list_objects_v2(Bucket="datasets", Prefix=prefix)
    return {each["Key"]: each["Size"] for each in found.get("Contents", [])}


def history_of(client: Any, directory: Path) -> list[dict[str, object]]:
    path = directory / "history-of-the-bucket.jsonl"
    client.download_file("datasets", "ckpt/a/history.jsonl", str(path))
    return history.read(path)


def test_it_streams_the_batches_that_a_directory_has(
    train: Container,  # noqa: F811
    s3: S3Server,
    objects: Any,
    mounted: Path,
) -> None:
    local = ("--data", "/mnt/data", "--checkpoints", "/mnt/local")
    done = train.run(mounted, *PROGRAM, *local)
    assert done.returncode == 0, done.stderr
    done = train.run(mounted, *PROGRAM, *FROM_BUCKET, *TO_BUCKET, **s3.environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "500 images of s3://datasets/cifar10/cifar-10-batches-py/" in done.stdout
    wanted = history.read(mounted / "local" / "history.jsonl")
    assert wanted[1]["ended_at_step"] == 30
    # The same loss to the bit, of the same weights.
    assert history_of(objects, mounted) == wanted
    steps = [f"ckpt/a/step-{step:08d}" for step in (10, 20, 30)]
    assert list(keys(objects, "ckpt/")) == ["ckpt/a/history.jsonl", *steps]


def test_killed_and_asked_to_stop_it_resumes_from_the_bucket(
    train: Container,  # noqa: F811
    s3: S3Server,
    objects: Any,
    mounted: Path,
) -> None:
    slow = (*PROGRAM, "--data", "/mnt/data", *TO_BUCKET, "--keep", "2")
    local = ("--data", "/mnt/data", "--checkpoints", "/mnt/local")
    with train.start(mounted, *slow, "--pause", "0.2", **s3.environment) as process:
        wait_for(objects, "ckpt/a/step-00000010")
        process.kill()
    assert process.returncode == -signal.SIGKILL
    with train.start(mounted, *slow, "--pause", "0.2", **s3.environment) as process:
        wait_for(objects, "ckpt/a/step-00000020")
        process.terminate()
        _, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (143, "")

    # What is damaged there is skipped, and neither counted nor removed.
    objects.put_object(Bucket="datasets", Key="ckpt/a/step-00000029", Body=b"half")
    done = train.run(mounted, *slow, **s3.environment)
    assert done.returncode == 0, done.stderr
    assert "skipped s3://datasets/ckpt/a/step-00000029: it was cut off" in done.stdout
    assert "resumed from s3://datasets/ckpt/a/step-000000" in done.stdout
    uncut = train.run(mounted, *PROGRAM, *local)
    assert uncut.returncode == 0
    end = history.read(mounted / "local" / "history.jsonl")[-1]
    assert history_of(objects, mounted)[-1]["loss"] == end["loss"]
    left = [k for k in keys(objects, "ckpt/") if "step-" in k]
    assert len(left) == 3
    assert left[-2:] == ["ckpt/a/step-00000029", "ckpt/a/step-00000030"]


@pytest.mark.parametrize(
    "case",
    [
        (("--data", "s3://nobodys/"), {}, 3, "there is nothing: s3://nobodys/"),
        (("--data", "s3://datasets/none/"), {}, 3, "no data_batch_1 at or below"),
        (
            ("--checkpoints", "s3://nobodys/x/"),
            {},
            3,
            "there is nothing: s3://nobodys/x/",
        ),
        (
            (),
            {"AWS_SECRET_ACCESS_KEY": "another"},
            4,
            "no permission, or no identity: s3://datasets/",
        ),
        (
            (),
            {"AWS_ACCESS_KEY_ID": "", "AWS_EC2_METADATA_DISABLED": "true"},
            4,
            "no permission, or no identity: s3://datasets/",
        ),
        (("--checkpoints", "gs://bucket/x"), {}, 2, "jobs.checkpoints publish"),
    ],
)
def test_what_a_bucket_refuses_is_said(
    train: Container,  # noqa: F811
    s3: S3Server,
    objects: Any,
    tmp_path: Path,
    case: tuple[tuple[str, ...], dict[str, str], int, str],
) -> None:
    words, more, code, said = case
    before = keys(objects, "")
    command = (*PROGRAM, *FROM_BUCKET, *TO_BUCKET, *words)
    done = train.run(tmp_path, *command, **{**s3.environment, **more})
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert code == 2 or done.stderr.count("\n") == 1
    assert keys(objects, "") == before


def test_damaged_data_in_a_bucket_is_named(
    train: Container,  # noqa: F811
    s3: S3Server,
    objects: Any,
    tmp_path: Path,
) -> None:
    key = "cifar10/cifar-10-batches-py/test_batch"
    whole = objects.get_object(Bucket="datasets", Key=key)["Body"].read()
    objects.put_object(Bucket="datasets", Key=key, Body=whole[:-2000])
    command = (*PROGRAM, *FROM_BUCKET, "--checkpoints", "/mnt/ckpt")
    done = train.run(tmp_path, *command, **s3.environment)
    assert done.returncode == 6
    assert done.stderr.startswith(
        "test_batch of s3://datasets/cifar10/cifar-10-batches-py/ is damaged: "
    )


def test_an_archive_in_a_bucket_is_whole(
    s3: S3Server, objects: Any, tmp_path: Path
) -> None:
    synthetic.make("s3://datasets/raw/cifar-10-python.tar.gz", images=10, seed=1)
    assert s3.url
    objects.download_file("datasets", "raw/cifar-10-python.tar.gz", str(tmp_path / "a"))
    shutil.unpack_archive(tmp_path / "a", tmp_path / "b", "gztar", filter="data")
    assert len(list((tmp_path / "b" / "cifar-10-batches-py").iterdir())) == 7


def wait_for(client: Any, key: str) -> None:
    deadline = time.monotonic() + 300
    while key not in keys(client, key):
        assert time.monotonic() < deadline, f"{key} did not come"
        time.sleep(0.05)
