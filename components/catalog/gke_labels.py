"""Labels and taints of nodes of GKE: what is its own, and how it spells them.

Sources, read 2026-11-22: API discovery of container.v1 (revision 20261027,
`NodeTaint`); GoogleCloudPlatform/cluster-toolkit 1047080
`modules/compute/gke-node-pool/main.tf` (taints of nodes with GPUs and TPUs, the label
of queued nodes); for Arm nodes
https://docs.cloud.google.com/kubernetes-engine/docs/how-to/prepare-arm-workloads-for-deployment
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from components.catalog.labels import kubernetes_own
from components.catalog.problem import Problem

LINK = "https://docs.cloud.google.com/kubernetes-engine/docs/how-to/node-taints"
LABELS_LINK = (
    "https://docs.cloud.google.com/kubernetes-engine/docs/how-to/"
    "creating-managing-labels"
)

TAINT_EFFECTS = {
    "NoSchedule": "NO_SCHEDULE",
    "PreferNoSchedule": "PREFER_NO_SCHEDULE",
    "NoExecute": "NO_EXECUTE",
}
"""How GKE spells the effects of taints."""

DEVICE_VALUE = "present"
"""The value of the taint of nodes with GPUs or TPUs."""

ARM = "kubernetes.io/arch"
"""The taint that GKE itself gives to nodes with Arm processors."""

QUEUED = "cloud.google.com/gke-queued"
"""The taint that GKE itself gives to nodes of queued provisioning, and the label
by which they are found, which it does not give."""

# GKE gives meaning to labels of these names.
_OWN = ("cloud.google.com", "gke.io")


def label_problems(labels: Mapping[str, str], own: str) -> Iterator[Problem]:
    """What is wrong with labels that nodes are given.

    Args:
        labels: The labels.
        own: The key that says the pool's name, which is no one else's.
    """
    for key, value in labels.items():
        prefix = key.rpartition("/")[0]
        if key == own:
            reason = "this label says the pool's own name: jobs find its nodes by it"
        elif f".{prefix}".endswith(tuple(f".{name}" for name in _OWN)):
            reason = "labels of cloud.google.com are GKE's own"
        elif kubernetes_own(key):
            reason = "with this label the kubelet does not start: it is Kubernetes' own"
        else:
            continue
        yield Problem(
            rule="GPL15",
            message=reason,
            path=("labels", key),
            value=value,
            link=LABELS_LINK,
        )


def taint_problems(
    taints: Sequence[tuple[str, str]], given: Mapping[str, str]
) -> Iterator[Problem]:
    """What is wrong with taints, each a key and an effect.

    Args:
        taints: Those that the pool states.
        given: Taints that its nodes have in any case, by key, and why.
    """
    seen: set[tuple[str, str]] = set()
    for index, (key, effect) in enumerate(taints):
        again = (key, effect) in seen
        if again or (key in given and effect == "NoSchedule"):
            yield Problem(
                rule="GPL16",
                message="a taint of this key and effect stands here already"
                if again
                else f"{given[key]} have this taint in any case",
                path=("taints", index, "key"),
                value=key,
                link=LINK,
            )
        seen.add((key, effect))
