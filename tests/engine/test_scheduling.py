"""Where the real scheduler puts the pods of a team's jobs, on nodes as GKE has them.

The jobs are those that the stacks' YAML declares, and so are the nodes, which are
not there (`fake_nodes`): a pod that has one does not start.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from components.catalog import gcp_tpus
from components.kubernetes.access import READER, WORKLOAD
from components.kubernetes.job import JobArgs, job_fields
from components.kubernetes.job_spec import JobSpec
from components.kubernetes.labels import JOB, POOL
from components.testing import Deployment
from sandbox import cluster as sandbox
from stacks.config import PlatformConfig
from stacks.contract import Contract
from stacks.load import from_file, from_values
from stacks.testing import deploy_stack
from tests.engine.fake_nodes import delete_pods, fake_nodes, nodes_of, until

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nodes")]

STRICT = "Strict"
PROGRAM = {"image": "image:1", "command": ["train"]}
PLATFORM: dict[str, Any] = {
    "cloud": "gcp",
    "project": "ml-prod-123456",
    "region": "us-central1",
    "cluster": {"existing": "prod"},
    "addOns": {"gpu-feature-discovery": {"existing": True}},
    "nodePools": {
        "four-gpus": {
            "machine": "a2-highgpu-4g",
            "nodes": {"max": 2},
            "zones": ["us-central1-a"],
        },
        "two-gpus": {
            "machine": "g2-standard-24",
            "nodes": {"max": 1},
            "zones": ["us-central1-a"],
        },
        "host": {
            "tpu": "v6e",
            "topology": "2x4",
            "machine": "ct6e-standard-8t",
            "nodes": {"max": 2},
            "zones": ["us-central1-b"],
        },
        "pair": {
            "tpu": "v6e",
            "topology": "2x4",
            "machine": "ct6e-standard-4t",
            "zones": ["us-central1-b"],
        },
        "slices": {
            "tpu": "v6e",
            "topology": "4x4",
            "slices": 2,
            "zones": ["us-central1-b"],
        },
    },
    "teams": {"language": {}},
}
EXAMPLES = Path(__file__).parents[2] / "examples" / "gcp"
SLICE = {"pool": "slices", "count": 4, "tpus": 4}
# Long enough for the scheduler to have tried every pod that it could place.
_SETTLED_SECONDS = 3
_ROUNDS = 3
_INDEXES = 4


class Teams:
    """Namespaces in a real cluster, and the jobs of stacks in them."""

    def __init__(self, api: client.ApiClient) -> None:
        self._batch: Any = client.BatchV1Api(api)
        self._core: Any = client.CoreV1Api(api)
        self._jobs: set[tuple[str, str]] = set()
        self._volumes: list[str] = []

    def start(self, namespace: str, jobs: Mapping[str, Any]) -> None:
        """Create Jobs at once, in no certain order."""
        named = list(jobs.items())
        random.shuffle(named)

        def create(job: tuple[str, Any]) -> None:
            name, spec = job
            body = {"metadata": {"name": name}, "spec": spec}
            self._batch.create_namespaced_job(namespace, body, field_validation=STRICT)

        self._jobs |= {(namespace, name) for name, _ in named}
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(create, named))

    def admit(self, namespace: str) -> None:
        """Make the accounts that the pods of a team have."""
        for name in (WORKLOAD, READER):
            account = {"metadata": {"name": name}}
            self._core.create_namespaced_service_account(namespace, account)

    def bind(self, namespace: str, environment: Deployment, team: str) -> None:
        """Make what a team was granted, and wait until its claims have volumes."""
        claims = {
            claim.inputs["metadata"]["name"]: claim.inputs["spec"]
            for claim in environment.all("kubernetes:core/v1:PersistentVolumeClaim")
            if claim.inputs["metadata"]["namespace"] == team
        }
        for made in environment.all("kubernetes:core/v1:PersistentVolume"):
            if made.inputs["spec"]["claimRef"]["namespace"] != team:
                continue
            claim = made.inputs["spec"]["claimRef"]["name"]
            name = f"{namespace}-{claim}"
            reference = {"namespace": namespace, "name": claim}
            spec = {**made.inputs["spec"], "claimRef": reference}
            body = {"metadata": {"name": name}, "spec": spec}
            self._core.create_persistent_volume(body)
            self._volumes.append(name)
            body = {"metadata": {"name": claim}, "spec": claims[claim]}
            body["spec"] = {**body["spec"], "volumeName": name}
            self._core.create_namespaced_persistent_volume_claim(namespace, body)

        def bound() -> bool:
            found = self._core.list_namespaced_persistent_volume_claim(namespace)
            return all(claim.status.phase == "Bound" for claim in found.items)

        until(bound, "claims to be bound")

    def placed(self, namespace: str, name: str) -> list[str]:
        """The nodes of the pods of a Job; of one without it stands no name."""
        return sorted(pod.spec.node_name or "" for pod in self._pods(namespace, name))

    def _pods(self, namespace: str, name: str) -> list[Any]:
        selector = f"{JOB}={name}"
        return self._core.list_namespaced_pod(namespace, label_selector=selector).items

    def wait(self, namespace: str, name: str, pods: int) -> list[str]:
        """The nodes of a Job's pods, once all of them have one."""

        def all_placed() -> bool:
            return len([node for node in self.placed(namespace, name) if node]) == pods

        until(all_placed, f"{pods} pods of {name}")
        return self.placed(namespace, name)

    def end(self, *jobs: tuple[str, str]) -> None:
        """Delete Jobs, each by namespace and name, and then their pods."""
        for namespace, name in jobs:
            self._jobs.discard((namespace, name))
            self._batch.delete_namespaced_job(
                name, namespace, propagation_policy="Background"
            )

        def gone() -> bool:
            pods = [pod for job in jobs for pod in self._pods(*job)]
            delete_pods(self._core, pods)
            return not pods

        until(gone, f"the pods of {jobs} to go")

    def end_all(self) -> None:
        """Delete every Job that was started, and every volume."""
        self.end(*self._jobs)
        for name in self._volumes:
            # Its claim goes with the namespace; it holds nothing.
            self._core.patch_persistent_volume(name, {"metadata": {"finalizers": None}})
            self._core.delete_persistent_volume(name)


