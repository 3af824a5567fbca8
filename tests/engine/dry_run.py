"""What the real API server says of objects that are not made."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kubernetes import client

from components.kubernetes.team_space import DEPLOYER, WORKLOAD
from tests.engine.generated_programs import ACCOUNT

Manifest = dict[str, Any]

_PLURALS = {
    "StorageClass": "storageclasses",
    "VolumeSnapshotClass": "volumesnapshotclasses",
}
_CLUSTER = ("Namespace", "PersistentVolume", "StorageClass", "VolumeSnapshotClass")
_LEVEL = "pod-security.kubernetes.io/enforce"


class Server:
    """The API server, by one connection that stays open.

    Attributes:
        namespaces: The namespaces that were made, to be deleted.
        asked: How many objects of each kind it was shown.
    """

    def __init__(self, api: client.ApiClient) -> None:
        self._api: Any = api
        self._spaces: dict[str, str] = {}
        self.namespaces: list[str] = []
        self.asked: Counter[str] = Counter()

    def refusals(self, manifests: Sequence[Manifest], namespace: str) -> list[str]:
        """Why objects would not be made in `namespace`, of those that would not."""
        self.asked.update(manifest["kind"] for manifest in manifests)
        with ThreadPoolExecutor(4) as pool:
            found = pool.map(lambda each: self._refusal(each, namespace), manifests)
            return [why for why in found if why is not None]

    def _refusal(self, manifest: Manifest, namespace: str) -> str | None:
        named = {**manifest.get("metadata", {})}
        scoped = manifest["kind"] not in _CLUSTER
        if scoped:
            named["namespace"] = namespace
        body = {**manifest, "metadata": named}
        status, said = self._post(
            body, namespace if scoped else "", "dryRun=All&fieldValidation=Strict"
        )
        # One of that name is there, perhaps the sandbox's own: it was valid.
        there = status == 409 and said.get("reason") == "AlreadyExists"
        if status < 300 or (there and manifest["kind"] != "Namespace"):
            return None
        name = manifest.get("metadata", {}).get("name", "")
        return f"{manifest['kind']} {name[:80]}: {said.get('message', said)}"

    def space(self, level: str, limits: Manifest | None) -> tuple[str, str | None]:
        """A namespace that enforces the Pod Security Standard `level`.

        Args:
            level: The standard.
            limits: A LimitRange for it. One that is refused is left out.

        Returns:
            Its name, and why the LimitRange was refused.
        """
        if limits is None and level in self._spaces:
            return self._spaces[level], None
        space = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"generateName": "accepted-", "labels": {_LEVEL: level}},
        }
        name = self._made(space, "")["metadata"]["name"]
        self.namespaces.append(name)
        for account in (WORKLOAD, DEPLOYER, ACCOUNT):
            metadata = {"name": account}
            self._made(
                {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
                name,
            )
        if limits is None:
            self._spaces[level] = name
            return name, None
        metadata = {**limits["metadata"], "namespace": name}
        status, said = self._post({**limits, "metadata": metadata}, name, "")
        return name, None if status < 300 else f"LimitRange: {said.get('message')}"

    def _made(self, body: Manifest, namespace: str) -> Manifest:
        status, said = self._post(body, namespace, "")
        assert status < 300, said
        return said

    def _post(self, body: Manifest, namespace: str, query: str) -> tuple[int, Any]:
        group, kind = body["apiVersion"], body["kind"]
        root = f"/apis/{group}" if "/" in group else f"/api/{group}"
        inside = f"/namespaces/{namespace}" if namespace else ""
        plural = _PLURALS.get(kind, f"{kind.lower()}s")
        headers = {"Content-Type": "application/json"}
        for auth in self._api.configuration.auth_settings().values():
            headers[auth["key"]] = auth["value"]
        # The pool beneath the client: its models would take longer than the server.
        answer = self._api.rest_client.pool_manager.request(
            "POST",
            f"{self._api.configuration.host}{root}{inside}/{plural}?{query}",
            body=json.dumps(body).encode(),
            headers=headers,
        )
        return answer.status, json.loads(answer.data)


def made_from(manifest: Manifest) -> Iterator[Manifest]:
    """What controllers make of an object: Jobs of JobSets, pods, their claims.

    Nothing but the making of a pod asks the Pod Security Standard, the limits of
    the namespace and the rules for volumes.
    """
    kind, name = manifest["kind"], manifest["metadata"]["name"]
    spec = manifest.get("spec", {})
    if kind == "JobSet":
        for group in spec["replicatedJobs"]:
            last = f"{name}-{group['name']}-{group.get('replicas', 1) - 1}"
            job = {"apiVersion": "batch/v1", "kind": "Job", **group["template"]}
            job["metadata"] = {**group["template"].get("metadata", {}), "name": last}
            yield job
            yield from made_from(job)
    if kind not in ("Job", "Deployment"):
        return
    template = spec["template"]
    pod = dict(template["spec"])
    labels = dict(template.get("metadata", {}).get("labels", {}))
    if kind == "Job":
        labels |= {"batch.kubernetes.io/job-name": name}
        if spec.get("completionMode") == "Indexed":
            index = str(spec["completions"] - 1)
            pod["hostname"] = f"{name}-{index}"
            labels["batch.kubernetes.io/job-completion-index"] = index
    metadata = {
        **template.get("metadata", {}),
        "labels": labels,
        "generateName": f"{name}-",
    }
    yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod}
    for volume in pod.get("volumes", []):
        if "ephemeral" in volume:
            claim = volume["ephemeral"]["volumeClaimTemplate"]
            yield {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": f"{name[:57]}-abcde-{volume['name']}"},
                "spec": claim["spec"],
            }
