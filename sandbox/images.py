"""The container images of the sandbox's jobs, built without a registry.

Each is a minimal Debian with Python, what its programs need, and on top `jobs/` of
this checkout. Every layer is in the cache under a digest of what it is made of, so
an edited program costs its own layer only.
"""

import hashlib
import json
import os
import platform
import shutil
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sandbox import images_archive, images_debian, images_layers, images_wheels
from sandbox.images_layers import Layer
from sandbox.made_once import made_once
from sandbox.paths import cache_dir
from sandbox.progress import Update

NAMES = ("jax", "lammps", "train", "transfer")

_CHECKOUT = Path(__file__).resolve().parent.parent
_RECIPES = _CHECKOUT / "images"
_HOME = "opt/ml-storage"
_WHEELS = "opt/wheels"

# Counts up when layers or archives are made in another way.
_FORMAT = 1


def reference(name: str) -> str:
    """Return the full name of an image, e.g. `localhost/ml-storage/train:dev`.

    Raises:
        ValueError: There is no such image.
    """
    if name not in NAMES:
        raise ValueError(f"no image {name!r}: there are {', '.join(NAMES)}")
    return f"localhost/ml-storage/{name}:dev"


def named_in(values: object) -> tuple[str, ...]:
    """Return which of `NAMES` a stack needs.

    Args:
        values: A stack's configuration, or any part of it: mappings, lists, texts.
            A text that is an image's full name needs it.
    """
    texts = set(_texts(values))
    return tuple(name for name in NAMES if reference(name) in texts)


def _texts(values: object) -> Iterator[str]:
    if isinstance(values, str):
        yield values
    elif isinstance(values, Mapping):
        for value in values.values():
            yield from _texts(value)
    elif isinstance(values, Sequence):
        for value in values:
            yield from _texts(value)


def build(name: str) -> Path:
    """Return the archive of an image, building what of it is not in the cache.

    Args:
        name: One of `NAMES`.

    Returns:
        A tar file as `docker save` writes it; `ctr images import` takes it.

    Raises:
        ValueError: There is no such image.
        MissingTool: The machine lacks what building takes; the message says what.
        SandboxError: A step of the building failed.
    """
    full_name = reference(name)
    recipes = _recipes()
    recipe = recipes["images"][name]
    base = recipes["base"]
    layers = [_base(base), *_programs(name, recipe, base), _jobs()]
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONPATH": f"/{_HOME}:/{_WHEELS}",
        "PYTHONUNBUFFERED": "1",
        **recipe["environment"],
    }
    facts = [full_name, *(layer.digest for layer in layers), environment]

    def archive(directory: Path, update: Update) -> None:
        update("writing")
        images_archive.write(
            directory / "image.tar",
            full_name,
            layers,
            environment=environment,
            directory=f"/{_HOME}",
        )

    target = _target("archives", name, facts)
    made_once(target, archive, label=f"Image {name}")
    os.utime(target)
    _remove_others(target, name)
    return target / "image.tar"


def _base(base: Mapping[str, Any]) -> Layer:
    def make(directory: Path, update: Update) -> None:
        _debian_layer(directory, base, update=update)

    target = _target("layers", "base", [base])
    return images_layers.read(made_once(target, make, label="Image layer Debian"))


def _programs(
    name: str, recipe: Mapping[str, Any], base: Mapping[str, Any]
) -> Iterator[Layer]:
    """Yield the layers of what the programs of one image need."""
    if "packages" in recipe:
        yield _packages(name, recipe, base)
    if "requirements" in recipe:
        yield _wheels(name, recipe, base)


def _wheels(name: str, recipe: Mapping[str, Any], base: Mapping[str, Any]) -> Layer:
    requirements = _RECIPES / recipe["requirements"]
    leave_out = recipe["leave-out"]

    def make(directory: Path, update: Update) -> None:
        wheels = directory / "wheels"
        images_wheels.install(wheels, requirements, base["python"], update)
        images_layers.write(directory, wheels, prefix=_WHEELS, leave_out=leave_out)
        shutil.rmtree(wheels)

    facts = [requirements.read_text(), leave_out, base["python"]]
    # Beside a layer of packages it has a label of its own.
    label = f"Image layer {name}{' wheels' if 'packages' in recipe else ''}"
    return images_layers.read(
        made_once(_target("layers", name, facts), make, label=label)
    )


def _packages(name: str, recipe: Mapping[str, Any], base: Mapping[str, Any]) -> Layer:
    below = _base(base)

    def make(directory: Path, update: Update) -> None:
        _debian_layer(
            directory,
            base,
            packages=recipe["packages"],
            leave_out=recipe["leave-out"],
            below=below,
            update=update,
        )

    # It is what this very base has not: another build of it may differ.
    facts = [recipe["packages"], recipe["leave-out"], base, below.digest]
    target = _target("layers", name, facts)
    return images_layers.read(made_once(target, make, label=f"Image layer {name}"))


def _jobs() -> Layer:
    """Return the layer of the programs themselves, which is small and quick."""
    jobs = _CHECKOUT / "jobs"
    files = {
        str(path.relative_to(jobs)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(jobs.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }

    def make(directory: Path, update: Update) -> None:
        update("copying")
        tree = directory / "tree"
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(jobs, tree, copy_function=shutil.copyfile, ignore=ignore)
        # The checkout's modes and owner are its user's affair.
        for path in [tree, *tree.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        images_layers.write(directory, tree, prefix=f"{_HOME}/jobs")
        shutil.rmtree(tree)

    target = _target("layers", "jobs", [files])
    return images_layers.read(made_once(target, make, label="Image layer jobs"))


def _debian_layer(
    directory: Path,
    base: Mapping[str, Any],
    *,
    packages: Sequence[str] = (),
    leave_out: Sequence[str] = (),
    below: Layer | None = None,
    update: Update,
) -> None:
    """Write the layer of a Debian, or of what it has that the one below has not."""
    tree = directory / "tree"
    began = time.time()
    images_debian.install(
        tree,
        suite=base["suite"],
        packages=[*base["packages"], *packages],
        leave_out=[*base["leave-out"], *leave_out],
        keep=base["keep"],
        update=update,
    )
    images_layers.write(
        directory,
        tree,
        below=below.contents if below else None,
        began=began,
        remember=below is None,
        update=update,
    )
    shutil.rmtree(tree)


def _recipes() -> dict[str, Any]:
    return tomllib.loads((_RECIPES / "recipes.toml").read_text())


def _target(kind: str, name: str, facts: list[Any]) -> Path:
    decides = json.dumps([_FORMAT, platform.machine(), facts], sort_keys=True)
    digest = hashlib.sha256(decides.encode()).hexdigest()[:16]
    return cache_dir() / "images" / kind / f"{name}-{digest}"


def _remove_others(used: Path, name: str) -> None:
    """Keep the archive in use and the one that was used before it.

    An archive repeats its layers, a gigabyte of them, and every edit of a program
    makes a new one. What counts is the last use, not the making: of two checkouts
    with one cache, neither may take away what the other is about to import.
    """
    others = [
        path for path in used.parent.glob(f"{name}-*") if path.is_dir() and path != used
    ]
    others.sort(key=lambda path: path.stat().st_mtime)
    for path in others[:-1]:
        shutil.rmtree(path)
