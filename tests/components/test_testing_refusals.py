"""What the API server refuses is refused here, one example for each reason."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from components.testing import RefusedError, deploy

Objects = Callable[[pulumi.ResourceOptions], object]


def provider() -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(provider=k8s.Provider("cluster", context="here"))


def merged(base: Any, more: Any) -> Any:
    """`base` with `more` put over it; None takes a key out."""
    if not (isinstance(base, dict) and isinstance(more, dict)):
        return more
    result = dict(base)
    for key, value in more.items():
        result[key] = merged(base.get(key), value)
        if value is None:
            del result[key]
    return result


POD: dict[str, Any] = {
    "restartPolicy": "Never",
    "volumes": [{"name": "data", "emptyDir": {}}],
    "containers": [
        {
            "name": "main",
            "image": "image",
            "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        }
    ],
}


def container(**more: Any) -> dict[str, Any]:
    return merged(POD, {"containers": [merged(POD["containers"][0], more)]})


def job(pod: dict[str, Any], *, name: str = "job", **spec: Any) -> Objects:
    return lambda opts: k8s.batch.v1.Job(
        "job",
        metadata={"name": name},
        spec=merged({"template": {"spec": pod}}, spec),
        opts=opts,
    )


CLAIM: dict[str, Any] = {
    "accessModes": ["ReadWriteOnce"],
    "storageClassName": "",
    "resources": {"requests": {"storage": "1Gi"}},
}
VOLUME: dict[str, Any] = {
    "accessModes": ["ReadWriteOnce"],
    "capacity": {"storage": "1Gi"},
    "hostPath": {"path": "/data"},
}


def claim(name: str = "claim", **spec: Any) -> Objects:
    return lambda opts: k8s.core.v1.PersistentVolumeClaim(
        "claim",
        metadata={"name": name, "namespace": "dev"},
        spec=merged(CLAIM, spec),
        opts=opts,
    )


def volume(**spec: Any) -> Objects:
    return lambda opts: k8s.core.v1.PersistentVolume(
        "volume", spec=merged(VOLUME, spec), opts=opts
    )


def pair(claim_spec: dict[str, Any], volume_spec: dict[str, Any]) -> Objects:
    def make(opts: pulumi.ResourceOptions) -> None:
        made = k8s.core.v1.PersistentVolume(
            "volume", spec=merged(VOLUME, volume_spec), opts=opts
        )
        claim(volumeName=made.metadata["name"], **claim_spec)(opts)

    return make


def mounts(*entries: dict[str, Any]) -> Objects:
    return job(container(volumeMounts=list(entries)))


def config_map(**metadata: Any) -> Objects:
    return lambda opts: k8s.core.v1.ConfigMap("map", metadata=metadata, opts=opts)


def deployment(pod: dict[str, Any], labels: dict[str, str]) -> Objects:
    return lambda opts: k8s.apps.v1.Deployment(
        "d",
        metadata={"name": "d"},
        spec={
            "selector": {"matchLabels": {"app": "d"}},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
        opts=opts,
    )


def limit_range(**limits: Any) -> Objects:
    return lambda opts: k8s.core.v1.LimitRange(
        "l",
        metadata={"name": "l"},
        spec={"limits": [{"type": "Container", **limits}]},
        opts=opts,
    )


def quota(size: str) -> Objects:
    return lambda opts: k8s.core.v1.ResourceQuota(
        "q", metadata={"name": "q"}, spec={"hard": {"requests.cpu": size}}, opts=opts
    )


def several(*objects: Objects) -> Objects:
    def make(opts: pulumi.ResourceOptions) -> None:
        for each in objects:
            each(opts)

    return make


def of_one_name(opts: pulumi.ResourceOptions) -> None:
    for name in ("a", "b"):
        k8s.core.v1.ConfigMap(
            name, metadata={"name": "same", "namespace": "dev"}, opts=opts
        )


ALWAYS = merged(POD, {"restartPolicy": "Always"})

REFUSED: dict[str, tuple[Objects, str]] = {
    "an upper-case name": (config_map(name="Map"), "'Map' is not a DNS subdomain"),
    "a namespace with a dot": (config_map(namespace="a.b"), "is not a DNS label"),
    "a label value": (config_map(labels={"a": "b c"}), "'b c' is not a label value"),
    "a label key": (config_map(labels={"-a": "b"}), "'-a' is not a qualified name"),
    "an annotation key": (
        config_map(annotations={"UP/": "b"}),
        "'UP/' is not a qualified name",
    ),
    "an access mode": (
        claim(accessModes=["ReadWriteSome"]),
        "'ReadWriteSome' is not one of",
    ),
    "a volume mode": (claim(volumeMode="Disk"), "'Disk' is not one of"),
    "no access mode": (claim(accessModes=[]), "at least one is required"),
    "ReadWriteOncePod beside another": (
        claim(accessModes=["ReadWriteOncePod", "ReadWriteMany"]),
        "ReadWriteOncePod stands alone",
    ),
    "no size": (claim(resources={"requests": None}), "None is not a quantity"),
    "a size of nothing": (
        claim(resources={"requests": {"storage": "0"}}),
        "must be greater than zero",
    ),
    "a snapshot without its group": (
        claim(dataSource={"kind": "VolumeSnapshot", "name": "s"}),
        "only a claim has no apiGroup",
    ),
    "a reclaim policy": (
        volume(persistentVolumeReclaimPolicy="Keep"),
        "'Keep' is not one of",
    ),
    "no source": (volume(hostPath=None), "exactly one source, not"),
    "two sources": (
        volume(nfs={"server": "s", "path": "/"}),
        r"exactly one source, not \['hostPath', 'nfs'\]",
    ),
    "a hostPath with ..": (
        volume(hostPath={"path": "/a/../b"}),
        "must not contain '..'",
    ),
    "a hostPath of an unknown type": (
        volume(hostPath={"path": "/a", "type": "Dir"}),
        "'Dir' is not one of",
    ),
    "a node affinity's operator": (
        volume(
            nodeAffinity={
                "required": {
                    "nodeSelectorTerms": [
                        {"matchExpressions": [{"key": "a", "operator": "Is"}]}
                    ]
                }
            }
        ),
        "'Is' is not one of",
    ),
    "a Job's pods always restarted": (job(ALWAYS), "a Job's pods are Never or"),
    "a Deployment's pods never restarted": (
        deployment(POD, {"app": "d"}),
        "a Deployment's pods are Always",
    ),
    "a Deployment that misses its pods": (
        deployment(ALWAYS, {"app": "e"}),
        "does not match the labels of the template",
    ),
    "an Indexed Job of no number": (
        job(POD, completionMode="Indexed"),
        "spec.completions: required",
    ),
    "an index's retries of a Job without": (
        job(POD, backoffLimitPerIndex=1),
        "requires completionMode Indexed",
    ),
    "an Indexed Job whose pods have no host names": (
        job(POD, name="j" * 62, completionMode="Indexed", completions=11),
        "host name '.*-10' is not a DNS label",
    ),
    "less than no retries": (job(POD, backoffLimit=-1), "must not be negative"),
    "a mount of an unknown volume": (
        mounts({"name": "other", "mountPath": "/data"}),
        "no volume is called 'other'",
    ),
    "two mounts on one path": (
        mounts(*[{"name": "data", "mountPath": "/a"}] * 2),
        "two mounts on '/a'",
    ),
    "a mount path with a colon": (
        mounts({"name": "data", "mountPath": "/a:b"}),
        "is empty or has a ':'",
    ),
    "a subPath that leads out": (
        mounts({"name": "data", "mountPath": "/a", "subPath": "../b"}),
        "is not a relative path",
    ),
    "a subPath and an expression": (
        mounts({"name": "data", "mountPath": "/a", "subPath": "b", "subPathExpr": "c"}),
        "exclude each other",
    ),
    "two volumes of one name": (
        job(merged(POD, {"volumes": POD["volumes"] * 2})),
        "two volumes are called 'data'",
    ),
    "a volume's name": (
        job(
            merged(POD, {"volumes": [*POD["volumes"], {"name": "a.b", "emptyDir": {}}]})
        ),
        "'a.b' is not a DNS label",
    ),
    "a volume without a source": (
        job(merged(POD, {"volumes": [{"name": "data"}]})),
        "exactly one source, not",
    ),
    "a medium": (
        job(
            merged(POD, {"volumes": [{"name": "data", "emptyDir": {"medium": "RAM"}}]})
        ),
        "'RAM' is not one of",
    ),
    "two containers of one name": (
        job(merged(POD, {"containers": POD["containers"] * 2})),
        "two containers are called 'main'",
    ),
    "a container's name": (job(container(name="a_b")), "'a_b' is not a DNS label"),
    "no image": (job(container(image="")), "is empty or has spaces"),
    "a variable's name": (
        job(container(env=[{"name": "1A", "value": "b"}])),
        "'1A' is not a variable's name",
    ),
    "a variable said twice over": (
        job(
            container(
                env=[
                    {
                        "name": "A",
                        "value": "b",
                        "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
                    }
                ]
            )
        ),
        "has a value and a valueFrom",
    ),
    "a port": (job(container(ports=[{"containerPort": 70000}])), "is not 1 to 65535"),
    "a limit below the request": (
        job(
            container(
                resources={"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}}
            )
        ),
        "memory 2Gi does not go with the limit 1Gi",
    ),
    "a GPU that is only requested": (
        job(container(resources={"requests": {"nvidia.com/gpu": "1"}})),
        "nvidia.com/gpu has no limit",
    ),
    "a quantity": (quota("a lot"), "'a lot' is not a quantity"),
    "less than nothing": (quota("-1"), "'-1' must not be negative"),
    "a toleration without a key": (
        job(merged(POD, {"tolerations": [{"operator": "Equal", "value": "a"}]})),
        "without a key the operator is Exists",
    ),
    "a toleration of any value, and of one": (
        job(
            merged(
                POD, {"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]}
            )
        ),
        "with Exists there is no value",
    ),
    "less than no time to end": (
        job(merged(POD, {"terminationGracePeriodSeconds": -1})),
        "must not be negative",
    ),
    "a default over the most": (
        limit_range(max={"cpu": "1"}, default={"cpu": "2"}),
        "default of cpu 2 is more than its max 1",
    ),
    "two objects of one name": (of_one_name, "ConfigMap called same in dev too"),
    "a claim larger than its volume": (
        pair({"resources": {"requests": {"storage": "2Gi"}}}, {}),
        "cannot bind to volume: it asks for 2Gi of 1Gi",
    ),
    "a claim of modes that its volume has not": (
        pair({"accessModes": ["ReadWriteMany"]}, {}),
        "the volume does not offer ReadWriteMany",
    ),
    "a claim that a default class takes": (
        pair({"storageClassName": None}, {}),
        "its class is None, the volume's ''",
    ),
    "a claim of files on a device": (
        pair({}, {"volumeMode": "Block"}),
        "its volumeMode is Filesystem, the volume's Block",
    ),
    "a volume kept for another claim": (
        pair({}, {"claimRef": {"namespace": "dev", "name": "other"}}),
        "the volume is reserved for dev/other",
    ),
}


@pytest.mark.parametrize(("objects", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(objects: Objects, words: str) -> None:
    with pytest.raises(RefusedError, match=words) as refused:
        deploy(lambda: objects(provider()))
    # One reason each: no check repeats another.
    assert len(str(refused.value).splitlines()) == 1


def storage_class(**parameters: str) -> Objects:
    return lambda opts: k8s.storage.v1.StorageClass(
        "class", provisioner="blob.csi.azure.com", parameters=parameters, opts=opts
    )


TAKEN: dict[str, Objects] = {
    "a claim": claim(),
    "a volume": volume(),
    "a pair": pair({}, {"claimRef": {"namespace": "dev", "name": "claim"}}),
    "a Job": job(POD),
    "an Indexed Job": job(
        POD, completionMode="Indexed", completions=4, backoffLimitPerIndex=1
    ),
    "a Deployment": deployment(ALWAYS, {"app": "d", "other": ""}),
    "limits": limit_range(max={"cpu": "2"}, default={"cpu": "2"}, min={"cpu": "1m"}),
    "qualified names": config_map(
        name="a.b-c", labels={"example.com/a_B.c": "D.e_f"}, annotations={"a/b": "c d"}
    ),
    "a long word in a name": config_map(name=f"{'a' * 200}.b"),
    "a driver's own words": storage_class(protocol="fuse2"),
    "a GPU": job(
        container(
            resources={
                "requests": {"nvidia.com/gpu": "1"},
                "limits": {"nvidia.com/gpu": "1"},
            }
        )
    ),
}


@pytest.mark.parametrize("objects", TAKEN.values(), ids=TAKEN.keys())
@pytest.mark.parametrize("preview", [False, True])
def test_taken(objects: Objects, preview: bool) -> None:
    before = copy.deepcopy((POD, CLAIM, VOLUME))
    deploy(lambda: objects(provider()), preview=preview)
    assert before == (POD, CLAIM, VOLUME)


def named(pod: dict[str, Any]) -> Objects:
    return job(merged(POD, {**pod, "containers": [{"name": "a", "image": "b"}]}))


DANGLING: dict[str, tuple[Objects, str]] = {
    "a namespace": (claim(), "no one makes its namespace dev"),
    "a claim": (
        named(
            {"volumes": [{"name": "a", "persistentVolumeClaim": {"claimName": "c"}}]}
        ),
        "no one makes the PersistentVolumeClaim c",
    ),
    "a service account": (
        named({"serviceAccountName": "robot"}),
        "no one makes the ServiceAccount robot",
    ),
    "a secret": (
        named({"volumes": [{"name": "a", "secret": {"secretName": "s"}}]}),
        "no one makes the Secret s",
    ),
    "a variable's secret": (
        job(
            container(
                env=[
                    {
                        "name": "A",
                        "valueFrom": {"secretKeyRef": {"name": "t", "key": "k"}},
                    }
                ]
            )
        ),
        "no one makes the Secret t",
    ),
}


@pytest.mark.parametrize(("objects", "words"), DANGLING.values(), ids=DANGLING.keys())
def test_what_no_one_makes_is_refused_on_request(objects: Objects, words: str) -> None:
    deploy(lambda: objects(provider()))
    with pytest.raises(RefusedError, match=words):
        deploy(lambda: objects(provider()), complete=True)


def test_what_is_looked_up_is_there() -> None:
    def program() -> None:
        opts = provider()
        k8s.core.v1.Namespace.get("n", "dev", opts=opts)
        k8s.core.v1.PersistentVolumeClaim.get("theirs", "default/c", opts=opts)
        claim()(opts)
        named(
            {"volumes": [{"name": "a", "persistentVolumeClaim": {"claimName": "c"}}]}
        )(opts)

    deploy(program, complete=True)


def test_everything_wrong_with_an_object_is_said() -> None:
    wrong = several(
        claim(name="A", accessModes=["ReadWriteSome"]), config_map(name="B")
    )
    with pytest.raises(RefusedError) as refused:
        deploy(lambda: wrong(provider()))
    assert len(str(refused.value).splitlines()) == 3


def test_an_object_of_a_crd_is_judged_by_its_name_alone() -> None:
    def custom(name: str, group: str, **spec: Any) -> None:
        pulumi.CustomResource(
            f"kubernetes:{group}/v1:VolumeSnapshotClass",
            "c",
            {
                "apiVersion": f"{group}/v1",
                "kind": "VolumeSnapshotClass",
                "metadata": {"name": name},
                **spec,
            },
            provider(),
        )

    deploy(lambda: custom("a", "example.com", deletionPolicy="Maybe"))
    with pytest.raises(RefusedError, match="'A' is not a DNS subdomain"):
        deploy(lambda: custom("A", "example.com"))
    with pytest.raises(RefusedError, match="'Maybe' is not one of"):
        deploy(lambda: custom("a", "snapshot.storage.k8s.io", deletionPolicy="Maybe"))


def test_a_release_is_no_object() -> None:
    deploy(
        lambda: k8s.helm.v3.Release(
            "r", chart="c", values={"limits": {"cpu": "lots"}}, opts=provider()
        )
    )
