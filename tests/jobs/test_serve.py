"""A replica that answers: with any model, and in its image with a real one."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jobs import artifacts, history, manifest
from jobs.interruption import Interruption
from jobs.rclone import Failure
from jobs.serve import images, versions
from jobs.serve.errors import ServingError
from jobs.serve.images import BadImages
from jobs.serve.metrics import Counts, Load
from jobs.serve.server import Server, Serving
from jobs.train_cifar10.batch_file import CLASSES, PIXELS
from tests.containers import Container

JSON = {"Content-Type": "application/json"}


def ask(
    port: int,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, str]:
    """The status and the text of an answer."""
    url = f"http://127.0.0.1:{port}{path}"
    request = urllib.request.Request(url, body, headers or {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code, problem.read().decode()


def by_first_pixel(given: Sequence[bytes]) -> list[list[float]]:
    """A model that is sure of the class whose number the first pixel is."""
    return [[float(image[0] == number) for number in range(10)] for image in given]


def write(directory: Path, version: str, content: bytes) -> Path:
    """Publish a version whose model is some bytes."""

    def fill(inside: Path) -> None:
        (inside / versions.FILE).write_bytes(content)

    return artifacts.publish(
        directory, version, fill, source="a test", about={"epochs": "3"}
    )


def image(label: int) -> bytes:
    return bytes([label]) * PIXELS


class Replica:
    """A server in threads of this process, of a directory of versions."""

    def __init__(
        self, models: Path, classify: Any = by_first_pixel, drain: float = 0.0
    ) -> None:
        found = versions.newest(models, contents=True)
        load = Load(version=found.name, sha256=found.sha256, seconds=1.5, size=7)
        self.serving = Serving(
            version=found,
            load=load,
            classify=classify,
            newer=lambda: versions.newer(models, found),
            counts=Counts(),
        )
        self.server = Server(0, self.serving)
        self.port = self.server.server_port
        self.interruption = Interruption()
        self.drain = drain
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        self.server.run(self.interruption, drain=self.drain)

    def stop(self) -> None:
        self.interruption.signal = signal.SIGTERM
        self.thread.join(timeout=30)
        assert not self.thread.is_alive()


@pytest.fixture
def models(tmp_path: Path) -> Path:
    directory = tmp_path / "models"
    write(directory, "run-1", b"the first")
    return directory


@pytest.fixture
def replica(models: Path) -> Iterator[Replica]:
    made = Replica(models)
    try:
        yield made
    finally:
        made.stop()


def test_it_is_well_and_says_what_it_serves(replica: Replica, models: Path) -> None:
    assert ask(replica.port, "/healthz") == (200, "ok\n")
    code, text = ask(replica.port, "/model?of=this")
    assert code == 200
    told = json.loads(text)
    assert (told["version"], told["source"]) == ("run-1", "a test")
    assert told["about"] == {"epochs": "3"}
    (file,) = told["files"]
    assert (file["path"], file["size"]) == ("model.pt", len(b"the first"))
    assert told["newer"] is None
    assert told["sha256"] == versions.newest(models, contents=False).sha256


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (image(3) + image(9), {}),
        (json.dumps([list(image(3)), list(image(9))]).encode(), JSON),
        (
            json.dumps([list(image(3)), list(image(9))]).encode(),
            {"Content-Type": "Application/JSON; charset=utf-8"},
        ),
    ],
)
def test_it_says_what_images_show(
    replica: Replica, body: bytes, headers: dict[str, str]
) -> None:
    code, text = ask(replica.port, "/predict", body, headers)
    assert code == 200
    answer = json.loads(text)
    assert answer["version"] == "run-1"
    assert [each["label"] for each in answer["predictions"]] == ["cat", "truck"]
    first = answer["predictions"][0]["probabilities"]
    assert list(first) == list(CLASSES)
    assert (first["cat"], first["truck"]) == (1.0, 0.0)


def test_one_image_as_a_list_of_numbers(replica: Replica) -> None:
    body = json.dumps(list(image(5))).encode()
    _, text = ask(replica.port, "/predict", body, JSON)
    assert [each["label"] for each in json.loads(text)["predictions"]] == ["dog"]


def test_as_many_as_may_come_at_a_time_come_as_json_too(replica: Replica) -> None:
    body = json.dumps([[255] * PIXELS] * images.MOST).encode()
    code, text = ask(replica.port, "/predict", body, JSON)
    assert code == 200, text
    assert len(json.loads(text)["predictions"]) == images.MOST


@pytest.mark.parametrize(
    ("body", "is_json", "why"),
    [
        (b"", False, "there is no image"),
        (b"[]", True, "there is no image"),
        (b"[[]]", True, "there is no image"),
        (b"x" * (PIXELS + 1), False, "3073 bytes are no number of images"),
        (b"{", True, "this is no JSON"),
        (b"\xff", True, "this is no JSON"),
        (b"[" * 100_000, True, "this is no JSON"),
        (b"{}", True, "no list of numbers"),
        (b"[1, 2]", True, "a list of 3072 numbers, and this is 2 numbers"),
        (b"[[1], 2]", True, "3072 numbers, and this is 1 numbers"),
        (json.dumps([list(image(1)), 5]).encode(), True, "and this is no list"),
        (json.dumps([256] * PIXELS).encode(), True, "from 0 to 255"),
        (json.dumps([-1] * PIXELS).encode(), True, "from 0 to 255"),
        (json.dumps([0.5] * PIXELS).encode(), True, "from 0 to 255"),
        (json.dumps([True] * PIXELS).encode(), True, "from 0 to 255"),
        (json.dumps(["a"] * PIXELS).encode(), True, "from 0 to 255"),
        (image(1) * (images.MOST + 1), False, "257 images are more than 256"),
    ],
)
def test_what_is_no_image_is_refused_in_a_sentence(
    body: bytes, is_json: bool, why: str
) -> None:
    with pytest.raises(BadImages, match=re.escape(why)):
        images.read(body, is_json=is_json)


def test_a_client_is_told_what_is_wrong_and_others_go_on(replica: Replica) -> None:
    code, text = ask(replica.port, "/predict", b"short")
    assert code == 400
    assert text.count("\n") == 1
    assert "one is 3072 bytes" in text
    assert ask(replica.port, "/predict", image(1))[0] == 200
    assert ask(replica.port, "/nothing")[0] == 404
    assert ask(replica.port, "/predict")[0] == 405
    assert ask(replica.port, "/healthz", b"x")[0] == 405


@pytest.mark.parametrize(
    ("length", "code"),
    [
        (None, 411),
        ("-1", 411),
        ("1e3", 411),
        (str(images.MOST_BYTES + 1), 413),
        # It ends before that.
        ("4000", 400),
    ],
)
def test_a_length_that_cannot_be(
    replica: Replica, length: str | None, code: int
) -> None:
    connection = HTTPConnection("127.0.0.1", replica.port, timeout=30)
    connection.putrequest("POST", "/predict")
    if length is not None:
        connection.putheader("Content-Length", length)
    connection.endheaders()
    connection.sock.shutdown(1)
    assert connection.getresponse().status == code
    connection.close()


def test_what_was_answered_is_counted(replica: Replica) -> None:
    for _ in range(2):
        ask(replica.port, "/predict", image(1) * 3)
    ask(replica.port, "/predict", b"short")
    # Whatever is asked for, there are only so many lines.
    ask(replica.port, "/a")
    ask(replica.port, "/b")
    code, text = ask(replica.port, "/metrics")
    assert code == 200
    lines = text.splitlines()
    labels = f'{{version="run-1",sha256="{replica.serving.load.sha256}"}}'
    assert f"ml_storage_model_loads_total{labels} 1" in lines
    assert f"ml_storage_model_load_seconds{labels} 1.5" in lines
    assert f"ml_storage_model_bytes_read{labels} 7" in lines
    assert "ml_storage_model_newer 0" in lines
    assert "ml_storage_images_total 6" in lines
    requests = "ml_storage_requests_total"
    assert f'{requests}{{path="/predict",code="200"}} 2' in lines
    assert f'{requests}{{path="/predict",code="400"}} 1' in lines
    assert f'{requests}{{path="other",code="404"}} 2' in lines
    # Each name is declared once, before its values.
    declared = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(declared) == len(set(declared))
    named = {re.split(r"[{ ]", line)[0] for line in lines if not line.startswith("#")}
    assert named == set(declared)


def test_a_name_with_quotes_is_one_label(tmp_path: Path) -> None:
    write(tmp_path / "models", 'a"b\\', b"x")
    made = Replica(tmp_path / "models")
    _, text = ask(made.port, "/metrics")
    made.stop()
    assert r'version="a\"b\\"' in text


def test_a_newer_version_is_told_and_not_taken_up(
    replica: Replica, models: Path
) -> None:
    write(models, "run-2", b"the second")
    _, text = ask(replica.port, "/metrics")
    assert 'ml_storage_model_newer{version="run-2"} 1' in text.splitlines()
    told = json.loads(ask(replica.port, "/model")[1])
    assert (told["version"], told["newer"]) == ("run-1", "run-2")
    assert versions.newest(models, contents=False).name == "run-2"


def test_other_files_in_the_place_of_those_served_are_newer(tmp_path: Path) -> None:
    """A directory that was staged has its manifest at its top."""
    (tmp_path / versions.FILE).write_bytes(b"one")
    staged = manifest.of(tmp_path, source="s3://models/one/")
    manifest.write(tmp_path / manifest.NAME, staged)
    served = versions.newest(tmp_path, contents=True)
    assert served.name == "s3://models/one/"
    assert versions.newer(tmp_path, served) is None
    (tmp_path / versions.FILE).write_bytes(b"two")
    # Until its manifest is there, nothing is known of it.
    (tmp_path / manifest.NAME).unlink()
    assert versions.newer(tmp_path, served) is None
    other = manifest.of(tmp_path, source="x", about={"version": "two"})
    manifest.write(tmp_path / manifest.NAME, other)
    assert versions.newer(tmp_path, served) == "two"


def test_asked_to_stop_it_still_answers_for_a_while(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("jobs.serve.server.time", clock)
    made = Replica(models, drain=60.0)
    made.interruption.signal = signal.SIGTERM
    # Whoever sends requests learns that they are no longer wanted, and has them
    # answered until then.
    wait_until(lambda: ask(made.port, "/healthz")[0] == 503)
    now[0] = 59.0
    code, text = ask(made.port, "/predict", image(3))
    assert code == 200
    assert '"label": "cat"' in text
    now[0] = 60.0
    made.stop()
    with pytest.raises(urllib.error.URLError):
        ask(made.port, "/healthz")


def wait_until(there: Any) -> None:
    deadline = time.monotonic() + 60
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_it_was_asked_before_it_finishes(models: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(given: Sequence[bytes]) -> list[list[float]]:
        begun.set()
        assert go_on.wait(30)
        return by_first_pixel(given)

    made = Replica(models, slow)
    answers: list[int] = []
    client = threading.Thread(
        target=lambda: answers.append(ask(made.port, "/predict", image(3))[0])
    )
    client.start()
    assert begun.wait(30)
    made.interruption.signal = signal.SIGTERM
    wait_until(lambda: made.server.socket.fileno() == -1)
    with pytest.raises(urllib.error.URLError):
        ask(made.port, "/healthz")
    assert made.thread.is_alive(), "the request is not answered yet"
    go_on.set()
    client.join(30)
    made.stop()
    assert answers == [200]


def test_a_client_that_leaves_costs_nothing(
    replica: Replica, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        connection = HTTPConnection("127.0.0.1", replica.port, timeout=30)
        connection.putrequest("POST", "/predict")
        connection.putheader("Content-Length", "3072")
        connection.endheaders(b"half")
        connection.close()
    assert ask(replica.port, "/healthz")[0] == 200
    replica.stop()
    assert capfd.readouterr() == ("", "")


def test_no_version_and_half_a_version(tmp_path: Path) -> None:
    for directory in (tmp_path / "missing", tmp_path):
        with pytest.raises(ServingError, match="no version that is whole") as caught:
            versions.newest(directory, contents=False)
        assert caught.value.failure == Failure.MISSING
    (tmp_path / "run-1").mkdir()
    (tmp_path / "run-1" / versions.FILE).write_bytes(b"without a manifest")
    with pytest.raises(ServingError, match="no version that is whole"):
        versions.newest(tmp_path, contents=False)


def test_files_that_are_not_as_the_manifest_says(models: Path) -> None:
    file = models / "run-1" / versions.FILE
    file.write_bytes(b"THE FIRST")
    # Of the same size: only who reads it can tell.
    assert versions.newest(models, contents=False).name == "run-1"
    with pytest.raises(ServingError, match="SHA-256") as caught:
        versions.newest(models, contents=True)
    assert caught.value.failure == Failure.DIFFERS
    file.write_bytes(b"the fir")
    with pytest.raises(ServingError, match=r"has 7 bytes, not 9") as caught:
        versions.newest(models, contents=False)
    assert caught.value.failure == Failure.DIFFERS


def test_a_manifest_that_is_none(tmp_path: Path) -> None:
    (tmp_path / manifest.NAME).write_text("{")
    with pytest.raises(ServingError, match="no manifest") as caught:
        versions.newest(tmp_path, contents=False)
    assert caught.value.failure == Failure.DIFFERS


def test_what_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"x")
    manifest.write(tmp_path / manifest.NAME, manifest.of(tmp_path, source="a"))
    with pytest.raises(ServingError, match=r"has no model\.pt") as caught:
        versions.newest(tmp_path, contents=False)
    assert caught.value.failure == Failure.MISSING


def test_a_copy_of_what_holds_a_version(tmp_path: Path) -> None:
    """A bucket of versions, staged: the manifest is at the top, the model below."""
    inside = tmp_path / "resnet" / "run-7"
    inside.mkdir(parents=True)
    (inside / versions.FILE).write_bytes(b"x")
    manifest.write(tmp_path / manifest.NAME, manifest.of(tmp_path, source="s3://m/"))
    assert versions.newest(tmp_path, contents=True).model == inside
    other = tmp_path / "resnet" / "run-8"
    other.mkdir()
    (other / versions.FILE).write_bytes(b"y")
    manifest.write(tmp_path / manifest.NAME, manifest.of(tmp_path, source="s3://m/"))
    with pytest.raises(ServingError, match="resnet/run-7, resnet/run-8") as caught:
        versions.newest(tmp_path, contents=True)
    assert caught.value.failure == Failure.OTHER


# In the image, with PyTorch and a network of jobs.train_cifar10.

EXPORT = """
import sys, torch
from pathlib import Path
from jobs.train_cifar10 import export
from jobs.train_cifar10.model import build
torch.manual_seed(int(sys.argv[2]))
export.export(
    build(), Path("models"), version=sys.argv[1], source="a test", about={"seed": "x"}
)
"""
# What the network itself says of an image, without a server.
EXPECTED = """
import torch
from pathlib import Path
from jobs.train_cifar10 import export
from jobs.train_cifar10.model import normalized
image = torch.frombuffer(bytearray(Path("image").read_bytes()), dtype=torch.uint8)
model = export.load(Path("models/run-1"))
with torch.no_grad():
    print(model(normalized(image.view(1, 3, 32, 32))).softmax(dim=1)[0].tolist())
