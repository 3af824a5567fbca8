"""Labels and taints: the keys and values that Kubernetes takes.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
(read 2026-11-22). A taint's key and value follow the same syntax.
"""

from __future__ import annotations

import re

from components.catalog import names
from components.catalog.problem import Problem

LINK = (
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/"
    "#syntax-and-character-set"
)
LENGTH = 63

# Source: `--node-labels` in
# https://kubernetes.io/docs/reference/command-line-tools-reference/kubelet/
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

_WORD = re.compile(r"[A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?", re.ASCII)


def _is_word(text: str) -> bool:
    return len(text) <= LENGTH and _WORD.fullmatch(text) is not None


def _nearest_word(text: str) -> str:
    kept = re.sub(r"[^-_.A-Za-z0-9]+", "-", text, flags=re.ASCII).strip("-_.")
    return kept[:LENGTH].rstrip("-_.")


def key(text: str) -> Problem | None:
    """What is wrong with `text` as the key of a label or a taint."""
    prefix, slash, name = text.rpartition("/")
    problem = names.subdomain(prefix) if slash else None
    if _is_word(name) and problem is None:
        return None
    better = prefix if problem is None else str(problem.nearest or "")
    word = _nearest_word(name)
    nearest = f"{better}/{word}" if better and word else word
    return Problem(
        rule="LBL01",
        message="a key is a name of at most 63 letters, digits, '-', '_' and '.' "
        "that begins and ends with a letter or digit, after a DNS name and '/' "
        "where it has a prefix",
        value=text,
        nearest=nearest or None,
        link=LINK,
    )


def value(text: str) -> Problem | None:
    """What is wrong with `text` as the value of a label or a taint."""
    if not text or _is_word(text):
        return None
    return Problem(
        rule="LBL02",
        message="a value has at most 63 letters, digits, '-', '_' and '.', and "
        "begins and ends with a letter or digit",
        value=text,
        nearest=_nearest_word(text) or None,
        link=LINK,
    )


def kubernetes_own(text: str) -> bool:
    """Whether a node's label is Kubernetes' own, and stops a kubelet that has it.

    Args:
        text: The key of the label.
    """
    prefix = text.rpartition("/")[0]
    if text in _KUBELETS_KEYS or f".{prefix}".endswith(_KUBELETS_PREFIXES):
        return False
    return f".{prefix}".endswith((".kubernetes.io", ".k8s.io"))
