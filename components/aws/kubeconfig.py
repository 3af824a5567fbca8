"""How a cluster of EKS is reached."""

from __future__ import annotations

from typing import Any

_NAME = "eks"


def kubeconfig(
    *, cluster: Any, endpoint: Any, certificate_authority: Any, region: str
) -> dict[str, Any]:
    """A kubeconfig that asks the AWS CLI for a token whenever one is needed.

    It holds no credentials: whoever uses it is who AWS takes them for.

    Args:
        cluster: Name of the cluster.
        endpoint: URL of its API server.
        certificate_authority: Its certificate authority, base64.
        region: Its region.
    """
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": _NAME,
                "cluster": {
                    "server": endpoint,
                    "certificate-authority-data": certificate_authority,
                },
            }
        ],
        "users": [
            {
                "name": _NAME,
                "user": {
                    "exec": {
                        "apiVersion": "client.authentication.k8s.io/v1beta1",
                        "command": "aws",
                        "args": [
                            *("eks", "get-token", "--output", "json"),
                            *("--region", region, "--cluster-name", cluster),
                        ],
                    }
                },
            }
        ],
        "contexts": [{"name": _NAME, "context": {"cluster": _NAME, "user": _NAME}}],
        "current-context": _NAME,
    }
