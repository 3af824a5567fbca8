"""A whole stack: configuration in, resources and outputs out."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from components.testing import Deployment, Registered, deploy
from stacks import program

AsPulumi = Callable[[dict[str, Any]], dict[str, str]]
PLATFORM, TEAM = "ml-storage:platform", "ml-storage:team"
HERE = Path(__file__).parent
CONFIG = HERE.parent / "config"


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def preview(request: pytest.FixtureRequest) -> bool:
    return request.param


def run(config: dict[str, str], **more: Any) -> Deployment:
    return deploy(program.run, config=config, **more)


@pytest.fixture
def dev(
    dev_values: dict[str, Any], as_pulumi: AsPulumi, root: Path, preview: bool
) -> Deployment:
    """`Pulumi.dev.yaml`, whole."""
    return run(as_pulumi(dev_values), stack="dev", root=root, preview=preview)


Everything = Callable[..., Deployment]


@pytest.fixture
def everything(as_pulumi: AsPulumi) -> Everything:
    """Every kind and every key, deployed."""
    text = (CONFIG / "good" / "everything.yaml").read_text()
    config = yaml.safe_load(text)["config"]
    secrets = [key for key, value in config.items() if set(value) == {"secure"}]
    for key in secrets:
        del config[key]

    def deployed(**more: Any) -> Deployment:
        values = {key: f"the value of {key}" for key in secrets}
        return run(as_pulumi(config), secrets=values, outputs=bound, **more)

    return deployed


def bound(resource: Registered) -> dict[str, Any]:
    """What a cluster fills into a claim that exists."""
    return {"spec": {"volumeName": "pvc-1"}} if resource.read else {}


def test_the_dev_stack(dev: Deployment) -> None:
    kinds = [(r.type.rpartition(":")[2], r.name) for r in dev.resources]
    assert sorted(kinds) == sorted(
        [
            ("kubernetes", "cluster"),
            ("StorageClass", "shared"),
            ("StorageClass", "shared-class"),
            ("TeamSpace", "dev"),
            ("Namespace", "dev-namespace"),
            ("ResourceQuota", "dev-quota"),
            ("ServiceAccount", "dev-workload"),
            ("ServiceAccount", "dev-deployer"),
            ("Role", "dev-deployer-role"),
            ("RoleBinding", "dev-deployer-binding"),
            ("StaticVolume", "checkpoints"),
            ("PersistentVolume", "checkpoints-volume"),
            ("PersistentVolumeClaim", "checkpoints-claim"),
            ("Claim", "results"),
            ("PersistentVolumeClaim", "results-claim"),
            ("Job", "sweep"),
            ("Job", "sweep-job"),
            ("Job", "train"),
            ("Job", "train-job"),
        ]
    )


def test_what_dev_protects(dev: Deployment) -> None:
    protected = {r.name for r in dev.resources if r.protect}
    assert protected == {"dev-namespace", "results-claim"}


def test_one_provider_with_a_name_of_its_own(dev: Deployment) -> None:
    provider = dev.one("pulumi:providers:kubernetes")
    context = dev.outputs["context"]
    assert provider.inputs["context"] == context
    # Or a kubeconfig that changed could replace it, and with it every claim.
    assert provider.inputs["clusterIdentifier"] == context
    assert "kubeconfig" not in provider.inputs
    for resource in dev.resources:
        if resource.custom and resource is not provider:
            assert resource.provider.startswith(provider.urn)


def test_what_waits_for_what(dev: Deployment) -> None:
    names = {r.urn: r.name for r in dev.resources}
    waits = {
        r.name: {names.get(urn, urn) for urn in r.depends_on} for r in dev.resources
    }
    # A claim that came before the quota would not be counted.
    for volume in ("results", "checkpoints"):
        assert {"dev-namespace", "dev-quota"} <= waits[volume]
    assert "shared-class" in waits["results"]
    assert {"results-claim", "dev-quota"} <= waits["sweep"]
    assert "checkpoints-claim" not in waits["sweep"]
    assert {"checkpoints-claim", "checkpoints-volume"} <= waits["train"]


def test_the_outputs_of_dev(dev: Deployment, preview: bool) -> None:
    assert dev.outputs["namespace"] == "dev"
    volumes, jobs = dev.outputs["volumes"], dev.outputs["jobs"]
    assert volumes["scratch"] == {"kind": "scratch"}
    assert volumes["results"]["claim"] == "results"
    assert volumes["checkpoints"]["claim"] == "checkpoints"
    if not preview:
        name = "checkpoints-volume-0a1b2c3d"
        assert volumes["checkpoints"]["persistentVolume"] == name
    assert jobs["train"]["run"] == 1
    assert set(jobs["train"]["mounts"]) == {"/ckpt", "/scratch", "/dev/shm"}
    assert [text for level, text in dev.messages if level == "warning"] == []


def test_the_sweep_writes_where_no_other_index_writes(dev: Deployment) -> None:
    spec = dev.one("Job", "sweep-job").inputs["spec"]
    assert (spec["completions"], spec["completionMode"]) == (4, "Indexed")
    (container,) = spec["template"]["spec"]["containers"]
    mounts = {m["mountPath"]: m for m in container["volumeMounts"]}
    assert mounts["/results"]["subPathExpr"].endswith("index-$(JOB_COMPLETION_INDEX)")
    assert "subPathExpr" not in mounts["/scratch"]


def test_everything(everything: Everything, preview: bool) -> None:
    deployed = everything(preview=preview)
    names = {r.name for r in deployed.resources}
    # What exists is read or only named.
    assert deployed.one("PersistentVolumeClaim", "theirs-claim").read
    assert deployed.one("Namespace", "nlp-namespace").read
    assert deployed.one("Namespace", "old-namespace").import_id == "old"
    assert "theirs-class" not in names
    adopted = deployed.one("PersistentVolumeClaim", "adopted-claim")
    assert (adopted.import_id, adopted.protect) == ("vision/old-data", True)
    logs = deployed.one("PersistentVolumeClaim", "logs-claim")
    assert not logs.protect
    provider = deployed.one("pulumi:providers:kubernetes")
    assert provider.inputs["kubeconfig"] == "~/.kube/other"


def waited_for(deployed: Deployment, kind: str, name: str) -> set[str]:
    """The names of everything that a component waits for."""
    component = deployed.one(f"ml-storage:index:{kind}", name)
    return {urn.rpartition("::")[2] for urn in component.depends_on}


def test_grants(everything: Everything) -> None:
    """The platform makes volume and claim, the team uses them by name."""
    deployed = everything()
    volume = deployed.one("PersistentVolume", "shared-vision-volume").inputs["spec"]
    assert volume["nfs"]["path"] == "/shared/vision"
    assert volume["claimRef"] == {"namespace": "vision", "name": "shared"}
    models = deployed.one("PersistentVolume", "models-vision-volume").inputs["spec"]
    assert models["csi"]["readOnly"] is True
    claim = deployed.one("PersistentVolumeClaim", "shared-vision-claim")
    assert claim.inputs["metadata"] == {"name": "shared", "namespace": "vision"}
    job = deployed.one("Job", "distributed-job")
    assert "shared-vision-claim" in waited_for(deployed, "Job", "distributed")
    pod = job.inputs["spec"]["template"]["spec"]
    assert {
        "name": "shared",
        "persistentVolumeClaim": {"claimName": "shared"},
    } in pod["volumes"]
    workspace = deployed.one("Deployment", "notebook-deployment")
    volumes = workspace.inputs["spec"]["template"]["spec"]["volumes"]
    (mounted,) = [v for v in volumes if v["name"] == "models"]
    assert mounted["persistentVolumeClaim"]["readOnly"] is True


def test_snapshots_stand_between_their_claims(everything: Everything) -> None:
    deployed = everything()
    snapshot = deployed.one("VolumeSnapshot", "before-7-snapshot")
    source = snapshot.inputs["spec"]["source"]
    assert source == {"persistentVolumeClaimName": "big"}
    assert "big-claim" in waited_for(deployed, "Snapshot", "before-7")
    restored = deployed.one("PersistentVolumeClaim", "again-claim")
    assert restored.inputs["spec"]["dataSource"]["name"] == "before-7"
    assert "before-7-snapshot" in waited_for(deployed, "Claim", "again")


def test_a_contract_tells_of_no_secret(everything: Everything) -> None:
    text = json.dumps(everything().outputs["contract"])
    assert "the value of" not in text
    for word in ("kubeconfig", "context", "SECRET", '"values"'):
        assert word not in text
    assert "prometheus-operator-crds" in text


def test_programs_get_their_secrets_by_name(everything: Everything) -> None:
    deployed = everything()
    job = deployed.one("Job", "distributed-job")
    pod = job.inputs["spec"]["template"]["spec"]
    assert "the value of" not in json.dumps(pod)
    assert pod["serviceAccountName"] == "workload"
    sources = {v["secret"]["secretName"] for v in pod["volumes"] if "secret" in v}
    assert sources == {"bucket", "host"}
    for name in ("bucket", "host", "globus", "tokens"):
        assert f"{name}-secret" in waited_for(deployed, "Job", "distributed")
    assert deployed.one("Secret", "bucket-secret").secrets == ("data",)


def test_a_job_on_a_pool(everything: Everything) -> None:
    deployed = everything()
    pod = deployed.one("Job", "train-job").inputs["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"gpu": "a10g"}
    assert {
        "key": "dedicated",
        "operator": "Equal",
        "value": "ml",
        "effect": "NoSchedule",
    } in pod["tolerations"]
    assert {
        "key": "spot",
        "operator": "Exists",
        "effect": "PreferNoSchedule",
    } in pod["tolerations"]
    (container,) = pod["containers"]
    mounts = {m["mountPath"]: m for m in container["volumeMounts"]}
    assert mounts["/data"]["readOnly"] is True
    assert mounts["/theirs"]["readOnly"] is True
    assert mounts["/logs"]["subPathExpr"] == "train/index-$(JOB_COMPLETION_INDEX)"
    assert "subPathExpr" not in mounts["/ckpt"]
    # 4Gi asked for, and 1Gi of files in memory.
    assert container["resources"]["requests"]["memory"] == "5Gi"
    other = deployed.one("Job", "eval-job").inputs["spec"]["template"]["spec"]
    assert "nodeSelector" not in other
    (container,) = other["containers"]
    mounts = {m["mountPath"]: m for m in container["volumeMounts"]}
    assert mounts["/ckpt"]["readOnly"] is True


def test_a_pending_job_is_said_in_the_outputs(
    dev_values: dict[str, Any], as_pulumi: AsPulumi
) -> None:
    live = {"metadata": {"name": "t", "annotations": {"ml-storage/running": "0" * 16}}}
    deployed = run(
        as_pulumi(dev_values),
        outputs=lambda r: live if r.name == "train-job" else {},
    )
    assert deployed.outputs["jobs"]["train"]["pending"] is True
    assert deployed.outputs["jobs"]["sweep"]["pending"] is False
    (warning,) = [text for level, text in deployed.messages if level == "warning"]
    assert warning.startswith("job train: run 1 goes on")


def test_a_bad_configuration_registers_nothing(
    dev_values: dict[str, Any], as_pulumi: AsPulumi, root: Path, preview: bool
) -> None:
    values = copy.deepcopy(dev_values)
    values[TEAM]["jobs"]["train"]["mounts"]["/ckpt"] = "checkpoint"
    values[TEAM]["volumes"]["scratch"]["size"] = "1GB"
    registered: list[str] = []

    def seen(resource: Registered) -> dict[str, Any]:
        registered.append(resource.name)
        return {}

    with pytest.raises(pulumi.RunError) as refused:
        run(as_pulumi(values), stack="dev", root=root, preview=preview, outputs=seen)
    message = str(refused.value)
    assert registered == []
    # The values are Pulumi's, the places are the file's.
    assert "team.volumes.scratch.size = 1GB" in message
    assert "Pulumi.dev.yaml:" in message
    assert "[QTY01]" in message
    assert "[MNT01]" in message
    assert message.endswith("2 problems; nothing was registered")


# Pulumi's own parser refuses these, or hands nothing of them over.
ABOUT_YAML = {"yaml-bomb", "duplicate-keys", "two-mounts-on-one-path"}
ABOUT_YAML |= {"yaml-that-does-not-parse", "tags-and-aliases"}
REFUSED = sorted({f.stem for f in (CONFIG / "errors").glob("*.yaml")} - ABOUT_YAML)


@pytest.mark.parametrize("name", REFUSED)
def test_no_error_fixture_deploys(name: str, as_pulumi: AsPulumi) -> None:
    document = yaml.safe_load((CONFIG / "errors" / f"{name}.yaml").read_text())
    values = document.get("config") if isinstance(document, dict) else {}
    config = as_pulumi({k: v for k, v in (values or {}).items() if ":" in k})
    with pytest.raises(pulumi.RunError, match="nothing was registered"):
        run(config)


def test_warnings_are_logged_and_do_not_block(
    dev_values: dict[str, Any], as_pulumi: AsPulumi
) -> None:
    values = copy.deepcopy(dev_values)
    values[TEAM]["volumes"]["results"]["writers"] = "one"
    deployed = run(as_pulumi(values))
    (warning,) = [text for level, text in deployed.messages if level == "warning"]
    assert "[WRT03]" in warning
    assert deployed.one("Job", "sweep-job")


@pytest.mark.parametrize("left_out", ["", "{}", None])
def test_an_environment_without_a_team(
    dev_values: dict[str, Any], as_pulumi: AsPulumi, left_out: str | None
) -> None:
    values = {PLATFORM: dev_values[PLATFORM]}
    if left_out is not None:
        values[TEAM] = left_out
    deployed = run(as_pulumi(values))
    assert set(deployed.outputs) == {"context", "contract"}
    assert deployed.all("Job") == []
    assert deployed.one("Namespace")


@pytest.mark.parametrize("value", ["text", "[1]", "5", "null", "{"])
def test_values_that_are_no_mapping(value: str) -> None:
    with pytest.raises(pulumi.RunError, match="nothing was registered"):
        run({PLATFORM: value})


def test_the_project_makes_no_default_providers(root: Path) -> None:
    project = yaml.safe_load((root / "Pulumi.yaml").read_text())
    config = project["config"]
    assert config["pulumi:disable-default-providers"]["value"] == ["*"]
    assert project["name"] == "ml-storage"
    for key in (PLATFORM, TEAM):
        assert config[key]["description"]


def test_the_program_is_short(root: Path) -> None:
    text = (root / "__main__.py").read_text()
    assert len(text.splitlines()) <= 25
