"""A team: its volumes, and the jobs, workspaces and deployments that mount them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pulumi

from components.aws.bucket_spec import BucketSpec
from components.kubernetes.bucket_uri_spec import REGIONS, buckets_of
from components.kubernetes.deployment import Deployment, DeploymentArgs
from components.kubernetes.deployment_spec import DeploymentSpec
from components.kubernetes.granted_spec import GrantedSpec
from components.kubernetes.job import Job, JobArgs
from components.kubernetes.job_spec import INDEX_VARIABLE, JobSpec
from components.kubernetes.mountable import Mount
from components.kubernetes.pattern_spec import PatternSpec
from components.kubernetes.pod import directory
from components.kubernetes.program_spec import ProgramSpec
from components.kubernetes.secret import TransferSecret, TransferSecretArgs
from components.kubernetes.staging import (
    DatasetStaging,
    DatasetStagingArgs,
    ModelRepository,
    ModelRepositoryArgs,
)
from components.kubernetes.staging_spec import DatasetStagingSpec, ModelRepositorySpec
from components.kubernetes.workspace import Workspace, WorkspaceArgs
from stacks.accounts import account_of
from stacks.config import NAMESPACE, AnyPool, TeamConfig
from stacks.patterns import helpers, spelt_out
from stacks.platform import Environment
from stacks.volumes import Volumes, build_volumes, describe_volume

LASTING: tuple[
    tuple[str, Callable[..., Workspace | Deployment], Callable[..., Any]], ...
] = (
    ("workspaces", Workspace, WorkspaceArgs),
    ("deployments", Deployment, DeploymentArgs),
)
"""A section of programs that stay, the component that makes one, and its arguments."""


def build_team(config: TeamConfig, environment: Environment) -> dict[str, Any]:
    """Register everything that the team declares; its outputs."""
    declared, patterns = config, spelt_out(config)
    config = patterns.team
    # Objects wait for the whole space, its quota included: a claim that came
    # first would not be counted.
    space = environment.after(("teams", config.name))
    opts = pulumi.ResourceOptions(provider=environment.provider, depends_on=space)
    volumes = build_volumes(config, environment, opts)
    secrets = build_secrets(config, opts)
    outputs: dict[str, Any] = {
        "namespace": config.name,
        "volumes": {
            name: describe_volume(spec, volumes.mountable.get(name))
            for name, spec in config.volumes.items()
        },
        "jobs": {},
    }
    if config.snapshots:
        outputs["snapshots"] = {
            name: snapshot.snapshot_name for name, snapshot in volumes.snapshots.items()
        }
    brought: dict[str, DatasetStaging | ModelRepository] = {}
    for name, pattern in patterns.jobs.items():
        spec = config.jobs[name]
        given = program_args(spec, config, volumes, secrets, environment)
        options = program_options(spec, volumes, secrets, opts)
        staging = _staging(pattern, declared.patterns[pattern], given, options)
        brought[pattern] = staging
        outputs["jobs"][name] = describe_job(name, staging.job, spec, given["mounts"])

    def parts(
        section: str, name: str, spec: ProgramSpec
    ) -> tuple[dict[str, Any], pulumi.ResourceOptions]:
        """What a program is made from, and its options."""
        said: ProgramSpec = getattr(declared, section)[name]
        # Who waits for a copy may be awaited: what copies is there before.
        copies = [
            brought[m.volume] for m in said.mounts.values() if m.volume in brought
        ]
        given = program_args(spec, config, volumes, secrets, environment)
        given |= {"spec": spec, "helpers": helpers(declared, name, said)}
        return given, program_options(spec, volumes, secrets, opts, copies)

    for name in declared.jobs:
        spec = config.jobs[name]
        given, options = parts("jobs", name, spec)
        job = Job(name, JobArgs(**given), options)
        outputs["jobs"][name] = describe_job(name, job, spec, given["mounts"])
    for section, component, component_args in LASTING:
        programs: dict[str, ProgramSpec] = getattr(config, section)
        for name, spec in programs.items():
            given, options = parts(section, name, spec)
            made = component(name, component_args(**given), options)
            described = describe_lasting(name, made, spec, given["mounts"])
            outputs.setdefault(section, {})[name] = described
    return outputs


def _staging(
    name: str, spec: PatternSpec, given: dict[str, Any], opts: pulumi.ResourceOptions
) -> DatasetStaging | ModelRepository:
    """What copies for a pattern; `given` is what its job is made from."""
    (target,) = given["mounts"]
    given = {key: value for key, value in given.items() if key != "mounts"}
    given["target"] = target.volume
    if isinstance(spec, DatasetStagingSpec):
        return DatasetStaging(name, DatasetStagingArgs(spec=spec, **given), opts)
    if isinstance(spec, ModelRepositorySpec):
        return ModelRepository(name, ModelRepositoryArgs(spec=spec, **given), opts)
    raise TypeError(f"{name} ({type(spec).__name__}) has no job")


def build_secrets(
    config: TeamConfig, opts: pulumi.ResourceOptions
) -> dict[str, TransferSecret]:
    """Register the team's secrets, of the values that Pulumi decrypts."""
    values = pulumi.Config(NAMESPACE)
    return {
        name: TransferSecret(
            name,
            TransferSecretArgs(
                spec=spec,
                namespace=config.name,
                values={
                    key: values.require_secret(key) for _, key in spec.config_keys()
                },
            ),
            opts,
        )
        for name, spec in config.secrets.items()
    }


