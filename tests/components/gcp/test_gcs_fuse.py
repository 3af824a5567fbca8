from __future__ import annotations

from typing import Any

import pytest

from components.gcp.gcs_fuse_spec import GcsFuseSpec
from components.gcp.storage_bucket_spec import StorageBucketSpec
from components.kubernetes.granted_spec import Granted
from components.kubernetes.mountable import Mount, Mountable
from components.kubernetes.pod import with_mounts

ENABLED = {"gke-gcsfuse/volumes": "true"}


def granted(claim: str = "datasets", access: Any = "read-write", **mount: Any) -> Any:
    spec = StorageBucketSpec.model_validate(
        {"kind": "gcs", "softDelete": "0d", "mount": mount}
    )
    return Granted(claim, spec.access_modes, access, spec.pod_needs(access))


def pod(*volumes: Mountable, read_only: bool = False) -> dict[str, Any]:
    given = {"spec": {"containers": [{"name": "main"}]}}
    mounts = [
        Mount(name=f"v{n}", path=f"/{n}", volume=volume, read_only=read_only)
        for n, volume in enumerate(volumes)
    ]
    return with_mounts(given, mounts, owner="train")


def annotations(*volumes: Mountable) -> dict[str, str]:
    return pod(*volumes)["metadata"]["annotations"]


def test_every_pod_gets_the_container_that_mounts() -> None:
    assert annotations(granted()) == ENABLED


def test_what_the_container_gets_is_added_up() -> None:
    stated = granted("a", sidecar={"cpu": "2", "memory": "4Gi"})
    silent = granted("b")
    assert annotations(stated) == {
        **ENABLED,
        "gke-gcsfuse/cpu-limit": "2",
        "gke-gcsfuse/memory-limit": "4Gi",
    }
    # One that says nothing still needs what GKE gives.
    assert annotations(stated, silent) == {
        **ENABLED,
        "gke-gcsfuse/cpu-limit": "2250m",
        "gke-gcsfuse/memory-limit": "4352Mi",
    }


def test_a_cache_on_disk_has_room() -> None:
    made = pod(granted(cache={"size": "100Gi"}), granted("b", cache={"size": "10Gi"}))
    cache = made["spec"]["volumes"][-1]
    assert cache == {"name": "gke-gcsfuse-cache", "emptyDir": {"sizeLimit": "121Gi"}}
    # More than the cache: what is written is staged there as well.
    assert made["metadata"]["annotations"] == {
        **ENABLED,
        "gke-gcsfuse/ephemeral-storage-limit": "131Gi",
    }
    # The program's own container does not write there.
    assert (
        "limits" not in made["spec"]["containers"][0].get("resources", {})
        or not (made["spec"]["containers"][0]["resources"]["limits"])
    )


def test_a_cache_in_memory_is_in_the_containers_limit() -> None:
    cache = {"size": "10Gi", "medium": "memory"}
    made = pod(granted(purpose="serving", cache=cache))
    volume = made["spec"]["volumes"][-1]
    assert volume["emptyDir"] == {"sizeLimit": "11Gi", "medium": "Memory"}
    assert made["metadata"]["annotations"] == {
        **ENABLED,
        "gke-gcsfuse/memory-limit": "12Gi",
    }


def test_one_pod_has_one_medium() -> None:
    one = granted(cache={"size": "1Gi"})
    other = granted("b", cache={"size": "1Gi", "medium": "memory"})
    with pytest.raises(ValueError, match="gke-gcsfuse-cache"):
        pod(one, other)


def claim(made: dict[str, Any]) -> dict[str, Any]:
    return made["spec"]["volumes"][0]["persistentVolumeClaim"]


def test_a_claim_that_is_only_read_says_so() -> None:
    assert claim(pod(granted())) == {"claimName": "datasets"}
    reads = {"claimName": "datasets", "readOnly": True}
    assert claim(pod(granted(), read_only=True)) == reads
    assert claim(pod(granted(access="read-only"))) == reads


def inline(**more: Any) -> dict[str, Any]:
    given = {"kind": "gcs-fuse", "bucket": "imagenet", **more}
    volume = GcsFuseSpec.model_validate(given)
    made = pod(volume)
    assert made["metadata"]["annotations"].items() >= ENABLED.items()
    return made["spec"]["volumes"][0]["csi"]


def test_a_bucket_as_long_as_the_pod() -> None:
    assert inline() == {
        "driver": "gcsfuse.csi.storage.gke.io",
        "volumeAttributes": {
            "bucketName": "imagenet",
            "mountOptions": "implicit-dirs",
            "skipCSIBucketAccessCheck": "true",
        },
    }


def test_a_public_bucket_is_read_by_no_one() -> None:
    csi = inline(anonymous=True, access="read-only", prefix="train/")
    assert csi["readOnly"] is True
    assert csi["volumeAttributes"]["mountOptions"] == (
        "implicit-dirs,only-dir=train,anonymous-access,ro"
    )
