"""The S3 connector for PyTorch against a server of S3: data and checkpoints."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from jobs import history
from jobs.train_cifar10 import synthetic
from tests.containers import Container
from tests.emulators.s3_server import S3Server

pytestmark = [pytest.mark.images, pytest.mark.slow]

PROGRAM = (
    *("python3", "-m", "jobs.train_cifar10", "--epochs", "3"),
    *("--batch", "50", "--checkpoint-every", "10"),
)
FROM_BUCKET = ("--data", "s3://datasets/")
TO_BUCKET = ("--checkpoints", "s3://datasets/ckpt/a")


# Each argument is a command line and its variables. PyTorch is loaded once for all.
EACH = """
import contextlib, io, json, os, sys
from jobs.train_cifar10.__main__ import main

own = dict(os.environ)
for words, variables in map(json.loads, sys.argv[1:]):
    os.environ.clear()
    os.environ.update({**own, **variables})
    with contextlib.redirect_stderr(io.StringIO()) as err:
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                code = main(words)
            except SystemExit as problem:
                code = problem.code
    print(json.dumps([code, err.getvalue()]))
"""


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
    train: Container,
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
    train: Container,
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


def test_a_server_that_is_killed_is_waited_for_and_then_said(
    train: Container,
    s3: S3Server,
    objects: Any,
    mounted: Path,
) -> None:
    slow = (*PROGRAM, *FROM_BUCKET, *TO_BUCKET, "--pause", "0.1")
    once = {**s3.environment, "AWS_MAX_ATTEMPTS": "2"}
    with train.start(mounted, *slow, **once) as process:
        wait_for(objects, "ckpt/a/step-00000010")
        s3.kill()
        _, err = process.communicate(timeout=300)
    assert process.returncode == 1
    assert err.startswith("it failed: s3://datasets/")
    assert "the server does not answer: " in err
    assert err.count("\n") == 1

    # What was published before is whole, and it goes on from there; of a server that
    # is there again in time nothing is said.
    s3.start()
    with train.start(mounted, *slow, **s3.environment) as process:
        wait_for(objects, "ckpt/a/step-00000020")
        s3.kill()
        time.sleep(0.5)
        s3.start()
        out, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (0, "")
    assert "resumed from s3://datasets/ckpt/a/step-00000010 " in out
    assert "skipped" not in out
    assert "finished at step 30 of 30: loss " in out
    steps = [f"ckpt/a/step-{step:08d}" for step in (10, 20, 30)]
    assert list(keys(objects, "ckpt/")) == ["ckpt/a/history.jsonl", *steps]


NOBODY = {"AWS_ACCESS_KEY_ID": "", "AWS_EC2_METADATA_DISABLED": "true"}
DAMAGED = "s3://datasets/damaged/cifar-10-batches-py/"

# Words and variables of one training, its exit code, and how its message begins.
REFUSED: tuple[tuple[tuple[str, ...], dict[str, str], int, str], ...] = (
    (("--data", "s3://nobodys/"), {}, 3, "there is nothing: s3://nobodys/"),
    (("--data", "s3://datasets/none/"), {}, 3, "there is nothing: no data_batch_1 at "),
    (("--checkpoints", "s3://nobodys/x/"), {}, 3, "there is nothing: s3://nobodys/x/"),
    (
        (),
        {"AWS_SECRET_ACCESS_KEY": "another"},
        4,
        "no permission, or no identity: s3://datasets/",
    ),
    ((), NOBODY, 4, "no permission, or no identity: s3://datasets/"),
    (("--checkpoints", "gs://bucket/x"), {}, 2, "usage: "),
    (("--data", DAMAGED), {}, 6, f"test_batch of {DAMAGED} is damaged: "),
)


def test_what_a_bucket_refuses_is_said(
    train: Container,
    s3: S3Server,
    objects: Any,
    tmp_path: Path,
) -> None:
    damage(objects)
    before = keys(objects, "")
    whole = ("--data", "s3://datasets/cifar10/", *TO_BUCKET)
    lines = [
        json.dumps([[*PROGRAM[3:], *whole, *words], variables])
        for words, variables, _, _ in REFUSED
    ]
    done = train.run(tmp_path, "python3", "-c", EACH, *lines, **s3.environment)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    for (_, _, code, said), (told, err) in zip(REFUSED, found, strict=True):
        assert told == code, err
        assert err.startswith(said)
        assert code == 2 or err.count("\n") == 1
    assert keys(objects, "") == before


def damage(client: Any) -> None:
    """Put a copy beside the whole one, whose test set is cut off."""
    prefix = "cifar10/cifar-10-batches-py/"
    for key in keys(client, prefix):
        content = client.get_object(Bucket="datasets", Key=key)["Body"].read()
        name = key.removeprefix(prefix)
        body = content[:-2000] if name == "test_batch" else content
        place = f"damaged/cifar-10-batches-py/{name}"
        client.put_object(Bucket="datasets", Key=place, Body=body)


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
