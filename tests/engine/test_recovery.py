"""A killed engine, at each moment that matters, and what the next run makes of it."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from sandbox.errors import SandboxError
from sandbox.kubernetes_provider.cluster import Cluster
from sandbox.recovery import recover
from tests.engine.projects import (
    STACK,
    Project,
    connected,
    exists,
    kubeconfig_of,
    namespace,
)

pytestmark = pytest.mark.engine

# `pulumi.com/waitFor` on a field that never comes holds an operation open.
PROGRAM = """
held = {{"pulumi.com/waitFor": "jsonpath={{.data.never}}"}} if {held} else {{}}
k8s.core.v1.ConfigMap(
    "it",
    metadata={{
        "namespace": space,
        **({{"name": "it"}} if {named} else {{}}),
        "annotations": held,
        "labels": {{"label": {label!r}}},
        "finalizers": ["test/holds"] if {finalizer} else [],
    }},
    data={{"value": {data!r}}},
    opts=opts,
)
k8s.core.v1.ConfigMap("after", metadata={{"name": "after"}}, opts=opts)
"""
RELEASE = [{"op": "remove", "path": "/metadata/finalizers"}]


def program(
    *,
    held: bool = False,
    named: bool = True,
    finalizer: bool = False,
    label: str = "a",
    data: str = "a",
) -> str:
    return PROGRAM.format(
        held=held, named=named, finalizer=finalizer, label=label, data=data
    )


@pytest.fixture(scope="module")
def kubeconfig(request: pytest.FixtureRequest) -> Path:
    return kubeconfig_of(request)


@pytest.fixture(scope="module")
def api(kubeconfig: Path) -> Cluster:
    return connected(kubeconfig)


@pytest.fixture
def space(api: Cluster) -> Iterator[str]:
    with namespace(api) as name:
        yield name


@pytest.fixture
def project(tmp_path: Path, kubeconfig: Path, space: str) -> Project:
    return Project(tmp_path, kubeconfig, space)


def plugins(project: Project) -> list[int]:
    backend = project.env["PULUMI_BACKEND_URL"]
    found: list[int] = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("PULUMI_BACKEND_URL") == backend:
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def kill_when(project: Project, moment: Callable[[], bool], *words: str) -> None:
    """Run the engine and kill it, and only it, once the moment has come."""
    command = project.command(*(words or ("up",)), "--yes", "--skip-preview")
    with subprocess.Popen(
        command,
        cwd=project.directory,
        env=project.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as engine:
        deadline = time.monotonic() + 180
        while not moment():
            assert time.monotonic() < deadline, "the moment did not come"
            assert engine.poll() is None, engine.stdout and engine.stdout.read()
            time.sleep(0.02)
        os.kill(engine.pid, signal.SIGKILL)


def config_maps(api: Cluster, space: str) -> list[dict]:
    found = api.select("v1", "ConfigMap", space)
    return [
        c for c in found if c["metadata"]["name"] not in ("kube-root-ca.crt", "after")
    ]


def settled(project: Project, api: Cluster, space: str) -> dict:
    """Assert that state, program and cluster are one; return the object."""
    project.up()
    assert project.changes() == {}
    (found,) = config_maps(api, space)
    entry = project.resource("it")
    assert entry["outputs"]["metadata"]["uid"] == found["metadata"]["uid"]
    assert not entry.get("initErrors")
    assert not project.deployment().get("pending_operations")
    assert exists(api, "v1", "ConfigMap", space, "after")
    assert recover(STACK, project.env, project=project.directory) == []
    return found


@pytest.mark.parametrize("named", [True, False])
def test_killed_after_the_create_arrived(
    project: Project, api: Cluster, space: str, named: bool
) -> None:
    project.write(program(held=True, named=named))
    kill_when(project, lambda: bool(config_maps(api, space)))
    (made,) = config_maps(api, space)
    done = recover(STACK, project.env, project=project.directory)
    assert any("is in the state now" in line for line in done)
    assert plugins(project) == []
    project.write(program(named=named))
    found = settled(project, api, space)
    assert found["metadata"]["uid"] == made["metadata"]["uid"]
    project.destroy()
    assert config_maps(api, space) == []


def test_killed_before_the_create_arrived(
    project: Project, api: Cluster, space: str
) -> None:
    # In a namespace that is not there a create is tried again and again.
    nowhere = program().replace('"namespace": space', '"namespace": space + "-none"')
    project.write(nowhere)
    kill_when(project, lambda: exists(api, "v1", "ConfigMap", space, "after"))
    recover(STACK, project.env, project=project.directory)
    project.write(program())
    settled(project, api, space)


def test_another_stacks_object_is_not_adopted(
    project: Project, api: Cluster, space: str
) -> None:
    theirs = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "it", "namespace": space},
    }
    project.write(program(held=True))
    kill_when(project, lambda: bool(config_maps(api, space)))
    api.delete(config_maps(api, space)[0], policy="Background")
    # Not made by a Pulumi provider, as its field manager says.
    api.apply(theirs, manager="kubectl", force=True, preview=False)
    done = recover(STACK, project.env, project=project.directory)
    assert any("had not been created" in line for line in done)
    project.write(program())
    assert "already exists" in project.up(fails=True)


def test_killed_in_an_update_that_is_then_taken_back(
    project: Project, api: Cluster, space: str
) -> None:
    project.up(program(label="a"))
    project.write(program(label="b", held=True))

    def arrived() -> bool:
        return config_maps(api, space)[0]["metadata"]["labels"] == {"label": "b"}

    kill_when(project, arrived)
    done = recover(STACK, project.env, project=project.directory)
    assert any("updated again" in line for line in done)
    project.write(program(label="a"))
    found = settled(project, api, space)
    assert found["metadata"]["labels"] == {"label": "a"}


def test_killed_in_a_deletion_that_is_then_taken_back(
    project: Project, api: Cluster, space: str
) -> None:
    project.up(program(finalizer=True))
    (old,) = config_maps(api, space)

    def going() -> bool:
        return "deletionTimestamp" in config_maps(api, space)[0]["metadata"]

    kill_when(project, going, "destroy")
    with pytest.raises(SandboxError, match="test/holds"):
        recover(STACK, project.env, project=project.directory, going_seconds=1)
    timer = threading.Timer(1, lambda: api.patch(old, RELEASE))
    timer.start()
    recover(STACK, project.env, project=project.directory)
    project.write(program())
    found = settled(project, api, space)
    assert found["metadata"]["uid"] != old["metadata"]["uid"]


def test_killed_in_the_deletion_of_a_replacement(
    project: Project, api: Cluster, space: str
) -> None:
    project.up(program(finalizer=True))
    (old,) = config_maps(api, space)
    project.write(program(data="b"))

    def going() -> bool:
        return "deletionTimestamp" in config_maps(api, space)[0]["metadata"]

    kill_when(project, going)
    api.patch(old, RELEASE)
    recover(STACK, project.env, project=project.directory)
    assert settled(project, api, space)["data"] == {"value": "b"}


@pytest.mark.parametrize("named", [True, False])
def test_killed_in_the_creation_of_a_replacement(
    project: Project, api: Cluster, space: str, named: bool
) -> None:
    project.up(program(named=named))
    project.write(program(named=named, data="b", held=True))

    def made() -> bool:
        return any(c["data"] == {"value": "b"} for c in config_maps(api, space))

    kill_when(project, made)
    recover(STACK, project.env, project=project.directory)
    project.write(program(named=named, data="b"))
    assert settled(project, api, space)["data"] == {"value": "b"}


def test_a_living_engine_is_left_alone(
    project: Project, api: Cluster, space: str
) -> None:
    project.write(program(held=True))

    def refused() -> bool:
        if not config_maps(api, space):
            return False
        with pytest.raises(SandboxError, match="at work on the stack"):
            recover(STACK, project.env, project=project.directory)
        return True

    kill_when(project, refused)
    recover(STACK, project.env, project=project.directory)
    project.destroy()


def test_killed_while_the_state_was_written(
    project: Project, api: Cluster, space: str
) -> None:
    project.write(program(held=True))
    kill_when(project, lambda: bool(config_maps(api, space)))
    # The engine's file backend writes these beside the state, not at once.
    state = project.directory / f"backend/.pulumi/stacks/test/{STACK}.json.attrs"
    state.write_text("")
    recover(STACK, project.env, project=project.directory)
    project.write(program())
    settled(project, api, space)


def test_nothing_to_recover(project: Project) -> None:
    assert recover(STACK, project.env, project=project.directory) == []
    assert recover("unknown", project.env, project=project.directory) == []
