"""An environment and a team in it as two stacks, the team by credentials of its own."""

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

from sandbox.cluster import Cluster
from tests.engine.stacks import Stack, quick_job

pytestmark = pytest.mark.engine


@dataclass(frozen=True)
class Pair:
    """A platform's stack and a team's.

    Attributes:
        platform: The environment; its name is the team's as well.
        team: The team's stack.
        kubeconfig: The deployer's, once it is written.
    """

    platform: Stack
    team: Stack
    kubeconfig: Path


@pytest.fixture
def pair(
    cluster: Cluster, busybox: str, api: client.ApiClient, tmp_path: Path
) -> Iterator[Pair]:
    name = f"t{secrets.token_hex(3)}"
    data = Path("/var/lib/ml-storage/test") / name
    platform = Stack(name, tmp_path, data)
    del platform.config["team"]
    environment = platform.config["platform"]
    environment["storage"] = {
        "models": {"kind": "host-path", "path": str(data / "models")},
        "datasets": {"kind": "host-path", "path": str(data / "datasets")},
    }
    environment["teams"][name] = {
        "quota": {"storage": {f"{name}-shared": "2Gi"}},
        "limits": {"default": {"memory": "128Mi"}},
        "grants": {"models": {"access": "read-write", "prefix": "vision"}},
    }
    team = Stack(f"{name}-team", tmp_path, data)
    kubeconfig = tmp_path / "deployer"
    team.config = {
        "team": {
            "name": name,
            "platform": name,
            "cluster": {"context": "deployer", "kubeconfig": str(kubeconfig)},
            "volumes": {
                "models": {"from": "models"},
                "out": {
                    "kind": "claim",
                    "storageClass": f"{name}-shared",
                    "size": "1Gi",
                    "onDelete": "delete",
                },
            },
            "jobs": {
                "write": quick_job(
                    "echo trained > /models/state; echo seen > /out/seen",
                    mounts={"/models": "models", "/out": "out"},
                )
            },
        }
    }
    yield Pair(platform, team, kubeconfig)
    team.remove(api)
    platform.remove(api)


def write_kubeconfig(pair: Pair, cluster: Cluster, api: client.ApiClient) -> None:
    """The credentials of the team's `deployer` account, and of nobody else."""
    namespace = pair.platform.name
    issued: Any = client.CoreV1Api(api).create_namespaced_service_account_token(
        "deployer",
        namespace,
        client.AuthenticationV1TokenRequest(
            spec=client.V1TokenRequestSpec(audiences=[], expiration_seconds=3600)
        ),
    )
    credential = pair.kubeconfig.with_suffix(".json")
    credential.write_text(
        json.dumps(
            {
                "apiVersion": "client.authentication.k8s.io/v1",
                "kind": "ExecCredential",
                "status": {"token": issued.status.token},
            }
        )
    )
    admin = yaml.safe_load(cluster.kubeconfig.read_text())
    command = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "/bin/cat",
        "args": [str(credential)],
        "interactiveMode": "Never",
    }
    names = {"cluster": admin["clusters"][0]["name"], "user": "deployer"}
    own = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": admin["clusters"],
        "users": [{"name": "deployer", "user": {"exec": command}}],
        "contexts": [{"name": "deployer", "context": names}],
        "current-context": "deployer",
    }
    pair.kubeconfig.write_text(yaml.safe_dump(own))


def test_a_team_deploys_with_its_own_credentials_and_can_do_no_more(
    pair: Pair, cluster: Cluster, api: client.ApiClient
) -> None:
    said = pair.team.up(fails=True)
    assert "CON07" in said or "CON06" in said, "the environment has no file yet"
    pair.platform.write()
    pair.kubeconfig.write_text("{}")
    said = pair.team.up(fails=True)
    assert "not deployed yet" in " ".join(said.split())
    assert "[CON05]" in said

    pair.platform.up()
    write_kubeconfig(pair, cluster, api)
    said = pair.team.up()
    assert "Complete" in said
    state = pair.platform.data / "models" / "vision" / "state"
    assert state.read_text() == "trained\n"
    unchanged(pair)

    refused(pair, cluster)
    drift(pair)
    pair.team.down()
    assert state.exists()


