"""Imports go one way, and each layer loads only what it may.

`__main__ → stacks → components.{aws,gcp,kubernetes} → components.catalog`
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("components", "stacks", "jobs", "sandbox")
FILES = [
    ROOT / "__main__.py",
    *(file for layer in LAYERS for file in sorted((ROOT / layer).rglob("*.py"))),
]
CLOUD_SDKS = ("pulumi_aws", "pulumi_gcp", "boto3", "botocore", "google.cloud")


def module_of(file: Path) -> str:
    """The dotted name of a file of the checkout."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(file: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it."""
    package = file.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *(node.module or "").split("."))).rstrip(".")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def within(module: str, names: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in names)


# What each layer may not import: the first that fits a module counts.
FORBIDDEN: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "components.catalog",
        (
            *("components.kubernetes", "components.aws", "components.gcp"),
            *("components.spec", "components.testing", "stacks", "jobs", "sandbox"),
            *("pulumi", "pulumi_kubernetes", "kubernetes", "pydantic", *CLOUD_SDKS),
        ),
    ),
    (
        "components.kubernetes",
        (
            *("components.aws", "components.gcp", "components.testing"),
            *("stacks", "jobs", "sandbox", *CLOUD_SDKS),
        ),
    ),
    ("components.aws", ("components.gcp", "stacks", "jobs", "sandbox")),
    ("components.gcp", ("components.aws", "stacks", "jobs", "sandbox")),
    ("components", ("stacks", "jobs", "sandbox")),
    ("stacks.testing", ("jobs", "sandbox", "__main__")),
    ("stacks", ("jobs", "sandbox", "components.testing", "__main__")),
    (
        "jobs",
        (
            *("components", "stacks", "sandbox"),
            *("pulumi", "pulumi_kubernetes", "pulumi_aws", "pulumi_gcp"),
        ),
    ),
    ("sandbox", ("__main__",)),
    ("__main__", ("components", "jobs", "sandbox")),
)


@pytest.mark.parametrize("file", FILES, ids=module_of)
def test_imports_go_one_way(file: Path) -> None:
    module = module_of(file)
    forbidden = next(names for layer, names in FORBIDDEN if within(module, (layer,)))
    wrong = sorted({name for name in imports(file) if within(name, forbidden)})
    assert wrong == [], f"{module} must not import these"


def test_a_spec_needs_no_pulumi() -> None:
    for file in (ROOT / "components").rglob("*_spec.py"):
        assert not any(name.startswith("pulumi") for name in imports(file)), file


def test_only_the_program_and_the_builders_know_pulumi() -> None:
    builders = {
        *("stacks.platform", "stacks.team", "stacks.volumes", "stacks.cloud"),
        *(
            f"stacks.{cloud}.{part}"
            for cloud in ("aws", "gcp")
            for part in ("data", "cluster", "volumes", "environment")
        ),
        *("stacks.program", "stacks.testing"),
    }
    for file in (ROOT / "stacks").rglob("*.py"):
        knows = any(name.startswith("pulumi") for name in imports(file))
        assert not knows or module_of(file) in builders, file


def loaded(code: str) -> set[str]:
    """The modules that are loaded after `code` ran in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sorted(sys.modules))"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def under(modules: set[str], *roots: str) -> list[str]:
    return sorted(m for m in modules if m.partition(".")[0].startswith(roots))


def test_check_loads_no_pulumi() -> None:
    modules = loaded(
        "from stacks.cli import main\n"
        "assert main(['check', 'Pulumi.dev.yaml']) == 0\n"
        "assert main(['check', '--json', "
        "'tests/config/errors/wrong-types.yaml']) == 1"
    )
    assert "stacks.load" in modules
    assert under(modules, "pulumi", "kubernetes", "grpc", "boto", "google") == []


def test_the_catalog_loads_nothing_but_itself() -> None:
    names = [module_of(f) for f in (ROOT / "components" / "catalog").rglob("*.py")]
    modules = loaded(f"import {', '.join(names)}")
    assert "components.catalog.storage_kinds" in modules
    assert under(modules, "pydantic", "pulumi", "yaml", "kubernetes", "grpc") == []


@pytest.mark.parametrize("name", ["claim", "job", "team_space", "storage_class"])
def test_components_of_kubernetes_load_no_cloud_sdk(name: str) -> None:
    modules = loaded(f"import components.kubernetes.{name}")
    assert "pulumi_kubernetes" in modules
    assert under(modules, "pulumi_aws", "pulumi_gcp", "boto") == []
    assert not [m for m in modules if m.startswith("google.cloud")]


def test_reading_a_spec_loads_no_pulumi() -> None:
    modules = loaded("import components.kubernetes.job_spec, components.spec")
    assert under(modules, "pulumi", "grpc", "kubernetes") == []
