from __future__ import annotations

import copy
from typing import Any

import pulumi
import pytest

from components.kubernetes.claim import Claim, ClaimArgs
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.job import Job, JobArgs, digest, job_fields
from components.kubernetes.job_spec import JobSpec
from components.kubernetes.mountable import Mount, Mountable, PodNeeds
from components.kubernetes.scratch_spec import ScratchSpec
from components.testing import Deployment

JOB = "kubernetes:batch/v1:Job"
BASE: dict[str, Any] = {"image": "image", "command": ["train"]}


def job_spec(**spec: Any) -> JobSpec:
    return JobSpec.model_validate({**BASE, **spec})


def args(mounts: list[Mount] | None = None, **spec: Any) -> JobArgs:
    return JobArgs(spec=job_spec(**spec), namespace="dev", mounts=mounts or [])


def fields(mounts: list[Mount] | None = None, **spec: Any) -> dict[str, Any]:
    return job_fields("train", args(mounts, **spec))


def container(made: dict[str, Any]) -> dict[str, Any]:
    (only,) = made["template"]["spec"]["containers"]
    return only


def scratch(size: str = "1Gi", medium: str = "disk") -> ScratchSpec:
    given = {"kind": "scratch", "size": size, "medium": medium}
    return ScratchSpec.model_validate(given)


def mount(volume: Mountable, path: str = "/a", **more: Any) -> Mount:
    return Mount(name=more.pop("name", "a"), path=path, volume=volume, **more)


class Shared(ScratchSpec):
    """A volume of several pods, for mounts alone."""

    read_only_: bool = False

    @property
    def read_only(self) -> bool:
        return self.read_only_


def shared(*, read_only: bool = False) -> Shared:
    return Shared(kind="scratch", size="1Gi", read_only_=read_only)


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"indexes": 4, "parallelism": 2},
        {"indexes": 1, "retries": 0, "await": True, "graceSeconds": 0},
        {"env": {"A": "b"}, "nodes": {"gpus": 2, "gpuProducts": ["NVIDIA-A10G"]}},
        {"resources": {"requests": {"cpu": 1, "memory": "1Gi"}}},
        {"resources": {"limits": {"cpu": "500m", "memory": "1Gi"}}},
        {"nodes": {"count": 4, "gpus": 2}, "deadline": "12h", "queue": "gold"},
    ],
)
def test_kubernetes_takes_it(deploy_with: Any, spec: dict[str, Any]) -> None:
    """The harness checks the object against the strict schema."""
    mounts = [mount(scratch()), mount(scratch(medium="memory"), "/b", name="b")]
    deployed = deploy_with(lambda opts: Job("train", args(mounts, **spec), opts))
    job = deployed.one(JOB)
    assert job.parent == deployed.one("ml-storage:index:Job").urn
    assert job.inputs["metadata"]["name"] == "train"
    assert job.inputs["metadata"]["namespace"] == "dev"


def test_a_run_is_not_touched_and_a_new_one_replaces_it(deploy_with: Any) -> None:
    job = deploy_with(lambda opts: Job("train", args(run=3), opts)).one(JOB)
    metadata = job.inputs["metadata"]
    assert metadata["labels"] == {"ml-storage/job": "train", "ml-storage/run": "3"}
    assert set(job.ignore_changes) == {
        "spec",
        'metadata.annotations["ml-storage/running"]',
        'metadata.labels["kueue.x-k8s.io/queue-name"]',
    }
    assert job.replace_on_changes == ('metadata.labels["ml-storage/run"]',)
    assert job.delete_before_replace
    annotations = metadata["annotations"]
    assert annotations["pulumi.com/deletionPropagationPolicy"] == "foreground"
    assert annotations["ml-storage/running"] == annotations["ml-storage/declared"]
    # A finished Job that Kubernetes removed would be started again.
    assert "ttlSecondsAfterFinished" not in job.inputs["spec"]
    assert not job.protect


