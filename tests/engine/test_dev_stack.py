"""`Pulumi.dev.yaml` as a newcomer meets it: real LAMMPS, real PyTorch, kills.

The stack is the committed one under another name, so that the tests never touch
the one that a user has up.
"""

import json
import os
import re
import secrets
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from kubernetes import client

from sandbox.cluster import Cluster
from sandbox.session import CHECKOUT
from tests.engine.stacks import Stack, quick_job

pytestmark = [pytest.mark.engine, pytest.mark.images]

BINSIZES = {0: 1.2, 1: 2.0, 2: 2.8, 3: 3.6}


@pytest.fixture
def dev(
    cluster: Cluster, busybox: str, api: client.ApiClient, tmp_path: Path
) -> Iterator[Stack]:
    """The dev stack under a name of its own."""
    name = f"t{secrets.token_hex(3)}"
    made = Stack(name, tmp_path, Path("/var/lib/ml-storage/test") / name)
    text = yaml.safe_load((CHECKOUT / "Pulumi.dev.yaml").read_text())["config"]
    platform, team = text["ml-storage:platform"], text["ml-storage:team"]
    classes = platform["storageClasses"]
    classes[f"{name}-shared"] = classes.pop("shared")
    space = platform["teams"].pop("dev")
    storage = space["quota"]["storage"]
    storage[f"{name}-shared"] = storage.pop("shared")
    platform["teams"][name] = space
    team["name"] = name
    team["volumes"]["results"]["storageClass"] = f"{name}-shared"
    team["volumes"]["checkpoints"]["path"] = str(made.data / "checkpoints")
    made.config = {"platform": platform, "team": team}
    yield made
    made.remove(api)


def logs_of(api: client.ApiClient, stack: Stack, job: str) -> str:
    core = client.CoreV1Api(api)
    pods = core.list_namespaced_pod(stack.name, label_selector=f"job-name={job}").items
    assert pods
    newest = max(pods, key=lambda pod: pod.metadata.creation_timestamp)
    return core.read_namespaced_pod_log(newest.metadata.name, stack.name)


def results_directory(api: client.ApiClient, stack: Stack) -> Path:
    core = client.CoreV1Api(api)
    claim: Any = core.read_namespaced_persistent_volume_claim("results", stack.name)
    assert claim.status.phase == "Bound"
    volume: Any = core.read_persistent_volume(claim.spec.volume_name)
    return Path(volume.spec.host_path.path)


def test_the_sweep_keeps_its_output_and_runs_again_over_it(
    dev: Stack, api: client.ApiClient
) -> None:
    del dev.jobs["train"]
    # The same program once more on scratch, where nothing outlives the pod.
    dev.jobs["forgetful"] = {
        **dev.jobs["sweep"],
        "command": [*dev.jobs["sweep"]["command"][:-1], "/scratch"],
        "mounts": {"/scratch": "scratch"},
    }
    said = dev.up()
    output = results_directory(api, dev) / "sweep"
    assert f"{output}/index-*" in re.sub(r"\s", "", said)
    first = {}
    for index, binsize in BINSIZES.items():
        log = (output / f"index-{index}/log.lammps").read_text()
        assert f"binsize = {binsize:g}" in log or f"binsize {binsize:g}" in log
        result = json.loads((output / f"index-{index}/result.json").read_text())
        assert (result["run"], result["binsize"]) == (1, binsize)
        first[index] = log
    assert len(set(first.values())) == len(BINSIZES)
    names = {path.name for path in output.iterdir()}
    assert names == {f"index-{index}" for index in BINSIZES}

    dev.jobs["sweep"]["run"] = 2
    dev.jobs["forgetful"]["run"] = 2
    dev.jobs["forgetful"]["command"] = ["sh", "-c", "ls -A /scratch && echo looked"]
    dev.up()
    for index in BINSIZES:
        kept = (output / f"index-{index}/log.lammps.run-1").read_text()
        assert kept == first[index], "the old output is still there"
        result = json.loads((output / f"index-{index}/result.json").read_text())
        assert result["run"] == 2
    assert logs_of(api, dev, "forgetful") == "looked\n", "scratch is empty again"


