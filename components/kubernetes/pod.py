"""Mounts and secrets put into a pod's spec: a Job's, a Deployment's, anyone's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from components.catalog import names, quantity
from components.kubernetes.helper import Helper
from components.kubernetes.job_spec import INDEX_VARIABLE
from components.kubernetes.mountable import (
    InitContainer,
    Mount,
    PodNeeds,
    PodSecret,
    SharedScratch,
)

# What a container writes outside its scratch, logs included, is counted as
# ephemeral storage too: a limit without room for it evicts a pod whose scratch
# is full as promised.
CONTAINER_DISK = quantity.parse("1Gi")


def with_mounts(
    pod: dict[str, Any], mounts: Sequence[Mount], *, owner: str, container: int = 0
) -> dict[str, Any]:
    """A pod template's `metadata` and `spec` with `mounts` put in.

    Args:
        pod: A pod template, as Kubernetes writes it. It is not changed.
        mounts: What the container mounts. Mounts of one name are one volume.
        owner: Name of the Job or Deployment; the directory of a `per-index`
            mount that names none.
        container: Position of the container that mounts them.

    Raises:
        ValueError: Two volumes ask for different service accounts, nodes or
            media of one scratch volume.
    """
    pod = _copied(pod)
    spec = pod.setdefault("spec", {})
    volumes = {mount.name: mount.volume for mount in mounts}
    needs = {name: volume.pod_needs() for name, volume in volumes.items()}
    written = {mount.name for mount in mounts if not _reads(mount)}
    spec["volumes"] = spec.get("volumes", []) + [
        {
            "name": name,
            **_source(
                volume.volume_source(),
                read_only=needs[name].read_only_claim and name not in written,
            ),
        }
        for name, volume in volumes.items()
    ]
    target = spec["containers"][container]
    target["volumeMounts"] = target.get("volumeMounts", []) + [
        _volume_mount(mount, owner) for mount in mounts
    ]
    for name, need in needs.items():
        _add_needs(pod, need)
        _add_init_containers(spec, name, need.init_containers)
    _add_quantities(pod, list(needs.values()))
    _add_scratch(spec, [need.scratch for need in needs.values()])
    _add_resources(
        target,
        memory=sum((need.memory for need in needs.values()), Decimal(0)),
        disk=sum((need.ephemeral_storage for need in needs.values()), Decimal(0)),
    )
    return pod


def with_secrets(
    pod: dict[str, Any], secrets: Sequence[PodSecret], *, container: int = 0
) -> dict[str, Any]:
    """A pod template with `secrets` put in.

    Files are read-only below `/run/secrets/ml-storage/<name>`, as the Secret is
    at the moment; variables are those of the pod's start. Of the values the
    template has nothing.

    Args:
        pod: A pod template, as Kubernetes writes it. It is not changed.
        secrets: What the container gets.
        container: Position of the container that gets them.

    Raises:
        ValueError: A variable would be set twice.
    """
    pod = _copied(pod)
    spec = pod["spec"]
    _add_secrets(spec, spec["containers"][container], secrets)
    return pod


def with_helpers(
    pod: dict[str, Any],
    helpers: Sequence[Helper],
    *,
    environment: Sequence[Mapping[str, Any]] = (),
    secrets: Sequence[PodSecret] = (),
    container: int = 0,
) -> dict[str, Any]:
    """A pod template with `helpers` put in, in their order, after all mounts.

    Those that end come before those that stay: what is fetched is there before
    anything is published.

    Args:
        pod: A pod template with its mounts, as Kubernetes writes it. It is not
            changed.
        helpers: The containers.
        environment: The entries of `env` of each that reaches a bucket.
        secrets: The secrets of each that reaches a bucket.
        container: Position of the container whose mounts they have a part in.

    Raises:
        ValueError: A helper mounts what the container does not; or a bucket that
            it reaches has no URI in `environment`.
    """
    pod = _copied(pod)
    spec = pod["spec"]
    mounts = spec["containers"][container].get("volumeMounts", [])
    mounted = {mount["mountPath"]: mount for mount in mounts}
    given = {entry["name"] for entry in environment}
    for helper in sorted(helpers, key=lambda helper: helper.stays):
        name = names.joined(helper.role, helper.of)
        for path in helper.paths:
            if path not in mounted:
                raise ValueError(f"{name} mounts {path}, and the program does not")
        missing = [variable for variable in helper.uris if variable not in given]
        if missing:
            raise ValueError(f"environment has no URI for {', '.join(missing)}")
        read_only = {"readOnly": True} if helper.read_only else {}
        made: dict[str, Any] = {
            "name": name,
            "image": helper.image,
            "command": list(helper.command),
            "volumeMounts": [{**mounted[path], **read_only} for path in helper.paths],
            "resources": _copied(dict(helper.resources)),
        }
        if helper.uris:
            made["env"] = [_copied(dict(entry)) for entry in environment]
            _add_secrets(spec, made, secrets)
        if helper.stays:
            made["restartPolicy"] = "Always"
        spec.setdefault("initContainers", []).append(made)
    return pod


def _copied(value: Any) -> Any:
    """A copy of what Kubernetes writes: an output of Pulumi's in it stays itself."""
    if isinstance(value, dict):
        known = cast("dict[str, Any]", value)
        return {key: _copied(entry) for key, entry in known.items()}
    if isinstance(value, list):
        return [_copied(entry) for entry in cast("list[Any]", value)]
    return value


