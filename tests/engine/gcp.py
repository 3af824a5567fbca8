"""The environments of `examples/gcp` on the real engine.

Google Cloud is the stand-in of `tests.cloud`; what it calls a GKE cluster is the
sandbox's API server, reached as users reach theirs: by `gke-gcloud-auth-plugin`.
"""

import base64
import os
import shlex
from pathlib import Path
from typing import Any, Final

import yaml

from sandbox import cluster as sandbox
from sandbox.session import CHECKOUT
from tests.cloud.gcp.clusters import CLUSTER
from tests.cloud.gcp.disks import DISK
from tests.cloud.gcp.identities import NUMBER
from tests.cloud.gcp.networks import NETWORK, SUBNETWORK
from tests.cloud.project import GcpProject
from tests.engine.aws import provisioner

__all__ = ["EXAMPLES", "Account", "provisioner"]

EXAMPLES: Final = CHECKOUT / "examples" / "gcp"
_COMPUTE: Final = "https://www.googleapis.com/compute/v1/"
# It answers in the version that it is asked in.
_PLUGIN: Final = """#!/bin/sh
{command} | sed 's#authentication.k8s.io/v1"#authentication.k8s.io/v1beta1"#'
"""


class Account:
    """A project of Google Cloud, with the stacks of `examples/gcp` for it.

    Args:
        directory: The test's own. State, cloud and the stacks' files are in it.
        cluster: What the project's clusters turn out to be. Default: nothing
            that can be reached.
    """

    def __init__(self, directory: Path, cluster: sandbox.Cluster | None = None) -> None:
        self.directory = directory
        self._cluster = cluster
        self._projects: dict[str, GcpProject] = {}
        self._texts = {
            file.stem.removeprefix("Pulumi."): file.read_text()
            for file in EXAMPLES.glob("Pulumi.*.yaml")
        }

    def stack(self, name: str) -> GcpProject:
        """One of the stacks, in this project."""
        if name not in self._projects:
            cluster = self._cluster
            made = GcpProject(
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

    def number(self, project: GcpProject, id_: str, number: str) -> None:
        """Say which number a project has, as identities name it."""
        project.store.put(NUMBER, id_, {"number": number})

    def network(self, project: GcpProject, id_: str, region: str, name: str) -> None:
        """Make a network of somebody else's, with a subnetwork of its name.

        Args:
            project: Any stack of the environment.
            id_: The Google Cloud project.
            region: The subnetwork's.
            name: That of both.
        """
        network = f"projects/{id_}/global/networks/{name}"
        link = {"selfLink": _COMPUTE + network}
        project.store.put(NETWORK, network, {"name": name, "project": id_}, link)
        subnetwork = f"projects/{id_}/regions/{region}/subnetworks/{name}"
        inputs = {"name": name, "network": network, "region": region}
        link = {"selfLink": _COMPUTE + subnetwork}
        project.store.put(SUBNETWORK, subnetwork, inputs, link)

    def disk(self, project: GcpProject, id_: str, zone: str, name: str) -> None:
        """Make a disk of somebody else's, that images can be made of.

        Args:
            project: Any stack of the environment.
            id_: The Google Cloud project.
            zone: The disk's.
            name: Its name.
        """
        disk = f"projects/{id_}/zones/{zone}/disks/{name}"
        inputs = {"name": name, "zone": zone, "size": 500}
        project.store.put(DISK, disk, inputs, {"selfLink": _COMPUTE + disk})

    def existing_cluster(
        self, project: GcpProject, id_: str, location: str, name: str
    ) -> None:
        """Make a cluster of somebody else's, which is the sandbox.

        Args:
            project: Any stack of the environment.
            id_: The Google Cloud project.
            location: The cluster's region or zone.
            name: Its name.
        """
        endpoint, authority = self._server()
        project.store.put(
            CLUSTER,
            f"projects/{id_}/locations/{location}/clusters/{name}",
            {
                "name": name,
                "location": location,
                "workloadIdentityConfig": {"workloadPool": f"{id_}.svc.id.goog"},
            },
            {
                "endpoint": endpoint.removeprefix("https://"),
                "masterAuth": {"clusterCaCertificate": authority},
            },
        )

    def _config(self, name: str) -> dict[str, Any]:
        config: dict[str, Any] = yaml.safe_load(self._texts[name])["config"]
        return {key.removeprefix("ml-storage:"): value for key, value in config.items()}

    def _server(self) -> tuple[str, str]:
        """Return the URL of the API server, and its authority in base64."""
        if self._cluster is None:
            return "https://127.0.0.1:1", base64.b64encode(b"nobody").decode()
        config = yaml.safe_load(self._cluster.kubeconfig.read_text())
        server = config["clusters"][0]["cluster"]
        authority = Path(server["certificate-authority"]).read_bytes()
        return server["server"], base64.b64encode(authority).decode()

    def _join(self, project: GcpProject, cluster: sandbox.Cluster) -> None:
        """Let the project's clusters be the sandbox."""
        project.cluster_at(*self._server())
        config = yaml.safe_load(cluster.kubeconfig.read_text())
        printed = config["users"][0]["user"]["exec"]
        command = shlex.join([printed["command"], *printed.get("args", ())])
        tools = self.directory / "bin"
        tools.mkdir(exist_ok=True)
        plugin = tools / project.command_line
        plugin.write_text(_PLUGIN.format(command=command))
        plugin.chmod(0o755)
        project.env["PATH"] = f"{tools}{os.pathsep}{project.env['PATH']}"
