"""What a cluster must have for what its pools and jobs ask of it.

An add-on with a chart can be installed anywhere, one of `catalog.eks_add_ons` by
EKS and one of `catalog.gke_add_ons` by GKE; the others depend on whose cluster it
is, and are there or are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from components.catalog.aws_machines import machines
from components.catalog.eks_add_ons import EKS_ADD_ONS
from components.catalog.gke_add_ons import GKE_ADD_ONS

AddOnName = Literal[
    "nvidia-device-plugin",
    "gpu-feature-discovery",
    "neuron-device-plugin",
    "efa-device-plugin",
    "node-autoscaler",
    "snapshot-controller",
    "jobset",
    "kueue",
    "prometheus-operator-crds",
    "eks-pod-identity-agent",
    "aws-fsx-csi-driver",
    "aws-efs-csi-driver",
    "aws-ebs-csi-driver",
    "aws-mountpoint-s3-csi-driver",
    "aws-ec2-local-instance-store-csi-driver",
    "vpc-cni",
    "coredns",
    "kube-proxy",
    "eks-node-monitoring-agent",
    "metrics-server",
    "gcs-fuse-csi-driver",
    "filestore-csi-driver",
    "persistent-disk-csi-driver",
    "managed-lustre-csi-driver",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A Helm chart, at the version that was read.

    Attributes:
        name: Its name in the repository, or the whole `oci://` reference.
        repository: URL of the repository; None for `oci://`.
        version: The version that is installed unless another is asked for.
        namespace: Where upstream puts it.
        values: Values that differ from the chart's own.
        crds: What becomes of its CRDs when the release goes. `deleted`: they go,
            and with them every object of theirs in the cluster. `kept`: Helm
            leaves them. `none`: it has none that hold anything.
    """

    name: str
    repository: str | None = None
    version: str
    namespace: str
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    crds: Literal["none", "kept", "deleted"] = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOnKind:
    """A row of the table.

    Attributes:
        name: The key under `platform.addOns`.
        provides: What the cluster has with it.
        chart: How it is installed; None where it can only be there already.
        source: Where the row was read.
        as_of: The day it was read, ISO 8601.
        status: `unconfirmed` where the version was not seen at its source.
    """

    name: AddOnName
    provides: str
    chart: Chart | None
    source: str
    as_of: str = "2026-11-22"
    status: Literal["confirmed", "unconfirmed"] = "confirmed"

    @property
    def by_eks(self) -> bool:
        """Whether EKS installs it, where the cluster is EKS's."""
        return self.name in EKS_ADD_ONS

    @property
    def by_gke(self) -> bool:
        """Whether GKE installs it, where the cluster is GKE's."""
        return self.name in GKE_ADD_ONS


_NVIDIA = "https://nvidia.github.io/k8s-device-plugin"
_NVIDIA_SOURCE = (
    "https://github.com/NVIDIA/k8s-device-plugin v0.20.0 "
    "deployments/helm/nvidia-device-plugin"
)
# The chart wants labels that only Node Feature Discovery writes. Without it the
# plugin runs on every node, and waits where there is no GPU.
_EVERY_NODE = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [
                {
                    "matchExpressions": [
                        {
                            "key": "kubernetes.io/os",
                            "operator": "In",
                            "values": ["linux"],
                        }
                    ]
                }
            ]
        }
    }
}

_EKS_SOURCE = (
    "https://docs.aws.amazon.com/eks/latest/userguide/"
    "workloads-add-ons-available-eks.html"
)

# What only EKS installs. It has a snapshot-controller as well, beside the chart.
_OF_EKS: tuple[tuple[AddOnName, str], ...] = (
    ("eks-pod-identity-agent", "identities of AWS for pods, by EKS Pod Identity"),
    ("aws-fsx-csi-driver", "FSx for Lustre: fsx.csi.aws.com"),
    ("aws-efs-csi-driver", "EFS: efs.csi.aws.com"),
    ("aws-ebs-csi-driver", "disks of EBS: ebs.csi.aws.com"),
    ("aws-mountpoint-s3-csi-driver", "buckets of S3 as files: s3.csi.aws.com"),
    (
        "aws-ec2-local-instance-store-csi-driver",
        "volumes on the NVMe disks of nodes: lis.csi.aws.com",
    ),
    ("vpc-cni", "addresses of the VPC for pods"),
    ("coredns", "names of services"),
    ("kube-proxy", "ways to services"),
    ("eks-node-monitoring-agent", "the health of nodes, accelerators included"),
    ("metrics-server", "the use of CPU and memory, by which pods are scaled"),
)

# What only GKE installs. `gke_add_ons.GIVEN` is what it gives without being asked.
_OF_GKE: tuple[tuple[AddOnName, str], ...] = (
    ("gcs-fuse-csi-driver", "buckets of Cloud Storage as files"),
    ("filestore-csi-driver", "Filestore: filestore.csi.storage.gke.io"),
    ("persistent-disk-csi-driver", "Persistent Disk and Hyperdisk"),
    ("managed-lustre-csi-driver", "Managed Lustre: lustre.csi.storage.gke.io"),
)

CLUSTER_AUTOSCALER = Chart(
    name="cluster-autoscaler",
    repository="https://kubernetes.github.io/autoscaler",
    version="9.59.0",
    namespace="kube-system",
)
"""The chart of the autoscaler on EKS, of Cluster Autoscaler 1.35.0. Source:
https://github.com/kubernetes/autoscaler 55c37cd
cluster-autoscaler/charts/cluster-autoscaler (read 2026-11-22)."""

