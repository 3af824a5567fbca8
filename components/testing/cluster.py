"""What a cluster refuses of several objects together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from components.catalog import quantity
from components.testing.deployment import Registered
from components.testing.objects import pods_of

_DEFAULT = "default"
# Objects that every namespace has without anyone making them.
_THERE = {("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")}


def names_taken(objects: Sequence[Registered]) -> Iterator[str]:
    """No two objects of a kind have one name in one namespace."""
    taken: dict[tuple[str, ...], Registered] = {}
    for made in objects:
        key = _identity(made)
        if made.read or key is None:
            continue
        first = taken.setdefault(key, made)
        # One URN twice is said already.
        if first.urn != made.urn:
            where = f" in {key[1]}" if key[1] else ""
            yield f"{made}: {first.name} is a {made.kind} called {key[2]}{where} too"


def _identity(made: Registered) -> tuple[str, str, str] | None:
    """Group and kind, namespace, name; None where Pulumi chooses the name."""
    metadata = made.inputs.get("metadata", {})
    name = metadata.get("name")
    if name is None:
        return None
    group = str(made.inputs.get("apiVersion", "")).rpartition("/")[0]
    return f"{group}/{made.kind}", metadata.get("namespace", ""), name


def cannot_bind(
    objects: Sequence[Registered], states: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """A claim that names a volume fits that volume.

    Args:
        objects: The Kubernetes objects.
        states: What each became in the cluster, by URN.
    """
    volumes = {
        states[made.urn]["metadata"]["name"]: made
        for made in objects
        if made.kind == "PersistentVolume" and made.urn in states
    }
    for claim in objects:
        if claim.kind != "PersistentVolumeClaim" or claim.read or claim.unknown:
            continue
        volume = volumes.get(claim.inputs.get("spec", {}).get("volumeName"))
        if volume is not None and not (volume.read or volume.unknown):
            for why in _misfits(claim.inputs, volume.inputs):
                yield f"{claim}: cannot bind to {volume.name}: {why}"


def _misfits(claim: Mapping[str, Any], volume: Mapping[str, Any]) -> Iterator[str]:
    wants, offers = claim["spec"], volume["spec"]
    size, capacity = (
        wants.get("resources", {}).get("requests", {}).get("storage", "0"),
        offers.get("capacity", {}).get("storage", "0"),
    )
    if quantity.parse(size) > quantity.parse(capacity):
        yield f"it asks for {size} of {capacity}"
    missing = set(wants.get("accessModes", [])) - set(offers.get("accessModes", []))
    if missing:
        yield f"the volume does not offer {', '.join(sorted(missing))}"
    # A claim that says nothing gets the default class, and with it no volume.
    if wants.get("storageClassName") != offers.get("storageClassName", ""):
        yield (
            f"its class is {wants.get('storageClassName')!r}, the volume's "
            f"{offers.get('storageClassName', '')!r}"
        )
    modes = [side.get("volumeMode", "Filesystem") for side in (wants, offers)]
    if modes[0] != modes[1]:
        yield f"its volumeMode is {modes[0]}, the volume's {modes[1]}"
    reserved = offers.get("claimRef")
    metadata = claim.get("metadata", {})
    mine = (metadata.get("namespace", _DEFAULT), metadata.get("name"))
    if reserved and mine != (reserved.get("namespace"), reserved.get("name")):
        yield (
            "the volume is reserved for "
            f"{reserved.get('namespace')}/{reserved.get('name')}"
        )


def dangling(objects: Sequence[Registered]) -> Iterator[str]:
    """What objects name is made, or looked up, by this program."""
    known = {place for made in objects for place in _places(made)}
    for made in objects:
        if made.read:
            continue
        namespace = made.inputs.get("metadata", {}).get("namespace")
        if namespace and ("Namespace", "", namespace) not in known:
            yield f"{made}: no one makes its namespace {namespace}"
        for _, pod in pods_of(made.inputs):
            for kind, name in _named_by(pod):
                there = (kind, namespace or _DEFAULT, name) in known
                if not there and (kind, name) not in _THERE:
                    yield f"{made}: no one makes the {kind} {name}"


def _places(made: Registered) -> Iterator[tuple[str, str, str]]:
    metadata = made.inputs.get("metadata", {})
    # What is looked up, and what is taken over, has its name in its id.
    namespace, _, name = made.import_id.rpartition("/")
    scoped = made.kind not in ("Namespace", "PersistentVolume", "StorageClass")
    namespace = metadata.get("namespace", namespace or _DEFAULT) if scoped else ""
    yield made.kind, namespace, metadata.get("name", name)


def _named_by(pod: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Kind and name of what a pod cannot start without."""
    if "serviceAccountName" in pod:
        yield "ServiceAccount", pod["serviceAccountName"]
    for volume in pod.get("volumes", []):
        if "persistentVolumeClaim" in volume:
            yield "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]
        for key, kind, name in (
            ("secret", "Secret", "secretName"),
            ("configMap", "ConfigMap", "name"),
        ):
            if key in volume and not volume[key].get("optional"):
                yield kind, volume[key][name]
    for container in [*pod.get("initContainers", []), *pod.get("containers", [])]:
        for variable in container.get("env", []):
            source = variable.get("valueFrom", {}).get("secretKeyRef")
            if source and not source.get("optional"):
                yield "Secret", source["name"]
