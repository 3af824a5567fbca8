"""`jobs.checkpoints` between a local directory and buckets of both clouds."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jobs import manifest
from jobs.checkpoints import CheckpointStore, local
from jobs.rclone import Failure
from tests.emulators import programs
from tests.emulators.kills import stop, until
from tests.emulators.s3_server import S3Server
from tests.emulators.stores import Store

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Tier:
    """The programs, in an environment that names the emulators and nothing else."""

    environment: dict[str, str]
    directory: Path
    uri: str

    @property
    def store(self) -> CheckpointStore:
        """What a trainer writes with."""
        return CheckpointStore(self.directory, keep=9)

    def save(self, *steps: int) -> None:
        for step in steps:
            self.store.save(step, lambda file, s=step: file.write(b"%d" % s * 9))

    def start(self, command: str, *words: object, **more: str) -> Any:
        places = (self.directory, self.uri)
        if command == "restore":
            places = (self.uri, self.directory)
        program = programs.Program(
            self.environment, ("-m", "jobs.checkpoints", command)
        )
        return program.start(*places, *words, **more)

    def restore(self, *words: object, **more: str) -> tuple[int, str, str]:
        with self.start("restore", "--pause", "0.05", *words, **more) as process:
            out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    @contextmanager
    def publishing(self, *words: object, **more: str) -> Iterator[Any]:
        with self.start("publish", "--every", "0.05", *words, **more) as process:
            try:
                yield process
            finally:
                process.kill()

    def publish(self, *words: object, **more: str) -> tuple[int, str, str]:
        """Run it and ask it to stop at once: it does what there is to do."""
        with self.publishing(*words, **more) as process:
            stop(process)
            out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def forget(self) -> None:
        """Lose the local disk."""
        shutil.rmtree(self.directory)

    def visible(self) -> dict[str, bytes]:
        paths = (path for path in self.directory.rglob("*") if path.is_file())
        named = {str(p.relative_to(self.directory)): p.read_bytes() for p in paths}
        return {name: c for name, c in named.items() if name[0] != "."}


@pytest.fixture
def tier(store: Store, rclone: Path, tmp_path: Path) -> Tier:
    return make(store.environment, f"{store.uri}/team/run", rclone, tmp_path)


@pytest.fixture
def killable(s3: S3Server, rclone: Path, tmp_path: Path) -> Tier:
    s3.client().create_bucket(Bucket="datasets")
    return make(s3.environment, "s3://datasets/team/run", rclone, tmp_path)


def make(own: dict[str, str], uri: str, rclone: Path, home: Path) -> Tier:
    known = programs.environment(rclone, home)
    return Tier({**known, **own}, home / "ckpt", uri)


def steps(store: Store) -> list[int]:
    names = (key.removeprefix("team/run/") for key in store.objects())
    return sorted(int(n[5:13]) for n in names if n.endswith(".json"))


def contents(store: Store) -> set[str]:
    names = (key.removeprefix("team/run/") for key in store.objects())
    return {name.partition("/")[0] for name in names if "/" in name}


def test_what_was_published_is_restored(tier: Tier, store: Store) -> None:
    assert tier.restore() == (
        0,
        "no checkpoint is published: this is a first run\n",
        "",
    )
    tier.save(100, 200)
    code, out, err = tier.publish("--about", "model=resnet")
    assert (code, err) == (0, "")
    assert "published step-00000200: " in out
    assert steps(store) == [200], "the older one was superseded"
    (key,) = (key for key in store.objects() if key.endswith(".json"))
    listed = manifest.from_json(store.objects()[key])
    assert key == "team/run/step-00000200.json"
    assert listed.about["model"] == "resnet"
    content = listed.about["content"]
    assert set(store.objects()) == {key, f"team/run/{content}/step-00000200"}

    wanted = (tier.directory / "step-00000200").read_bytes()
    tier.forget()
    code, out, err = tier.restore("--about", "model=resnet")
    assert (code, err) == (0, "")
    assert tier.visible() == {"step-00000200": wanted}
    assert not (tier.directory / ".arriving").exists()


@pytest.mark.parametrize("name", ["300", "step-00000300"])
def test_a_directory_is_a_checkpoint(tier: Tier, store: Store, name: str) -> None:
    tree = {"a/b/c": b"1" * 70_000, "_METADATA": b"{}", "a/.hidden": b"2"}
    for path, content in tree.items():
        (tier.directory / name / path).parent.mkdir(parents=True, exist_ok=True)
        (tier.directory / name / path).write_bytes(content)
    # What Orbax has not finished.
    (tier.directory / "400.orbax-checkpoint-tmp-7").mkdir()
    with tier.publishing() as process:
        until(lambda: steps(store) == [300], "it is not published")
        process.terminate()
        assert process.wait(timeout=30) == 0
    tier.forget()
    assert tier.restore()[0] == 0
    assert tier.visible() == {f"{name}/{path}": c for path, c in tree.items()}


def test_the_newest_are_kept_in_the_bucket(tier: Tier, store: Store) -> None:
    for step in (10, 20, 30, 40):
        tier.save(step)
        assert tier.publish("--keep", "2")[0] == 0
    assert steps(store) == [30, 40]
    assert len(contents(store)) == 2


def test_the_old_are_removed_but_not_the_newest(tier: Tier, store: Store) -> None:
    for step in (10, 20):
        tier.save(step)
        assert tier.publish("--max-age", "1d")[0] == 0
    assert steps(store) == [10, 20]
    time.sleep(2.1)  # Their times are whole seconds.
    assert tier.publish("--max-age", "1s")[0] == 0
    assert steps(store) == [20]
    assert len(contents(store)) == 1


def test_what_a_kill_left_in_the_bucket_is_removed(tier: Tier, store: Store) -> None:
    half = "team/run/step-00000005.20200101T000000Z-0123abcd/step-00000005"
    young = f"team/run/step-00000006.{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    young += "-0123abcd/step-00000006"
    others = ["team/run/mine/x", "team/run/step-notes/x", "team/other"]
    for key in (half, young, *others):
        store.put(key, b"half")
    tier.save(10)
    code, out, _ = tier.publish()
    assert code == 0
    assert "removed step-00000005.20200101T000000Z-0123abcd" in out
    assert half not in store.objects()
    assert {young, *others} <= set(store.objects())


def test_a_newer_one_that_is_here_stays(tier: Tier) -> None:
    tier.save(10)
    assert tier.publish()[0] == 0
    tier.save(20)
    before = tier.visible()
    code, out, _ = tier.restore()
    assert (code, tier.visible()) == (0, before)
    assert "step-00000020 stays" in out
    # A torn one is no newer one.
    tier.forget()
    tier.save(5)
    (tier.directory / "step-00000030").write_bytes(b"torn")
    code, out, _ = tier.restore()
    assert code == 0
    assert "step-00000030 is no whole checkpoint" in out
    assert {"step-00000005", "step-00000010"} <= set(tier.visible())


def test_from_a_damaged_one_it_falls_back_and_says_so(tier: Tier, store: Store) -> None:
    for step in (10, 20):
        tier.save(step)
        assert tier.publish()[0] == 0
    tier.forget()
    (key,) = (key for key in store.objects() if key.endswith("/step-00000020"))
    store.spoil(key)
    code, out, _ = tier.restore()
    assert code == 0
    assert "step-00000020.json is damaged: " in out
    assert list(tier.visible()) == ["step-00000010"]
    # What is trained from there is published again, though its step was there.
    tier.save(20)
    assert "published step-00000020" in tier.publish()[1]
    tier.forget()
    assert tier.restore()[0] == 0
    assert list(tier.visible()) == ["step-00000020"]


def test_where_none_is_whole_no_training_starts_over(tier: Tier, store: Store) -> None:
    store.put("team/run/step-00000010.json", b"{")
    code, out, err = tier.restore()
    assert code == Failure.DIFFERS
    assert "step-00000010.json is damaged: its manifest cannot be read" in out
    assert "none of 1 is whole" in err
    assert tier.visible() == {}


@pytest.mark.parametrize("command", ["restore", "publish"])
def test_checkpoints_of_another_model_are_refused(
    tier: Tier, store: Store, command: str
) -> None:
    tier.save(10)
    assert tier.publish("--about", "model=resnet", "--about", "team=a")[0] == 0
    before = store.objects()
    tier.forget()
    run = tier.restore if command == "restore" else tier.publish
    code, _, err = run("--about", "model=bert", "--about", "size=1")
    assert code == Failure.OTHER
    assert "holds other checkpoints: step-00000010.json is of " in err
    assert "model=resnet, not bert and no size=1" in err
    assert tier.visible() == {}
    assert store.objects() == before


@pytest.mark.parametrize("command", ["restore", "publish"])
def test_a_missing_bucket_is_said(tier: Tier, store: Store, command: str) -> None:
    other = Tier(tier.environment, tier.directory, store.uri + "-not/run")
    run = other.restore if command == "restore" else other.publish
    code, _, err = run()
    assert code == Failure.MISSING
    assert err == f"{other.uri}: there is no such bucket\n"


@pytest.mark.parametrize("command", ["restore", "publish"])
def test_wrong_credentials_are_said(killable: Tier, command: str) -> None:
    run = killable.restore if command == "restore" else killable.publish
    code, _, err = run(AWS_SECRET_ACCESS_KEY="another")  # noqa: S106
    assert code == Failure.DENIED
    assert "no permission, or no identity" in err


def test_a_bucket_that_does_not_answer_is_no_first_run(
    killable: Tier, s3: S3Server
) -> None:
    s3.kill()
    code, out, err = killable.restore("--attempts", "2")
    assert code == Failure.OTHER
    assert out.startswith("attempt 1 of 2: ")
    assert "connection refused" in err
    assert killable.visible() == {}


def test_an_outage_is_waited_out(killable: Tier, s3: S3Server) -> None:
    killable.save(10)
    with killable.publishing() as process:
        until(lambda: published(killable) == 10, "it is not published")
        s3.kill()
        killable.save(20)
        killable.save(30)
        line = ""
        while "not reached" not in line:
            line = process.stdout.readline()
        s3.start()
        until(lambda: published(killable) == 30, "it was not tried again")
        process.terminate()
        assert process.wait(timeout=30) == 0


def test_asked_to_stop_it_says_what_is_not_published(
    killable: Tier, s3: S3Server
) -> None:
    with killable.publishing("--flush", "0.5") as process:
        until(lambda: published(killable) is not None, "it did not begin")
        s3.kill()
        killable.save(10)
        process.terminate()
        out, _ = process.communicate(timeout=60)
    assert process.returncode == Failure.OTHER
    assert out.endswith("step-00000010 is not published\n")


def test_a_torn_one_is_not_published_until_it_is_written_whole(killable: Tier) -> None:
    killable.save(10)
    whole = (killable.directory / "step-00000010").read_bytes()
    (killable.directory / "step-00000020").write_bytes(whole[:-1])
    with killable.publishing() as process:
        until(lambda: published(killable) == 10, "the whole one is not published")
        killable.save(20)
        until(lambda: published(killable) == 20, "the new one is not published")
        process.terminate()
        out, _ = process.communicate(timeout=60)
    assert "step-00000020 is not whole: it was cut off" in out


def test_two_that_publish_the_same_steps_spoil_nothing(killable: Tier) -> None:
    """An old pod still runs, on a node that was cut off."""
    old = Tier(killable.environment, killable.directory.with_name("old"), killable.uri)
    for tier, mark in ((killable, b"new"), (old, b"old")):
        tier.store.save(1, lambda file, m=mark: file.write(m))
    with (
        killable.publishing("--keep", "1") as one,
        old.publishing("--keep", "1") as two,
    ):
        for step in range(10, 60, 10):
            for tier, mark in ((killable, b"new"), (old, b"old")):
                tier.store.save(step, lambda file, m=mark: file.write(m))
            until(
                lambda s=step: published(killable) == s and published(old) == s,
                "both go on",
            )
            here = killable.directory.with_name(f"here-{step}")
            other = Tier(killable.environment, here, killable.uri)
            code, out, err = other.restore()
            assert (code, err) == (0, "")
            assert "damaged" not in out
            found = other.store.newest(bytes)
            assert found is not None
            assert found[0].step == step
            assert found[1] in (b"old", b"new")
        for process in (one, two):
            process.terminate()
            assert process.wait(timeout=30) == 0


def test_the_other_pods_of_a_program_do_nothing(killable: Tier) -> None:
    killable.save(10)
    killable.directory.rename(killable.directory.with_name("before"))
    second = {"JOB_COMPLETION_INDEX": "1"}
    code, out, err = killable.restore("--only-first", **second)
    assert (code, err) == (0, "")
    assert "the first pod alone" in out
    assert killable.publish("--only-first", **second)[0] == 0
    assert not killable.directory.exists()
    assert killable.publish("--only-first", JOB_COMPLETION_INDEX="0")[0] == 0
    assert published(killable) == -1


def test_no_room_for_what_is_restored(killable: Tier) -> None:
    killable.store.save(10, lambda file: file.write(b"1" * 200_000))
    assert killable.publish()[0] == 0
    killable.forget()
    killable.directory.mkdir()
    script = (
        'mount -t tmpfs -o size=100k none "$0"; '
        '"$1" -m jobs.checkpoints restore "$2" "$0"; code=$?; ls -A "$0"; exit $code'
    )
    places = (str(killable.directory), sys.executable, killable.uri)
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, *places],
        env=killable.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == Failure.FULL
    assert "there is no room for it" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("uri", ["http://bucket/x", "/tmp/x"])
def test_what_is_no_bucket_is_refused(killable: Tier, uri: str) -> None:
    code, _, err = Tier(killable.environment, killable.directory, uri).restore()
    assert code == 2
    assert "is neither gs://bucket/prefix/ nor s3://bucket/prefix/" in err


# Alone in a mount namespace, on a disk with room for two checkpoints. The sidecar
# comes when the trainer waits for it.
_ON_A_SMALL_DISK = """
mount -t tmpfs -o size=620k none "$0"
echo '{"step": null}' > "$0/.published"
"$1" -m tests.emulators.kills "$0" 24 4 0 > "$0.log" &
trainer=$!
until grep -q "the disk is full: step 12 waits" "$0.log"; do sleep 0.05; done
"$1" -m jobs.checkpoints publish "$0" "$2" --every 0.05 &
sidecar=$!
wait $trainer || exit
kill $sidecar
wait $sidecar
"""


def test_a_full_disk_slows_and_loses_nothing(killable: Tier, tmp_path: Path) -> None:
    killable.directory.mkdir()
    places = (str(killable.directory), sys.executable, killable.uri)
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", _ON_A_SMALL_DISK, *places],
        env=killable.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "ends at 24 with " in Path(f"{killable.directory}.log").read_text()
    assert "published step-00000008: " in done.stdout, "the newest of the two"
    assert done.stdout.endswith("step-00000024 is published: nothing is left to do\n")


def published(tier: Tier) -> int | None:
    """What its publisher says; -1: nothing yet, None: it has not begun."""
    return local.published(tier.directory)
