"""A cluster of the user's own, by CONTEXT=, and no other."""

import secrets
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client

from sandbox.cluster import Cluster
from sandbox.paths import state_dir
from tests.engine.stacks import Stack, quick_job

pytestmark = pytest.mark.engine


def test_the_named_context_is_used_and_the_current_one_is_not(
    cluster: Cluster,
    busybox: str,
    api: client.ApiClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The user's kubeconfig: two clusters, and the current one is a trap.
    own = yaml.safe_load(cluster.kubeconfig.read_text())
    context = next(c for c in own["contexts"] if c["name"] == cluster.context)
    own["clusters"].append(
        {"name": "trap", "cluster": {"server": "https://127.0.0.1:1"}}
    )
    own["contexts"] = [
        {"name": "arn:aws:eks:x/mine", "context": context["context"]},
        {"name": "trap", "context": {**context["context"], "cluster": "trap"}},
    ]
    own["current-context"] = "trap"
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(own))
    before = file.read_text()
    monkeypatch.setenv("KUBECONFIG", str(file))
    name = f"t{secrets.token_hex(3)}"
    directory = tmp_path / "project"
    directory.mkdir()
    stack = Stack(name, directory, Path("/var/lib/ml-storage/test") / name)
    stack.jobs["hello"] = quick_job("echo hello")
    mine = ("--context", "arn:aws:eks:x/mine")
    try:
        said = stack.run("up", *mine)
        assert "Complete" in said
        job: Any = client.BatchV1Api(api).read_namespaced_job("hello", name)
        assert job.status.succeeded == 1
        assert file.read_text() == before
        found = stack.run(
            "exec", *mine, str(cluster.kubectl), "get", "jobs", "-n", name
        )
        assert "hello" in found, "the session's current context is the named one"
        kept = list((state_dir() / "contexts").glob("*mine/**/*.json"))
        assert any(path.name == f"{name}.json" for path in kept)
        stack.run("down", *mine)
        said = stack.run("up", "--context", "nobody", fails=True)
        assert "no context 'nobody'" in said
        assert "arn:aws:eks:x/mine" in said
        assert "Traceback" not in said
    finally:
        monkeypatch.delenv("KUBECONFIG")
        stack.remove(api)


def test_a_stack_that_names_its_own_cluster_takes_no_other(
    cluster: Cluster, api: client.ApiClient, tmp_path: Path
) -> None:
    stack = Stack("elsewhere", tmp_path, tmp_path / "data")
    stack.config["platform"]["cluster"]["context"] = "prod"
    said = stack.run("up", "--context", "mine", fails=True)
    assert "names its own context, prod" in said
