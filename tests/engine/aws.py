"""The environments of `examples/aws` on the real engine.

AWS is the stand-in of `tests.cloud`; what it calls an EKS cluster is the
sandbox's API server, reached as users reach theirs: by `aws eks get-token`.
"""

import base64
import os
import shlex
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import yaml
from kubernetes import client

from sandbox import cluster as sandbox
from sandbox.session import CHECKOUT
from tests.cloud.project import AwsProject

EXAMPLES: Final = CHECKOUT / "examples" / "aws"
# All that the AWS CLI is asked for.
_CLI: Final = """#!/bin/sh
test "$1 $2" = "eks get-token" || {{ echo "not asked for here: aws $*" >&2; exit 2; }}
# It answers in the version that it is asked in.
{command} | sed 's#authentication.k8s.io/v1"#authentication.k8s.io/v1beta1"#'
"""


class Account:
    """An account of AWS, with the stacks of `examples/aws` to be deployed to it.

    Args:
        directory: The test's own. State, cloud and the stacks' files are in it.
        cluster: What the account's clusters turn out to be. Default: nothing
            that can be reached.
    """

    def __init__(self, directory: Path, cluster: sandbox.Cluster | None = None) -> None:
        self.directory = directory
        self._cluster = cluster
        self._projects: dict[str, AwsProject] = {}
        self._texts = {
            file.stem.removeprefix("Pulumi."): file.read_text()
            for file in EXAMPLES.glob("Pulumi.*.yaml")
        }

    def stack(self, name: str) -> AwsProject:
        """One of the stacks, in this account."""
        if name not in self._projects:
            cluster = self._cluster
            made = AwsProject(
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

    def _join(self, project: AwsProject, cluster: sandbox.Cluster) -> None:
        """Let the account's clusters be the sandbox."""
        config = yaml.safe_load(cluster.kubeconfig.read_text())
        server = config["clusters"][0]["cluster"]
        authority = Path(server["certificate-authority"]).read_bytes()
        project.cluster_at(server["server"], base64.b64encode(authority).decode())
        printed = config["users"][0]["user"]["exec"]
        command = shlex.join([printed["command"], *printed.get("args", ())])
        tools = self.directory / "bin"
        tools.mkdir(exist_ok=True)
        cli = tools / "aws"
        cli.write_text(_CLI.format(command=command))
        cli.chmod(0o755)
        project.env["PATH"] = f"{tools}{os.pathsep}{project.env['PATH']}"


@contextmanager
def provisioner(*drivers: str) -> Iterator[None]:
    """Give every claim that waits for one of `drivers` a volume of the node's."""
    ended = threading.Event()

    def serve() -> None:
        with sandbox.client() as connection:
            while not ended.wait(0.3):
                _provision(connection, drivers)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _provision(connection: client.ApiClient, drivers: tuple[str, ...]) -> None:
    core, storage = client.CoreV1Api(connection), client.StorageV1Api(connection)
    classes = {c.metadata.name: c for c in storage.list_storage_class().items}
    for claim in core.list_persistent_volume_claim_for_all_namespaces().items:
        made = classes.get(claim.spec.storage_class_name or "")
        if made is None or made.provisioner not in drivers:
            continue
        if claim.status.phase != "Pending" or claim.spec.volume_name:
            continue
        name = f"pvc-{claim.metadata.uid}"
        volume: dict[str, Any] = {
            "metadata": {"name": name},
            "spec": {
                "capacity": claim.spec.resources.requests,
                "accessModes": claim.spec.access_modes,
                "persistentVolumeReclaimPolicy": "Delete",
                "storageClassName": claim.spec.storage_class_name,
                "claimRef": {
                    "namespace": claim.metadata.namespace,
                    "name": claim.metadata.name,
                },
                "csi": {"driver": made.provisioner, "volumeHandle": name},
            },
        }
        try:
            core.create_persistent_volume(volume)
        except client.ApiException as error:
            if error.status != 409:
                raise