def pools_of(platform: Mapping[str, Any]) -> dict[str, Any]:
    """The pools of an environment's section."""
    made = PlatformConfig.model_validate(platform, by_alias=True, by_name=False)
    return dict(made.node_pools)


@pytest.fixture(scope="module")
def nodes(cluster: sandbox.Cluster) -> Iterator[list[str]]:
    made = nodes_of(pools_of(PLATFORM))
    with sandbox.client() as connection, fake_nodes(connection, made) as names:
        yield names


@pytest.fixture
def teams(api: client.ApiClient, namespace: str, second: str) -> Iterator[Teams]:
    made = Teams(api)
    made.admit(namespace)
    made.admit(second)
    yield made
    made.end_all()


@pytest.fixture
def second(api: client.ApiClient) -> Iterator[str]:
    """Another team's namespace."""
    core: Any = client.CoreV1Api(api)
    made = core.create_namespace({"metadata": {"generateName": "test-"}})
    yield made.metadata.name
    core.delete_namespace(made.metadata.name, grace_period_seconds=0)


def rendered(
    jobs: Mapping[str, Any], platform: Mapping[str, Any] = PLATFORM
) -> dict[str, Any]:
    """The `spec` of every Job of a team, by its name."""
    made = PlatformConfig.model_validate(platform, by_alias=True, by_name=False)
    team = {
        "name": "language",
        "platform": "prod",
        "cluster": {"context": "language"},
        "jobs": {name: {**PROGRAM, **job} for name, job in jobs.items()},
    }
    contract = Contract.of(made, "prod", {}).as_output()
    return jobs_of({"ml-storage:team": team}, contract)


def jobs_of(stack: Any, contract: Any = None) -> dict[str, Any]:
    """The `spec` of every Job of a team's stack."""
    return specs_of(deploy_stack(stack, contract=contract))


def specs_of(deployed: Deployment) -> dict[str, Any]:
    """The `spec` of every Job that a stack makes."""
    return {
        job.inputs["metadata"]["name"]: job.inputs["spec"]
        for job in deployed.all("kubernetes:batch/v1:Job")
    }


def slices(nodes: list[str]) -> set[str]:
    """The node pools of nodes, as `fake_nodes` calls them."""
    return {node.removeprefix("fake-").rpartition("-")[0] for node in nodes}


def test_a_job_on_one_host_has_its_node(teams: Teams, namespace: str) -> None:
    jobs = {"tune": {"nodes": {"pool": "host", "tpus": 8}}}
    teams.start(namespace, rendered(jobs))
    assert slices(teams.wait(namespace, "tune", 1)) == {"host"}


def test_gpus_are_found_by_pool_and_product(teams: Teams, namespace: str) -> None:
    a100 = {"gpuProducts": ["NVIDIA-A100-SXM4-40GB"]}
    jobs = {
        "large": {"nodes": {"pool": "four-gpus", "gpus": 4, **a100}},
        "small": {"nodes": {"pool": "two-gpus", "gpus": 2}},
        "anywhere": {"nodes": {"gpus": 4, **a100}},
    }
    teams.start(namespace, rendered(jobs))
    assert slices(teams.wait(namespace, "large", 1)) == {"four-gpus"}
    assert slices(teams.wait(namespace, "anywhere", 1)) == {"four-gpus"}
    assert slices(teams.wait(namespace, "small", 1)) == {"two-gpus"}


