"""What the sandbox's own programs may do in its cluster."""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.api import Api

_API = "/apis/rbac.authorization.k8s.io/v1"
_LABELS = {"app.kubernetes.io/managed-by": "ml-storage-sandbox"}


def rule(group: str, resources: str, verbs: str) -> dict[str, Sequence[str]]:
    """Return one rule of a role.

    Args:
        group: API group; "" for the core.
        resources: Plural names, separated by blanks.
        verbs: What may be done with them, separated by blanks.
    """
    return {
        "apiGroups": [group],
        "resources": resources.split(),
        "verbs": verbs.split(),
    }


def grant(api: Api, user: str, rules: Sequence[Mapping[str, Any]]) -> None:
    """Let a user do these things everywhere, and nothing else by this name.

    Args:
        api: Asked as the administrator.
        user: Name of the user; the role and its binding are called so as well.
        rules: What it may do.

    Raises:
        SandboxError: The API server refused it, or does not answer.
    """
    group = "rbac.authorization.k8s.io"
    role = {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": user, "labels": _LABELS},
        "rules": list(rules),
    }
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": user, "labels": _LABELS},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": user},
        "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
    }
    api.apply(f"{_API}/clusterroles/{user}", role)
    api.apply(f"{_API}/clusterrolebindings/{user}", binding)
