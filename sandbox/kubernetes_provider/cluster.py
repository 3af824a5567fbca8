"""The API server: one connection, and the kinds it knows."""

import json
import os
import threading
from pathlib import Path
from typing import Any, Literal

from kubernetes.client.api_client import ApiClient
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic.client import DynamicClient
from kubernetes.dynamic.exceptions import ResourceNotFoundError
from kubernetes.dynamic.resource import Resource
from urllib3.exceptions import HTTPError

from sandbox.kubernetes_provider.errors import ApiError, NoSuchKindError, ProviderError
from sandbox.kubernetes_provider.naming import metadata, name_of

CREATOR = "pulumi-kubernetes"
"""The field manager that creates; updates are applied under another name."""

# The library would keep what it discovered in a file by the server's address,
# and take it for that of another cluster on the same port. It goes without one
# that cannot be written.
_NO_FILE = str(Path(os.devnull) / "discovery")
# To connect and to answer, in seconds: a server that hangs is an error.
_TIMEOUTS = (10.0, 60.0)
_APPLY = "application/apply-patch+yaml"
_JSON_PATCH = "application/json-patch+json"


class Cluster:
    """What the provider does with an API server. Safe to use from many threads.

    Args:
        api: A configured client; it is the cluster's from now on.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api
        self._client: DynamicClient | None = None
        self._kinds: dict[tuple[str, str], Resource] = {}
        self._lock = threading.RLock()

    def kind(self, version: str, kind: str) -> Resource:
        """Return how the server serves a kind, e.g. `batch/v1`, `Job`.

        Raises:
            NoSuchKindError: The server does not know it.
            ProviderError: The server cannot be reached.
        """
        with self._lock:
            if found := self._kinds.get((version, kind)):
                return found
            try:
                prefix = "apis" if "/" in version else "api"
                found = self._connected().resources.get(
                    prefix=prefix, api_version=version, kind=kind
                )
            except ResourceNotFoundError as error:
                raise NoSuchKindError(
                    f"the API server has no {kind} in {version}; verify that any "
                    "CustomResourceDefinition it needs has been created"
                ) from error
            except ApiException as error:
                raise ApiError(error) from error
            except (HTTPError, OSError) as error:
                raise _unreachable(self._api, error) from error
            self._kinds[version, kind] = found
            return found

    def kind_of(self, obj: dict[str, Any]) -> Resource:
        """Return how the server serves the kind of an object."""
        return self.kind(obj["apiVersion"], obj["kind"])

    def forget_kinds(self) -> None:
        """Ask the server anew which kinds it has: a definition was created."""
        with self._lock:
            self._kinds.clear()
            self._client = None

    def get(self, version: str, kind: str, space: str, name: str) -> dict[str, Any]:
        """Return the live object.

        Raises:
            ApiError: Status 404 where it is not there.
        """
        return self._request("get", self._path(self.kind(version, kind), space, name))

    def live(self, obj: dict[str, Any]) -> dict[str, Any]:
        """Return the live object that `obj` names."""
        return self._request("get", self._path_of(obj))

    def select(
        self, version: str, kind: str, space: str, **selectors: str
    ) -> list[dict[str, Any]]:
        """Return the objects of a kind in a namespace.

        Args:
            version: Their `apiVersion`.
            kind: Their kind.
            space: Their namespace.
            **selectors: `field_selector`, `label_selector`.
        """
        path = self._path(self.kind(version, kind), space, None)
        items = self._request("get", path, **selectors).get("items", [])
        # A list names the kind once, and its items do not.
        return [{"apiVersion": version, "kind": kind, **item} for item in items]

    def create(self, obj: dict[str, Any], *, preview: bool) -> dict[str, Any]:
        """POST the object; one that exists is an error."""
        path = self._path(self.kind_of(obj), _space(obj), None)
        options = {"field_manager": CREATOR, **_dry(preview)}
        return self._request("post", path, body=obj, **options)

    def apply(
        self, obj: dict[str, Any], *, manager: str, force: bool, preview: bool
    ) -> dict[str, Any]:
        """Apply the object server-side: fields left out are given up."""
        options = {
            "content_type": _APPLY,
            "field_manager": manager,
            "force_conflicts": force,
            **_dry(preview),
        }
        return self._request("patch", self._path_of(obj), body=obj, **options)

    def replace(self, obj: dict[str, Any], *, preview: bool) -> dict[str, Any]:
        """PUT the object, which carries the `resourceVersion` that it replaces."""
        options = {"field_manager": CREATOR, **_dry(preview)}
        return self._request("put", self._path_of(obj), body=obj, **options)

    def patch(self, obj: dict[str, Any], patch: list[dict[str, Any]]) -> dict[str, Any]:
        """Apply a JSON patch to the live object that `obj` names."""
        path = self._path_of(obj)
        return self._request("patch", path, body=patch, content_type=_JSON_PATCH)

    def delete(self, obj: dict[str, Any], *, policy: str) -> None:
        """Ask for the deletion of this very object, not of one of the same name.

        Raises:
            ApiError: Status 404 where it is gone, 409 where another object has
                its name by now.
        """
        body: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": policy,
        }
        if uid := metadata(obj).get("uid"):
            body["preconditions"] = {"uid": uid}
        self._request("delete", self._path_of(obj), body=body)

    def _connected(self) -> DynamicClient:
        with self._lock:
            if self._client is None:
                self._client = DynamicClient(self._api, cache_file=_NO_FILE)
            return self._client

    def _path_of(self, obj: dict[str, Any]) -> str:
        return self._path(self.kind_of(obj), _space(obj), name_of(obj))

    @staticmethod
    def _path(resource: Resource, space: str, name: str | None) -> str:
        namespace = (space or "default") if resource.namespaced else None
        return resource.path(name=name, namespace=namespace)

    def _request(
        self,
        method: Literal["get", "post", "put", "patch", "delete"],
        path: str,
        **options: Any,
    ) -> dict[str, Any]:
        try:
            answer = self._connected().request(
                method, path, serialize=False, _request_timeout=_TIMEOUTS, **options
            )
        except ApiException as error:
            raise ApiError(error) from error
        except (HTTPError, OSError) as error:
            raise _unreachable(self._api, error) from error
        return json.loads(answer.data)


def _space(obj: dict[str, Any]) -> str:
    return metadata(obj).get("namespace") or ""


def _dry(preview: bool) -> dict[str, str]:
    return {"dry_run": "All"} if preview else {}


def _unreachable(api: ApiClient, error: Exception) -> ProviderError:
    host = api.configuration.host
    return ProviderError(f"the Kubernetes API server {host} cannot be reached: {error}")
