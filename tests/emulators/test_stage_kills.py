"""`jobs.stage` started many times at once, and killed at any moment."""

from __future__ import annotations

import io
import json
import os
import random
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs import manifest
from tests.emulators import programs, relay
from tests.emulators.relay import Relay
from tests.emulators.s3_server import S3Server
from tests.emulators.staging import (
    Stage,
    arrived,
    readers,
    require_whole,
    until,
    visible,
)
from tests.jobs.test_fetch import Site, site  # noqa: F401, the fixture

pytestmark = pytest.mark.slow

SOURCE = "s3://datasets/p/"
SHARDS = {f"shards/{i:02}": os.urandom(200_000) for i in range(20)}
NOWHERE = "http://127.0.0.1:1"
LARGE = os.urandom(6_000_000)
# Storage that has no locks, as FUSE and Lustre without `flock` answer.
_WITHOUT_LOCKS = """
import errno, fcntl, sys
def flock(*_):
    raise OSError(errno.ENOSYS, "Function not implemented")
fcntl.flock = flock
from jobs.stage.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def slow(s3: S3Server) -> Iterator[Relay]:
    with relay.running(s3.port) as made:
        yield made


@pytest.fixture
def stage(s3: S3Server, slow: Relay, rclone: Path, tmp_path: Path) -> Stage:
    own = programs.environment(rclone, tmp_path)
    url = f"http://127.0.0.1:{slow.port}"
    environment = s3.environment | {"AWS_ENDPOINT_URL_S3": url}
    return Stage({**own, **environment})


def put(s3: S3Server, files: dict[str, bytes]) -> None:
    client = s3.client()
    client.create_bucket(Bucket="datasets")
    for name, content in files.items():
        client.put_object(Bucket="datasets", Key=f"p/{name}", Body=content)


def ended(processes: list[subprocess.Popen[str]]) -> list[str]:
    """What each said in the end; all of them have to succeed."""
    said: list[str] = []
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, "")
        said.append(out.splitlines()[-1])
    return said


@pytest.mark.parametrize(
    "program", [("-m", "jobs.stage"), ("-c", _WITHOUT_LOCKS)], ids=["locks", "none"]
)
def test_of_eight_at_once_one_downloads(
    s3: S3Server, stage: Stage, slow: Relay, tmp_path: Path, program: tuple[str, str]
) -> None:
    put(s3, SHARDS)
    target = tmp_path / "to"
    target.mkdir()
    slow.rate = 1_000_000
    with readers(target, SHARDS, 2):
        started = [stage.start(SOURCE, target, program=program) for _ in range(8)]
        said = ended(started)
    # Every object was read once, by whoever it was.
    assert s3.gets("datasets/p/") == len(SHARDS)
    assert sum("20 files, 4,000,000 bytes" in line for line in said) == 1
    assert sum("by now" in line or "already" in line for line in said) == 7
    require_whole(target, SHARDS)


def test_the_one_that_downloads_is_killed(
    s3: S3Server, stage: Stage, slow: Relay, tmp_path: Path
) -> None:
    put(s3, SHARDS)
    target = tmp_path / "to"
    target.mkdir()
    slow.rate = 500_000
    with readers(target, SHARDS, 2):
        first = stage.start(SOURCE, target)
        others = [stage.start(SOURCE, target) for _ in range(3)]
        until(lambda: arrived(target) > 1_500_000)
        [downloads] = [each for each in (first, *others) if _has_child(each)]
        os.killpg(downloads.pid, signal.SIGKILL)
        downloads.communicate()
        slow.rate = None
        ended([each for each in (first, *others) if each is not downloads])
    # Four are on their way at a time: no more of them came twice.
    assert s3.gets("datasets/p/") <= len(SHARDS) + 4
    require_whole(target, SHARDS)


def _has_child(process: subprocess.Popen[str]) -> bool:
    """Whether it has one, which is rclone."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return bool(children.read_text())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("seed", range(2))