def unchanged(pair: Pair) -> None:
    said = pair.team.up()
    assert re.search(r"^ +\d+ unchanged$", said, re.MULTILINE)
    assert not re.search(r"\d+ (created|updated|deleted|replaced)", said)


def refused(pair: Pair, cluster: Cluster) -> None:
    """What the deployer tries beyond the team's own affairs is forbidden."""
    namespace = pair.platform.name
    with config.new_client_from_config(
        str(pair.kubeconfig), context="deployer"
    ) as mine:
        core = client.CoreV1Api(mine)
        rbac = client.RbacAuthorizationV1Api(mine)
        meta = client.V1ObjectMeta
        claim = client.V1PersistentVolumeClaim(metadata=meta(name="a"))
        quota = client.V1ResourceQuota(metadata=meta(name="team"))
        tries: dict[str, Any] = {
            "another namespace": lambda: core.list_namespaced_secret("default"),
            "a claim in another namespace": lambda: (
                core.create_namespaced_persistent_volume_claim("default", claim)
            ),
            "its own quota": lambda: core.patch_namespaced_resource_quota(
                "team", namespace, {"spec": {"hard": {"pods": "100"}}}
            ),
            "no quota": lambda: core.delete_namespaced_resource_quota(
                "team", namespace
            ),
            "another quota": lambda: core.create_namespaced_resource_quota(
                namespace, quota
            ),
            "its own limits": lambda: core.delete_namespaced_limit_range(
                "team", namespace
            ),
            "its own rights": lambda: rbac.patch_namespaced_role(
                "deployer", namespace, {"rules": []}
            ),
            "a binding": lambda: rbac.delete_namespaced_role_binding(
                "deployer", namespace
            ),
            "a token": lambda: core.create_namespaced_service_account_token(
                "deployer", namespace, client.AuthenticationV1TokenRequest(spec={})
            ),
            "its namespace": lambda: core.patch_namespace(
                namespace,
                {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": None}}},
            ),
            "a namespace": lambda: core.create_namespace(
                client.V1Namespace(metadata=meta(name="mine"))
            ),
            "a PersistentVolume": core.list_persistent_volume,
            "a StorageClass": lambda: client.StorageV1Api(mine).list_storage_class(),
            "a node": core.list_node,
        }
        for what, attempt in tries.items():
            with pytest.raises(ApiException) as error:
                attempt()
            assert error.value.status == 403, what
        # The guardrails are there to be seen.
        assert core.read_namespaced_resource_quota("team", namespace)
        pod = client.V1Pod(
            metadata=meta(name="node"),
            spec=client.V1PodSpec(
                containers=[client.V1Container(name="a", image="a:1")],
                volumes=[
                    client.V1Volume(
                        name="node",
                        host_path=client.V1HostPathVolumeSource(path="/etc"),
                    )
                ],
            ),
        )
        with pytest.raises(ApiException, match="PodSecurity"):
            core.create_namespaced_pod(namespace, pod)


def drift(pair: Pair) -> None:
    """What the environment's YAML says now is not what is deployed."""
    storage = pair.platform.config["platform"]["storage"]
    models = storage["models"]
    storage["models"] = {**models, "access": "read-only"}
    pair.platform.write()
    said = " ".join(pair.team.up(fails=True).split())
    assert "[CON03]" in said
    assert "storage.models.access" in said
    # What another team is granted is none of this one's affair.
    storage["models"] = models
    pair.platform.config["platform"]["teams"]["other"] = {}
    pair.platform.write()
    unchanged(pair)
    # The file goes with the team into another repository.
    exported = pair.platform.pulumi("stack", "output", "contract", "--json")
    contract = pair.kubeconfig.with_name("contract.json")
    contract.write_text(exported[exported.index("{") :])
    assert json.loads(contract.read_text())["environment"] == pair.platform.name
    assert "apiVersion" not in exported
    assert "token" not in exported
