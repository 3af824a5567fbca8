"""Whole stacks, as a property-based test draws them.

What is drawn is a stack's configuration as YAML would say it. Most of it is
right, much of it just so; now and then a value is wrong, and `check` has to say
it. Values that the cluster alone can refuse, such as the name of a service
account that is not there, are not drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.engine import generated_programs as programs
from tests.engine import generated_values as values
from tests.engine import generated_volumes as volumes
from tests.engine.generated_values import among

Draw = Any


@dataclass(frozen=True, kw_only=True)
class Generated:
    """A stack, or an environment's and a team's.

    Attributes:
        platform: The section `ml-storage:platform`.
        team: The section `ml-storage:team`.
        alone: Whether the team is a stack of its own, upon the contract.
        keys: Secret configuration keys.
    """

    platform: dict[str, Any]
    team: dict[str, Any]
    alone: bool
    keys: dict[str, str] = field(default_factory=dict)

    def stacks(self) -> list[dict[str, Any]]:
        """The configurations of its stacks, in the order they are deployed."""
        hidden = {f"ml-storage:{key}": {"secure": "AAA"} for key in self.keys}
        environment = {"ml-storage:platform": self.platform}
        if not self.alone:
            return [{**environment, "ml-storage:team": self.team, **hidden}]
        elsewhere = {"platform": "lab", "cluster": {"context": "theirs"}}
        return [environment, {"ml-storage:team": {**self.team, **elsewhere}, **hidden}]


@st.composite
def stacks(draw: Draw) -> Generated:
    """An environment with a team in it, in one stack or in two."""
    alone = draw(st.integers(0, 3)) == 3
    classes = draw(volumes.storage_classes())
    snapshot_classes = draw(volumes.snapshot_classes())
    pools = draw(programs.pools())
    storage = draw(volumes.shared_storage())
    grants = {
        name: draw(_grant(thing["kind"]))
        for name, thing in storage.items()
        if draw(st.integers(0, 3))
    }
    space = draw(_space(classes, grants))
    name = draw(among(["vision", "v7", "7v", "v".ljust(63, "x")], ["V", "default"]))
    made = draw(volumes.volumes(classes, grants, storage, alone=alone))
    secrets = draw(programs.secrets())
    snapshots = draw(volumes.snapshots(made, snapshot_classes, classes))
    for snapshot in snapshots:
        if draw(st.booleans()):
            size, of = "4Gi", made[snapshots[snapshot].get("of", next(iter(made)))]
            made["restored"] = {**of, "size": size, "restore": snapshot}
            made["restored"].pop("existing", None)
            made["restored"].pop("adopt", None)
    platform = {
        "cloud": "kubernetes",
        "cluster": {"context": "here"},
        "addOns": {
            key: {"existing": True}
            for key in (
                "jobset",
                "kueue",
                "snapshot-controller",
                "nvidia-device-plugin",
                "gpu-feature-discovery",
            )
        },
        "nodePools": pools,
        "storage": storage,
        "storageClasses": classes,
        "snapshotClasses": snapshot_classes,
        "teams": {name: space},
    }
    mountable = {
        key: volume | (storage[volume["from"]] if "from" in volume else {})
        for key, volume in made.items()
        if volume.get("volumeMode") != "Block"
    }
    team = {
        "name": name,
        "volumes": made,
        "snapshots": snapshots,
        "secrets": secrets,
        "jobs": draw(programs.jobs(mountable, secrets, pools)),
        "workspaces": draw(programs.workspaces(mountable, secrets, pools)),
        "deployments": draw(programs.deployments(mountable, secrets, pools)),
    }
    keys = dict.fromkeys(("key-a", "key-b"), "a secret\nof two lines")
    return Generated(
        platform=_without_empty(platform),
        team=_without_empty(team),
        alone=alone,
        keys=keys,
    )


def _without_empty(section: dict[str, Any]) -> dict[str, Any]:
    """What a person writes: nothing of what there is none of."""
    return {key: value for key, value in section.items() if value != {}}


@st.composite
def _grant(draw: Draw, kind: str) -> Any:
    access = draw(st.sampled_from(["read-only", "read-write"]))
    if kind != "csi" and draw(st.integers(0, 2)) == 0:
        return {"access": access, "prefix": draw(values.SUB_PATH)}
    return access


@st.composite
def _space(draw: Draw, classes: dict[str, Any], grants: dict[str, Any]) -> Any:
    space: dict[str, Any] = {"grants": grants} if grants else {}
    if draw(st.booleans()):
        room = 225 if draw(st.integers(0, 39)) else 253
        limits = {
            key: "8e18" for key in classes if len(key) <= room and draw(st.booleans())
        }
        space["quota"] = {"storage": limits, "gpus": draw(among([0, 64, 10**6], [-1]))}
        if draw(st.integers(0, 3)):
            del space["quota"]["gpus"]
    if draw(st.integers(0, 2)) == 0:
        space["limits"] = draw(_limits())
    if draw(st.integers(0, 2)) == 0:
        who = st.lists(
            among(
                ["ann", "oidc:Ann@example.com", "é", "a b", "x" * 300, "system:a"],
                ["", " ", "system:authenticated"],
            ),
            max_size=2,
        )
        space["deployers"] = {"users": draw(who), "groups": draw(who)}
    space["podSecurity"] = draw(
        st.sampled_from(["baseline"] * 7 + ["privileged"] * 3 + ["restricted"])
    )
    if draw(st.integers(0, 7)) == 0:
        space["existing"] = True
    return space


@st.composite
def _limits(draw: Draw) -> Any:
    """Bounds that often are in the way of what is drawn for containers."""
    limits: dict[str, Any] = {}
    for key, cpu, memory, disk in (
        ("min", ["1n", "50m", "200m"], ["1", "64Mi", "1Gi"], ["1", "1Gi"]),
        ("defaultRequest", ["200m", 1], ["1Gi", "2Gi"], ["1Gi", "2Gi"]),
        ("default", [1, 2], ["2Gi", "4Gi"], ["2Gi", "1Ti"]),
        ("max", [2, 64, 100], ["4Gi", "64Gi", "8e18"], ["1Ti", "8e18"]),
    ):
        bound = {
            resource: draw(st.sampled_from(choices))
            for resource, choices in (
                ("cpu", cpu),
                ("memory", memory),
                ("ephemeralStorage", disk),
            )
            if draw(st.integers(0, 3)) == 0
        }
        if bound:
            limits[key] = bound
    if draw(st.integers(0, 2)) == 0:
        limits["claim"] = draw(
            st.sampled_from(
                [{"min": "1"}, {"max": "8e18"}, {"min": "1Ki", "max": "8e18"}]
            )
        )
    return limits