def _add_secrets(
    spec: dict[str, Any], target: dict[str, Any], secrets: Sequence[PodSecret]
) -> None:
    for secret in secrets:
        variables = secret.environment()
        taken = {variable["name"] for variable in target.get("env", [])}
        for name in (variable["name"] for variable in variables):
            if name in taken:
                raise ValueError(
                    f"{name} is set by the secret {secret.secret_name}, and by "
                    "something else"
                )
        if variables:
            target.setdefault("env", []).extend(variables)
        if secret.mount_path is None:
            continue
        volumes = spec.setdefault("volumes", [])
        volume = _volume_of(secret.secret_name, volumes)
        target.setdefault("volumeMounts", []).append(
            {"name": volume, "mountPath": secret.mount_path, "readOnly": True}
        )
        mode = _file_mode(spec, target, secret)
        there = next((v for v in volumes if v["name"] == volume), None)
        if there is not None:
            there["secret"]["defaultMode"] |= mode
        else:
            source = {"secretName": secret.secret_name, "defaultMode": mode}
            volumes.append({"name": volume, "secret": source})


def _volume_of(secret_name: str, volumes: Sequence[Mapping[str, Any]]) -> str:
    """Name of the volume of a secret, which no other volume of the pod has."""
    others = {
        volume["name"]
        for volume in volumes
        if volume.get("secret", {}).get("secretName") != secret_name
    }
    name = names.joined("secret", secret_name)
    while name in others:
        name = names.joined("secret", name)
    return name


def _file_mode(spec: dict[str, Any], target: dict[str, Any], secret: PodSecret) -> int:
    """Who reads a secret's files. They belong to root, whoever the program is.

    ssh refuses a private key of its own user's that others may read, and does
    not care about the mode of another's: root needs 0400, anyone else 0444.
    Where the pod has an `fsGroup`, the kubelet lets that group read them.
    """
    security = {
        **spec.get("securityContext", {}),
        **target.get("securityContext", {}),
    }
    root = not security.get("runAsUser") and not security.get("runAsNonRoot")
    if secret.anyone_reads or not (root or security.get("fsGroup")):
        return 0o444
    return 0o400


def _add_init_containers(
    spec: dict[str, Any], volume: str, init_containers: Sequence[InitContainer]
) -> None:
    for number, init in enumerate(init_containers):
        made: dict[str, Any] = {
            "name": names.joined(f"fill-{number}" if number else "fill", volume),
            "image": init.image,
            "command": list(init.command),
            "volumeMounts": [{"name": volume, "mountPath": init.path}],
            "resources": _copied(dict(init.resources)),
        }
        _add_secrets(spec, made, init.secrets)
        spec.setdefault("initContainers", []).append(made)


def _reads(mount: Mount) -> bool:
    """Whether nothing is written through a mount."""
    return mount.read_only or mount.volume.read_only