def test_training_resumes_after_down_and_up(dev: Stack, api: client.ApiClient) -> None:
    del dev.jobs["sweep"]
    train = dev.jobs["train"]
    at = train["command"].index("--steps") + 1
    train["command"][at] = "100"
    dev.up()
    assert "starting from step 0" in logs_of(api, dev, "train")
    checkpoints = dev.data / "checkpoints"
    before = {path.name for path in checkpoints.glob("step-*")}
    assert "step-00000100" in before

    dev.down()
    assert client.BatchV1Api(api).list_namespaced_job(dev.name).items == []
    assert {path.name for path in checkpoints.glob("step-*")} == before

    train["command"][at] = "150"
    dev.up()
    log = logs_of(api, dev, "train")
    assert re.search(r"resumed from /ckpt/step-00000100", log), log
    history = [
        json.loads(line)
        for line in (checkpoints / "history.jsonl").read_text().splitlines()
    ]
    ends = [h["ended_at_step"] for h in history if h["event"] == "end"]
    starts = [h["started_at_step"] for h in history if h["event"] == "start"]
    assert (starts, ends) == ([0, 100], [100, 150])


# Each moment is a line of the engine's own output, at which it is killed.
MOMENTS = {
    "the namespace is being made": r"Namespace \S+ creating",
    "volume and claim are being made": r"PersistentVolume \S+ creating",
    "the claim is there": r"PersistentVolumeClaim results-claim created",
    "the jobs are being made": r"batch/v1:Job \S+ creating",
    "the old run is being deleted": r"batch/v1:Job \S+ deleting original",
}


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda m: m.replace(" ", "-"))
def test_an_engine_killed_at_any_moment_is_recovered_from(
    dev: Stack, api: client.ApiClient, moment: str
) -> None:
    for name, job in dev.jobs.items():
        job.update(quick_job("true"))
        assert name in ("sweep", "train")
    if "deleting" in MOMENTS[moment]:
        dev.up()
        for job in dev.jobs.values():
            job["run"] = 2
    dev.write()
    kill_at(dev, MOMENTS[moment])

    dev.up()
    core, batch = client.CoreV1Api(api), client.BatchV1Api(api)
    claims = core.list_namespaced_persistent_volume_claim(dev.name).items
    assert {c.metadata.name for c in claims} == {"checkpoints", "results"}
    assert {c.status.phase for c in claims} == {"Bound"}
    jobs = {j.metadata.name: j for j in batch.list_namespaced_job(dev.name).items}
    assert jobs.keys() == {"sweep", "train"}
    for name, job in jobs.items():
        assert job.metadata.labels["ml-storage/run"] == str(dev.jobs[name].get("run"))
        assert any(c.type == "Complete" for c in job.status.conditions)
    # No orphan: each volume of this namespace is the one of a claim.
    volumes = [
        v.metadata.name
        for v in core.list_persistent_volume().items
        if v.spec.claim_ref and v.spec.claim_ref.namespace == dev.name
    ]
    assert sorted(volumes) == sorted(c.spec.volume_name for c in claims)
    # And the state knows each of them: nothing is left to do or to forget.
    said = dev.up()
    assert re.search(r"\d+ unchanged", said)
    assert not re.search(r"\d+ (created|updated|replaced|deleted)", said), said
    urns = [r["urn"] for r in dev.resources()]
    assert len(urns) == len(set(urns))


def kill_at(stack: Stack, line: str) -> None:
    """Start an `up`, and kill the engine when it prints a line like this."""
    process = subprocess.Popen(
        stack.command("up"),
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    said = []
    with process:
        for text in process.stdout:
            said.append(text)
            if re.search(line, text):
                for child in psutil.Process(process.pid).children(recursive=True):
                    if child.name() == "pulumi":
                        child.send_signal(signal.SIGKILL)
                break
        else:
            raise AssertionError(f"no line like {line}:\n{''.join(said)}")
        process.stdout.close()
        process.terminate()