@pytest.mark.parametrize("wait", [False, True])
def test_a_deployment_waits_for_it_when_asked(deploy_with: Any, wait: bool) -> None:
    job = deploy_with(
        lambda opts: Job(
            "train", JobArgs(spec=job_spec(**{"await": wait}), namespace="dev"), opts
        )
    ).one(JOB)
    assert ("pulumi.com/waitFor" in job.inputs["metadata"]["annotations"]) != wait
    assert "pulumi.com/skipAwait" not in job.inputs["metadata"]["annotations"]


@pytest.mark.parametrize("image", ["image", "other"])
def test_an_edited_image_waits_for_a_new_run(
    deploy_with: Any, preview: bool, image: str
) -> None:
    running = digest(fields())
    live = {
        "metadata": {"name": "train", "annotations": {"ml-storage/running": running}}
    }

    def make(opts: pulumi.ResourceOptions) -> dict[str, Any]:
        return {"pending": Job("train", args(image=image), opts).pending}

    deployed: Deployment = deploy_with(
        make, outputs=lambda r: live if r.type == JOB else {}
    )
    annotations = deployed.one(JOB).inputs["metadata"]["annotations"]
    pending = image != "image"
    assert (annotations["ml-storage/declared"] != running) == pending
    warnings = [text for level, text in deployed.messages if level == "warning"]
    assert deployed.outputs == {"pending": pending}
    assert bool(warnings) == pending, preview
    if pending:
        assert "run: 2" in warnings[0]
        assert running in warnings[0]


def test_the_digest_is_of_the_content() -> None:
    one = fields(env={"A": "1", "B": "2"}, nodes={"gpus": 1})
    same = fields(nodes={"gpus": 1}, env={"B": "2", "A": "1"})
    assert digest(one) == digest(same)
    assert digest(one) == digest(copy.deepcopy(one))
    changes: list[dict[str, Any]] = [
        {"image": "other"},
        {"command": ["train", "--fast"]},
        {"env": {"A": "1"}},
        {"run": 2},
        {"indexes": 2},
        {"retries": 1},
        {"graceSeconds": 5},
        {"resources": {"requests": {"cpu": 1}}},
        {"nodes": {"count": 2}},
        {"deadline": "1h"},
    ]
    digests = {digest(fields(**change)) for change in changes}
    assert len({*digests, digest(fields())}) == len(changes) + 1


def test_single() -> None:
    made = fields(retries=2)
    assert made["backoffLimit"] == 2
    assert not {"completions", "completionMode", "backoffLimitPerIndex"} & set(made)
    # Two attempts at one thing never write at the same time.
    assert made["podReplacementPolicy"] == "Failed"


