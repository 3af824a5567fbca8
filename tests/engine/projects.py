"""Small Pulumi projects of a test's own, run by the real command line."""

import json
import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox.engine import engine_environment, pulumi
from sandbox.kubernetes_provider.cluster import Cluster
from sandbox.kubernetes_provider.settings import connect

STACK = "dev"
_HEADER = """\
import pulumi
import pulumi_kubernetes as k8s

provider = k8s.Provider("cluster", kubeconfig={kubeconfig!r}, namespace={space!r})
opts = pulumi.ResourceOptions(provider=provider)
space = {space!r}
"""


class Project:
    """One project with one stack, and its own state."""

    def __init__(self, directory: Path, kubeconfig: Path, space: str) -> None:
        self.directory = directory
        self.header = _HEADER.format(kubeconfig=str(kubeconfig), space=space)
        backend = directory / "backend"
        self.env = engine_environment(None, backend, stand_ins=True)
        self.env["PULUMI_CONFIG_PASSPHRASE"] = ""
        (directory / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
        self.run("stack", "init")

    def write(self, program: str, *, provider: bool = True) -> None:
        text = self.header + program if provider else program
        (self.directory / "__main__.py").write_text(text)

    def command(self, *words: str) -> list[str]:
        stack = [STACK] if words[:2] == ("stack", "init") else ["--stack", STACK]
        return [str(pulumi()), *words, *stack, "--non-interactive"]

    def run(self, *words: str, fails: bool = False) -> str:
        """Run the command line and return what it prints."""
        answer = subprocess.run(
            self.command(*words),
            cwd=self.directory,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        said = answer.stdout + answer.stderr
        assert (answer.returncode != 0) is fails, said
        return said

    def up(self, program: str | None = None, *, fails: bool = False) -> str:
        if program is not None:
            self.write(program)
        return self.run("up", "--yes", "--skip-preview", "--diff", fails=fails)

    def changes(self, *words: str) -> dict[str, int]:
        """Return how many resources a preview would change, by the kind of change."""
        said = self.run("preview", "--json", *words)
        found = json.loads(said[said.index("{") : said.rindex("}") + 1])
        return {k: n for k, n in found["changeSummary"].items() if k != "same"}

    def destroy(self) -> None:
        self.run("destroy", "--yes", "--skip-preview")

    def deployment(self) -> dict[str, Any]:
        """Return the state as the engine's file backend has it."""
        file = self.directory / f"backend/.pulumi/stacks/test/{STACK}.json"
        return json.loads(file.read_text())["checkpoint"]["latest"]

    def resource(self, name: str) -> dict[str, Any]:
        """Return the only resource of that name in the state."""
        found = [
            r
            for r in self.deployment()["resources"]
            if r["urn"].endswith(f"::{name}") and "kubernetes:" in r["urn"]
        ]
        assert len(found) == 1, found
        return found[0]


def kubeconfig_of(request: pytest.FixtureRequest) -> Path:
    """Return the cluster that tests use: the sandbox, or one that is named."""
    if named := os.environ.get("ML_STORAGE_TEST_KUBECONFIG"):
        return Path(named)
    return request.getfixturevalue("cluster").kubeconfig


def connected(kubeconfig: Path) -> Cluster:
    return Cluster(connect({"kubeconfig": str(kubeconfig)})[0])


@contextmanager
def namespace(api: Cluster) -> Iterator[str]:
    """A namespace of the test's own, and whatever cluster-wide it labels with it."""
    name = f"test-{secrets.token_hex(4)}"
    made = api.create(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}},
        preview=False,
    )
    try:
        yield name
    finally:
        api.delete(made, policy="Background")


def exists(api: Cluster, version: str, kind: str, space: str, name: str) -> bool:
    return name in {
        found["metadata"]["name"] for found in api.select(version, kind, space)
    }