"""
OTHER_NETWORK = """
import torch
from pathlib import Path
from jobs import artifacts
artifacts.publish(
    Path("models"), "run-9", source="elsewhere",
    fill=lambda to: torch.save(torch.nn.Linear(2, 2).state_dict(), to / "model.pt"),
)
"""
SERVE = ("python3", "-m", "jobs.serve", "--model", "/mnt/models", "--port", "0")


@pytest.fixture(scope="module")
def once(train: Container, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a version that nothing touches."""
    directory = tmp_path_factory.mktemp("exported")
    done = train.run(directory, "python3", "-c", EXPORT, "run-1", "7")
    assert done.returncode == 0, done.stderr
    return directory


@pytest.fixture
def exported(once: Path, tmp_path: Path) -> Path:
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    return tmp_path


@contextmanager
def served(
    train: Container, directory: Path, *options: str, **variables: str
) -> Iterator[tuple[subprocess.Popen[str], int, list[str]]]:
    """A replica, its port and what it has said until it serves."""
    with train.start(directory, *SERVE, *options, **variables) as process:
        try:
            yield (process, *_port(process))
        finally:
            process.kill()


def _port(process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line)
        if found := re.fullmatch(r"serving on port (\d+)\n", line):
            return int(found[1]), said
    raise AssertionError(process.communicate()[1])