@pytest.mark.parametrize("shape", [{}, {"indexes": 3}, {"nodes": {"count": 2}}])
def test_a_reclaimed_pod_is_no_failed_one(shape: dict[str, Any]) -> None:
    (rule,) = fields(**shape)["podFailurePolicy"]["rules"]
    assert rule["action"] == "Ignore"
    assert rule["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]


@pytest.mark.parametrize(("parallelism", "pods"), [(None, 4), (2, 2), (9, 4)])
def test_indexed(parallelism: int | None, pods: int) -> None:
    made = fields(indexes=4, parallelism=parallelism, retries=2)
    assert made["completionMode"] == "Indexed"
    assert (made["completions"], made["parallelism"]) == (4, pods)
    assert made["backoffLimitPerIndex"] == 2
    assert "backoffLimit" not in made


def test_the_pod() -> None:
    made = fields(env={"B": "2", "A": "1"}, run=7, graceSeconds=5)
    pod = made["template"]["spec"]
    assert pod["restartPolicy"] == "Never"
    assert pod["terminationGracePeriodSeconds"] == 5
    assert pod["automountServiceAccountToken"] is False
    assert container(made)["env"] == [
        {"name": "A", "value": "1"},
        {"name": "B", "value": "2"},
        {"name": "ML_STORAGE_RUN", "value": "7"},
    ]
    assert made["template"]["metadata"]["labels"]["ml-storage/run"] == "7"
    assert not {"nodeSelector", "tolerations", "affinity"} & set(pod)


def test_gpus() -> None:
    made = fields(nodes={"gpus": 2, "gpuProducts": ["NVIDIA-A10G", "NVIDIA-L4"]})
    pod = made["template"]["spec"]
    resources = container(made)["resources"]
    assert resources["requests"]["nvidia.com/gpu"] == "2"
    assert resources["limits"]["nvidia.com/gpu"] == "2"
    assert {"key": "nvidia.com/gpu", "operator": "Exists"} in pod["tolerations"]
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    (term,) = pod["affinity"]["nodeAffinity"][required]["nodeSelectorTerms"]
    assert term["matchExpressions"] == [
        {
            "key": "nvidia.com/gpu.product",
            "operator": "In",
            "values": ["NVIDIA-A10G", "NVIDIA-L4"],
        }
    ]


def test_the_nodes_of_a_pool() -> None:
    spec = job_spec()
    taint = {"key": "ml", "operator": "Exists"}
    given = JobArgs(
        spec=spec, namespace="dev", node_selector={"pool": "a"}, tolerations=[taint]
    )
    pod = job_fields("train", given)["template"]["spec"]
    assert pod["nodeSelector"] == {"pool": "a"}
    assert pod["tolerations"] == [taint]


@pytest.mark.parametrize(
    ("resources", "requested", "limit"),
    [
        ({"requests": {"memory": "1Gi"}}, "1536Mi", "1536Mi"),
        ({"requests": {"memory": "1Gi"}, "limits": {"memory": "4Gi"}}, "1536Mi", "4Gi"),
        ({"limits": {"memory": "4Gi"}}, None, "4Gi"),
        ({}, None, None),
    ],
)
def test_memory_scratch_counts_as_memory(
    resources: dict[str, Any], requested: str | None, limit: str | None
) -> None:
    volume = scratch("512Mi", "memory")
    # Mounted twice it is still one volume.
    mounts = [mount(volume, "/dev/shm"), mount(volume, "/tmp")]
    made = container(fields(mounts, resources=resources))["resources"]
    assert made["requests"].get("memory") == requested
    assert made["limits"].get("memory") == limit
    assert "ephemeral-storage" not in made["requests"]


def test_disk_scratch_counts_as_ephemeral_storage() -> None:
    mounts = [mount(scratch("2Gi"), "/a"), mount(scratch("1Gi"), "/b", name="b")]
    made = fields(mounts, resources={"requests": {"memory": "1Gi"}})
    resources = container(made)["resources"]
    # One more for what the container itself writes, its logs included.
    assert resources["requests"]["ephemeral-storage"] == "4Gi"
    assert resources["limits"]["ephemeral-storage"] == "4Gi"
    assert resources["requests"]["memory"] == "1Gi"
    assert made["template"]["spec"]["volumes"] == [
        {"name": "a", "emptyDir": {"sizeLimit": "2Gi"}},
        {"name": "b", "emptyDir": {"sizeLimit": "1Gi"}},
    ]


@pytest.mark.parametrize(
    ("more", "directory"),
    [
        ({}, {}),
        ({"sub_path": "x"}, {"subPath": "x"}),
        (
            {"writers": "per-index"},
            {"subPathExpr": "train/index-$(JOB_COMPLETION_INDEX)"},
        ),
        (
            {"writers": "per-index", "sub_path": "x"},
            {"subPathExpr": "x/index-$(JOB_COMPLETION_INDEX)"},
        ),
        ({"writers": "sharded"}, {}),
        ({"writers": "per-index", "read_only": True}, {"readOnly": True}),
        ({"read_only": True, "sub_path": "x"}, {"readOnly": True, "subPath": "x"}),
    ],
)
def test_where_a_mount_leads(more: dict[str, Any], directory: dict[str, Any]) -> None:
    (made,) = container(fields([mount(shared(), **more)], indexes=2))["volumeMounts"]
    assert made == {"name": "a", "mountPath": "/a", **directory}


def test_a_read_only_volume_is_mounted_read_only() -> None:
    (made,) = container(fields([mount(shared(read_only=True))]))["volumeMounts"]
    assert made["readOnly"] is True


def test_it_mounts_a_claim_by_name(deploy_with: Any) -> None:
    given = {"kind": "claim", "storageClass": "fast", "size": "1Ti"}

    def make(opts: pulumi.ResourceOptions) -> None:
        spec = ClaimSpec.model_validate(given)
        claim = Claim("data", ClaimArgs(spec=spec, namespace="dev"), opts)
        after = pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(depends_on=[claim])
        )
        Job("train", args([mount(claim)]), after)

    deployed = deploy_with(make)
    job = deployed.one(JOB)
    assert job.inputs["spec"]["template"]["spec"]["volumes"] == [
        {"name": "a", "persistentVolumeClaim": {"claimName": "data"}}
    ]
    # Through its component: the Job goes first, and its claim after it.
    claim = deployed.one("kubernetes:core/v1:PersistentVolumeClaim")
    component = deployed.one("ml-storage:index:Job")
    assert job.parent == component.urn
    assert claim.urn in component.depends_on


