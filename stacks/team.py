"""A team: its volumes, and the jobs that mount them."""

from __future__ import annotations

from typing import Any

import pulumi

from components.kubernetes.claim import Claim, ClaimArgs
from components.kubernetes.claim_spec import ClaimSpec
from components.kubernetes.job import Job, JobArgs
from components.kubernetes.job_spec import INDEX_VARIABLE, JobSpec
from components.kubernetes.mountable import Mount, Mountable
from components.kubernetes.pod import directory
from components.kubernetes.scratch_spec import ScratchSpec
from components.kubernetes.static_volume import StaticVolume, StaticVolumeArgs
from stacks.config import NodePoolSpec, TeamConfig, Volume
from stacks.platform import Platform


def build_team(config: TeamConfig, platform: Platform) -> dict[str, Any]:
    """Register everything that the team declares; its outputs."""
    # Objects wait for the whole space, its quota included: a claim that came
    # first would not be counted.
    opts = pulumi.ResourceOptions(
        provider=platform.provider, depends_on=[platform.spaces[config.name]]
    )
    volumes = {
        name: build_volume(name, spec, config.name, platform, opts)
        for name, spec in config.volumes.items()
    }
    jobs = {
        name: build_job(name, spec, config, volumes, platform)
        for name, spec in config.jobs.items()
    }
    return {
        "namespace": config.name,
        "volumes": {
            name: describe_volume(config.volumes[name], volume)
            for name, volume in volumes.items()
        },
        "jobs": {
            name: describe_job(name, job, spec, job_mounts(spec, config, volumes))
            for (name, job), spec in zip(
                jobs.items(), config.jobs.values(), strict=True
            )
        },
    }


def build_volume(
    name: str,
    spec: Volume,
    namespace: str,
    platform: Platform,
    opts: pulumi.ResourceOptions,
) -> Mountable:
    """The component of a volume; scratch is its own spec."""
    if isinstance(spec, ScratchSpec):
        return spec
    if not isinstance(spec, ClaimSpec):
        args = StaticVolumeArgs(spec=spec, namespace=namespace)
        return StaticVolume(name, args, opts)
    made = platform.classes.get(spec.storage_class or "")
    if made is not None:
        opts = pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(depends_on=[made])
        )
    return Claim(name, ClaimArgs(spec=spec, namespace=namespace), opts)


def build_job(
    name: str,
    spec: JobSpec,
    team: TeamConfig,
    volumes: dict[str, Mountable],
    platform: Platform,
) -> Job:
    """The component of a job, after everything it mounts."""
    pool = platform.config.node_pools.get(spec.nodes.pool or "")
    mounts = job_mounts(spec, team, volumes)
    return Job(
        name,
        JobArgs(
            spec=spec,
            namespace=team.name,
            mounts=mounts,
            node_selector=pool.labels if pool else {},
            tolerations=tolerations(pool) if pool else (),
        ),
        pulumi.ResourceOptions(
            provider=platform.provider,
            depends_on=[
                platform.spaces[team.name],
                *(m.volume for m in mounts if isinstance(m.volume, pulumi.Resource)),
            ],
        ),
    )


def job_mounts(
    spec: JobSpec, team: TeamConfig, volumes: dict[str, Mountable]
) -> list[Mount]:
    """The mounts of a job, each with the volume it names."""
    return [
        Mount(
            name=mount.volume,
            path=path,
            volume=volumes[mount.volume],
            read_only=mount.read_only,
            sub_path=mount.sub_path,
            writers=mount.writers or team.volumes[mount.volume].writers,
        )
        for path, mount in spec.mounts.items()
    ]


def tolerations(pool: NodePoolSpec) -> list[dict[str, str]]:
    """What a pod says to the taints of a pool."""
    return [
        {
            "key": taint.key,
            "effect": taint.effect,
            **(
                {"operator": "Equal", "value": taint.value}
                if taint.value is not None
                else {"operator": "Exists"}
            ),
        }
        for taint in pool.taints
    ]


def describe_volume(spec: Volume, volume: Mountable) -> dict[str, Any]:
    """What others need to know of a volume: its kind and the names of its objects."""
    described: dict[str, Any] = {"kind": spec.kind}
    if isinstance(volume, Claim | StaticVolume):
        described["claim"] = volume.claim_name
        described["persistentVolume"] = volume.volume_name
    return described


def describe_job(
    name: str, job: Job, spec: JobSpec, mounts: list[Mount]
) -> dict[str, Any]:
    """What others need to know of a job: its name, run and mounts.

    Each mount names its volume and the directory of it, `*` for the index.
    """
    return {
        "job": job.job_name,
        "run": spec.run,
        "pending": job.pending,
        "mounts": {
            mount.path: {
                "volume": mount.name,
                "directory": (directory(mount, name) or "").replace(
                    f"$({INDEX_VARIABLE})", "*"
                ),
            }
            for mount in mounts
        },
    }