@pytest.mark.images
def test_three_replicas_load_one_model_and_say_the_same(
    train: Container, exported: Path
) -> None:
    directory = exported
    picture = bytes(range(256)) * 12
    (directory / "image").write_bytes(picture)
    expected = train.run(directory, "python3", "-c", EXPECTED)
    before = {path: path.stat() for path in (directory / "models").rglob("*")}
    with ExitStack() as stack:
        replicas = [
            stack.enter_context(
                served(train, directory, "--loads", "/mnt/loads", HOSTNAME=f"serve-{n}")
            )
            for n in range(3)
        ]
        for _, port, _ in replicas:
            code, text = ask(port, "/predict", picture)
            assert code == 200, text
            (prediction,) = json.loads(text)["predictions"]
            found = list(prediction["probabilities"].values())
            assert found == pytest.approx(json.loads(expected.stdout), abs=1e-6)
        for process, _, _ in replicas:
            process.terminate()
        for process, _, _ in replicas:
            out, err = process.communicate(timeout=60)
            assert (process.returncode, err) == (0, "")
            assert out == "stopped after 1 requests\n"
    # Each has loaded it once, and none has touched it.
    lines = [
        line
        for file in sorted((directory / "loads").iterdir())
        for line in history.read(file)
    ]
    assert [line["host"] for line in lines] == ["serve-0", "serve-1", "serve-2"]
    size = (directory / "models" / "run-1" / "model.pt").stat().st_size
    assert {line["bytes"] for line in lines} == {size}
    assert {line["version"] for line in lines} == {"run-1"}
    after = {path: path.stat() for path in (directory / "models").rglob("*")}
    assert {p: s.st_mtime_ns for p, s in after.items()} == {
        p: s.st_mtime_ns for p, s in before.items()
    }


