"""Classes, shared storage, volumes and snapshots, as a test draws them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from tests.engine import generated_values as values
from tests.engine.generated_values import among

Draw = Any

_PROVISIONERS = among(
    [
        *("nfs.csi.k8s.io", "rook-ceph.cephfs.csi.ceph.com", "ebs.csi.aws.com"),
        *("unknown.example.com/X", "Unknown", "kubernetes.io/host-path", "x" * 63),
        "hostpath.csi.k8s.io",
    ],
    ["", "a b", "x" * 64, "a/b/c", "-a", "é"],
)
# What a driver of the catalog cannot do without.
_NEEDED = {
    "nfs.csi.k8s.io": {"server": "files", "share": "/"},
    "rook-ceph.cephfs.csi.ceph.com": {
        "clusterID": "rook-ceph",
        "fsName": "fs",
        "csi.storage.k8s.io/provisioner-secret-name": "a",
        "csi.storage.k8s.io/provisioner-secret-namespace": "a",
        "csi.storage.k8s.io/node-stage-secret-name": "a",
        "csi.storage.k8s.io/node-stage-secret-namespace": "a",
    },
}
_PRESETS = {
    "rook-cephfs": {"fsName": "fs"},
    "nfs-csi": {"server": "files", "share": "/"},
    "azure-file": {},
    "azure-blob": {},
    "local-path": {},
}


@st.composite
def storage_classes(draw: Draw) -> dict[str, Any]:
    """At least one class, the first of a driver that shares."""
    found: dict[str, Any] = {}
    for word in ["shared", *draw(st.lists(st.sampled_from(["c", "fast"]), max_size=2))]:
        key = draw(values.object_name(word))
        spec: dict[str, Any] = {}
        if word == "shared" and draw(st.booleans()):
            spec["preset"] = "rook-cephfs"
            spec["parameters"] = {"fsName": "fs"}
        elif draw(st.booleans()):
            spec["preset"] = draw(st.sampled_from(sorted(_PRESETS)))
            spec["parameters"] = dict(_PRESETS[spec["preset"]])
        else:
            spec["provisioner"] = draw(_PROVISIONERS)
            needed = _NEEDED.get(spec["provisioner"], {})
            known = needed or "." in spec["provisioner"]
            spec["parameters"] = dict(needed) if known else draw(values.TEXTS)
        for option, choices in (
            ("reclaimPolicy", ["Delete", "Retain"]),
            ("volumeBindingMode", ["Immediate", "WaitForFirstConsumer"]),
            ("allowVolumeExpansion", [True, False]),
        ):
            if draw(st.integers(0, 3)) == 0:
                spec[option] = draw(st.sampled_from(choices))
        if draw(st.integers(0, 9)) == 0:
            spec["mountOptions"] = [draw(values.KERNEL_OPTION)]
        found[key] = spec
    return found


@st.composite
def snapshot_classes(draw: Draw) -> dict[str, Any]:
    """Classes of drivers, some of which take no snapshots."""
    if draw(st.integers(0, 3)) == 0:
        return {}
    spec: dict[str, Any] = {
        "driver": "rook-ceph.cephfs.csi.ceph.com"
        if draw(st.integers(0, 7))
        else draw(values.DRIVER),
        "deletionPolicy": draw(st.sampled_from(["Retain", "Delete"])),
    }
    parameters = draw(values.TEXTS)
    return {draw(values.object_name("nightly")): {**spec, "parameters": parameters}}


@st.composite
def host_path(draw: Draw) -> dict[str, Any]:
    """A directory of a node."""
    spec: dict[str, Any] = {"kind": "host-path", "path": draw(values.HOST_DIRECTORY)}
    if draw(st.booleans()):
        spec["node"] = draw(values.name("node-1"))
    if draw(st.booleans()):
        spec["create"] = draw(st.booleans())
    return spec | draw(_static())


@st.composite
def nfs(draw: Draw) -> dict[str, Any]:
    """An export of a server."""
    spec: dict[str, Any] = {
        "kind": "nfs",
        "server": draw(values.SERVER),
        "path": draw(values.EXPORTED),
    }
    if draw(st.integers(0, 3)) == 0:
        spec["mountOptions"] = draw(st.lists(values.KERNEL_OPTION, max_size=2))
    return spec | draw(_static())


# What drivers want of a volume, where it is known.
_WANTED: dict[str, dict[str, Any]] = {
    "ebs.csi.aws.com": {"volumeHandle": "vol-01234567"},
    "fsx.csi.aws.com": {
        "volumeAttributes": {"dnsname": "files.example.com", "mountname": "fsx"}
    },
    "s3.csi.aws.com": {"volumeAttributes": {"bucketName": "data"}},
}


@st.composite
def csi(draw: Draw) -> dict[str, Any]:
    """A volume of a driver."""
    spec: dict[str, Any] = {
        "kind": "csi",
        "driver": draw(values.DRIVER),
        "volumeHandle": draw(values.HANDLE),
    }
    spec |= deepcopy(_WANTED.get(spec["driver"], {}))
    if spec["driver"] not in _WANTED and draw(st.integers(0, 3)) == 0:
        spec["volumeAttributes"] = draw(values.TEXTS)
    if draw(st.integers(0, 3)) == 0:
        spec["fsType"] = draw(among(["ext4", "é"], [""]))
    block = spec["driver"] in ("ebs.csi.aws.com", "unknown.example.com", "x")
    if block and draw(st.integers(0, 2)) == 0:
        spec["volumeMode"] = "Block"
    if draw(st.integers(0, 3)) == 0:
        spec["mountOptions"] = draw(st.lists(values.DRIVER_OPTION, max_size=2))
    for key in (
        *("controllerPublishSecret", "nodeStageSecret", "nodePublishSecret"),
        *("controllerExpandSecret", "nodeExpandSecret"),
    ):
        if draw(st.integers(0, 5)) == 0:
            spec[key] = {
                "name": draw(values.object_name("csi")),
                "namespace": draw(values.name("rook")),
            }
    static = draw(_static())
    if spec["driver"] in ("ebs.csi.aws.com", "s3.csi.aws.com", "fsx.csi.aws.com"):
        one = spec["driver"][0] == "e"
        static["accessModes"] = ["ReadWriteOnce" if one else "ReadWriteMany"]
    return spec | static


@st.composite
def _static(draw: Draw) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    if draw(st.booleans()):
        spec["size"] = draw(values.SIZE)
    if draw(st.integers(0, 3)) == 0:
        spec["accessModes"] = draw(
            among([["ReadWriteMany"], ["ReadOnlyMany", "ReadWriteOnce"]], [[]])
        )
    return spec | draw(_shared_by())


@st.composite
def _shared_by(draw: Draw) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    if draw(st.integers(0, 3)) == 0:
        spec["access"] = draw(st.sampled_from(["read-only", "read-write"]))
    if draw(st.integers(0, 2)) == 0:
        spec["writers"] = draw(st.sampled_from(["one", "one", "sharded", "per-index"]))
    return spec


@st.composite
def shared_storage(draw: Draw) -> dict[str, Any]:
    """Storage of the platform's."""
    kinds = draw(st.lists(st.sampled_from([host_path, nfs, csi]), max_size=2))
    return {draw(values.name(f"s{n}")): draw(kind()) for n, kind in enumerate(kinds)}


