"""Kills of a training with a tier of checkpoints, at random moments.

Whatever is killed, the bucket has a whole checkpoint that is no older than the last
that was ever seen in it, and the training ends as one that nothing cut off.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from jobs import manifest
from jobs.checkpoints import CheckpointStore
from tests.containers import Container
from tests.emulators import programs, s3_server
from tests.emulators.kills import Bucket, Pod, content, until, weights
from tests.emulators.s3_server import S3Server
from tests.jobs.test_train import COMPARE

pytestmark = pytest.mark.slow

BUCKET = "checkpoints"
ROUNDS = 52
KILLS = 2
VICTIMS = ("trainer", "sidecar", "server", "node")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server.running(tmp_path_factory.mktemp("s3")) as running:
        running.client().create_bucket(Bucket=BUCKET)
        yield running


@pytest.fixture
def environment(server: S3Server, rclone: Path, tmp_path: Path) -> dict[str, str]:
    return {**programs.environment(rclone, tmp_path), **server.environment}


@dataclass
class Watched:
    """A bucket that is looked at all the time.

    Attributes:
        bucket: The bucket.
        highest: The newest step that was ever visible in it.
    """

    bucket: Bucket
    highest: int = -1
    _over: threading.Event = field(default_factory=threading.Event)

    def look(self) -> int:
        """Look at once; the newest step that was ever visible."""
        self.highest = max(self.highest, self.bucket.newest())
        return self.highest

    @contextmanager
    def all_the_time(self) -> Iterator[None]:
        def watch() -> None:
            while not self._over.wait(0.01):
                self.look()

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()


@dataclass
class Round:
    """One training, killed again and again as its seed says."""

    server: S3Server
    pod: Pod
    watched: Watched
    random: random.Random

    def run(self) -> None:
        """Train to the end, with kills on the way."""
        self.begin()
        for victim in self.random.choices(VICTIMS, k=KILLS):
            time.sleep(self.random.uniform(0, 0.6))
            self.kill(victim)
        self.finish()

    def begin(self) -> None:
        """Start a pod on a new node."""
        least = self.watched.look()
        restored = self.pod.restore()
        assert restored.returncode == 0, restored.stderr
        assert_whole(self.pod.checkpoints, least)
        self.pod.start_sidecar()
        self.pod.start_trainer()

    def kill(self, victim: str) -> None:
        match victim:
            case "trainer":
                self.pod.kill("trainer")
                least = self.watched.look()
                assert_whole(self.pod.checkpoints, least)
                self.pod.start_trainer()
            case "sidecar":
                self.pod.kill("sidecar")
                self.check_elsewhere()
                self.pod.start_sidecar()
            case "server":
                self.server.kill()
                time.sleep(self.random.uniform(0, 0.3))
                self.server.start()
                self.check_elsewhere()
            case _:
                self.pod.lose_node()
                assert_all_whole(self.watched.bucket)
                self.begin()

    def check_elsewhere(self) -> None:
        """Restore on another node: what comes is whole, and the last published."""
        least = self.watched.look()
        other = Pod(
            self.pod.node.with_name("other"), self.pod.uri, self.pod.environment
        )
        restored = other.restore()
        assert restored.returncode == 0, restored.stderr
        assert_whole(other.checkpoints, least)
        shutil.rmtree(other.node)

    def finish(self) -> None:
        """The training ends like one that nothing cut off; so says its checkpoint."""
        code, said, err = self.pod.end("trainer")
        steps = self.pod.steps
        assert code == 0, err
        assert said.endswith(f"ends at {steps} with {weights(steps)}\n")
        self.pod.ask_to_stop("sidecar")
        code, said, err = self.pod.end("sidecar")
        assert code == 0, said + err
        assert self.watched.look() == steps
        assert_all_whole(self.watched.bucket)
        self.check_elsewhere()


def assert_whole(directory: Path, least: int) -> None:
    """The newest checkpoint of a directory is whole, true, and not too old."""
    said: list[str] = []
    found = CheckpointStore(directory, say=said.append).newest(bytes)
    assert said == []
    if found is None:
        assert least == -1, f"{least} was published, and nothing came back"
        return
    step = found[0].step
    assert step >= least, f"{least} was published, and {step} came back"
    assert found[1] == content(step, weights(step))


def assert_all_whole(bucket: Bucket) -> None:
    """While nobody writes: every visible checkpoint is whole, and there are few."""
    published = bucket.published()
    assert len(published) <= 4, "three are kept, and a kill may leave one more"
    for step in published:
        listed = manifest.read(bucket.directory / f"step-{step:08d}.json")
        differ = manifest.differences(bucket.content(step), listed, contents=True)
        assert list(differ) == []
        (file,) = listed.files
        payload = (bucket.content(step) / file.path).read_bytes()
        assert payload.startswith(content(step, weights(step)))


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_it_goes_on(
    server: S3Server, environment: dict[str, str], tmp_path: Path, seed: int
) -> None:
    key = f"team/round-{seed}"
    pod = Pod(tmp_path / "node", f"s3://{BUCKET}/{key}/", environment, pause=0.03)
    watched = Watched(Bucket(server.directory / "buckets" / BUCKET / key))
    try:
        with watched.all_the_time():
            Round(server, pod, watched, random.Random(seed)).run()  # noqa: S311
    finally:
        pod.lose_node()


PROGRAM = ("python3", "-m", "jobs.train", "--checkpoints", "/mnt/ckpt")
SHORT = (*PROGRAM, "--steps", "60", "--checkpoint-every", "5", "--pause", "0.02")


@pytest.fixture(scope="module")
def uncut(
    train: Container,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The checkpoints of a training that nothing cut off."""
    directory = tmp_path_factory.mktemp("uncut")
    done = train.run(directory, *SHORT)
    assert done.returncode == 0, done.stderr
    return directory / "ckpt"


@pytest.mark.images
@pytest.mark.parametrize("seed", range(4))
def test_pytorch_that_loses_its_node_ends_the_same_to_the_bit(  # noqa: PLR0917
    train: Container,
    uncut: Path,
    server: S3Server,
    environment: dict[str, str],
    tmp_path: Path,
    seed: int,
) -> None:
    key = f"team/pytorch-{seed}"
    moments = random.Random(seed)  # noqa: S311, a test
    bucket = Bucket(server.directory / "buckets" / BUCKET / key)
    pod = Pod(tmp_path / "node", f"s3://{BUCKET}/{key}/", environment)
    came = Path()
    try:
        for _ in range(2):
            assert pod.restore().returncode == 0
            pod.start_sidecar()
            before = bucket.newest()
            with train.start(pod.node, *SHORT) as trainer:
                until(lambda b=before: bucket.newest() > b, "nothing was published")
                time.sleep(moments.uniform(0, 0.3))
                trainer.kill()
            least = bucket.newest()
            pod.lose_node()
            restored = pod.restore()
            assert restored.returncode == 0, restored.stderr
            (came,) = pod.checkpoints.glob("step-*")
            assert int(came.name.removeprefix("step-")) >= least
            if least == 60:
                break
        done = train.run(pod.node, *SHORT)
        assert done.returncode == 0, done.stderr
        assert f"resumed from /mnt/ckpt/{came.name} " in done.stdout
        assert_same(train, uncut, pod.node)
    finally:
        pod.lose_node()


def assert_same(train: Container, uncut: Path, node: Path) -> None:
    shutil.copytree(uncut, node / "uncut")
    done: subprocess.CompletedProcess[str] = train.run(node, "python3", "-c", COMPARE)
    assert done.stdout == "the same\n", done.stderr