def program_args(
    spec: ProgramSpec,
    config: TeamConfig,
    volumes: Volumes,
    secrets: dict[str, TransferSecret],
    environment: Environment,
) -> dict[str, Any]:
    """What a program is made from, beside its spec."""
    pool = environment.config.node_pools.get(spec.nodes.pool or "")
    keys = (bucket.secret for _, bucket in buckets_of(spec.uris, config.volumes))
    return {
        "namespace": config.name,
        "mounts": [
            Mount(
                name=mount.volume,
                path=path,
                volume=volumes.mountable[mount.volume],
                read_only=mount.read_only,
                sub_path=mount.sub_path,
                writers=mount.writers or config.volumes[mount.volume].writers,
            )
            for path, mount in spec.mounts.items()
        ],
        "secrets": [
            secrets[name]
            for name in dict.fromkeys([*spec.secrets, *filter(None, keys)])
        ],
        "environment": bucket_uris(spec, config, environment),
        "node_selector": pool.selector(spec.nodes.pool or "") if pool else {},
        "tolerations": tolerations(pool) if pool else (),
        "service_account": account_of(spec, config, environment.config),
    }


def bucket_uris(
    spec: ProgramSpec, config: TeamConfig, environment: Environment
) -> dict[str, pulumi.Input[str]]:
    """Where the buckets are that a program reads by itself, by its variables."""
    found: dict[str, pulumi.Input[str]] = {}
    own = dict(buckets_of(spec.uris, config.volumes))
    for variable, uri in spec.uris.items():
        if variable in own:
            continue
        volume = config.volumes[uri.volume]
        if not isinstance(volume, GrantedSpec):
            raise TypeError(f"{uri.volume} is no bucket of the platform's")
        ids = environment.ids["storage"][volume.source]
        grant = environment.config.teams[config.name].grants[volume.source]
        parts = [part.strip("/") for part in (grant.prefix, uri.path) if part]
        below = "".join(f"{part}/" for part in parts)
        of_s3 = isinstance(environment.config.storage[volume.source], BucketSpec)
        scheme = "s3://" if of_s3 else "gs://"
        found[variable] = pulumi.Output.concat(scheme, ids["bucket"], "/", below)
    if found and environment.config.cloud == "aws" and environment.config.region:
        for variable in REGIONS:
            found[variable] = environment.config.region
    for variable, bucket in own.items():
        found |= {variable: bucket.at(spec.uris[variable].path), **bucket.variables}
    return found


def program_options(
    spec: ProgramSpec,
    volumes: Volumes,
    secrets: dict[str, TransferSecret],
    opts: pulumi.ResourceOptions,
    copies: Sequence[pulumi.Resource] = (),
) -> pulumi.ResourceOptions:
    """Options of a program: after everything that its pods mount, and `copies`."""
    mounted = {mount.volume for mount in spec.mounts.values()}
    mounted |= {uri.volume for uri in spec.uris.values()}
    after = [resource for name in sorted(mounted) for resource in volumes.after[name]]
    named = {*spec.secrets, *(volumes.secret_of(name) for name in mounted)}
    return pulumi.ResourceOptions.merge(
        opts,
        pulumi.ResourceOptions(
            depends_on=[
                *after,
                *copies,
                *(secrets[n] for n in sorted(filter(None, named))),
            ]
        ),
    )


def tolerations(pool: AnyPool) -> list[dict[str, str]]:
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


def describe_job(
    name: str, job: Job, spec: JobSpec, mounts: list[Mount]
) -> dict[str, Any]:
    """What others need to know of a job: its name, run and mounts."""
    return {
        "kind": "JobSet" if spec.job_set else "Job",
        "job": job.job_name,
        "run": spec.run,
        "pending": job.pending,
        "mounts": describe_mounts(name, mounts),
    }


def describe_lasting(
    name: str, made: Workspace | Deployment, spec: ProgramSpec, mounts: list[Mount]
) -> dict[str, Any]:
    """What others need to know of a program that stays: its names and mounts."""
    described: dict[str, Any] = {
        "deployment": made.deployment_name,
        "service": made.service_name,
        "mounts": describe_mounts(name, mounts),
    }
    if isinstance(spec, DeploymentSpec):
        described["replicas"] = spec.replicas
    return described


def describe_mounts(owner: str, mounts: list[Mount]) -> dict[str, Any]:
    """Each mount's volume and the directory of it, `*` for the index."""
    return {
        mount.path: {
            "volume": mount.name,
            "directory": (directory(mount, owner) or "").replace(
                f"$({INDEX_VARIABLE})", "*"
            ),
        }
        for mount in mounts
    }
