"""The examples for any Kubernetes, as they stand, on the sandbox.

Each is the committed file under names of its own, so that the tests never touch
what a user has up.
"""

import functools
import hashlib
import http.server
import io
import json
import pickle
import re
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client

from sandbox.cluster import Cluster
from tests.engine.examples import EXAMPLES, Example, directory_of, log_of

pytestmark = [pytest.mark.engine, pytest.mark.images]

TRIED = {"checkpoints", "scratch", "sweep", "dataset", "workspace"}
TRIED |= {"distributed", "snapshot", "lab", "vision-lab", "patterns"}


def test_every_example_is_tried_and_right() -> None:
    files = {f.stem.removeprefix("Pulumi.") for f in EXAMPLES.glob("Pulumi.*.yaml")}
    assert files == TRIED


def test_checkpoints(example: Example, api: client.ApiClient) -> None:
    stack = example("checkpoints")
    assert "Complete" in stack.up()
    assert list(stack.data.glob("step-*")), "the checkpoints lie on the host"
    stack.jobs["train"]["run"] = 2
    stack.jobs["train"]["command"][-3] = "150"
    assert "Complete" in stack.up()
    assert "resumed from /ckpt/step-00000100" in log_of(api, stack, "train")


def test_scratch_and_ramdisk(example: Example, api: client.ApiClient) -> None:
    stack = example("scratch")
    assert "Complete" in stack.up()
    said = log_of(api, stack, "shuffle")
    assert re.search(r"^tmpfs .* /dev/shm$", said, re.MULTILINE)
    assert re.search(r" /scratch$", said, re.MULTILINE)


def test_sweep_on_a_shared_claim(example: Example, api: client.ApiClient) -> None:
    stack = example("sweep")
    assert "Complete" in stack.up()
    results = directory_of(api, stack, "results") / "lammps"
    logs = sorted(path.parent.name for path in results.rglob("log.lammps"))
    assert len(logs) == 4
    assert len(list(results.glob("index-*"))) == 4


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: pytest shows what failed."""


@pytest.fixture
def archive(cluster: Cluster, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """URL and digest of a small archive in CIFAR-10's own format."""
    served = tmp_path / "served"
    served.mkdir()
    file = served / "cifar-10-python.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        for number in range(1, 6):
            batch = {b"data": bytes(3072 * 4), b"labels": [0, 1, 2, 3]}
            content = pickle.dumps(batch)
            member = tarfile.TarInfo(f"cifar-10-batches-py/data_batch_{number}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    handler = functools.partial(_Quiet, directory=str(served))
    server = http.server.ThreadingHTTPServer((cluster.host, 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://{cluster.host}:{server.server_port}/{file.name}"
        yield url, hashlib.sha256(file.read_bytes()).hexdigest()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_dataset_downloaded_to_scratch(
    example: Example, api: client.ApiClient, archive: tuple[str, str]
) -> None:
    stack = example("dataset")
    volume = stack.volumes["cifar-10"]
    # No machine of the tests reaches the real one.
    assert volume["source"].endswith("/cifar-10-python.tar.gz")
    volume["source"], volume["sha256"] = archive
    assert "Complete" in stack.up()
    said = log_of(api, stack, "look").splitlines()
    assert [line for line in said if "data_batch" in line] == [
        f"/data/cifar-10-batches-py/data_batch_{number}" for number in range(1, 6)
    ]
    volume["sha256"] = "0" * 64
    stack.jobs["look"] |= {"run": 2, "retries": 0}
    assert "job look failed" in stack.run("up", fails=True)


def test_workspace_on_shared_data(example: Example, api: client.ApiClient) -> None:
    stack = example("workspace")
    assert "workspace" in stack.up()
    words = ("exec", "--", "kubectl", "exec", "-n", stack.name, "deploy/shell", "--")
    assert stack.run(*words, "tail", "-1", "/data/numbers.txt").endswith("1000\n")
    assert "Read-only file system" in stack.run(
        *words, "touch", "/data/new", fails=True
    )
    stack.config["team"]["workspaces"]["shell"]["running"] = False
    stack.up()
    apps = client.AppsV1Api(api)
    found: Any = apps.read_namespaced_deployment("shell", stack.name)
    assert found.spec.replicas == 0
    assert (directory_of(api, stack, "data") / "numbers.txt").exists()


def test_four_pods_that_meet(example: Example, api: client.ApiClient) -> None:
    stack = example("distributed")
    assert "Complete" in stack.up()
    results = directory_of(api, stack, "results")
    ranks = [json.loads(f.read_text()) for f in sorted(results.glob("rank-*.json"))]
    assert [rank["rank"] for rank in ranks] == [0, 1, 2, 3]
    assert {rank["sum"] for rank in ranks} == {10}
    assert len({rank["host"] for rank in ranks}) == 4


def test_a_snapshot_is_taken_and_restored(
    example: Example, api: client.ApiClient
) -> None:
    stack = example("snapshot")
    css = f"{stack.name}-csi"
    assert "Complete" in stack.up()
    taken = {"of": "checkpoints", "snapshotClass": css}
    stack.config["team"]["snapshots"] = {"after-run-1": taken}
    stack.up()
    stack.jobs["train"]["run"] = 2
    assert "Complete" in stack.up()
    text = (EXAMPLES / "Pulumi.snapshot.yaml").read_text()
    (line,) = re.findall(r"# restored: (.*)$", text, re.MULTILINE)
    stack.volumes["restored"] = {**yaml.safe_load(line), "storageClass": css}
    stack.jobs["look"] = {
        "image": stack.jobs["train"]["image"],
        "await": True,
        "command": ["sh", "-c", "cat /old/model /new/model"],
        "mounts": {
            "/old": "restored",
            "/new": {"volume": "checkpoints", "readOnly": True},
        },
    }
    assert "Complete" in stack.up()
    assert log_of(api, stack, "look") == "run 1\nrun 2\n"
    core: Any = client.CoreV1Api(api)
    claim = core.read_namespaced_persistent_volume_claim("restored", stack.name)
    assert claim.spec.data_source.name == "after-run-1"
    assert claim.status.phase == "Bound"
    # Once it is there, the line may go, and nothing happens.
    del stack.volumes["restored"]["restore"]
    assert "replaced" not in stack.up()
    # What it holds is protected, and so is the snapshot.
    del stack.config["team"]["snapshots"]
    assert "protect" in stack.up(fails=True)
