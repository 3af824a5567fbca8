"""Pulumi projects against the stand-in of a cloud, run by the real command line."""

import importlib.metadata
import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

import yaml

from sandbox.engine import engine_environment, pulumi
from sandbox.paths import state_dir
from tests.cloud.store import ADDRESS, VARIABLE, Store
from tests.engine.projects import STACK, Project

_CHECKOUT: Final = Path(__file__).resolve().parents[2]
_SCRIPT: Final = """#!/bin/sh
exec "{python}" -u -c 'import sys
sys.path.insert(0, "{checkout}")
from tests.cloud.{cloud}.__main__ import main
main()' "$@"
"""


class CloudProject(Project):
    """A project with one stack, its own state and its own cloud.

    It runs either small programs of the test's own, which `write` and `up` take
    (they begin with a `provider` and `opts` that name it), or the program of this
    checkout, where `config` is given. `run`, `changes` and
    `resource` are those of `Project`.

    Attributes:
        cloud: Its name, as `tests.cloud` has it.
        begins: What a program of a test begins with.
        command_line: The cloud's own command, which clients of a cluster ask for
            a token.
        store: What exists in the cloud, and how a test changes it beside the
            program.

    Args:
        directory: The test's own; state, cloud and plugins are made in it. Two
            stacks of one environment share it, and with it the cloud.
        config: What the stack's file says, without the namespaces of the keys.
            Default: a program of the test's own in a project named `test`.
        stack: Name of the stack.
        kubeconfig: The user's. Default: none.
    """

    cloud: ClassVar[str]
    begins: ClassVar[str]
    command_line: ClassVar[str]

    def __init__(
        self,
        directory: Path,
        *,
        config: Mapping[str, Any] | None = None,
        stack: str = STACK,
        kubeconfig: Path | None = None,
    ) -> None:
        self.directory = directory
        self.stack = stack
        self.header = self.begins
        self.store = Store(directory / "cloud")
        self.env = cloud_environment(self.cloud, directory, kubeconfig)
        project: dict[str, Any] = {"name": "test", "runtime": "python"}
        if config is not None:
            project = yaml.safe_load((_CHECKOUT / "Pulumi.yaml").read_text())
            project["main"] = os.path.relpath(_CHECKOUT, directory)
            self.configure(config)
        self.project: str = project["name"]
        (directory / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        self.run("stack", "init")

    def configure(self, config: Mapping[str, Any]) -> None:
        """Write the stack's file: the values of `platform`, `team` and the rest."""
        keys = {f"ml-storage:{key}": value for key, value in config.items()}
        file = self.directory / f"Pulumi.{self.stack}.yaml"
        file.write_text(yaml.safe_dump({"config": keys}, sort_keys=False))

    def command(self, *words: str) -> list[str]:
        """Return a command of the command line for this stack."""
        init = words[:2] == ("stack", "init")
        stack = [self.stack] if init else ["--stack", self.stack]
        return [str(pulumi()), *words, *stack, "--non-interactive"]

    def preview(self, program: str | None = None, *, fails: bool = False) -> str:
        """Return what a preview prints, with every difference."""
        if program is not None:
            self.write(program)
        return self.run("preview", "--diff", fails=fails)

    def refresh(self) -> str:
        """Take what is in the cloud into the state."""
        return self.run("refresh", "--yes", "--skip-preview", "--diff")

    def take_down(self, *, exclude_protected: bool = False, fails: bool = False) -> str:
        """Destroy everything, or all but what is protected."""
        words = ["--exclude-protected"] if exclude_protected else []
        return self.run("destroy", "--yes", "--skip-preview", *words, fails=fails)

    def cluster_at(
        self,
        endpoint: str,
        certificate_authority: str,
        *,
        bearer: str | None = None,
        name: str = "*",
    ) -> None:
        """Say at which API server a cluster is that is made from now on.

        Args:
            endpoint: Its URL.
            certificate_authority: Its certificate, in base64.
            bearer: What the cloud's own command answers from now on: a token of
                that API server. Default: there is no such command.
            name: Name of the cluster. Default: any.
        """
        self.store.put(
            ADDRESS,
            name,
            {"endpoint": endpoint, "certificateAuthority": certificate_authority},
        )
        if bearer is not None:
            self._answer_with(bearer)

    def _answer_with(self, bearer: str) -> None:
        credential = {
            "kind": "ExecCredential",
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "spec": {},
            "status": {"token": bearer},
        }
        command = self.directory / "bin" / self.command_line
        command.parent.mkdir(exist_ok=True)
        command.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(credential)}\nEND\n")
        command.chmod(0o755)
        first = str(command.parent)
        if first not in self.env["PATH"].split(os.pathsep):
            self.env["PATH"] = os.pathsep.join([first, self.env["PATH"]])

    def resources(self, type_: str | None = None) -> list[dict[str, Any]]:
        """Return what the state holds, all of it or of one Pulumi type."""
        found = self.deployment().get("resources", [])
        return [r for r in found if type_ in (None, r["type"])]

    def deployment(self) -> dict[str, Any]:
        """Return the state as the engine's file backend has it."""
        stacks = self.directory / "backend/.pulumi/stacks"
        file = stacks / self.project / f"{self.stack}.json"
        return json.loads(file.read_text())["checkpoint"]["latest"]

    def resource(self, name: str) -> dict[str, Any]:
        """Return the only resource of that name in the state."""
        found = [r for r in self.resources() if r["urn"].endswith(f"::{name}")]
        assert len(found) == 1, found
        return found[0]