def _source(source: dict[str, Any], *, read_only: bool) -> dict[str, Any]:
    """Where a volume comes from; a claim that is only read says so."""
    claim = source.get("persistentVolumeClaim")
    if claim is None or not read_only:
        return source
    return {**source, "persistentVolumeClaim": {**claim, "readOnly": True}}


def _volume_mount(mount: Mount, owner: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": mount.name, "mountPath": mount.path}
    if _reads(mount):
        entry["readOnly"] = True
    part = directory(mount, owner)
    if part is not None:
        entry["subPathExpr" if INDEX_VARIABLE in part else "subPath"] = part
    return entry


def directory(mount: Mount, owner: str) -> str | None:
    """The directory of the volume that is mounted; None for all of it.

    With `per-index` writers it holds `$(JOB_COMPLETION_INDEX)`.
    """
    if mount.writers == "per-index" and not _reads(mount):
        return f"{mount.sub_path or owner}/index-$({INDEX_VARIABLE})"
    return mount.sub_path


def _add_needs(pod: dict[str, Any], need: PodNeeds) -> None:
    spec = pod["spec"]
    if need.annotations:
        annotations = pod.setdefault("metadata", {}).setdefault("annotations", {})
        _merge(annotations, need.annotations, "annotation")
    if need.node_selector:
        _merge(spec.setdefault("nodeSelector", {}), need.node_selector, "node label")
    if need.service_account is not None:
        _merge(spec, {"serviceAccountName": need.service_account}, "service account")
    for toleration in need.tolerations:
        if toleration not in spec.setdefault("tolerations", []):
            spec["tolerations"].append(dict(toleration))


def _add_quantities(pod: dict[str, Any], needs: Sequence[PodNeeds]) -> None:
    """Annotations of which every volume takes a part."""
    stated = {key for need in needs for key in need.quantities}
    for key in sorted(stated):
        parts = (
            need.quantities.get(key, need.quantities_besides.get(key, Decimal(0)))
            for need in needs
        )
        total = _quantity(sum(parts, Decimal(0)))
        annotations = pod.setdefault("metadata", {}).setdefault("annotations", {})
        _merge(annotations, {key: total}, "annotation")


def _quantity(value: Decimal) -> str:
    """Bytes or cores, as Kubernetes writes them."""
    thousandths = int(value * 1000)
    return f"{thousandths}m" if thousandths % 1000 else quantity.bytes_text(value)


def _add_scratch(
    spec: dict[str, Any], wanted: Sequence[Mapping[str, SharedScratch]]
) -> None:
    """`emptyDir` volumes that several volumes share."""
    for name in sorted({name for parts in wanted for name in parts}):
        parts = [scratch[name] for scratch in wanted if name in scratch]
        media = {part.medium for part in parts}
        if len(media) > 1:
            raise ValueError(
                f"the volumes of one pod want {name} on disk and in memory"
            )
        size = sum((part.size for part in parts), Decimal(0))
        empty: dict[str, Any] = {"sizeLimit": quantity.bytes_text(size)}
        if "memory" in media:
            empty["medium"] = "Memory"
        spec["volumes"].append({"name": name, "emptyDir": empty})


def _merge(into: dict[str, Any], more: Any, what: str) -> None:
    for key, value in more.items():
        if into.setdefault(key, value) != value:
            raise ValueError(
                f"the volumes of one pod ask for different values of the {what} "
                f"{key}: {into[key]!r} and {value!r}"
            )


def _add_resources(target: dict[str, Any], *, memory: Decimal, disk: Decimal) -> None:
    """Count scratch into what the container may use."""
    resources = target.setdefault("resources", {})
    requests = resources.setdefault("requests", {})
    limits = resources.setdefault("limits", {})
    if memory and "memory" in requests:
        requested = quantity.parse(requests["memory"]) + memory
        requests["memory"] = quantity.bytes_text(requested)
        # A limit that was stated is the user's word and stays: scratch is
        # counted in. Without one, the pod gets what it asked for.
        limits.setdefault("memory", requests["memory"])
    if disk:
        text = quantity.bytes_text(disk + CONTAINER_DISK)
        requests["ephemeral-storage"] = text
        limits["ephemeral-storage"] = text