def test_killed_again_and_again_it_goes_on(
    *,
    s3: S3Server,
    stage: Stage,
    slow: Relay,
    tmp_path: Path,
    number: signal.Signals,
    seed: int,
) -> None:
    """What is fetched twice is what was on its way, however large the object is."""
    wanted = {"large": LARGE, **dict(list(SHARDS.items())[:10])}
    put(s3, wanted)
    target = tmp_path / "to"
    target.mkdir()
    total = sum(map(len, wanted.values()))
    chance = random.Random(seed)  # noqa: S311, moments to be killed at
    kills = sorted(chance.uniform(0.02, 0.98) * total for _ in range(5))
    slow.rate = 2_000_000
    with readers(target, wanted, 1):
        for bytes_there in kills:
            with stage.start(SOURCE, target, "--large", "1000000") as process:
                until(
                    lambda: (
                        arrived(target) > bytes_there  # noqa: B023, used at once
                        or process.poll() is not None
                    )
                )
                assert process.poll() is None
                os.killpg(process.pid, number)
                process.communicate(timeout=60)
            assert process.returncode in (143, -number)
            assert visible(target) == {}
        slow.rate = None
        stage.staged(SOURCE, target, "--large", "1000000")
    require_whole(target, wanted)
    # Shards on their way begin again, four at most. Of the large one nothing does but
    # what was in memory, which is more on a busy machine; all of it would be 15 MB.
    again = len(kills) * (4 * 200_000 + 500_000)
    assert slow.brought < total + again


@pytest.mark.parametrize("has_md5", [True, False])
@pytest.mark.parametrize("spoilt", [True, False])
def test_on_another_node_only_a_checksum_is_trusted(
    *,
    s3: S3Server,
    stage: Stage,
    slow: Relay,
    tmp_path: Path,
    has_md5: bool,
    spoilt: bool,
) -> None:
    """The node may have been lost before all was written that it had."""
    put(s3, {"small": b"1" * 1000} | ({"large": LARGE} if has_md5 else {}))
    if not has_md5:
        s3.client().upload_fileobj(
            io.BytesIO(LARGE), "datasets", "p/large", Config=_in_parts()
        )
    target = tmp_path / "to"
    slow.rate = 2_000_000
    with stage.start(SOURCE, target, "--large", "1000000") as process:
        until(lambda: arrived(target) > 3_000_000)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
    [partial] = target.rglob("*.partial")
    [record] = target.rglob("objects.json")
    told = json.loads(record.read_text())
    assert bool(told["objects"]["large"]["md5"]) is has_md5
    record.write_text(json.dumps(told | {"boot": "another"}))
    if spoilt:
        for path in (partial, *target.rglob("small")):
            with path.open("r+b") as file:
                file.write(b"\0" * 100)
    slow.rate, before = None, slow.brought
    done = stage.run(SOURCE, target, "--large", "1000000")
    assert done.returncode == 0, done.stderr
    require_whole(target, {"small": b"1" * 1000, "large": LARGE})
    assert ("goes on at" in done.stdout) is has_md5
    assert ("its checksum differs" in done.stdout) is (has_md5 and spoilt)
    went_on = has_md5 and not spoilt
    assert (slow.brought - before < 4_000_000) is went_on


def _in_parts() -> object:
    from boto3.s3.transfer import TransferConfig  # noqa: PLC0415

    return TransferConfig(multipart_threshold=5 * 1024**2)


def test_an_object_that_changed_meanwhile_begins_again(
    s3: S3Server, stage: Stage, slow: Relay, tmp_path: Path
) -> None:
    put(s3, {"large": LARGE})
    target = tmp_path / "to"
    slow.rate = 2_000_000
    with stage.start(SOURCE, target, "--large", "1000000") as process:
        until(lambda: arrived(target) > 2_000_000)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
    other = os.urandom(len(LARGE))
    s3.client().put_object(Bucket="datasets", Key="p/large", Body=other)
    slow.rate = None
    done = stage.run(SOURCE, target, "--large", "1000000")
    assert "goes on at" not in done.stdout
    require_whole(target, {"large": other})


