"""Volumes for claims whose drivers the sandbox does not have."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kubernetes import client

from sandbox import cluster as sandbox


@contextmanager
def provisioner(*drivers: str) -> Iterator[None]:
    """Give every claim that waits for one of `drivers` a volume of the node's."""
    ended = threading.Event()

    def serve() -> None:
        with sandbox.client() as connection:
            while not ended.wait(0.3):
                _provision(connection, drivers)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _provision(connection: client.ApiClient, drivers: tuple[str, ...]) -> None:
    core, storage = client.CoreV1Api(connection), client.StorageV1Api(connection)
    classes = {c.metadata.name: c for c in storage.list_storage_class().items}
    for claim in core.list_persistent_volume_claim_for_all_namespaces().items:
        made = classes.get(claim.spec.storage_class_name or "")
        if made is None or made.provisioner not in drivers:
            continue
        if claim.status.phase != "Pending" or claim.spec.volume_name:
            continue
        name = f"pvc-{claim.metadata.uid}"
        volume: dict[str, Any] = {
            "metadata": {"name": name},
            "spec": {
                "capacity": claim.spec.resources.requests,
                "accessModes": claim.spec.access_modes,
                "persistentVolumeReclaimPolicy": "Delete",
                "storageClassName": claim.spec.storage_class_name,
                "claimRef": {
                    "namespace": claim.metadata.namespace,
                    "name": claim.metadata.name,
                },
                "csi": {"driver": made.provisioner, "volumeHandle": name},
            },
        }
        try:
            core.create_persistent_volume(volume)
        except client.ApiException as error:
            if error.status != 409:
                raise
