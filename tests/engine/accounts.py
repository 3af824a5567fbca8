"""The environments of the examples on the real engine, in an account of a cloud.

The cloud is a stand-in of `tests.cloud`; what it calls a cluster is the sandbox's
API server, reached as users reach theirs: by the cloud's own command, which prints
a token.
"""

import base64
import os
import shlex
from pathlib import Path
from typing import Any, ClassVar, Final

import yaml

from sandbox import cluster as sandbox
from sandbox.session import CHECKOUT
from tests.cloud.project import CloudProject

EXAMPLES: Final = CHECKOUT / "examples"


class CloudAccount:
    """An account of a cloud, with stacks of the examples to be deployed to it.

    Attributes:
        kind: The projects that its stacks are.
        examples: The directory below `examples` that its stacks are in.
        command: The cloud's own command, as a shell script in which `{token}`
            prints a token of the sandbox.

    Args:
        directory: The test's own. State, cloud and the stacks' files are in it.
        cluster: What the account's clusters turn out to be. Default: nothing
            that can be reached.
        examples: Another directory of the examples.
    """

    kind: ClassVar[type[CloudProject]]
    examples: ClassVar[str]
    command: ClassVar[str]

    def __init__(
        self,
        directory: Path,
        cluster: sandbox.Cluster | None = None,
        *,
        examples: str | None = None,
    ) -> None:
        self.directory = directory
        self._cluster = cluster
        self._projects: dict[str, CloudProject] = {}
        files = (EXAMPLES / (examples or self.examples)).glob("Pulumi.*.yaml")
        self._texts = {f.stem.removeprefix("Pulumi."): f.read_text() for f in files}

    def stack(self, name: str) -> CloudProject:
        """One of the stacks, in this account."""
        if name not in self._projects:
            cluster = self._cluster
            made = self.kind(
                self.directory,
                config=self._config(name),
                stack=name,
                kubeconfig=cluster.kubeconfig if cluster else None,
            )
            if cluster is not None:
                self._join(made, cluster)
            self._projects[name] = made
        return self._projects[name]

    def edit(self, name: str, *changes: tuple[str, str]) -> None:
        """Change the file of a stack: each text that stands there for another."""
        for old, new in changes:
            assert old in self._texts[name], f"{name} does not say {old!r}"
            self._texts[name] = self._texts[name].replace(old, new)
        if name in self._projects:
            self._projects[name].configure(self._config(name))

    def _config(self, name: str) -> dict[str, Any]:
        config: dict[str, Any] = yaml.safe_load(self._texts[name])["config"]
        return {key.removeprefix("ml-storage:"): value for key, value in config.items()}

    def server(self) -> tuple[str, str]:
        """The URL of the API server, and its authority in base64."""
        if self._cluster is None:
            return "https://127.0.0.1:1", base64.b64encode(b"nobody").decode()
        config = yaml.safe_load(self._cluster.kubeconfig.read_text())
        server = config["clusters"][0]["cluster"]
        authority = Path(server["certificate-authority"]).read_bytes()
        return server["server"], base64.b64encode(authority).decode()

    def _join(self, project: CloudProject, cluster: sandbox.Cluster) -> None:
        """Let the account's clusters be the sandbox."""
        project.cluster_at(*self.server())
        config = yaml.safe_load(cluster.kubeconfig.read_text())
        printed = config["users"][0]["user"]["exec"]
        words = [printed["command"], *printed.get("args", ())]
        tools = self.directory / "bin"
        tools.mkdir(exist_ok=True)
        command = tools / project.command_line
        # It answers in the version that it is asked in.
        token = (
            f"{shlex.join(words)} | sed "
            "'s#authentication.k8s.io/v1\"#authentication.k8s.io/v1beta1\"#'"
        )
        command.write_text(f"#!/bin/sh\n{self.command.format(token=token)}\n")
        command.chmod(0o755)
        project.env["PATH"] = f"{tools}{os.pathsep}{project.env['PATH']}"