@pytest.mark.images
def test_a_restart_takes_up_the_newer_version(train: Container, exported: Path) -> None:
    with served(train, exported, "--contents", "--drain", "0") as (process, port, said):
        assert said[0].startswith("loaded run-1 from /mnt/models/run-1: ")
        made = train.run(exported, "python3", "-c", EXPORT, "run-2", "8")
        assert made.returncode == 0, made.stderr
        assert 'ml_storage_model_newer{version="run-2"} 1' in ask(port, "/metrics")[1]
        size = (exported / "models" / "run-1" / "model.pt").stat().st_size
        read = re.search(
            r"\nml_storage_model_bytes_read\{.*\} (\d+)\n", ask(port, "/metrics")[1]
        )
        # Once to compare it, once to load it.
        assert read is not None
        assert int(read[1]) == 2 * size
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 0
    with served(train, exported) as (_, port, _):
        assert json.loads(ask(port, "/model")[1])["version"] == "run-2"


def break_nothing(_: Path) -> None:
    """Leave it as it was exported."""


def cut_off(directory: Path) -> None:
    file = directory / "models" / "run-1" / "model.pt"
    file.write_bytes(file.read_bytes()[:-1])


def change_a_bit(directory: Path) -> None:
    file = directory / "models" / "run-1" / "model.pt"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def overwrite(directory: Path) -> None:
    file = directory / "models" / "run-1" / "model.pt"
    file.write_bytes(b"x" * file.stat().st_size)


