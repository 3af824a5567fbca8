"""Pools, secrets, jobs, workspaces and deployments, as a test draws them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.engine import generated_values as values
from tests.engine.generated_values import among

Draw = Any

ACCOUNT = "trainer"
"""A service account that the namespace of the test has."""

_OWN = ("scratch", "ephemeral", "dataset")


@st.composite
def pools(draw: Draw) -> dict[str, Any]:
    """Node pools, of which most have GPUs."""
    found: dict[str, Any] = {}
    for word in draw(st.lists(st.sampled_from(["a10g", "cpu"]), max_size=2)):
        labels = draw(
            st.dictionaries(
                values.LABEL_KEY, values.LABEL_VALUE, min_size=1, max_size=2
            )
        )
        taint = st.fixed_dictionaries(
            {"key": values.LABEL_KEY},
            optional={
                "value": values.LABEL_VALUE,
                "effect": among(
                    ["NoSchedule", "PreferNoSchedule", "NoExecute"], ["No"]
                ),
            },
        )
        found[draw(values.name(word))] = {
            "labels": labels,
            "taints": draw(st.lists(taint, max_size=2)),
            "gpus": draw(among([4, 8, 0], [-1])),
        }
    return found


@st.composite
def secrets(draw: Draw) -> dict[str, Any]:
    """Secrets of every kind."""
    key = st.sampled_from(["key-a", "key-b"])
    kinds = (
        {"kind": "rclone", "config": key},
        {"kind": "ssh", "privateKey": key, "knownHosts": among(["a b", "é"], [""])},
        {"kind": "globus", "clientId": among(["id", "é"], [""]), "clientSecret": key},
        {
            "kind": "environment",
            "variables": st.dictionaries(values.VARIABLE, key, min_size=1, max_size=2),
        },
    )
    found: dict[str, Any] = {}
    for number, kind in enumerate(draw(st.lists(st.sampled_from(kinds), max_size=2))):
        spec = {
            k: draw(v) if isinstance(v, st.SearchStrategy) else v
            for k, v in kind.items()
        }
        if draw(st.booleans()):
            spec["readableBy"] = draw(st.sampled_from(["root", "anyone"]))
        found[draw(values.name("s" if number == 0 else f"s{number}"))] = spec
    return found


@st.composite
def _mounts(draw: Draw, volumes: dict[str, Any], job: dict[str, Any]) -> dict[str, Any]:
    """Mounts with which the pods of `job` do not write over each other."""
    nodes, indexes = job.get("nodes", {}), job.get("indexes", 1)
    count = nodes.get("count", 1) * job.get("jobSet", {}).get("replicas", 1)
    count = max(count, job.get("replicas", 1) + job.get("surge", 0))
    several = (indexes > 1 if isinstance(indexes, int) else False) or count > 1
    numbered = "indexes" in job or (
        nodes.get("count", 1) > 1 and job.get("jobSet", {}).get("replicas", 1) == 1
    )
    found: dict[str, Any] = {}
    for key, volume in volumes.items():
        if draw(st.integers(0, 3)) == 0:
            continue
        modes = volume.get("accessModes", [])
        if several and ("ReadWriteOnce" in modes or "ReadWriteOncePod" in modes):
            continue
        mount: dict[str, Any] = {"volume": key}
        if volume.get("kind") not in _OWN:
            numbering = "per-index" if numbered else "one"
            mount["writers"] = draw(st.sampled_from([numbering, "one"]))
            if draw(st.integers(0, 2)) == 0:
                mount["readOnly"] = draw(st.booleans())
        if draw(st.integers(0, 2)) == 0:
            mount["subPath"] = draw(values.SUB_PATH)
        found[draw(values.MOUNT_PATH)] = mount if len(mount) > 1 else key
    return found


@st.composite
def _program(
    draw: Draw, secrets: dict[str, Any], pools: dict[str, Any]
) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "image": draw(values.IMAGE),
        "command": draw(
            st.lists(values.ANY_TEXT, min_size=1, max_size=2)
            if draw(st.booleans())
            else st.just(["run"])
        ),
    }
    if draw(st.integers(0, 2)) == 0:
        spec["env"] = draw(
            st.dictionaries(values.VARIABLE, values.ANY_TEXT, max_size=2)
        )
    if draw(st.integers(0, 2)) == 0:
        amounts = {"cpu": values.CORES, "memory": values.MEMORY}
        sides = {
            "requests": st.fixed_dictionaries({}, optional=amounts),
            "limits": st.fixed_dictionaries(
                {},
                optional={
                    "cpu": among([100, "200", "1e3"], [0]),
                    "memory": among(["4Gi", "9e9", "8e18"], ["1", "9e30"]),
                },
            ),
        }
        spec["resources"] = draw(st.fixed_dictionaries({}, optional=sides))
    taken = {"variables", "clientId", "config"}
    spec["secrets"] = []
    for key, secret in secrets.items():
        own = taken & set(secret)
        # No two of one kind: they would set the same variables.
        if draw(st.booleans()) and (not own or own <= taken):
            taken -= own
            spec["secrets"].append(key)
    if draw(st.integers(0, 5)) == 0:
        spec["serviceAccount"] = ACCOUNT
    if draw(st.integers(0, 3)) == 0:
        spec["graceSeconds"] = draw(among([0, 1, 86400, 2**31 - 1], [-1, 2**31, 2**63]))
    nodes: dict[str, Any] = {}
    if pools and draw(st.booleans()):
        pool = draw(st.sampled_from(sorted(pools)))
        nodes["pool"] = pool
        nodes["gpus"] = draw(among([0, pools[pool]["gpus"]], [99]))
    elif draw(st.integers(0, 2)) == 0:
        nodes["gpus"] = draw(among([0, 1, 8, 10**6, 2**31 - 1], [-1, 2**31]))
    if nodes.get("gpus") and draw(st.booleans()):
        nodes["gpuProducts"] = [draw(among(["NVIDIA-A10G", "NVIDIA-L4"], ["A B"]))]
    if nodes:
        spec["nodes"] = nodes
    return spec


@st.composite
def jobs(
    draw: Draw, volumes: dict[str, Any], secrets: dict[str, Any], pools: dict[str, Any]
) -> dict[str, Any]:
    """Jobs of each shape: one pod, a sweep, several nodes, a JobSet."""
    found: dict[str, Any] = {}
    for number in range(draw(st.integers(0, 2))):
        spec = draw(_program(secrets, pools))
        shape = draw(st.sampled_from(["one", "sweep", "nodes", "set"]))
        count = draw(among([1, 2, 7, 100], [0]))
        if shape == "sweep":
            spec["indexes"] = draw(among([1, 3, 1000, 10**5], [0, 10**5 + 1, 2**31]))
            if draw(st.booleans()):
                spec["parallelism"] = draw(
                    among([1, 2, 10**4, 10**5, 2**31 - 1], [0, 2**31])
                )
        elif shape != "one":
            spec["nodes"] = {**spec.get("nodes", {}), "count": count}
        if shape == "set":
            spec["jobSet"] = draw(
                st.sampled_from(
                    [{}, {"replicas": 1}, {"replicas": 3}, {"replicas": 2**31 - 1}]
                )
            )
        if shape in ("nodes", "set") and count > 1 and draw(st.booleans()):
            spec["rendezvous"] = draw(
                st.fixed_dictionaries(
                    {},
                    optional={
                        "port": among([1, 65535], [0, 65536]),
                        "processesPerNode": among([1, 10**9], [0]),
                    },
                )
            )
        for key, choices in (
            ("run", among([1, 2, 2**31 - 1], [0, 2**31, 10**63])),
            (
                "retries",
                among(
                    [0, 3, 10**7 if shape == "nodes" else 2**31 - 1],
                    [-1, 2**31, 2**31 - 1],
                ),
            ),
            ("deadline", among(["1s", "9999999d", "12h"], ["0s", "1w"])),
            ("queue", values.name("gold")),
            ("await", st.booleans()),
        ):
            if draw(st.integers(0, 3)) == 0:
                spec[key] = draw(choices)
        spec["mounts"] = draw(_mounts(volumes, spec))
        word = "train" if number == 0 else "eval"
        room = 63 - len("-nodes-2147483647-99-abcde") if shape == "set" else 63 - 8
        key = draw(
            among(
                [
                    word,
                    word,
                    word.ljust(room, "x"),
                    f"7{word}" if shape == "one" else word,
                ],
                [word.ljust(63, "x"), word.upper(), f"{word}.b"],
            )
        )
        found[key] = {
            k: v for k, v in spec.items() if v not in ([], {}) or k == "jobSet"
        }
    return found


@st.composite
def workspaces(
    draw: Draw, volumes: dict[str, Any], secrets: dict[str, Any], pools: dict[str, Any]
) -> dict[str, Any]:
    """At most one workspace."""
    if draw(st.integers(0, 2)):
        return {}
    spec = draw(_program(secrets, pools))
    if draw(st.booleans()):
        spec["port"] = draw(among([1, 8888, 65535], [0, 65536]))
    if draw(st.booleans()):
        spec["running"] = draw(st.booleans())
    spec["mounts"] = draw(_mounts(volumes, spec))
    kept = {k: v for k, v in spec.items() if v not in ([], {})}
    return {draw(among(["notebook", "n".ljust(63, "x")], ["N", "n" * 64])): kept}


@st.composite
def deployments(
    draw: Draw, volumes: dict[str, Any], secrets: dict[str, Any], pools: dict[str, Any]
) -> dict[str, Any]:
    """At most one deployment."""
    if draw(st.integers(0, 2)):
        return {}
    spec = draw(_program(secrets, pools))
    choices = {
        "replicas": among([0, 1, 3, 2**31 - 1], [-1, 2**31]),
        "surge": among([0, 1, 2**31 - 1], [-1, 2**31]),
        "spread": st.booleans(),
        "await": st.booleans(),
    }
    if draw(st.booleans()):
        spec["port"] = draw(among([1, 8000, 65535], [0, 65536]))
        choices["health"] = among(["/", "/healthz", "/a?b=c"], ["healthz", "/a b"])
        choices["startup"] = among(["1s", "2h", "24855d"], ["0s", "24856d"])
    for key, choice in choices.items():
        if draw(st.integers(0, 2)) == 0:
            spec[key] = draw(choice)
    spec["mounts"] = draw(_mounts(volumes, spec))
    kept = {k: v for k, v in spec.items() if v not in ([], {})}
    word = among(["serve", "s".ljust(63, "x")], ["S", "s" * 64, "notebook"])
    return {draw(word): kept}