def variables(made: dict[str, Any]) -> dict[str, Any]:
    return {
        entry["name"]: entry.get("value") or entry["valueFrom"]["fieldRef"]["fieldPath"]
        for entry in container(made)["env"]
    }


def test_several_nodes_are_one_program() -> None:
    made = fields(nodes={"count": 4}, retries=2)
    assert made["completionMode"] == "Indexed"
    assert made["completions"] == made["parallelism"] == 4
    # One lost pod takes the other three with it: twice so, and no third time.
    assert made["backoffLimit"] == 8
    assert "backoffLimitPerIndex" not in made
    assert made["podReplacementPolicy"] == "Failed"
    assert made["template"]["spec"]["subdomain"] == "train"
    found = variables(made)
    assert found["MASTER_ADDR"] == found["PET_MASTER_ADDR"] == "train-0.train"
    assert found["WORLD_SIZE"] == "4"
    # The pod's own number: JOB_COMPLETION_INDEX itself comes too late to refer to.
    index = "metadata.annotations['batch.kubernetes.io/job-completion-index']"
    assert found["RANK"] == found["PET_NODE_RANK"] == index


def test_no_retries_end_all_pods_with_the_first() -> None:
    assert fields(nodes={"count": 4}, retries=0)["backoffLimit"] == 0


@pytest.mark.parametrize(
    ("more", "processes"),
    [
        ({"nodes": {"count": 2}}, "1"),
        ({"nodes": {"count": 2, "gpus": 8}}, "8"),
        (
            {
                "nodes": {"count": 2, "gpus": 8},
                "rendezvous": {"port": 1234, "processesPerNode": 2},
            },
            "2",
        ),
    ],
)
def test_a_process_for_each_gpu(more: dict[str, Any], processes: str) -> None:
    found = variables(fields(**more))
    assert found["PET_NPROC_PER_NODE"] == processes
    port = more.get("rendezvous", {}).get("port", 29500)
    assert found["ML_STORAGE_COORDINATOR"] == f"train-0.train:{port}"
    assert ("RANK" in found) == (processes == "1")


def test_nodes_find_each_other_by_a_service_of_the_jobs_name(deploy_with: Any) -> None:
    given = args(nodes={"count": 4}, rendezvous={"port": 1234})
    deployed = deploy_with(lambda opts: Job("train", given, opts))
    service, job = deployed.one("kubernetes:core/v1:Service"), deployed.one(JOB)
    assert service.inputs["metadata"]["name"] == "train"
    template = job.inputs["spec"]["template"]
    assert template["spec"]["subdomain"] == service.inputs["metadata"]["name"]
    spec = service.inputs["spec"]
    assert spec["clusterIP"] == "None"
    # They look for each other before they are ready.
    assert spec["publishNotReadyAddresses"] is True
    assert spec["selector"].items() <= template["metadata"]["labels"].items()
    # A new run has other labels, and the same Service.
    assert "ml-storage/run" not in spec["selector"]
    assert [port["port"] for port in spec["ports"]] == [1234]
    # There before the first pod, and until the last one is gone.
    assert service.urn in job.depends_on