class AwsProject(CloudProject):
    """A project against the stand-in of AWS, in us-west-2.

    Example:
        project = AwsProject(tmp_path)
        project.store.put(VPC, "vpc-0123456789abcdef0", {"cidrBlock": "10.0.0.0/16"})
        project.up('aws.s3.Bucket("data", opts=opts)')
        [(name, bucket)] = project.store.all("aws:s3/bucket:Bucket").items()

        project = AwsProject(tmp_path, config={"platform": {"cloud": "aws", …}})
        project.up()
    """

    cloud = "aws"
    command_line = "aws"
    begins = """\
import pulumi
import pulumi_aws as aws

provider = aws.Provider(
    "aws",
    region="us-west-2",
    allowed_account_ids=["123456789012"],
    default_tags={"tags": {"cost-center": "ml"}},
)
opts = pulumi.ResourceOptions(provider=provider)
"""


class GcpProject(CloudProject):
    """A project against the stand-in of Google Cloud, in us-central1.

    Example:
        project = GcpProject(tmp_path)
        project.up('gcp.storage.Bucket("data", location="us-central1", opts=opts)')
        [(name, bucket)] = project.store.all("gcp:storage/bucket:Bucket").items()
    """

    cloud = "gcp"
    command_line = "gke-gcloud-auth-plugin"
    begins = """\
import pulumi
import pulumi_gcp as gcp

provider = gcp.Provider(
    "gcp",
    project="ml-prod-123456",
    region="us-central1",
    default_labels={"cost-center": "ml"},
)
opts = pulumi.ResourceOptions(provider=provider)
"""


def cloud_environment(
    cloud: str, directory: Path, kubeconfig: Path | None = None
) -> dict[str, str]:
    """Return the environment in which the engine finds the stand-in of a cloud.

    The other stand-ins are those of the sandbox; this one is in a home of the
    test's own, because no user should ever meet it.

    Args:
        cloud: `aws` or `gcp`.
        directory: The test's own: `backend`, `cloud` and `home` are made in it.
        kubeconfig: The user's. Default: none.
    """
    user = str(kubeconfig or directory / "no-kubeconfig")
    env = engine_environment(user, directory / "backend", stand_ins=True)
    env["PULUMI_CONFIG_PASSPHRASE"] = ""
    env[VARIABLE] = str(directory / "cloud")
    home = directory / "home"
    plugins = home / "plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    for plugin in (state_dir() / "pulumi" / "plugins").iterdir():
        if plugin.is_dir() and not (plugins / plugin.name).exists():
            # The engine passes over a directory that is a link.
            shutil.copytree(plugin, plugins / plugin.name)
    version = importlib.metadata.version(f"pulumi-{cloud}")
    made = plugins / f"resource-{cloud}-v{version}"
    made.mkdir(exist_ok=True)
    script = made / f"pulumi-resource-{cloud}"
    text = _SCRIPT.format(python=sys.executable, checkout=_CHECKOUT, cloud=cloud)
    script.write_text(text)
    script.chmod(0o755)
    env["PULUMI_HOME"] = str(home)
    return env
