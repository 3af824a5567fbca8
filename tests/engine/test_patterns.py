"""From a bucket to answers: the example `patterns`, in real pods."""

import io
import json
import tarfile
from typing import Any
from urllib.request import Request, urlopen

import pytest
from kubernetes import client

from jobs.train_cifar10.batch_file import CLASSES, DIRECTORY, PIXELS, TEST, decode
from sandbox import s3
from sandbox.lifecycle import Sandbox
from tests.emulators.s3_server import gets, talk
from tests.engine.examples import directory_of
from tests.engine.stacks import Stack

pytestmark = [pytest.mark.engine, pytest.mark.images]

ARCHIVE = "cifar-10-python.tar.gz"


@pytest.fixture(scope="module")
def said(patterns: Stack) -> str:
    """What `make up` says at its end."""
    return patterns.up()


def servers(api: client.ApiClient, stack: Stack) -> list[Any]:
    core = client.CoreV1Api(api)
    label = "ml-storage/deployment=classify"
    return core.list_namespaced_pod(stack.name, label_selector=label).items


def ask(pod: Any, path: str, body: bytes | None = None) -> bytes:
    request = Request(f"http://{pod.status.pod_ip}:8000{path}", data=body)
    with urlopen(request, timeout=60) as answer:  # noqa: S310
        return answer.read()


def test_all_of_it_comes_up(patterns: Stack, said: str) -> None:
    assert said.count("Complete") == 3
    assert "3/3 ready" in said
    # Nothing is left to do, and nobody is restarted.
    assert "unchanged" in patterns.preview() or "no changes" in patterns.preview()


def test_the_dataset_is_downloaded_once(patterns: Stack, api: client.ApiClient) -> None:
    log = s3.access_log(Sandbox().s3.directory)
    assert gets(log, f"{patterns.name}/{ARCHIVE}") == 1
    shared = directory_of(api, patterns, "shared") / "cifar10"
    assert (shared / ".manifest.json").exists()
    assert (shared / "cifar-10-batches-py" / "data_batch_1").exists()
    assert not (shared / ARCHIVE).exists()


def test_two_pods_trained_and_one_wrote(patterns: Stack, api: client.ApiClient) -> None:
    core = client.CoreV1Api(api)
    pods = core.list_namespaced_pod(patterns.name, label_selector="job-name=train")
    logs = [
        core.read_namespaced_pod_log(p.metadata.name, patterns.name, container="main")
        for p in sorted(pods.items, key=lambda p: p.metadata.name)
    ]
    assert len(logs) == 2
    bucket = talk(s3.URL, Sandbox().s3.keys())
    keys = [
        each["Key"]
        for each in bucket.list_objects_v2(
            Bucket=patterns.name, Prefix="checkpoints/classifier/"
        )["Contents"]
    ]
    manifests = [key for key in keys if key.endswith(".json")]
    assert 1 <= len(manifests) <= 3, "as many as are kept"
    for key in manifests:
        listed = json.loads(
            bucket.get_object(Bucket=patterns.name, Key=key)["Body"].read()
        )
        assert listed["files"]


def test_three_replicas_answer_with_the_trained_model(
    patterns: Stack, api: client.ApiClient
) -> None:
    replicas = servers(api, patterns)
    assert len(replicas) == 3
    served = {json.loads(ask(pod, "/model"))["version"] for pod in replicas}
    assert served == {"run-1"}
    images, labels = held_out(patterns)
    answers = [json.loads(ask(pod, "/predict", images)) for pod in replicas]
    assert answers[0] == answers[1] == answers[2]
    found = [each["label"] for each in answers[0]["predictions"]]
    right = sum(a == b for a, b in zip(found, labels, strict=True)) / len(labels)
    assert right > 0.3, "ten classes: chance is 0.1"
    for pod in replicas:
        assert b"ml_storage_model_loads_total" in ask(pod, "/metrics")
    # What they load is on the shared volume: the bucket was not asked.
    log = s3.access_log(Sandbox().s3.directory)
    assert gets(log, f"{patterns.name}/models") == 0


def held_out(patterns: Stack) -> tuple[bytes, list[str]]:
    """Images of the test batch, and what they show."""
    bucket = talk(s3.URL, Sandbox().s3.keys())
    packed = bucket.get_object(Bucket=patterns.name, Key=ARCHIVE)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        file = archive.extractfile(f"{DIRECTORY}/{TEST}")
        assert file is not None
        batch = decode(file.read())
    return batch.images[: 100 * PIXELS], [
        CLASSES[label] for label in batch.labels[:100]
    ]