@pytest.mark.parametrize("spec", [{}, {"indexes": 4}, {"nodes": {"count": 1}}])
def test_pods_that_work_alone_meet_no_one(
    deploy_with: Any, spec: dict[str, Any]
) -> None:
    deployed = deploy_with(lambda opts: Job("train", args(**spec), opts))
    assert not deployed.all("kubernetes:core/v1:Service")
    made = fields(**spec)
    assert "subdomain" not in made["template"]["spec"]
    assert set(variables(made)) == {"ML_STORAGE_RUN"}


@pytest.mark.parametrize(
    ("spec", "pods", "all_pods", "numbered", "host"),
    [
        ({}, 1, 1, None, "train"),
        ({"indexes": 9, "parallelism": 2}, 2, 9, 9, "train-8"),
        ({"nodes": {"count": 4}}, 4, 4, 4, "train-3"),
        ({"nodes": {"count": 4}, "jobSet": {}}, 4, 4, 4, "train-nodes-0-3-abcde"),
        (
            {"nodes": {"count": 4}, "jobSet": {"replicas": 11}},
            *(44, 44, None),
            "train-nodes-10-3-abcde",
        ),
    ],
)
def test_how_many_pods(
    spec: dict[str, Any], pods: int, all_pods: int, numbered: int | None, host: str
) -> None:
    made = job_spec(**spec)
    assert (made.pods, made.all_pods, made.numbered) == (pods, all_pods, numbered)
    assert made.last_host("train") == host
    assert made.has_service == (made.together > 1)


@pytest.mark.parametrize(
    ("text", "wanted"), [("45s", 45), ("30m", 1800), ("12h", 43200), ("90d", 7776000)]
)
def test_a_deadline(text: str, wanted: int) -> None:
    assert fields(deadline=text)["activeDeadlineSeconds"] == wanted


def account(given: JobArgs) -> str | None:
    return job_fields("train", given)["template"]["spec"].get("serviceAccountName")


def test_whose_identity_the_pods_have() -> None:
    class Bucket(ScratchSpec):
        def pod_needs(self) -> PodNeeds:
            return PodNeeds(service_account="reader")

    bucket = mount(Bucket(kind="scratch", size="1Gi"))
    own = job_spec(serviceAccount="mine")
    team = {"namespace": "dev", "service_account": "workload"}
    assert account(args()) is None
    assert account(JobArgs(spec=job_spec(), **team)) == "workload"
    assert account(JobArgs(spec=own, **team)) == "mine"
    assert account(JobArgs(spec=job_spec(), mounts=[bucket], **team)) == "reader"
    with pytest.raises(ValueError, match="service account"):
        account(JobArgs(spec=own, mounts=[bucket], **team))


def test_no_service_of_the_namespace_sets_a_variable() -> None:
    assert fields()["template"]["spec"]["enableServiceLinks"] is False


class Token:
    """A secret of one variable."""

    secret_name = "token"  # noqa: S105, the name of an object
    mount_path = None
    anyone_reads = False

    def environment(self) -> list[dict[str, Any]]:
        source = {"secretKeyRef": {"name": "token", "key": "TOKEN"}}
        return [{"name": "TOKEN", "valueFrom": source}]


def test_secrets_reach_the_container() -> None:
    # Named twice it is still one.
    given = JobArgs(spec=job_spec(), namespace="dev", secrets=[Token(), Token()])
    env = container(job_fields("train", given))["env"]
    assert [entry["name"] for entry in env] == ["ML_STORAGE_RUN", "TOKEN"]
    twice = JobArgs(spec=job_spec(env={"TOKEN": "x"}), namespace="d", secrets=[Token()])
    with pytest.raises(ValueError, match="TOKEN"):
        job_fields("train", twice)
