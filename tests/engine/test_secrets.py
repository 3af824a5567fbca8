"""A secret from the encrypted configuration moves data, and is seen nowhere."""

import json
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from sandbox.cluster import Cluster
from sandbox.paths import sandbox_dir
from tests.containers import Container
from tests.engine.stacks import Stack

pytestmark = [pytest.mark.engine, pytest.mark.images]

KEY = "AKTESTTESTTESTTEST"
TRANSFER = "localhost/ml-storage/transfer:dev"
MOVE = [
    "rclone copy s3:bucket/in /data",
    "cat /data/weights",
    "rclone copy /data s3:bucket/out",
]


def listens(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


@pytest.fixture
def s3(
    cluster: Cluster,
    containers: Callable[[str], Container],
    tmp_path: Path,
) -> Iterator[tuple[Path, str, str]]:
    """A real S3 server on the host: its directory, its URL, its secret key."""
    served = tmp_path / "served"
    (served / "bucket" / "in").mkdir(parents=True)
    (served / "bucket" / "in" / "weights").write_text("0.5")
    secret = secrets.token_hex(16)
    with socket.socket() as free:
        free.bind((cluster.host, 0))
        port = free.getsockname()[1]
    address = f"{cluster.host}:{port}"
    server = containers("transfer").start(
        served,
        *("rclone", "serve", "s3", "/mnt", "--addr", address),
        *("--auth-key", f"{KEY},{secret}"),
    )
    try:
        deadline = time.monotonic() + 60
        while not listens(cluster.host, port):
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield served, f"http://{address}", secret
    finally:
        server.terminate()
        try:
            server.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.communicate()


@pytest.fixture
def stack(cluster: Cluster, api: client.ApiClient, tmp_path: Path) -> Iterator[Stack]:
    name = f"t{secrets.token_hex(3)}"
    directory = tmp_path / "project"
    directory.mkdir()
    made = Stack(name, directory, Path("/var/lib/ml-storage/test") / name)
    yield made
    made.remove(api)


def test_rclone_moves_data_with_a_secret(
    stack: Stack, api: client.ApiClient, s3: tuple[Path, str, str]
) -> None:
    served, url, secret = s3
    team = stack.config["team"]
    team["secrets"] = {"bucket": {"kind": "rclone", "config": "rclone-conf"}}
    stack.volumes["data"] = {
        "kind": "claim",
        "storageClass": f"{stack.name}-shared",
        "size": "1Gi",
        "onDelete": "delete",
    }
    stack.jobs["move"] = {
        "image": TRANSFER,
        "secrets": ["bucket"],
        "mounts": {"/data": "data"},
        "command": [
            "sh",
            "-c",
            " && ".join(MOVE),
        ],
    }
    text = "\n".join(
        [
            "[s3]",
            "type = s3",
            "provider = Rclone",
            f"endpoint = {url}",
            f"access_key_id = {KEY}",
            f"secret_access_key = {secret}",
        ]
    )
    said = stack.up(fails=True)
    assert "[SEC03]" in said
    stack.config["rclone-conf"] = text
    said = stack.up(fails=True)
    assert "[SEC02]" in said
    assert secret not in said
    del stack.config["rclone-conf"]

    stack.set_secret("rclone-conf", text)
    said = stack.up()
    assert "Complete" in said
    assert (served / "bucket" / "out" / "weights").read_text() == "0.5"

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
    assert "unchanged" in stack.up()
