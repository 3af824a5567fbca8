"""The provider's settings: which cluster, and how to treat it."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import yaml
from kubernetes.client.api_client import ApiClient
from kubernetes.client.configuration import Configuration
from kubernetes.config.config_exception import ConfigException
from kubernetes.config.kube_config import (
    list_kube_config_contexts,
    new_client_from_config,
    new_client_from_config_dict,
)

from sandbox.kubernetes_provider.errors import ProviderError
from sandbox.kubernetes_provider.values import UNKNOWN

IDENTIFIER: Final = "clusterIdentifier"
_CLUSTER: Final = ("kubeconfig", "context", "cluster")
_FLAGS: Final = {
    "upsertExistingObjects": "PULUMI_K8S_UPSERT_EXISTING_OBJECTS",
    "enablePatchForce": "PULUMI_K8S_ENABLE_PATCH_FORCE",
    "enableConfigMapMutable": "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE",
    "enableSecretMutable": "PULUMI_K8S_ENABLE_SECRET_MUTABLE",
}
# These change nothing here: what they turn off is not done, or what they allow
# is never needed on a cluster that is up.
_ACCEPTED: Final = frozenset(
    {
        "alwaysRender",
        "deleteUnreachable",
        "enableReplaceCRD",
        "helmReleaseSettings",
        "kubeClientSettings",
        "namespace",
        "pluginDownloadURL",
        "rejectUnknownResources",
        "skipUpdateUnreachable",
        "strictMode",
        "suppressDeprecationWarnings",
        "suppressHelmHookWarnings",
        "version",
    }
)
_KNOWN: Final = frozenset(
    {*_CLUSTER, *_FLAGS, *_ACCEPTED, IDENTIFIER, "enableServerSideApply"}
)
# More connections than the engine has operations at once.
_CONNECTIONS: Final = 256


@dataclass(frozen=True)
class Settings:
    """What the provider was configured with.

    Attributes:
        namespace: Where objects go that name no namespace.
        upsert: Creating an object that exists takes it over.
        patch_force: Updates take fields away from other field managers.
        mutable_config_maps: A ConfigMap's data changes in place.
        mutable_secrets: A Secret's data changes in place.
    """

    namespace: str = "default"
    upsert: bool = False
    patch_force: bool = False
    mutable_config_maps: bool = False
    mutable_secrets: bool = False


def problems(inputs: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the settings that cannot be honoured, each with the reason."""
    found: list[tuple[str, str]] = []
    for key, value in inputs.items():
        if key.startswith("__"):
            continue
        if key == "enableServerSideApply" and value in (False, "false"):
            found.append((key, "only server-side apply is supported here"))
        elif key == "renderYamlToDirectory" and value:
            found.append((key, "rendering YAML is not supported here"))
        elif key == "cluster" and value:
            found.append((key, "name a context of the kubeconfig instead"))
        elif key not in _KNOWN and key != "renderYamlToDirectory":
            found.append((key, f"the Kubernetes provider has no setting {key!r}"))
    return found


def replaced_by(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return the changed settings that make it another cluster.

    With the same `clusterIdentifier` on both sides nothing does; without one,
    the cluster that the kubeconfig's context names decides.
    """
    before, after = old.get(IDENTIFIER), new.get(IDENTIFIER)
    if after and before == after:
        return []
    replaces = [IDENTIFIER] if before and after else []
    changed = [key for key in _CLUSTER if old.get(key) != new.get(key)]
    if unknown := [key for key in changed if new.get(key) is UNKNOWN]:
        return [*replaces, *unknown]
    was, now = _active_cluster(old), _active_cluster(new)
    return [*replaces, *changed] if was and now and was != now else replaces


def connect(inputs: dict[str, Any]) -> tuple[ApiClient, Settings]:
    """Return a client for the cluster that the settings name, and the rest.

    Args:
        inputs: The provider's inputs: `kubeconfig` is a path or its content;
            without it `$KUBECONFIG` or `~/.kube/config` is read.

    Raises:
        ProviderError: There is no such file, context or cluster.
    """
    context = inputs.get("context") or None
    configuration = Configuration()
    configuration.connection_pool_maxsize = _CONNECTIONS
    # The user's kubeconfig is read, never written.
    options = {"client_configuration": configuration, "persist_config": False}
    try:
        file, content = _locate(inputs.get("kubeconfig") or None)
        if content is None:
            api = new_client_from_config(file, context, **options)
            contexts: list[dict[str, Any]]
            contexts, active = cast(Any, list_kube_config_contexts(file))
            wanted = context or active["name"]
        else:
            api = new_client_from_config_dict(content, context, **options)
            contexts = content.get("contexts") or []
            wanted = context or content.get("current-context")
    except (ConfigException, OSError, yaml.YAMLError) as error:
        raise ProviderError(f"the kubeconfig cannot be used: {error}") from error
    found = (c["context"].get("namespace") for c in contexts if c["name"] == wanted)
    named = next(found, None)
    flags = {key: _flag(inputs, key, env) for key, env in _FLAGS.items()}
    return api, Settings(
        namespace=inputs.get("namespace") or named or "default",
        upsert=flags["upsertExistingObjects"],
        patch_force=flags["enablePatchForce"],
        mutable_config_maps=flags["enableConfigMapMutable"],
        mutable_secrets=flags["enableSecretMutable"],
    )


def _flag(inputs: dict[str, Any], key: str, env: str) -> bool:
    value = inputs.get(key)
    return (os.environ.get(env) if value is None else value) in (True, "true")


def _locate(config: str | None) -> tuple[str | None, dict[str, Any] | None]:
    """Return the path of a kubeconfig, or its content where that was given."""
    if config is None:
        return None, None
    parsed = yaml.safe_load(config)
    if isinstance(parsed, str):
        return str(Path(parsed).expanduser()), None
    if not isinstance(parsed, dict):
        raise ConfigException("it is neither a kubeconfig nor the path of one")
    return None, parsed


def _active_cluster(inputs: dict[str, Any]) -> dict[str, Any] | None:
    """Return the cluster that the settings name, `None` where none can be told."""
    try:
        file, content = _locate(inputs.get("kubeconfig") or None)
        if file is not None:
            content = yaml.safe_load(Path(file).read_text())
    except (ConfigException, OSError, yaml.YAMLError):
        return None
    if not isinstance(content, dict):
        return None
    wanted = inputs.get("context") or content.get("current-context")
    contexts = {c["name"]: c["context"] for c in content.get("contexts") or []}
    clusters = {c["name"]: c["cluster"] for c in content.get("clusters") or []}
    return clusters.get(contexts.get(wanted, {}).get("cluster"))
