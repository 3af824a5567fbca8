"""A stack that names a bucket of the sandbox's S3 server gets it, with its keys."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from kubernetes import client

from sandbox import cluster as sandbox
from sandbox import s3
from sandbox.cluster import Cluster
from sandbox.lifecycle import Sandbox
from sandbox.paths import sandbox_dir
from tests.engine.stacks import Stack

pytestmark = [pytest.mark.engine, pytest.mark.images]

TRANSFER = "localhost/ml-storage/transfer:dev"
MOVE = [
    "mkdir -p /tmp/from",
    "echo 0.5 > /tmp/from/weights",
    "python3 -m jobs.sync /tmp/from $BUCKET_URI",
    "python3 -m jobs.sync $BUCKET_URI /tmp/to",
    "cmp /tmp/from/weights /tmp/to/weights",
]


@pytest.fixture
def stack(cluster: Cluster, api: client.ApiClient, tmp_path: Path) -> Iterator[Stack]:
    name = f"t{secrets.token_hex(3)}"
    directory = tmp_path / "project"
    directory.mkdir()
    made = Stack(name, directory, Path("/var/lib/ml-storage/test") / name)
    yield made
    made.remove(api)
    shutil.rmtree(_stored(made), ignore_errors=True)


def test_pods_reach_a_bucket_by_keys_that_no_one_sees(
    stack: Stack, api: client.ApiClient
) -> None:
    stack.config["team"]["secrets"] = {
        "s3-keys": {
            "kind": "environment",
            "variables": {
                "AWS_ACCESS_KEY_ID": "s3-access-key",
                "AWS_SECRET_ACCESS_KEY": "s3-secret-key",
            },
        }
    }
    stack.volumes["data"] = {
        "kind": "bucket",
        "uri": f"s3://{_bucket(stack)}/in/",
        "endpoint": s3.URL,
        "secret": "s3-keys",
    }
    stack.jobs["move"] = {
        "image": TRANSFER,
        "uris": {"BUCKET_URI": "data"},
        "command": ["sh", "-c", " && ".join(MOVE)],
    }
    said = stack.up()
    assert "Complete" in said, said

    server = Sandbox().s3
    stored = _stored(stack) / "in" / "weights"
    assert stored.read_text() == "0.5\n"
    _seen_nowhere(server.keys().secret, stack, said, api)
    assert "unchanged" in stack.up()

    # What it holds outlives a down, and a stop of the sandbox.
    stack.down()
    sandbox.stop()
    sandbox.start()
    assert stored.read_text() == "0.5\n"
    keys = server.keys()
    stack.up()
    assert Sandbox().s3.keys() == keys


def _bucket(stack: Stack) -> str:
    return f"{stack.name}-data"


def _stored(stack: Stack) -> Path:
    """Where the server keeps the bucket."""
    return Sandbox().s3.directory / "buckets" / _bucket(stack)


def _seen_nowhere(secret: str, stack: Stack, said: str, api: client.ApiClient) -> None:
    assert secret not in said
    state = "".join(
        file.read_text()
        for file in (sandbox_dir() / "pulumi").rglob(f"*{stack.name}*")
        if file.is_file()
    )
    assert state
    assert secret not in state
    core: Any = client.CoreV1Api(api)
    pods = core.list_namespaced_pod(stack.name).items
    assert pods
    for pod in pods:
        assert secret not in json.dumps(api.sanitize_for_serialization(pod))
        assert secret not in core.read_namespaced_pod_log(pod.metadata.name, stack.name)
    assert secret not in stack.pulumi("stack", "output", "--json")
    file = stack.directory / f"Pulumi.{stack.name}.yaml"
    assert "s3-secret-key:" not in file.read_text()
    for process in psutil.process_iter(["cmdline"]):
        assert secret not in " ".join(process.info["cmdline"] or [])
