"""Processes are found and ended by what they are, not by their pid alone."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.processes import MARKER, Processes, end, started

ENV = {"PATH": os.defpath}


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    made = Processes(tmp_path)
    yield made
    end(made.leftovers(), grace=0)


def spawn(
    processes: Processes, script: str = "exec sleep 1000", name: str = "one"
) -> int:
    processes.spawn(name, ["/bin/sh", "-c", script], ENV)
    process = processes.find(name)
    assert process
    return process.pid


def test_a_process_is_found_until_it_is_stopped(processes: Processes) -> None:
    pid = spawn(processes)
    assert os.getsid(pid) == pid
    processes.stop("one")
    assert processes.find("one") is None
    assert started(pid) is None
    processes.stop("one")


def test_one_that_ignores_the_request_is_ended_by_force(processes: Processes) -> None:
    pid = spawn(processes, "trap '' TERM; echo set; while :; do sleep 0.1; done")
    while "set" not in processes.log_end("one"):
        time.sleep(0.01)
    processes.stop("one", grace=0.2)
    assert started(pid) is None


def test_a_pid_given_to_another_process_is_not_taken_for_ours(
    processes: Processes, tmp_path: Path
) -> None:
    spawn(processes)
    record = tmp_path / "run/one.json"
    boot, ticks = str(json.loads(record.read_text())["started"]).split("/")
    for moment in (f"{boot}/{int(ticks) - 1}", f"another-boot/{ticks}"):
        record.write_text(json.dumps({"pid": os.getpid(), "started": moment}))
        assert processes.find("one") is None
        processes.stop("one")
        assert not record.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', "null"])
def test_a_record_cut_off_is_no_record(
    processes: Processes, tmp_path: Path, text: str
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/one.json").write_text(text)
    assert processes.find("one") is None


def test_leftovers_are_found_without_records(
    processes: Processes, tmp_path: Path
) -> None:
    pid = spawn(processes)
    (tmp_path / "run/one.json").unlink()
    assert [process.pid for process in processes.leftovers()] == [pid]
    assert Processes(tmp_path / "other").leftovers() == []


def test_this_process_is_never_a_leftover(
    processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MARKER, str(tmp_path))
    assert processes.leftovers() == []


def test_a_killed_process_is_gone_though_nobody_waited(processes: Processes) -> None:
    pid = spawn(processes)
    os.kill(pid, signal.SIGKILL)
    while started(pid):
        time.sleep(0.01)
    assert processes.find("one") is None


def test_the_end_of_the_log_explains_an_early_end(processes: Processes) -> None:
    processes.spawn("one", ["/bin/sh", "-c", "echo why >&2"], ENV)
    while processes.find("one"):
        time.sleep(0.01)
    with pytest.raises(SandboxError, match=r"(?s)^one ended .*why$"):
        processes.require("one")


def test_the_log_of_the_run_before_is_kept(processes: Processes) -> None:
    for said in ("first", "second"):
        processes.spawn("one", ["/bin/sh", "-c", f"echo {said}"], ENV)
        while processes.find("one"):
            time.sleep(0.01)
    assert processes.log_end("one") == "second"
    assert processes.log("one").with_suffix(".log.1").read_text() == "first\n"
