"""Labels and taints of nodes of EKS: what it takes of what Kubernetes takes.

Sources (read 2026-11-22): botocore 1.44.5 `data/eks` (Taint, labelKey, taintKey);
for labels of Kubernetes' own `--node-labels` in
https://kubernetes.io/docs/reference/command-line-tools-reference/kubelet/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from components.catalog.problem import Path, Problem

LINK = "https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html"

TAINT_EFFECTS = {
    "NoSchedule": "NO_SCHEDULE",
    "PreferNoSchedule": "PREFER_NO_SCHEDULE",
    "NoExecute": "NO_EXECUTE",
}
"""How EKS spells the effects of taints."""

MOST_TAINTS = 50
LONGEST_KEY = 63
"""The longest key of a label or a taint that EKS takes, its prefix included."""

_OWN_LABELS = ("eks.amazonaws.com",)
_KUBELETS_PREFIXES = (".kubelet.kubernetes.io", ".node.kubernetes.io")
_KUBELETS_KEYS = frozenset(
    {
        "beta.kubernetes.io/arch",
        "beta.kubernetes.io/instance-type",
        "beta.kubernetes.io/os",
        "failure-domain.beta.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
        "kubernetes.io/arch",
        "kubernetes.io/hostname",
        "kubernetes.io/os",
        "node.kubernetes.io/instance-type",
        "topology.kubernetes.io/region",
        "topology.kubernetes.io/zone",
    }
)


def label_problems(labels: Mapping[str, str], own: str) -> Iterator[Problem]:
    """What is wrong with labels that nodes are given.

    Args:
        labels: The labels.
        own: The key that says the pool's name, which is no one else's.
    """
    for key, value in labels.items():
        prefix = key.rpartition("/")[0]
        reason = _why_not(key, prefix, own)
        if reason is not None:
            yield Problem(
                rule="POL18", message=reason, path=("labels", key), value=value
            )
        elif len(key) > LONGEST_KEY:
            yield _too_long(key, ("labels", key))
        elif not value:
            yield Problem(
                rule="POL19",
                message="EKS takes no label without a value",
                path=("labels", key),
                value=value,
                nearest="true",
                link=LINK,
            )


def _why_not(key: str, prefix: str, own: str) -> str | None:
    if key == own:
        return "this label says the pool's own name: jobs find its nodes by it"
    if prefix in _OWN_LABELS:
        return "labels of eks.amazonaws.com are EKS's own"
    if key in _KUBELETS_KEYS or f".{prefix}".endswith(_KUBELETS_PREFIXES):
        return None
    if f".{prefix}".endswith((".kubernetes.io", ".k8s.io")):
        return "with this label the kubelet does not start: it is Kubernetes' own"
    return None


def _too_long(key: str, path: Path) -> Problem:
    return Problem(
        rule="POL19",
        message="EKS takes a key of a label or a taint of at most "
        f"{LONGEST_KEY} characters, its prefix included",
        path=path,
        value=key,
        link=LINK,
    )


def taint_problems(
    taints: Sequence[tuple[str, str]], devices: set[str]
) -> Iterator[Problem]:
    """What is wrong with taints, each a key and an effect.

    Args:
        taints: Those that the pool states.
        devices: Keys of the taints that its nodes have in any case.
    """
    if len(taints) > MOST_TAINTS - len(devices):
        yield Problem(
            rule="POL15",
            message=f"EKS takes at most {MOST_TAINTS} taints of a node group, "
            "with those that its devices bring along",
            path=("taints",),
            value=len(taints),
            nearest=MOST_TAINTS - len(devices),
            link=LINK,
        )
    seen: set[tuple[str, str]] = set()
    for index, (key, effect) in enumerate(taints):
        again = (key, effect) in seen
        if again or (key in devices and effect == "NoSchedule"):
            yield Problem(
                rule="POL14",
                message="a taint of this key and effect stands here already"
                if again
                else "nodes with such a device have this taint in any case",
                path=("taints", index, "key"),
                value=key,
            )
        elif len(key) > LONGEST_KEY:
            yield _too_long(key, ("taints", index, "key"))
        seen.add((key, effect))
