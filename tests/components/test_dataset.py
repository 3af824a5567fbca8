"""Public datasets: fetched before the program starts, and counted as scratch."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest
from pydantic import ValidationError

from components.kubernetes.dataset_spec import DatasetSpec
from components.kubernetes.mountable import Mount
from components.kubernetes.pod import with_mounts
from components.testing import KUBERNETES_VERSION

DIGEST = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
IMAGE = "registry.example.com/ml-storage/transfer:1"


def dataset(**more: Any) -> DatasetSpec:
    given = {
        "kind": "dataset",
        "source": "https://example.com/cifar-10-python.tar.gz",
        "size": "2Gi",
        "image": IMAGE,
        **more,
    }
    return DatasetSpec.model_validate(given)


def mounted(*specs: DatasetSpec, names: tuple[str, ...] = ("a", "b")) -> dict[str, Any]:
    main = {"name": "main", "image": "image", "command": ["train"]}
    pod = {"spec": {"restartPolicy": "Never", "containers": [main]}}
    mounts = [
        Mount(name=name, path=f"/data/{name}", volume=spec)
        for name, spec in zip(names, specs, strict=False)
    ]
    made = with_mounts(pod, mounts, owner="train")
    whole = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, **made}
    kubernetes_validate.validate(whole, KUBERNETES_VERSION, strict=True)
    return made["spec"]


def test_it_is_fetched_before_the_program_starts() -> None:
    made = mounted(dataset(sha256=DIGEST.upper()))
    assert made["volumes"] == [{"name": "a", "emptyDir": {"sizeLimit": "2Gi"}}]
    (init,) = made["initContainers"]
    assert init["name"] == "fill-a"
    assert init["image"] == IMAGE
    assert init["volumeMounts"] == [{"name": "a", "mountPath": "/dataset"}]
    assert init["command"] == [
        *("python3", "-m", "jobs.fetch"),
        *("https://example.com/cifar-10-python.tar.gz", "--into", "/dataset"),
        *("--sha256", DIGEST),
    ]
    assert "env" not in init


def test_the_program_reads_it_only() -> None:
    (container,) = mounted(dataset())["containers"]
    (mount,) = container["volumeMounts"]
    assert mount == {"name": "a", "mountPath": "/data/a", "readOnly": True}
    (container,) = mounted(dataset(access="read-write"))["containers"]
    assert "readOnly" not in container["volumeMounts"][0]


def test_each_dataset_has_a_container_of_its_own() -> None:
    made = mounted(dataset(), dataset(source="s3://bucket/set/"))
    assert [init["name"] for init in made["initContainers"]] == ["fill-a", "fill-b"]
    made = mounted(dataset(), dataset(), names=("a" * 63, "a" * 62 + "b"))
    names = {init["name"] for init in made["initContainers"]}
    assert len(names) == 2


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"unpack": True}, ["--unpack"]),
        ({"unpack": False}, ["--no-unpack"]),
        (
            {"source": "s3://b-1/set/", "endpoint": "http://minio:9000"},
            ["--endpoint", "http://minio:9000"],
        ),
        (
            {"source": "s3://b-1/set/", "requesterPays": True, "secret": "payer"},
            ["--requester-pays", "--with-secret"],
        ),
    ],
)
def test_what_it_is_told(more: dict[str, Any], words: list[str]) -> None:
    (init,) = mounted(dataset(**more))["initContainers"]
    assert init["command"][6:] == words


def test_its_secret_is_not_the_programs() -> None:
    made = mounted(dataset(source="s3://bucket/set/", secret="payer"))  # noqa: S106, its name
    (init,) = made["initContainers"]
    directory = "/run/secrets/ml-storage/payer"
    assert init["env"] == [
        {"name": "RCLONE_CONFIG", "value": f"{directory}/rclone.conf"}
    ]
    assert {"name": "secret-payer", "mountPath": directory, "readOnly": True} in init[
        "volumeMounts"
    ]
    assert made["volumes"][1] == {
        "name": "secret-payer",
        "secret": {"secretName": "payer", "defaultMode": 0o400},
    }
    (container,) = made["containers"]
    assert "env" not in container
    assert [mount["name"] for mount in container["volumeMounts"]] == ["a"]


def test_on_disk_it_counts_as_ephemeral_storage() -> None:
    made = mounted(dataset())
    (container,), (init,) = made["containers"], made["initContainers"]
    assert container["resources"]["limits"] == {"ephemeral-storage": "3Gi"}
    assert init["resources"]["limits"] == {
        "memory": "1Gi",
        "ephemeral-storage": "3Gi",
    }


def test_in_memory_it_counts_as_memory() -> None:
    made = mounted(dataset(medium="memory"))
    assert made["volumes"] == [
        {"name": "a", "emptyDir": {"sizeLimit": "2Gi", "medium": "Memory"}}
    ]
    # What the container writes there counts as its own while it runs.
    (init,) = made["initContainers"]
    assert init["resources"]["limits"]["memory"] == "3Gi"
    assert dataset(medium="memory").pod_needs().memory == 2 * 2**30


def test_a_password_in_the_source_is_never_repeated() -> None:
    with pytest.raises(ValidationError) as caught:
        dataset(source="https://me:hunter2@example.com/a")
    assert "hunter2" not in str(caught.value)


def test_plain_http_with_a_digest_is_no_cause_to_warn() -> None:
    source = "http://example.com/a"
    assert [p.rule for p in dataset(source=source).problems()] == ["DAT05"]
    assert list(dataset(source=source, sha256=DIGEST).problems()) == []
