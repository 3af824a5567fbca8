"""A stack of many volumes, as its file says it."""

from __future__ import annotations

import json

TEAM = "bench"
CLASS = "shared"
DRIVER = "rook-ceph.cephfs.csi.ceph.com"
PLATFORM = {
    "cloud": "kubernetes",
    "cluster": {"context": "bench"},
    "storageClasses": {CLASS: {"provisioner": DRIVER, "existing": True}},
    "teams": {TEAM: {"quota": {"storage": {CLASS: "1Pi"}}}},
}
VOLUME = {
    "kind": "claim",
    "storageClass": CLASS,
    "size": "10Gi",
    "accessModes": ["ReadWriteMany"],
}


def volume_names(volumes: int) -> list[str]:
    """The names of so many volumes."""
    return [f"data-{number}" for number in range(volumes)]


def configuration(volumes: int) -> dict[str, dict[str, object]]:
    """What stands under `config:`: an environment, and a team with `volumes`."""
    return {
        "ml-storage:platform": dict(PLATFORM),
        "ml-storage:team": {
            "name": TEAM,
            "volumes": {name: dict(VOLUME) for name in volume_names(volumes)},
        },
    }


def stack_yaml(volumes: int) -> str:
    """The file of such a stack, one volume to a line."""
    sections = configuration(volumes)
    lines = ["config:"]
    for key, section in sections.items():
        lines.append(f"  {key}:")
        for name, value in section.items():
            if name != "volumes" or not isinstance(value, dict):
                lines.append(f"    {name}: {json.dumps(value)}")
                continue
            lines.append("    volumes:")
            lines += [f"      {n}: {json.dumps(v)}" for n, v in value.items()]
    return "\n".join([*lines, ""])
