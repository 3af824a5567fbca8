"""Who may do what in a team's namespace.

The deployer of a team makes what its stack declares and nothing more: it cannot
change the quota, limits, roles or namespace that the platform gave it, and sees
no other namespace.
Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/ (2026-11-22)
"""

from __future__ import annotations

from typing import Any

WORKLOAD = "workload"
"""The ServiceAccount that the team's pods run as. It has no rights in the
cluster's API: identities of a cloud are bound to it."""

READER = "reader"
"""The ServiceAccount of programs that only read the buckets that they mount, where
the cloud gives the team one: it may read, and nothing else."""

DEPLOYER = "deployer"
"""The ServiceAccount, Role and RoleBinding of whatever deploys the team's stack."""

_ALL = ["get", "list", "watch", "create", "update", "patch", "delete"]
_READ = ["get", "list", "watch"]

RULES: tuple[tuple[str, tuple[str, ...], list[str]], ...] = (
    (
        "",
        ("persistentvolumeclaims", "services", "secrets", "configmaps", "pods"),
        _ALL,
    ),
    ("", ("pods/log", "pods/status", "events", "endpoints"), _READ),
    # `kubectl exec`, `cp` and `port-forward` into a workspace.
    ("", ("pods/exec", "pods/portforward", "pods/attach"), ["get", "create"]),
    # The guardrails can be seen, and not changed.
    ("", ("resourcequotas", "limitranges", "serviceaccounts"), _READ),
    ("apps", ("deployments", "replicasets"), _ALL),
    ("apps", ("deployments/status",), _READ),
    ("policy", ("poddisruptionbudgets",), _ALL),
    ("batch", ("jobs",), _ALL),
    ("batch", ("jobs/status",), _READ),
    ("snapshot.storage.k8s.io", ("volumesnapshots",), _ALL),
    ("jobset.x-k8s.io", ("jobsets",), _ALL),
    ("kueue.x-k8s.io", ("localqueues", "workloads"), _READ),
)
"""API group, resources and verbs of the deployer, in the team's namespace."""


def role_rules() -> Any:
    """The `rules` of the deployer's Role."""
    return [
        {"apiGroups": [group], "resources": list(resources), "verbs": verbs}
        for group, resources, verbs in RULES
    ]