# Agents of devices run on the nodes that have them, whatever keeps other pods
# away: their charts tolerate no taint of a pool's own, that of EFA none at all,
# and that of Node Feature Discovery the taint of a GPU with one value only.
_EVERYWHERE = [{"operator": "Exists"}]

_ROWS = (
    AddOnKind(
        name="nvidia-device-plugin",
        provides="the resource nvidia.com/gpu, by which pods get GPUs",
        chart=Chart(
            name="nvidia-device-plugin",
            repository=_NVIDIA,
            version="0.20.0",
            namespace="nvidia-device-plugin",
            values={
                "affinity": _EVERY_NODE,
                "failOnInitError": False,
                "tolerations": _EVERYWHERE,
            },
        ),
        source=_NVIDIA_SOURCE,
    ),
    AddOnKind(
        name="gpu-feature-discovery",
        provides="the labels nvidia.com/gpu.*, by which pods choose a GPU product, "
        "with Node Feature Discovery",
        chart=Chart(
            name="nvidia-device-plugin",
            repository=_NVIDIA,
            version="0.20.0",
            namespace="gpu-feature-discovery",
            values={
                "devicePlugin": {"enabled": False},
                "gfd": {"enabled": True},
                "tolerations": _EVERYWHERE,
                "nfd": {"worker": {"tolerations": _EVERYWHERE}},
            },
        ),
        source=_NVIDIA_SOURCE,
    ),
    AddOnKind(
        name="neuron-device-plugin",
        provides="the resources aws.amazon.com/neuron and neuroncore, by which pods "
        "get Trainium and Inferentia",
        chart=Chart(
            name="oci://public.ecr.aws/neuron/neuron-helm-chart",
            version="1.10.0",
            namespace="kube-system",
            values={
                "npd": {"enabled": False},
                "devicePlugin": {"tolerations": _EVERYWHERE},
                # The chart's own list was seen without Trainium2.
                "neuronInstances": [m.name for m in machines().values() if m.neurons],
            },
        ),
        source="https://github.com/aws-neuron/neuron-helm-charts 8172e5e; the version "
        "from public notes of an installation",
        status="unconfirmed",
    ),
    AddOnKind(
        name="efa-device-plugin",
        provides="the resource vpc.amazonaws.com/efa, by which pods get EFA interfaces",
        chart=Chart(
            name="aws-efa-k8s-device-plugin",
            repository="https://aws.github.io/eks-charts",
            version="v0.5.30",
            namespace="kube-system",
            values={"tolerations": _EVERYWHERE},
        ),
        source="https://github.com/aws/eks-charts 5239609 "
        "stable/aws-efa-k8s-device-plugin",
    ),
    AddOnKind(
        name="node-autoscaler",
        provides="new nodes for pods that wait for one: Cluster Autoscaler, Karpenter "
        "or the cloud's own",
        # It makes machines of a cloud with rights in it: another for each cluster.
        chart=None,
        source="https://github.com/kubernetes/autoscaler 55c37cd "
        "cluster-autoscaler/README.md",
    ),
    AddOnKind(
        name="snapshot-controller",
        provides="VolumeSnapshots: their CRDs and the controller behind them",
        chart=Chart(
            name="snapshot-controller",
            repository="https://piraeus.io/helm-charts/",
            version="5.2.0",
            namespace="kube-system",
            crds="deleted",
        ),
        source="https://github.com/piraeusdatastore/helm-charts 5d733d8 "
        "charts/snapshot-controller (of external-snapshotter v8.6.0)",
    ),
    AddOnKind(
        name="jobset",
        provides="JobSets: pods of several groups that start and fail together",
        chart=Chart(
            name="oci://registry.k8s.io/jobset/charts/jobset",
            version="0.12.0",
            namespace="jobset-system",
            crds="kept",
        ),
        source="https://github.com/kubernetes-sigs/jobset v0.12.0 charts/jobset",
    ),
    AddOnKind(
        name="kueue",
        provides="queues: a job waits until its team's share of the cluster has room",
        chart=Chart(
            name="oci://registry.k8s.io/kueue/charts/kueue",
            version="0.19.2",
            namespace="kueue-system",
            crds="deleted",
        ),
        source="https://github.com/kubernetes-sigs/kueue v0.19.2 charts/kueue",
    ),
    AddOnKind(
        name="prometheus-operator-crds",
        provides="the kinds PodMonitor, ServiceMonitor and PrometheusRule",
        chart=Chart(
            name="prometheus-operator-crds",
            repository="https://prometheus-community.github.io/helm-charts",
            version="31.0.1",
            namespace="kube-system",
            crds="deleted",
        ),
        source="https://github.com/prometheus-community/helm-charts cf408a2 "
        "charts/prometheus-operator-crds",
    ),
    *(
        AddOnKind(name=name, provides=provides, chart=None, source=_EKS_SOURCE)
        for name, provides in _OF_EKS
    ),
    *(
        AddOnKind(
            name=name, provides=provides, chart=None, source=GKE_ADD_ONS[name].link
        )
        for name, provides in _OF_GKE
    ),
)

ADD_ONS: dict[str, AddOnKind] = {row.name: row for row in _ROWS}
"""The add-ons that are known, by name."""