def take_the_place(directory: Path) -> None:
    """Leave the model as it is, and no room for the loads."""
    (directory / "loads").write_text("a file where the directory should be")


@pytest.mark.images
@pytest.mark.parametrize(
    ("damage", "options", "says"),
    [
        (cut_off, (), (6, "run-1 is not as its manifest says: model.pt has")),
        (change_a_bit, ("--contents",), (6, "model.pt has the SHA-256")),
        (overwrite, (), (6, "the model in /mnt/models/run-1 is damaged")),
        (break_nothing, ("--model", "/mnt/none"), (3, "no version that is whole")),
        (take_the_place, ("--loads", "/mnt/loads"), (1, "the storage refused: ")),
    ],
)
def test_what_cannot_be_served_is_said_in_one_line(
    train: Container, exported: Path, damage: Any, options: Any, says: tuple[int, str]
) -> None:
    code, why = says
    damage(exported)
    done = train.run(exported, *SERVE, *options)
    assert done.returncode == code, done.stderr
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
    assert "serving" not in done.stdout


@pytest.mark.images
def test_another_network_is_said_in_one_line(train: Container, exported: Path) -> None:
    made = train.run(exported, "python3", "-c", OTHER_NETWORK)
    assert made.returncode == 0, made.stderr
    done = train.run(exported, *SERVE)
    assert done.returncode == 1
    assert "/mnt/models/run-9 is another network: " in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.images
def test_a_port_that_is_taken_is_said_in_one_line(
    train: Container, exported: Path
) -> None:
    with served(train, exported) as (_, port, _):
        done = train.run(exported, *SERVE[:-1], str(port))
    assert done.returncode == 1
    assert done.stderr == f"port {port} cannot be had: Address already in use\n"
