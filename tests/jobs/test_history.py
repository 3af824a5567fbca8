"""Lines of history survive kills, and a torn one spoils only itself."""

from pathlib import Path

import pytest

from jobs import history
from jobs.environment import BadEnvironment, completion_index, run_number


def test_lines_follow_each_other(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    assert history.read(path) == []
    history.append(path, {"event": "start"})
    history.append(path, {"event": "end"})
    assert [e["event"] for e in history.read(path)] == ["start", "end"]


def test_a_torn_line_spoils_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    history.append(path, {"event": "start"})
    with path.open("a") as file:
        file.write('{"event": "e')
    history.append(path, {"event": "start", "run": 2})
    assert history.read(path) == [{"event": "start"}, {"event": "start", "run": 2}]


def test_numbers_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ML_STORAGE_RUN", raising=False)
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "3")
    assert (run_number(), completion_index()) == (1, 3)
    for bad in ("0", "-1", "two", "1.5"):
        monkeypatch.setenv("ML_STORAGE_RUN", bad)
        with pytest.raises(BadEnvironment, match="ML_STORAGE_RUN"):
            run_number()
