"""How a cluster of GKE is reached."""

from __future__ import annotations

from typing import Any

_NAME = "gke"

_HINT = (
    "Install gke-gcloud-auth-plugin: https://docs.cloud.google.com/kubernetes-engine/"
    "docs/how-to/cluster-access-for-kubectl#install_plugin"
)


def kubeconfig(*, server: Any, certificate_authority: Any = None) -> dict[str, Any]:
    """A kubeconfig that asks `gke-gcloud-auth-plugin` for a token when one is needed.

    It holds no credentials: whoever uses it is who Google takes them for.

    Args:
        server: URL of the API server.
        certificate_authority: Its certificate authority, base64; None for a
            server with a certificate that everyone knows (the DNS endpoint).
    """
    cluster = {"server": server}
    if certificate_authority is not None:
        cluster["certificate-authority-data"] = certificate_authority
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": _NAME, "cluster": cluster}],
        "users": [
            {
                "name": _NAME,
                "user": {
                    "exec": {
                        "apiVersion": "client.authentication.k8s.io/v1beta1",
                        "command": "gke-gcloud-auth-plugin",
                        "installHint": _HINT,
                        "interactiveMode": "Never",
                        "provideClusterInfo": True,
                    }
                },
            }
        ],
        "contexts": [{"name": _NAME, "context": {"cluster": _NAME, "user": _NAME}}],
        "current-context": _NAME,
    }
