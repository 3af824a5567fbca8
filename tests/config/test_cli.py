"""The command line: exit codes, what it prints, and how it ends."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from components.catalog.rules import SPEC_RULES
from stacks import checks
from stacks.cli import main
from stacks.testing import contract_of

ERRORS = Path(__file__).parent / "errors"
KEYS = ["file", "line", "column", "path", "value", "rule", "severity"]
KEYS += ["message", "allowed", "nearest", "link"]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def only_a_warning(here: Path) -> Path:
    file = here / "Pulumi.warned.yaml"
    file.write_text(
        """config:
  ml-storage:platform:
    cloud: kubernetes
    cluster: {context: here}
    storageClasses: {local: {provisioner: rancher.io/local-path}}
    teams: {dev: {}}
  ml-storage:team:
    name: dev
    volumes:
      a: {kind: claim, storageClass: local, size: 1Gi, accessModes: [ReadWriteMany]}
"""
    )
    return file


def test_clean(root: Path, capsys: Captured) -> None:
    assert main(["check", str(root / "Pulumi.dev.yaml")]) == 0
    assert capsys.readouterr().out == "1 file checked: 0 problems\n"


def test_problems(capsys: Captured) -> None:
    assert main(["check", str(ERRORS / "host-path-of-the-system.yaml")]) == 1
    out = capsys.readouterr().out
    assert "host-path-of-the-system.yaml:9:37\n    team.volumes.root.path = /\n" in out
    assert "[PTH02]" in out
    assert "nearest: /var/lib/ml-storage/etc" in out
    assert out.endswith("1 file checked: 9 problems\n")


def test_one_line_says_where_when_it_fits(here: Path, capsys: Captured) -> None:
    shutil.copy(ERRORS / "host-path-of-the-system.yaml", here / "Pulumi.a.yaml")
    assert main(["check", "Pulumi.a.yaml"]) == 1
    assert capsys.readouterr().out.startswith(
        "Pulumi.a.yaml:9:37  team.volumes.root.path = /\n    this directory"
    )


def test_json(capsys: Captured) -> None:
    file = ERRORS / "quota-smaller-than-the-claims.yaml"
    assert main(["check", "--json", str(file)]) == 1
    problems = json.loads(capsys.readouterr().out)
    assert all(list(problem) == KEYS for problem in problems)
    first = problems[0]
    lines = file.read_text().splitlines()
    line = next(n for n, text in enumerate(lines, 1) if "! QUO01" in text)
    assert first == {
        "file": str(file),
        "line": line,
        "column": lines[line - 1].index("1Ti") + 1,
        "path": "platform.teams.dev.quota.storage.fast",
        "value": "1Ti",
        "rule": "QUO01",
        "severity": "error",
        "message": first["message"],
        "allowed": [],
        "nearest": "1536Gi",
        "link": first["link"],
    }
    assert first["link"].startswith("https://kubernetes.io/")


def test_json_of_a_clean_file_is_an_empty_list(root: Path, capsys: Captured) -> None:
    assert main(["check", "--json", str(root / "Pulumi.dev.yaml")]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_json_has_no_values_that_json_lacks(here: Path, capsys: Captured) -> None:
    Path("a.yaml").write_text("config: {ml-storage:platform: [.nan, -.inf]}\n")
    assert main(["check", "--json", "a.yaml"]) == 1

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    (problem,) = json.loads(capsys.readouterr().out, parse_constant=refuse)
    assert problem["value"] == ["NaN", "-Infinity"]


def test_warnings_do_not_fail_unless_strict(
    only_a_warning: Path, capsys: Captured
) -> None:
    name = only_a_warning.name
    assert main(["check", name]) == 0
    out = capsys.readouterr().out
    assert "warning: local-path does not offer ReadWriteMany" in out
    assert out.endswith("1 file checked: 1 warning\n")
    assert main(["check", "--strict", name]) == 1
    capsys.readouterr()
    assert main(["check", "--json", name]) == 0
    (problem,) = json.loads(capsys.readouterr().out)
    assert problem["severity"] == "warning"


def test_the_files_here_are_the_default(only_a_warning: Path, capsys: Captured) -> None:
    shutil.copy(ERRORS / "team-alone.yaml", only_a_warning.parent / "Pulumi.a.yaml")
    Path("Pulumi.yaml").write_text("name: not a stack\n")
    assert main(["check"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("Pulumi.a.yaml:2:3  team.platform\n")
    assert out.endswith("2 files checked: 2 problems, 1 warning\n")


@pytest.mark.usefixtures("here")
def test_nothing_to_check(capsys: Captured) -> None:
    assert main(["check"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "no Pulumi.*.yaml here" in captured.err


@pytest.mark.usefixtures("here")
def test_a_file_that_is_not_there(capsys: Captured) -> None:
    assert main(["check", "nowhere.yaml"]) == 1
    assert "No such file" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [[], ["chekc"], ["check", "--jsno"], ["rules", "x"]]
)
def test_wrong_usage(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage: ml-storage" in capsys.readouterr().err


def test_eighty_columns(here: Path, capsys: Captured) -> None:
    for file in ERRORS.glob("*.yaml"):
        shutil.copy(file, here / "Pulumi.prod.yaml")
        main(["check", "Pulumi.prod.yaml"])
        for line in capsys.readouterr().out.splitlines():
            # Links and names cannot be broken.
            assert len(line) <= 80 or " " not in line.strip(), (file.name, line)


def test_control_characters_do_not_reach_the_terminal(
    here: Path, capsys: Captured
) -> None:
    Path("a.yaml").write_text('config: {ml-storage:platform: "\\e[31m\\r\\n\\x07"}\n')
    assert main(["check", "a.yaml"]) == 1
    out = capsys.readouterr().out
    assert not [c for c in out if ord(c) < 32 and c != "\n"]
    assert "\\x1b[31m\\r\\n\\x07" in out


def test_the_command_and_a_reader_that_leaves(root: Path) -> None:
    files = [str(ERRORS / "host-path-of-the-system.yaml")] * 60
    done = subprocess.run(
        [
            "bash",
            "-c",
            'set -o pipefail; ./ml-storage check "$@" | head -1',
            "-",
            *files,
        ],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1


def test_the_command_from_anywhere(root: Path, here: Path) -> None:
    shutil.copy(root / "Pulumi.dev.yaml", here)
    done = subprocess.run(
        [root / "ml-storage", "check"],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "1 file checked: 0 problems\n"


def test_a_terminal_that_knows_only_ascii(here: Path, root: Path) -> None:
    Path("a.yaml").write_text(f"config: {{ml-storage:platform: {'é' * 60}}}\n")
    done = subprocess.run(
        [sys.executable, "-m", "stacks.cli", "check", "a.yaml"],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(root), "PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "a.yaml:1:31" in done.stdout


def test_rules(capsys: Captured) -> None:
    assert main(["rules"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    lines = captured.out.splitlines()
    first = [line for line in lines if not line.startswith(" ")]
    ids = [line.partition("  prevents ")[0] for line in first]
    assert ids == sorted({rule.id for rule in (*SPEC_RULES, *checks.RULES)})
    for line in lines:
        # Nothing but the list, for whoever greps in it.
        assert len(line) <= 80
        assert line.isprintable()


def test_rules_as_json(capsys: Captured) -> None:
    assert main(["rules", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert all(list(rule) == ["id", "prevents", "why"] for rule in listed)
    (one,) = [rule for rule in listed if rule["id"] == "ACC01"]
    assert one == {
        "id": "ACC01",
        "prevents": "pods that never start beside the one that has it",
        "why": "ReadWriteOncePod is for one pod at a time.",
    }


def test_a_team_is_checked_against_a_contract(here: Path, capsys: Captured) -> None:
    Path("Pulumi.prod.yaml").write_text(
        """config:
  ml-storage:platform:
    cloud: kubernetes
    cluster: {context: here}
    teams: {dev: {}}
"""
    )
    contract = here / "contract.json"
    contract.write_text(json.dumps(contract_of(here / "Pulumi.prod.yaml")))
    team = here / "elsewhere" / "Pulumi.dev-prod.yaml"
    team.parent.mkdir()
    team.write_text(
        """config:
  ml-storage:team:
    name: dev
    platform: prod
    cluster: {context: dev-prod}
    volumes: {a: {kind: scratch, size: 1Gi}}
"""
    )
    assert main(["check", str(team)]) == 1
    assert "[CON06]" in capsys.readouterr().out
    assert main(["check", "--contract", str(contract), str(team)]) == 0
    assert capsys.readouterr().out == "1 file checked: 0 problems\n"
    contract.write_text("{}")
    assert main(["check", "--contract", str(contract), str(team)]) == 1
    assert "[CON0" in capsys.readouterr().out
