"""Real PyTorch processes meet by the variables that pods of one program get."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from components.kubernetes.rendezvous import PodField, rendezvous_variables
from jobs.rendezvous.__main__ import main
from tests.containers import Container

PROGRAM = ("-m", "jobs.rendezvous", "--output", "/mnt/out", "--timeout", "60")
# Pods reach each other by name; here all are one host, and loopback is its network.
LOOPBACK = {"GLOO_SOCKET_IFNAME": "lo"}
# Debian builds PyTorch without libuv, and torchrun and its workers ask for it, as
# they may everywhere else. Python runs this in each of them before the program.
WITHOUT_LIBUV = """
from torch._C._distributed_c10d import TCPStore

init = TCPStore.__init__
TCPStore.__init__ = lambda *args, **more: init(*args, **{**more, "use_libuv": False})
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def environment(node: int, *, nodes: int, port: int, processes: int) -> dict[str, str]:
    """The variables of one pod, as Kubernetes fills them in."""
    variables = rendezvous_variables(
        coordinator="127.0.0.1",
        port=port,
        nodes=nodes,
        replicas=None,
        processes=processes,
    )
    return LOOPBACK | {
        name: str(node) if isinstance(value, PodField) else value
        for name, value in variables.items()
    }


@contextmanager
def started(
    train: Container, directory: Path, *command: str, **variables: str
) -> Iterator[subprocess.Popen[str]]:
    """A program that is gone at the end, whatever happens."""
    with train.start(directory, *command, **variables) as process:
        try:
            yield process
        finally:
            process.kill()


def path_of(container: Container) -> str:
    """Where Python finds its packages in a container."""
    return dict(each.split("=", 1) for each in container.environment)["PYTHONPATH"]


def run_nodes(
    train: Container, directory: Path, *command: str, nodes: int, processes: int = 1
) -> list[dict[str, object]]:
    """What each process wrote after all nodes have run the command."""
    port = free_port()
    with ExitStack() as stack:
        running = [
            stack.enter_context(
                started(
                    train,
                    directory,
                    *command,
                    **environment(node, nodes=nodes, port=port, processes=processes),
                )
            )
            for node in range(nodes)
        ]
        for process in running:
            _, err = process.communicate(timeout=120)
            assert process.returncode == 0, err
    files = sorted((directory / "out").iterdir())
    lines = [file.read_text().splitlines() for file in files]
    assert all(len(line) == 1 for line in lines)
    return [json.loads(line) for (line,) in lines]


def assert_met(results: list[dict[str, object]], world: int) -> None:
    assert [result["rank"] for result in results] == list(range(world))
    assert {result["world"] for result in results} == {world}
    assert {result["sum"] for result in results} == {world * (world + 1) // 2}


@pytest.mark.images
def test_four_pods_with_one_process_each(train: Container, tmp_path: Path) -> None:
    results = run_nodes(train, tmp_path, "python3", *PROGRAM, nodes=4)
    assert_met(results, 4)
    assert {result["run"] for result in results} == {1}


@pytest.mark.images
@pytest.mark.parametrize("processes", [1, 2])
def test_torchrun_needs_no_options(
    train: Container, tmp_path: Path, processes: int
) -> None:
    """Nor do the variables for other programs confuse it."""
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_LIBUV)
    command = ("env", f"PYTHONPATH=/mnt:{path_of(train)}", "python3", "-m")
    torchrun = (*command, "torch.distributed.run", *PROGRAM)
    results = run_nodes(train, tmp_path, *torchrun, nodes=2, processes=processes)
    assert_met(results, 2 * processes)


# A program that loses its second process in the middle of the work. Left to
# itself it would wait for half an hour.
LOSES_ONE = """
import os, torch
from torch import distributed
distributed.init_process_group("gloo", init_method="env://")
distributed.barrier()
if distributed.get_rank() == 1:
    os._exit(3)
distributed.all_reduce(torch.ones(1))
"""


@pytest.mark.images
def test_no_one_waits_for_a_pod_that_is_lost(train: Container, tmp_path: Path) -> None:
    """What starting the pods of a Job again relies on: its peers end as well."""
    port = free_port()
    with ExitStack() as stack:
        running = [
            stack.enter_context(
                started(
                    train,
                    tmp_path,
                    *("python3", "-c", LOSES_ONE),
                    **environment(node, nodes=2, port=port, processes=1),
                    USE_LIBUV="0",
                )
            )
            for node in range(2)
        ]
        errors = [process.communicate(timeout=120)[1] for process in running]
        assert running[1].returncode == 3, errors[1]
        assert running[0].returncode == 1
        assert "by peer" in errors[0]


@pytest.mark.images
def test_a_pod_that_meets_no_one_fails(train: Container, tmp_path: Path) -> None:
    done = train.run(
        tmp_path,
        *("python3", *PROGRAM[:-1], "3"),
        **environment(1, nodes=2, port=free_port(), processes=1),
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("the processes did not meet: ")
    assert not (tmp_path / "out").exists()


@pytest.mark.images
def test_a_pod_that_is_told_to_stop_does_not_wait(
    train: Container, tmp_path: Path
) -> None:
    variables = environment(0, nodes=2, port=free_port(), processes=1)
    with started(train, tmp_path, "python3", *PROGRAM, **variables) as process:
        wait_for_listener(process, int(variables["MASTER_PORT"]))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM


def wait_for_listener(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return


def test_outside_a_program_of_several_nodes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    try:
        assert main(["--output", str(tmp_path / "out")]) == 1
    finally:
        signal.signal(signal.SIGTERM, before)
    error = capsys.readouterr().err
    assert "RANK, WORLD_SIZE not set" in error
    assert "nodes: {count: 2}" in error
