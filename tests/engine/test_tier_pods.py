"""Checkpoints of a training in a pod, and kills of all that takes part in it.

Whatever is killed, at whatever moment: what was published stays, the newest of it
is whole, and the training goes on from it.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kubernetes import client

from sandbox import add_ons, images, s3
from sandbox import cluster as sandbox
from sandbox.cluster import Cluster
from sandbox.lifecycle import Sandbox
from tests.emulators import programs
from tests.engine.tier import EVERY, SIDECAR, TRAINER, Tier, until

pytestmark = [pytest.mark.engine, pytest.mark.images]

SEED = 7


@pytest.fixture
def tier(cluster: Cluster, api: client.ApiClient, namespace: str) -> Iterator[Tier]:
    del cluster
    add_ons.start("s3")
    sandbox.import_image(images.build("train"))
    core, batch = client.CoreV1Api(api), client.BatchV1Api(api)
    made = Tier(core, batch, namespace, programs.rclone())
    made.prepare()
    yield made
    this = Sandbox()
    _restart_kubelet(this)
    s3.start(this.s3, this.processes)
    shutil.rmtree(this.s3.directory / "buckets" / made.bucket, ignore_errors=True)


def test_whatever_is_killed_no_published_checkpoint_is_lost(tier: Tier) -> None:
    chosen = random.Random(SEED)  # noqa: S311 - it is repeatable
    kinds = [kind for kind, rounds in _ROUNDS.items() for _ in range(rounds)]
    chosen.shuffle(kinds)
    tier.begin()
    for number, kill in enumerate(kinds):
        tier.wait_published(after=tier.published())
        time.sleep(chosen.uniform(0, 2))
        kept = tier.published()
        began = time.monotonic()
        kill(tier, chosen.uniform(0, 3), kept)
        tier.wait_published(after=kept)
        assert tier.restored() >= kept
        took = time.monotonic() - began
        print(f"round {number + 1}: {kill.__name__}, goes on after {took:.1f} s")
    last = tier.published() + 3 * EVERY
    tier.end()
    stopped = tier.restored()
    tier.begin(steps=max(last, stopped + EVERY))
    until(_has_succeeded(tier), "the training reaches its end")
    assert tier.restored() == max(last, stopped + EVERY)


def _kill_trainer(tier: Tier, _: float, kept: int) -> None:
    """The Job makes another pod, which loses nothing: the sidecar still publishes."""
    (pod,) = tier.pods()
    tier.process(TRAINER).kill()
    assert _resumed_after(tier, pod) >= max(kept, tier.saved(pod))
    _begin_anew(tier)


def _kill_all(tier: Tier, seconds: float, kept: int) -> None:
    """All of the node but its disk: nobody publishes what the trainer saved last."""
    (pod,) = tier.pods()
    this = Sandbox()
    kubelet = this.processes.find("kubelet")
    assert kubelet is not None
    for process in (kubelet, tier.process(SIDECAR), tier.process(TRAINER)):
        process.kill()
    time.sleep(seconds)
    _restart_kubelet(this)
    assert _resumed_after(tier, pod) >= kept
    _begin_anew(tier)


def _kill_sidecar(tier: Tier, _: float, kept: int) -> None:
    """It comes back in the same pod, beside the same trainer."""
    del kept
    trainer = tier.process(TRAINER)
    tier.process(SIDECAR).kill()
    until(lambda: _runs(tier, SIDECAR), "the sidecar is back")
    assert tier.process(TRAINER) == trainer


def _kill_kubelet(tier: Tier, seconds: float, kept: int) -> None:
    """The pod does not notice."""
    del kept
    trainer = tier.process(TRAINER)
    this = Sandbox()
    kubelet = this.processes.find("kubelet")
    assert kubelet is not None
    kubelet.kill()
    time.sleep(seconds)
    _restart_kubelet(this)
    assert tier.process(TRAINER) == trainer


def _kill_server(tier: Tier, seconds: float, kept: int) -> None:
    """The trainer goes on meanwhile, and what was published is still there."""
    this = Sandbox()
    server = this.processes.find(s3.NAME)
    assert server is not None
    server.kill()
    time.sleep(seconds)
    assert tier.published() >= kept
    s3.start(this.s3, this.processes)


_ROUNDS: dict[Callable[[Tier, float, int], None], int] = {
    _kill_trainer: 2,
    _kill_all: 1,
    _kill_sidecar: 3,
    _kill_kubelet: 3,
    _kill_server: 3,
}


def _resumed_after(tier: Tier, pod: Any) -> int:
    """The step that the pod goes on from which takes this one's place."""
    name = pod.metadata.name
    return until(lambda: tier.resumed(but=name), "another pod resumes")


def _begin_anew(tier: Tier) -> None:
    """In another Job: each failure of one makes it wait twice as long."""
    tier.end()
    tier.begin()


def _runs(tier: Tier, words: str) -> bool:
    try:
        return tier.process(words).is_running()
    except ValueError:
        return False


def _has_succeeded(tier: Tier) -> Callable[[], bool]:
    def has() -> bool:
        job = tier.batch.read_namespaced_job_status(tier.job, tier.namespace)
        return bool(job.status.succeeded)

    return has


def _restart_kubelet(this: Sandbox) -> None:
    if this.processes.find("kubelet") is None:
        this.node.start(this.tools, this.processes, this.containers.socket)
