"""Whole stacks of this project, as a user deploys them: `python -m sandbox`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from kubernetes import client

from sandbox.session import CHECKOUT, open_session

QUICK = "localhost/ml-storage/busybox:test"


class Stack:
    """A stack in a directory of its own that runs the checkout's program.

    Attributes:
        name: Its name; the team and its namespace have the same.
        directory: Where its `Pulumi.yaml` and its file are.
        data: A directory of the host for its static volumes.
        config: What its file says, without the namespaces of the keys.
        top: What its file holds beside `config`.
    """

    def __init__(self, name: str, directory: Path, data: Path) -> None:
        self.name = name
        self.directory = directory
        self.data = data
        project = yaml.safe_load((CHECKOUT / "Pulumi.yaml").read_text())
        project["main"] = os.path.relpath(CHECKOUT, directory)
        (directory / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        self.top: dict[str, Any] = {}
        self.config: dict[str, Any] = {
            "platform": {
                "cloud": "kubernetes",
                "cluster": {"context": "ml-storage"},
                "storageClasses": {
                    f"{name}-shared": {"provisioner": "kubernetes.io/host-path"}
                },
                "teams": {name: {}},
            },
            "team": {"name": name, "volumes": {}, "jobs": {}},
        }

    @property
    def volumes(self) -> dict[str, Any]:
        return self.config["team"]["volumes"]

    @property
    def jobs(self) -> dict[str, Any]:
        return self.config["team"]["jobs"]

    def write(self) -> None:
        text = yaml.safe_dump(
            {
                "config": {f"ml-storage:{k}": v for k, v in self.config.items()},
                **self.top,
            },
            sort_keys=False,
        )
        (self.directory / f"Pulumi.{self.name}.yaml").write_text(text)

    def command(self, *words: str) -> list[str]:
        command, *rest = words
        options = ["--stack", self.name, "--directory", str(self.directory)]
        return [sys.executable, "-m", "sandbox", command, *options, *rest]

    def run(self, *words: str, fails: bool = False, given: str | None = None) -> str:
        """Run the command line on what the configuration says now; its output.

        `given` is what it reads from its standard input.
        """
        self.write()
        answer = subprocess.run(
            self.command(*words),
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
            input=given,
        )
        said = answer.stdout + answer.stderr
        assert (answer.returncode != 0) is fails, said
        return said

    def up(self, *, fails: bool = False) -> str:
        return self.run("up", fails=fails)

    def preview(self) -> str:
        return self.run("preview")

    def down(self) -> str:
        return self.run("down")

    def pulumi(self, *words: str, fails: bool = False) -> str:
        return self.run("exec", "--", "pulumi", *words, fails=fails)

    def set_secret(self, key: str, value: str) -> None:
        """Let the engine encrypt a value into the stack's file."""
        words = ("pulumi", "config", "set", "--secret", f"ml-storage:{key}")
        self.run("exec", "--", *words, given=value)
        file = self.directory / f"Pulumi.{self.name}.yaml"
        whole = yaml.safe_load(file.read_text())
        config = whole.pop("config")
        self.config = {k.removeprefix("ml-storage:"): v for k, v in config.items()}
        self.top = whole

    def resources(self) -> list[dict[str, Any]]:
        """The resources of the state, as the engine exports them."""
        session = open_session(self.name, None, self.directory, run=False, check=False)
        exported = session.pulumi("stack", "export", capture=True)
        assert exported.returncode == 0
        return json.loads(exported.stdout)["deployment"]["resources"]

    def remove(self, api: client.ApiClient) -> None:
        """Take all of it out of the cluster, whatever state it is in."""
        core = client.CoreV1Api(api)
        storage = client.StorageV1Api(api)
        spaces = [n.metadata.name for n in core.list_namespace().items]
        if self.name in spaces:
            core.delete_namespace(self.name, grace_period_seconds=0)
        for volume in core.list_persistent_volume().items:
            reference = volume.spec.claim_ref
            if reference is not None and reference.namespace == self.name:
                core.delete_persistent_volume(volume.metadata.name)
        for made in storage.list_storage_class().items:
            if made.metadata.name.startswith(f"{self.name}-"):
                storage.delete_storage_class(made.metadata.name)
        session = open_session(self.name, None, self.directory, run=False, check=False)
        session.pulumi("stack", "rm", "--force", "--yes", capture=True)
        shutil.rmtree(session.config_file.parent)
        shutil.rmtree(self.data, ignore_errors=True)


def quick_job(script: str, **more: Any) -> dict[str, Any]:
    """A job of a small image that runs a shell script."""
    return {"image": QUICK, "command": ["sh", "-c", script], **more}