def test_killed_while_the_files_get_their_places(
    s3: S3Server, stage: Stage, tmp_path: Path
) -> None:
    """It ends what was begun, and asks nobody for anything."""
    put(s3, SHARDS | {"a": b"1", "b": b"2"})
    target = tmp_path / "to"
    program = (
        "import os, sys\nfrom pathlib import Path\n"
        "from jobs.stage.__main__ import main\n"
        "rename = Path.rename\n"
        "def first(path, other):\n"
        "    rename(path, other)\n"
        "    if path.parent.name == 'download':\n"
        "        os.kill(os.getpid(), 9)\n"
        "Path.rename = first\nsys.exit(main(sys.argv[1:]))\n"
    )
    done = stage.run(SOURCE, target, program=("-c", program))
    assert done.returncode == -signal.SIGKILL
    assert visible(target) == {"a": b"1"}
    assert not (target / manifest.NAME).exists()
    # Who asks for something else does not get this.
    done = stage.run(SOURCE, target, "--unpack", AWS_ENDPOINT_URL_S3=NOWHERE)
    assert done.returncode == 1
    assert f"{target} holds {SOURCE} already, as it is" in done.stderr
    assert visible(target) == {"a": b"1"}
    before = s3.gets("datasets/")
    stage.staged(SOURCE, target, AWS_ENDPOINT_URL_S3=NOWHERE)
    assert s3.gets("datasets/") == before
    require_whole(target, SHARDS | {"a": b"1", "b": b"2"})


def test_killed_when_all_but_the_tidying_is_done(
    s3: S3Server, stage: Stage, tmp_path: Path
) -> None:
    put(s3, {"a": b"1"})
    target = tmp_path / "to"
    program = (
        "import os, sys\nfrom jobs.stage.__main__ import main\n"
        "from jobs.staging import Staging\n"
        "Staging.clear = lambda _: os.kill(os.getpid(), 9)\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    done = stage.run(SOURCE, target, program=("-c", program))
    assert done.returncode == -signal.SIGKILL
    assert (target / ".sync").exists()
    stage.staged(SOURCE, target)
    require_whole(target, {"a": b"1"})


def test_a_file_over_http_goes_on_where_it_was_killed(
    stage: Stage,
    site: Site,  # noqa: F811, the fixture
    tmp_path: Path,
) -> None:
    site.files["/a.bin"] = LARGE
    target = tmp_path / "to"
    with relay.running(site.port) as way:
        way.rate = 2_000_000
        url = f"http://127.0.0.1:{way.port}/a.bin"
        with stage.start(url, target) as process:
            until(lambda: arrived(target) > 2_000_000)
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate(timeout=60)
        assert visible(target) == {}
        way.rate = None
        stage.staged(url, target)
        require_whole(target, {"a.bin": LARGE})
        [first, second] = [wanted for _, wanted in site.asked]
        assert first is None
        found = re.fullmatch(r"bytes=(\d+)-", second or "")
        assert found is not None
        assert int(found[1]) > 2_000_000
        assert stage.staged(url, target).endswith(" already")
        assert len(site.asked) == 2


@pytest.mark.parametrize(
    ("path", "words", "failure", "said"),
    [
        ("/none.bin", (), 3, "the server answers 404"),
        ("/a.bin", ("--sha256", "0" * 64), 6, "its SHA-256 is "),
        ("/a.bin", ("--unpack",), 1, "this is no whole tar or zip file"),
    ],
)
def test_a_file_over_http_that_is_not_what_it_should_be(
    *,
    stage: Stage,
    site: Site,  # noqa: F811, the fixture
    tmp_path: Path,
    path: str,
    words: tuple[str, ...],
    failure: int,
    said: str,
) -> None:
    site.files["/a.bin"] = b"1" * 1000
    target = tmp_path / "to"
    done = stage.run(site.url(path), target, *words)
    assert done.returncode == failure
    assert f"{site.url(path)}: {said}" in done.stderr
    assert visible(target) == {}
    assert not (target / manifest.NAME).exists()
