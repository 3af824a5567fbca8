"""The stand-in provider under the real engine."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.kubernetes_provider.cluster import Cluster
from tests.engine.projects import (
    Project,
    connected,
    exists,
    kubeconfig_of,
    namespace,
)

pytestmark = pytest.mark.engine

CONFIG_MAP = """
def config_map(name, data, **options):
    return k8s.core.v1.ConfigMap(
        name,
        metadata={"name": name},
        data=data,
        opts=pulumi.ResourceOptions(provider=provider, **options),
    )
"""


@pytest.fixture(scope="module")
def kubeconfig(request: pytest.FixtureRequest) -> Path:
    return kubeconfig_of(request)


@pytest.fixture(scope="module")
def api(kubeconfig: Path) -> Cluster:
    return connected(kubeconfig)


@pytest.fixture
def space(api: Cluster) -> Iterator[str]:
    with namespace(api) as name:
        yield name


@pytest.fixture
def project(tmp_path: Path, kubeconfig: Path, space: str) -> Project:
    return Project(tmp_path, kubeconfig, space)


STORAGE = """
tier = {tier!r}
fast = k8s.storage.v1.StorageClass(
    "fast",
    metadata={{"name": f"{{space}}-fast"}},
    provisioner="kubernetes.io/host-path",
    parameters={{"tier": tier}},
    opts=opts,
)
# The class is named, not referred to: a claim that takes its name from the
# class's output would be replaced with it.
data = k8s.core.v1.PersistentVolumeClaim(
    "data",
    metadata={{"name": "data"}},
    spec={{
        "accessModes": ["ReadWriteMany"],
        "storageClassName": f"{{space}}-fast",
        "resources": {{"requests": {{"storage": "1024Mi"}}}},
    }},
    opts=pulumi.ResourceOptions(
        provider=provider, depends_on=[fast], protect={protect}
    ),
)
pulumi.export("phase", data.status.phase)
"""


def test_a_class_is_replaced_and_its_claims_are_not(
    project: Project, api: Cluster, space: str
) -> None:
    first = STORAGE.format(tier="a", protect=True)
    said = project.up(first)
    assert 'phase: "Bound"' in said
    claim = api.get("v1", "PersistentVolumeClaim", space, "data")
    class_ = ("storage.k8s.io/v1", "StorageClass", "", f"{space}-fast")
    uid = api.get(*class_)["metadata"]["uid"]
    assert project.changes() == {}
    project.run("refresh", "--yes", "--skip-preview")
    assert project.changes() == {}

    said = project.up(STORAGE.format(tier="b", protect=True))
    assert "tier" in said
    assert "1 replaced" in said
    found = api.get(*class_)
    assert found["parameters"] == {"tier": "b"}
    assert found["metadata"]["uid"] != uid
    again = api.get("v1", "PersistentVolumeClaim", space, "data")
    assert again["metadata"]["uid"] == claim["metadata"]["uid"]

    moved = STORAGE.format(tier="b", protect=True).replace('"data"}', '"moved"}')
    assert "protect" in project.up(moved, fails=True)
    project.write(first)
    assert "protected" in project.run("destroy", "--yes", "--skip-preview", fails=True)
    project.up(STORAGE.format(tier="b", protect=False))
    project.destroy()
    assert not exists(api, "v1", "PersistentVolumeClaim", space, "data")


JOB = """
k8s.batch.v1.Job(
    "train",
    metadata={{"name": "train"}},
    spec={{
        "completions": 0,
        "template": {{
            "metadata": {{"labels": {{"run": {run!r}}}}},
            "spec": {{
                "restartPolicy": "Never",
                "containers": [{{"name": "main", "image": {image!r}}}],
            }},
        }},
    }},
    opts=pulumi.ResourceOptions(
        provider=provider,
        ignore_changes=["spec.template.spec.containers[0].image", "metadata.labels"],
    ),
)
"""


def test_ignored_changes_are_kept_on_update_and_dropped_on_replacement(
    project: Project, api: Cluster, space: str
) -> None:
    def image() -> str:
        job = api.get("batch/v1", "Job", space, "train")
        return job["spec"]["template"]["spec"]["containers"][0]["image"]

    project.up(JOB.format(run="1", image="localhost/a"))
    project.write(JOB.format(run="1", image="localhost/b"))
    assert project.changes() == {}
    project.up()
    assert image() == "localhost/a"
    said = project.up(JOB.format(run="2", image="localhost/b"))
    assert "1 replaced" in said
    assert image() == "localhost/b"


def test_a_failed_job_is_reported_and_is_in_the_state(
    project: Project, api: Cluster, space: str
) -> None:
    failing = JOB.format(run="1", image="localhost/none").replace(
        '"completions": 0', '"activeDeadlineSeconds": 1'
    )
    said = project.up(failing, fails=True)
    assert "DeadlineExceeded" in said
    assert "Traceback" not in said
    entry = project.resource("train")
    assert entry["id"] == f"{space}/train"
    assert "DeadlineExceeded" in entry["initErrors"][0]
    project.destroy()
    assert not exists(api, "batch/v1", "Job", space, "train")


def test_an_object_that_exists_is_an_error_unless_imported(
    project: Project, api: Cluster, space: str
) -> None:
    theirs = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "theirs", "namespace": space},
        "data": {"a": "1"},
    }
    uid = api.create(theirs, preview=False)["metadata"]["uid"]
    program = CONFIG_MAP + 'config_map("theirs", {"a": "1"})\n'
    assert "already exists" in project.up(program, fails=True)
    adopt = f'config_map("theirs", {{"a": "1"}}, import_="{space}/theirs")\n'
    assert "1 imported" in project.up(CONFIG_MAP + adopt)
    assert project.changes() == {}
    assert project.resource("theirs")["outputs"]["metadata"]["uid"] == uid
    get = """
