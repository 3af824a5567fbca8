"""Layers hold what they should, and images are built once."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
import yaml

from sandbox import images, images_archive, images_debian, images_layers
from sandbox.errors import MissingTool

CHECKOUT = Path(__file__).resolve().parents[2]


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def layer(directory: Path, source: Path, **options: object) -> images_layers.Layer:
    directory.mkdir()
    images_layers.write(directory, source, **options)  # type: ignore[arg-type]
    return images_layers.read(directory)


def members(of: images_layers.Layer) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(of.path) as tar:
        return {member.name: member for member in tar}


def test_a_layer_has_only_what_is_new(tmp_path: Path) -> None:
    lower = tree(
        tmp_path / "lower",
        {"etc/same": "1", "etc/other": "1", "etc/gone": "1", "old/a/b": "1"},
    )
    below = layer(tmp_path / "one", lower, remember=True)
    upper = tree(
        tmp_path / "upper", {"etc/same": "1", "etc/other": "2", "etc/new": "1"}
    )
    above = layer(tmp_path / "two", upper, below=below.contents)
    assert set(members(above)) == {"etc/other", "etc/new", "etc/.wh.gone", ".wh.old"}


def test_what_belongs_to_a_moment_is_left_out(tmp_path: Path) -> None:
    files = ["etc/machine-id", "var/log/dpkg.log", "tmp/x", "proc/1", "share/doc", "a"]
    source = tree(tmp_path / "tree", dict.fromkeys(files, "x"))
    made = layer(tmp_path / "layer", source, leave_out=["share/*"], prefix="opt/x")
    files = [name for name, info in members(made).items() if info.isreg()]
    assert files == ["opt/x/a"]
    assert "opt" in members(made)


def test_links_and_modes_are_kept(tmp_path: Path) -> None:
    source = tree(tmp_path / "tree", {"a": "content"})
    (source / "a").chmod(0o4755)
    (source / "b").hardlink_to(source / "a")
    (source / "c").symlink_to("/etc/a")
    found = members(layer(tmp_path / "layer", source))
    assert found["a"].mode == 0o4755
    assert (found["b"].islnk(), found["b"].linkname) == (True, "a")
    assert (found["c"].issym(), found["c"].linkname) == (True, "/etc/a")


def test_the_same_content_is_the_same_layer(tmp_path: Path) -> None:
    digests = []
    for when in (1_000_000_000, 1_500_000_000):
        source = tree(tmp_path / str(when), {"b/c": "1", "a": "2"})
        os.utime(source / "a", (when, when))
        digests.append(layer(tmp_path / f"{when}.layer", source).digest)
    assert digests[0] == digests[1]


def test_times_older_than_the_build_are_kept(tmp_path: Path) -> None:
    source = tree(tmp_path / "tree", {"packaged": "1", "made": "1"})
    os.utime(source / "packaged", (1_000_000_000, 1_000_000_000))
    found = members(layer(tmp_path / "layer", source, began=time.time() - 60))
    assert found["packaged"].mtime == 1_000_000_000
    assert found["made"].mtime == 1_735_689_600


def test_an_archive_names_its_parts(tmp_path: Path) -> None:
    made = layer(tmp_path / "layer", tree(tmp_path / "tree", {"a": "1"}))
    archive = tmp_path / "image.tar"
    images_archive.write(
        archive, "localhost/x:dev", [made], environment={"A": "b"}, directory="/"
    )
    with tarfile.open(archive) as tar:
        parts = {m.name: tar.extractfile(m).read() for m in tar}  # type: ignore[union-attr]
    (manifest,) = json.loads(parts["manifest.json"])
    assert manifest["RepoTags"] == ["localhost/x:dev"]
    config = json.loads(parts[manifest["Config"]])
    assert config["config"]["Env"] == ["A=b"]
    (content,) = (parts[name] for name in manifest["Layers"])
    digest = hashlib.sha256(content).hexdigest()
    assert config["rootfs"]["diff_ids"] == [f"sha256:{digest}"]


def test_an_unknown_image_is_named() -> None:
    with pytest.raises(
        ValueError, match="no image 'trian': there are jax, lammps, train, transfer"
    ):
        images.build("trian")


def test_without_root_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(MissingTool, match=r"only be built by root.*CONTEXT="):
        images_debian.install(
            tmp_path / "tree",
            suite="trixie",
            packages=[],
            leave_out=[],
            keep=[],
            update=lambda _: None,
        )


def test_every_image_has_a_recipe_and_pinned_wheels() -> None:
    recipes = images._recipes()
    assert set(recipes["images"]) == set(images.NAMES)
    for recipe in recipes["images"].values():
        if "requirements" not in recipe:
            continue
        pinned = CHECKOUT / "images" / recipe["requirements"]
        for line in pinned.read_text().splitlines():
            is_pinned = line.startswith((" ", "#")) or "==" in line
            # What is published as source alone is pinned as well.
            assert is_pinned or not line or line.startswith("--no-binary ")


def test_a_stack_needs_the_images_that_it_names() -> None:
    dev = yaml.safe_load((CHECKOUT / "Pulumi.dev.yaml").read_text())
    assert images.named_in(dev) == ("lammps", "train")
    fetched = {"volumes": [{"image": images.reference("transfer")}, 1, None]}
    assert images.named_in(fetched) == ("transfer",)
    assert images.named_in({"image": "docker.io/localhost/ml-storage/train:dev"}) == ()


@pytest.mark.images
@pytest.mark.parametrize("name", images.NAMES)
def test_built_again_it_is_there(name: str) -> None:
    first = images.build(name)
    began = time.monotonic()
    assert images.build(name) == first
    assert time.monotonic() - began < 1


@pytest.mark.images
def test_an_edited_program_costs_its_own_layer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = images.build("lammps")
    jobs = tree(tmp_path / "jobs", {"__init__.py": "", "edited.py": "x = 1\n"})
    monkeypatch.setattr(images, "_CHECKOUT", jobs.parent)
    after = images.build("lammps")
    assert after != before
    assert layers_of(after)[:2] == layers_of(before)[:2]
    assert before.exists(), "another checkout may be about to import it"


@pytest.mark.images
def test_what_was_used_last_outlives_what_was_made_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = images.build("lammps").parent
    made_later = used.with_name("lammps-made-later-and-never-used")
    made_later.mkdir()
    yesterday = time.time() - 24 * 3600
    try:
        os.utime(used, (yesterday - 1, yesterday - 1))
        os.utime(made_later, (yesterday, yesterday))
        assert images.build("lammps").parent == used
        jobs = tree(tmp_path / "jobs", {"__init__.py": "", "other.py": "x = 2\n"})
        monkeypatch.setattr(images, "_CHECKOUT", jobs.parent)
        images.build("lammps")
        assert used.exists()
        assert not made_later.exists()
    finally:
        shutil.rmtree(made_later, ignore_errors=True)


@pytest.mark.images
def test_the_images_share_their_lowest_layer_and_their_highest() -> None:
    layers = [layers_of(images.build(name)) for name in images.NAMES]
    assert len({each[0] for each in layers}) == 1
    assert len({each[-1] for each in layers}) == 1
    between = [layer for each in layers for layer in each[1:-1]]
    # Debian's packages are one, and wheels another.
    recipes = images._recipes()["images"].values()
    kinds = ("packages", "requirements")
    wanted = sum(kind in recipe for recipe in recipes for kind in kinds)
    assert len(set(between)) == len(between) == wanted


def layers_of(archive: Path) -> list[str]:
    with tarfile.open(archive) as tar:
        manifest = tar.extractfile("manifest.json")
        assert manifest is not None
        return json.load(manifest)[0]["Layers"]


def test_the_programs_know_nothing_of_the_project_around_them() -> None:
    """`jobs/` is all of the project that an image has."""
    code = (
        "import sys; import jobs.checkpoints, jobs.history;"
        "import jobs.fetch.__main__, jobs.sweep_lammps.__main__;"
        "print([m for m in sys.modules if m.split('.')[0] in"
        " {'pulumi', 'components', 'stacks', 'sandbox', 'yaml', 'pydantic'}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