def test_one_topology_of_two_machines(teams: Teams, namespace: str) -> None:
    """2x4 is one node of eight chips here and two of four there."""
    jobs = {"pair": {"nodes": {"pool": "pair", "count": 2, "tpus": 4}}}
    teams.start(namespace, rendered(jobs))
    assert slices(teams.wait(namespace, "pair", 2)) == {"pair-0"}


@pytest.mark.parametrize("seed", range(_ROUNDS))
def test_each_job_has_a_slice_for_itself(
    teams: Teams, namespace: str, second: str, seed: int
) -> None:
    """Two jobs of two teams at once, on two slices; the third waits for one."""
    random.seed(seed)
    job = rendered({"pretrain": {"nodes": SLICE}})
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda space: teams.start(space, job), (namespace, second)))
    one = teams.wait(namespace, "pretrain", 4)
    two = teams.wait(second, "pretrain", 4)
    assert len(set(one)) == len(set(two)) == 4
    assert len(slices(one)) == len(slices(two)) == 1
    assert slices(one) | slices(two) == {"slices-0", "slices-1"}

    teams.start(namespace, rendered({"third": {"nodes": SLICE}}))
    time.sleep(_SETTLED_SECONDS)
    assert teams.placed(namespace, "third") == [""] * 4
    freed = slices(one)
    teams.end((namespace, "pretrain"))
    assert slices(teams.wait(namespace, "third", 4)) == freed


def test_half_a_slice_is_none(teams: Teams, namespace: str) -> None:
    """Without the rest of its nodes in one slice, a job's pods do not go elsewhere."""
    job = rendered({"first": {"nodes": SLICE}, "next": {"nodes": SLICE}})
    teams.start(namespace, {"first": job["first"]})
    first = slices(teams.wait(namespace, "first", 4))
    teams.start(namespace, {"next": job["next"]})
    after = slices(teams.wait(namespace, "next", 4))
    assert len(first) == len(after) == 1
    assert first != after


def test_a_topology_that_there_is_not(teams: Teams, namespace: str) -> None:
    """The check refuses it; past the check, its pods wait for ever."""
    wrong = {"tpu": "v6e", "topology": "4x2", "zones": ["us-central1-b"]}
    pools = {**PLATFORM["nodePools"], "wrong": wrong}
    sections = {"platform": {**PLATFORM, "nodePools": pools}}
    loaded = from_values(sections, Path("Pulumi.prod.yaml"), "Pulumi.prod.yaml")
    (problem,) = [
        found.problem for found in loaded.found if found.problem.rule == "TPU01"
    ]
    assert (problem.value, problem.nearest) == ("4x2", "2x4")
    assert loaded.config is None

    spec = JobSpec.model_validate({**PROGRAM, "nodes": {"tpus": 8}})
    for name, topology in (("wrong", "4x2"), ("right", "2x4")):
        selector = {POOL: "host", gcp_tpus.TOPOLOGY_LABEL: topology}
        given = JobArgs(spec=spec, namespace=namespace, node_selector=selector)
        teams.start(namespace, {name: job_fields(name, given)})
    assert slices(teams.wait(namespace, "right", 1)) == {"host"}
    time.sleep(_SETTLED_SECONDS)
    assert teams.placed(namespace, "wrong") == [""]


@pytest.mark.parametrize(
    ("environment", "team"), [("prod", "language-prod"), ("prod", "vision-prod")]
)
def test_the_jobs_of_an_example(
    api: client.ApiClient, teams: Teams, namespace: str, environment: str, team: str
) -> None:
    """Each of them alone in its environment: with its volumes, on its pool's nodes."""
    platform = from_file(EXAMPLES / f"Pulumi.{environment}.yaml").config
    config = from_file(EXAMPLES / f"Pulumi.{team}.yaml").config
    assert platform is not None
    assert platform.platform is not None
    assert config is not None
    assert config.team is not None
    specs = specs_of(deploy_stack(EXAMPLES / f"Pulumi.{team}.yaml"))
    granted = deploy_stack(EXAMPLES / f"Pulumi.{environment}.yaml")
    there = nodes_of(platform.platform.node_pools)
    pools = {
        node["metadata"]["name"]: node["metadata"]["labels"][POOL] for node in there
    }
    with fake_nodes(api, there):
        teams.bind(namespace, granted, config.team.name)
        for name, job in config.team.jobs.items():
            spec = specs[name]
            if job.indexes is not None:
                # A few are enough to see where they go.
                spec = {**spec, "completions": _INDEXES, "parallelism": _INDEXES}
            pods = job.pods if job.indexes is None else _INDEXES
            teams.start(namespace, {name: spec})
            nodes = teams.wait(namespace, name, pods)
            found = {pools[node] for node in nodes}
            assert found == {job.nodes.pool}, name
            if job.on_slices:
                assert len(slices(nodes)) == 1, name
            teams.end((namespace, name))
