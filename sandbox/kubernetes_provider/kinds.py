"""Type tokens and kinds: which the provider serves, and where they live."""

from typing import Any, Final

from sandbox.kubernetes_provider.errors import ProviderError

# The kinds of Kubernetes itself that lie in no namespace; the server is asked
# about every other kind.
_CLUSTER_WIDE: Final = frozenset(
    {
        "ClusterRole",
        "ClusterRoleBinding",
        "CSIDriver",
        "CSINode",
        "CustomResourceDefinition",
        "IngressClass",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "VolumeAttachment",
        "VolumeAttributesClass",
    }
)
# Deleting one of these with `pulumi.com/skipAwait` does not wait either.
SKIPS_DELETION: Final = frozenset(
    {
        "DaemonSet",
        "Deployment",
        "Job",
        "Namespace",
        "Pod",
        "ReplicationController",
        "StatefulSet",
    }
)


def version_and_kind(token: str) -> tuple[str, str]:
    """Return `apiVersion` and kind of a type token.

    `kubernetes:core/v1:Pod` is `v1`, `Pod`.
    """
    _, module, kind = token.split(":")
    return module.removeprefix("core/"), kind


def refuse_unserved(token: str, obj: dict[str, Any]) -> None:
    """Refuse the types that are no object of their own.

    Raises:
        ProviderError: It is a list, a patch, or a Helm release.
    """
    version, kind = version_and_kind(token)
    group = version.partition("/")[0] if "/" in version else ""
    if group == "helm.sh":
        raise ProviderError("Helm releases need the official Kubernetes provider")
    if kind == f"{obj.get('kind')}Patch":
        raise ProviderError(
            f"{kind} needs the official Kubernetes provider: patches of objects "
            "that another owner manages are not supported here"
        )
    if kind.endswith("List") and ("." not in group or group.endswith(".k8s.io")):
        raise ProviderError(
            f"{kind} cannot be created: create each {kind.removesuffix('List')} "
            "as a resource of its own"
        )


def known_cluster_wide(obj: dict[str, Any]) -> bool:
    """Tell whether the kind is one of Kubernetes' own that has no namespace."""
    group = str(obj.get("apiVersion", "")).rpartition("/")[0]
    own = "." not in group or group.endswith(".k8s.io")
    return own and obj.get("kind") in _CLUSTER_WIDE