@st.composite
def _claim(draw: Draw, classes: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = {"kind": "claim"}
    where = draw(st.integers(0, 7))
    if where == 0:
        return spec | {"existing": {"name": draw(values.name("theirs"))}}
    if where == 1:
        spec["adopt"] = {"name": draw(values.name("old"))}
    spec["storageClass"] = draw(st.sampled_from(sorted(classes)))
    spec["size"] = draw(values.SIZE)
    if draw(st.integers(0, 2)) == 0:
        spec["accessModes"] = draw(values.ACCESS_MODES)
    disk = "ebs" in str(classes[spec["storageClass"]])
    if disk and draw(st.integers(0, 2)) == 0:
        spec["volumeMode"] = "Block"
    if draw(st.integers(0, 2)) == 0 and where != 1:
        spec["onDelete"] = draw(st.sampled_from(["delete", "retain", "protect"]))
    return spec | draw(_shared_by())


@st.composite
def _ephemeral(draw: Draw, classes: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "ephemeral",
        "storageClass": draw(st.sampled_from(sorted(classes))),
        "size": draw(values.SIZE),
    }


@st.composite
def _scratch(draw: Draw) -> dict[str, Any]:
    return {
        "kind": "scratch",
        "size": draw(values.SIZE),
        "medium": draw(st.sampled_from(["disk", "memory"])),
    }


@st.composite
def _dataset(draw: Draw) -> dict[str, Any]:
    source = draw(
        among(
            [
                *("https://a.example/b.tar", "s3://bucket/a/", "gs://bucket/a"),
                *("http://[::1]:80/a?b=c", "https://a/" + "x" * 3000, "https://é.b/é"),
            ][:-1],
            ["a", "s3://B/a", "https://u:p@a/b", "https://a b/c"],
        )
    )
    spec: dict[str, Any] = {
        "kind": "dataset",
        "source": source,
        "size": draw(among(["1Gi", "10Mi", "1500m", "1e9"], ["1"])),
        "image": draw(values.IMAGE),
        "medium": draw(st.sampled_from(["disk", "memory"])),
    }
    if draw(st.booleans()):
        spec["unpack"] = draw(st.booleans())
    if source[0] == "s" and draw(st.booleans()):
        spec["endpoint"] = draw(among(["https://s3.example", "http://a:9000"], ["a"]))
    if not source.endswith("/") and draw(st.integers(0, 3)) == 0:
        spec["sha256"] = draw(among(["a" * 64, "A" * 64], ["a" * 63, "g" * 64]))
    return spec


@st.composite
def volumes(
    draw: Draw,
    classes: dict[str, Any],
    grants: dict[str, Any],
    storage: dict[str, Any],
    *,
    alone: bool,
) -> dict[str, Any]:
    """The volumes of a team, of every kind that it may have."""
    makers = [_claim(classes), _ephemeral(classes), _scratch(), _dataset()]
    # What has no namespace is the platform's to make.
    makers += [] if alone else [host_path(), nfs(), csi()]
    drawn = draw(st.lists(st.sampled_from(makers), min_size=1, max_size=4))
    found: dict[str, Any] = {}
    for number, maker in enumerate(drawn):
        word = draw(st.sampled_from(["v", "data", "secret-s", "fill-v", "main"]))
        key = draw(values.name(f"{word}{number}" if word != "secret-s" else word))
        if key not in storage:
            found[key] = draw(maker)
    for grant in grants:
        if draw(st.booleans()):
            access = {"access": "read-only"} if draw(st.booleans()) else {}
            found[draw(values.name("granted"))] = {"from": grant, **access}
    return found


@st.composite
def snapshots(
    draw: Draw,
    made: dict[str, Any],
    snapshot_classes: dict[str, Any],
    classes: dict[str, Any],
) -> dict[str, Any]:
    """Snapshots of claims whose driver the class is of."""
    found: dict[str, Any] = {}
    drivers = {snapshot_class["driver"] for snapshot_class in snapshot_classes.values()}
    for key, volume in made.items():
        storage_class = classes.get(volume.get("storageClass"), {})
        cephfs = "rook-cephfs" in str(storage_class) or "fsName" in str(storage_class)
        taken = cephfs and "rook-ceph.cephfs.csi.ceph.com" in drivers
        if volume.get("kind") != "claim" or not taken or draw(st.integers(0, 3)) == 0:
            continue
        found[draw(values.name("before"))] = {
            **({"adopt": {"name": "old"}} if draw(st.integers(0, 5)) == 0 else {}),
            "of": key,
            "snapshotClass": next(iter(snapshot_classes)),
            **draw(st.sampled_from([{}, {"onDelete": "protect"}])),
        }
    return found