found = k8s.core.v1.ConfigMap.get("x", f"{space}/theirs", opts=opts)
pulumi.export("a", found.data["a"])
"""
    assert 'a: "1"' in project.up(CONFIG_MAP + adopt + get)


def test_refresh_takes_in_what_others_did(
    project: Project, api: Cluster, space: str
) -> None:
    project.up(CONFIG_MAP + 'config_map("a", {"x": "1"})\nconfig_map("b", {})\n')
    changed = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a", "namespace": space},
        "data": {"x": "theirs"},
    }
    api.apply(changed, manager="someone", force=True, preview=False)
    api.delete(api.get("v1", "ConfigMap", space, "b"), policy="Background")
    project.run("refresh", "--yes", "--skip-preview")
    assert project.resource("a")["inputs"]["data"] == {"x": "theirs"}
    assert project.changes() == {"replace": 1, "create": 1}


def test_a_preview_shows_the_exact_path(project: Project) -> None:
    program = """
k8s.core.v1.ResourceQuota(
    "quota", metadata={"name": "quota"}, spec={"hard": {"pods": "1"}}, opts=opts
)
"""
    project.up(program)
    project.write(program.replace('"1"', '"2"'))
    said = project.run("preview", "--diff")
    assert '~ pods: "1" => "2"' in said
    project.up()


def test_a_refused_type_and_setting_are_said_plainly(project: Project) -> None:
    project.write(
        'p = k8s.Provider("k", kubeconfig="x", enable_server_side_apply=False)\n'
    )
    said = project.run("preview", fails=True)
    assert "only server-side apply is supported here" in said
    project.write(
        'k8s.core.v1.ConfigMapPatch("p", metadata={"name": "x"}, opts=opts)\n'
    )
    said = project.run("preview", fails=True)
    assert "needs the official Kubernetes provider" in said
    assert "Traceback" not in said


MANY = """
for number in range({count}):
    k8s.core.v1.PersistentVolumeClaim(
        f"claim-{{number}}",
        metadata={{"name": f"claim-{{number}}"}},
        spec={{
            "accessModes": ["ReadWriteMany"],
            "storageClassName": fast.metadata.name,
            "resources": {{"requests": {{"storage": "1Mi"}}}},
        }},
        opts=opts,
    )
"""


def test_three_hundred_claims(project: Project, api: Cluster, space: str) -> None:
    class_ = STORAGE.format(tier="a", protect=False).partition("# The class")[0]
    began = time.monotonic()
    project.up(class_ + MANY.format(count=300))
    took = time.monotonic() - began
    claims = api.select("v1", "PersistentVolumeClaim", space)
    assert [c["status"]["phase"] for c in claims] == ["Bound"] * 300
    # With the rate limits that it has by default, a controller manager binds
    # three claims a second; without them it takes a fifth of this.
    assert took < 180, f"{took:.0f} s"
    project.destroy()
