"""The engine's environment, and the language host's manners."""

import os
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from sandbox import engine
from tests.engine.projects import Project

pytestmark = pytest.mark.pulumi


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, Path("/no/kubeconfig"), "default")


def test_what_a_program_prints_is_shown(project: Project) -> None:
    project.write(
        "import os, sys, pulumi\n"
        'print("out", os.getcwd())\n'
        'print("err", file=sys.stderr)\n'
        'pulumi.export("project", pulumi.get_project() + "/" + pulumi.get_stack())\n'
        'pulumi.export("config", pulumi.Config().get("key"))\n',
        provider=False,
    )
    project.run("config", "set", "key", "value")
    said = project.run("up", "--yes", "--skip-preview")
    assert f"out {project.directory}" in said
    assert "err" in said
    assert 'project: "test/dev"' in said
    assert 'config : "value"' in said
    project.run("about")


@pytest.mark.parametrize(
    ("program", "said", "unsaid"),
    [
        (
            "def broken():\n    return 1 / 0\nbroken()\n",
            ["ZeroDivisionError", "__main__.py", "in broken", "unhandled exception"],
            ["language_host"],
        ),
        (
            'import pulumi\nraise pulumi.RunError("no such storage kind")\n',
            ["no such storage kind"],
            ["Traceback"],
        ),
        (
            'import sys\nprint("3 problems found")\nsys.exit(1)\n',
            ["3 problems found"],
            ["Traceback", "language_host", "SystemExit"],
        ),
        (
            'import sys\nsys.exit("the config is empty")\n',
            ["the config is empty"],
            ["Traceback"],
        ),
        (
            'import pulumi\npulumi.Output.from_input(1).apply(lambda x: {}["key"])\n',
            ["KeyError"],
            [],
        ),
        ("x = (\n", ["SyntaxError"], []),
    ],
)
def test_a_program_that_fails(
    project: Project, program: str, said: list[str], unsaid: list[str]
) -> None:
    project.write(program, provider=False)
    shown = project.run("up", "--yes", "--skip-preview", fails=True)
    for text in said:
        assert text in shown
    for text in unsaid:
        assert text not in shown


def test_sys_exit_zero_is_success(project: Project) -> None:
    project.write("import sys\nsys.exit(0)\n", provider=False)
    project.run("up", "--yes", "--skip-preview")


def test_an_interrupt_is_quiet(project: Project) -> None:
    project.write(
        'import time\nprint("begun", flush=True)\ntime.sleep(60)\n', provider=False
    )
    with subprocess.Popen(
        project.command("up", "--yes", "--skip-preview"),
        cwd=project.directory,
        env=project.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        assert running.stdout is not None
        said = ""
        while "begun" not in said:
            said += running.stdout.readline()
        began = time.monotonic()
        running.send_signal(signal.SIGINT)
        time.sleep(1)
        running.send_signal(signal.SIGINT)
        said += running.stdout.read()
    assert running.returncode != 0
    assert time.monotonic() - began < 30
    assert "Traceback" not in said
    assert "KeyboardInterrupt" not in said


def test_a_passphrase_is_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ML_STORAGE_STATE", str(tmp_path / "state"))
    for name in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    first = engine.engine_environment(None, tmp_path / "backend", stand_ins=True)
    file = Path(first["PULUMI_CONFIG_PASSPHRASE_FILE"])
    assert stat.S_IMODE(file.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR
    assert len(file.read_text()) >= 32
    text = file.read_text()
    engine.engine_environment(None, tmp_path / "backend", stand_ins=True)
    assert file.read_text() == text
    assert {f.name for f in file.parent.iterdir()} == {"passphrase", "pulumi"}
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "mine")
    again = engine.engine_environment(None, tmp_path / "backend", stand_ins=True)
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in again


def test_official_plugins_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ML_STORAGE_STATE", str(tmp_path / "state"))
    stand_in = engine.engine_environment(None, tmp_path / "backend", stand_ins=True)
    (made,) = (Path(stand_in["PULUMI_HOME"]) / "plugins").glob("resource-kubernetes-*")
    assert os.access(made / "pulumi-resource-kubernetes", os.X_OK)
    home = tmp_path / "home"
    official = home / "plugins" / made.name
    official.mkdir(parents=True)
    monkeypatch.setenv("PULUMI_HOME", str(home))
    monkeypatch.setenv("ML_STORAGE_STATE", str(tmp_path / "other"))
    found = engine.engine_environment(None, tmp_path / "backend", stand_ins=True)
    linked = Path(found["PULUMI_HOME"]) / "plugins" / made.name
    assert linked.resolve() == official
    without = engine.engine_environment(None, tmp_path / "backend", stand_ins=False)
    assert without["PULUMI_HOME"] == str(home)
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" not in without
