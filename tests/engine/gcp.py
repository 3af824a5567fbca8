"""The environments of `examples/gcp` on the real engine."""

from typing import Any, Final

from tests.cloud.gcp.clusters import CLUSTER
from tests.cloud.gcp.disks import DISK
from tests.cloud.gcp.identities import NUMBER
from tests.cloud.gcp.networks import NETWORK, SUBNETWORK
from tests.cloud.project import CloudProject, GcpProject
from tests.engine.accounts import CloudAccount

_COMPUTE: Final = "https://www.googleapis.com/compute/v1/"


class Account(CloudAccount):
    """Projects of Google Cloud, with the stacks of `examples/gcp` for them."""

    kind = GcpProject
    examples = "gcp"
    command = "{token}"

    def number(self, project: CloudProject, id_: str, number: str) -> None:
        """Say which number a project has, as identities name it."""
        project.store.put(NUMBER, id_, {"number": number})

    def network(self, project: CloudProject, id_: str, region: str, name: str) -> None:
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

    def disk(
        self, project: CloudProject, id_: str, zone: str, name: str, **more: Any
    ) -> None:
        """Make a disk of somebody else's, that images can be made of.

        Args:
            project: Any stack of the environment.
            id_: The Google Cloud project.
            zone: The disk's.
            name: Its name.
            more: What else is known of it; by default it has 500 GB.
        """
        disk = f"projects/{id_}/zones/{zone}/disks/{name}"
        inputs = {"name": name, "zone": zone, "size": 500, **more}
        project.store.put(DISK, disk, inputs, {"selfLink": _COMPUTE + disk})

    def existing_cluster(
        self, project: CloudProject, id_: str, location: str, name: str
    ) -> None:
        """Make a cluster of somebody else's, which is the sandbox.

        Args:
            project: Any stack of the environment.
            id_: The Google Cloud project.
            location: The cluster's region or zone.
            name: Its name.
        """
        endpoint, authority = self.server()
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
