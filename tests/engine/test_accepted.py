"""What `check` accepts, the real API server accepts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from kubernetes import client

from components.testing import RefusedError, Registered
from sandbox import add_ons
from stacks.load import from_values
from stacks.testing import contract_of, deploy_stack
from tests.engine.dry_run import Manifest, Server, made_from
from tests.engine.generated import Generated, stacks

pytestmark = pytest.mark.engine

WANTED = 500
KINDS = {
    *("Namespace", "ResourceQuota", "LimitRange", "ServiceAccount", "Role"),
    *("RoleBinding", "StorageClass", "VolumeSnapshotClass", "PersistentVolume"),
    *("PersistentVolumeClaim", "VolumeSnapshot", "Secret", "Service", "Job", "JobSet"),
    *("Deployment", "PodDisruptionBudget", "Pod"),
}
"""Every kind of object that a stack makes, and the pods that come of them."""
_NO_FILE = Path("Pulumi.none.yaml")


@pytest.fixture
def server(api: client.ApiClient) -> Iterator[Server]:
    add_ons.start("snapshots", "jobset", "kueue")
    asked = Server(api)
    yield asked
    core: Any = client.CoreV1Api(api)
    for name in asked.namespaces:
        core.delete_namespace(name, grace_period_seconds=0)


def accepted(generated: Generated) -> bool:
    """Whether `check` has nothing against any of its stacks."""
    for config in generated.stacks():
        sections = {
            key.partition(":")[2]: section
            for key, section in config.items()
            if key.partition(":")[2] not in generated.keys
        }
        deployed = None
        if "platform" not in sections:
            # A team is checked after its environment, which was right.
            environment = {"ml-storage:platform": generated.platform}
            deployed = contract_of(environment, "lab")
        loaded = from_values(
            sections,
            _NO_FILE,
            _NO_FILE.name,
            deployed=deployed,
            keys=dict.fromkeys(generated.keys, True),
        )
        if loaded.config is None:
            return False
    return True


def objects(generated: Generated) -> list[Manifest]:
    """Every object that its stacks make, as the cluster gets it."""
    environment = {"ml-storage:platform": generated.platform}
    return [
        as_sent(registered)
        for config in generated.stacks()
        for registered in deploy_stack(
            config, secrets=generated.keys, contract=environment
        ).resources
        if registered.type.startswith("kubernetes:") and not registered.read
    ]


def as_sent(registered: Registered) -> Manifest:
    """An object with the name that Pulumi chooses for one without."""
    metadata = {"name": f"{registered.name}-1a2b3c4d"}
    metadata |= registered.inputs.get("metadata", {})
    return {**registered.inputs, "metadata": metadata}


def refusals(server: Server, generated: Generated) -> list[str]:
    """What the API server refuses of all that the stacks make."""
    try:
        made = objects(generated)
    except RefusedError as error:
        return [f"the test harness: {error}"]
    (space,) = generated.platform["teams"].values()
    existing = space.get("existing", False)
    # The level of a namespace that is only used is its owner's.
    level = "baseline" if existing else space["podSecurity"]
    limits = next((m for m in made if m["kind"] == "LimitRange"), None)
    namespace, refused = server.space(level, limits)
    shown = [each for manifest in made for each in (manifest, *made_from(manifest))]
    found = server.refusals(shown, namespace)
    return found if refused is None else [refused, *found]


def test_what_check_accepts_the_api_server_accepts(server: Server) -> None:
    seen: Counter[str] = Counter()

    @settings(
        max_examples=WANTED + 20,
        derandomize=True,
        database=None,
        deadline=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(generated=stacks())
    def holds(generated: Generated) -> None:
        fine = accepted(generated)
        seen["accepted" if fine else "refused"] += 1
        assume(fine)
        found = refusals(server, generated)
        shown = yaml.safe_dump_all(generated.stacks(), sort_keys=False)
        assert not found, "\n".join([*found, shown])

    holds()
    print(f"\n{dict(seen)}, {server.asked.total()} objects: {dict(server.asked)}")
    assert seen["accepted"] >= WANTED
    # A generator whose stacks `check` refuses for the most part shows little.
    assert seen["accepted"] >= seen["refused"]
    assert set(server.asked) >= KINDS
