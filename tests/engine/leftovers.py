"""What the stacks of a cloud's examples leave in the sandbox, and how it goes."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from kubernetes import client

from sandbox import cluster as sandbox


def claims(space: str) -> dict[str, Any]:
    """The claims of a namespace, by name."""
    with sandbox.client() as connection:
        core = client.CoreV1Api(connection)
        found = core.list_namespaced_persistent_volume_claim(space).items
        return {claim.metadata.name: claim for claim in found}


def volume_of(claim: Any) -> Any:
    """The PersistentVolume that a claim is bound to."""
    with sandbox.client() as connection:
        core = client.CoreV1Api(connection)
        return core.read_persistent_volume(claim.spec.volume_name)


def clean(spaces: list[str], drivers: str) -> None:
    """Take what is left of stacks' objects out of the sandbox, and wait.

    Args:
        spaces: The namespaces of their teams.
        drivers: What the names of the cloud's drivers end with: the classes of
            these go as well.
    """
    with sandbox.client() as connection:
        core, storage = client.CoreV1Api(connection), client.StorageV1Api(connection)
        for space in spaces:
            with suppress(client.ApiException):
                core.delete_namespace(space, grace_period_seconds=0)
        for volume in core.list_persistent_volume().items:
            reference = volume.spec.claim_ref
            if reference is not None and reference.namespace in spaces:
                core.delete_persistent_volume(volume.metadata.name)
        for made in storage.list_storage_class().items:
            if made.provisioner.endswith(drivers):
                storage.delete_storage_class(made.metadata.name)
        until = time.monotonic() + 120
        while any(n.metadata.name in spaces for n in core.list_namespace().items):
            assert time.monotonic() < until, "the namespaces do not go"
            for space in spaces:
                _let_go(core, space)
            time.sleep(0.5)


def _let_go(core: client.CoreV1Api, space: str) -> None:
    """Take off what a Job keeps on pods that never ran, once it is gone."""
    for pod in core.list_namespaced_pod(space).items:
        if pod.metadata.deletion_timestamp is not None and pod.metadata.finalizers:
            with suppress(client.ApiException):
                core.patch_namespaced_pod(
                    pod.metadata.name, space, {"metadata": {"finalizers": None}}
                )
