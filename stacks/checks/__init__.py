"""What no single Spec can see: rules over volumes, classes, pools and jobs.

One small function for each rule, in the module of its subject. A rule yields a
problem for each violation and touches nothing but the `Stack` it is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.catalog.problem import Path, Problem
from stacks.checks import (
    accelerators,
    access,
    add_ons,
    aws,
    bucket_regions,
    buckets,
    checkpoint_tiers,
    claims,
    cloud_storage,
    clouds,
    clusters,
    datasets,
    deployments,
    ebs,
    efs,
    gcp,
    gcp_claims,
    gcp_disks,
    gcp_lustre,
    gcp_names,
    gcp_networks,
    gcp_shared_disks,
    gcs_buckets,
    gcs_fuse,
    gcs_fuse_limits,
    gke,
    gpus,
    grants,
    identities,
    instance_store,
    limits,
    lustre_claims,
    lustre_clients,
    mounts,
    networks,
    patterns,
    pools,
    regions,
    room,
    scratch,
    secrets,
    services,
    snapshots,
    teams,
    throughput,
    tpu_vms,
    tpus,
    uris,
    volumes,
    writers,
    zones,
    zones_of_pods,
)
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack
from stacks.config import EnvironmentConfig, StackConfig

RULES: tuple[Rule, ...] = (
    *accelerators.RULES,
    *access.RULES,
    *add_ons.RULES,
    *aws.RULES,
    *bucket_regions.RULES,
    *buckets.RULES,
    *checkpoint_tiers.RULES,
    *claims.RULES,
    *clusters.RULES,
    *cloud_storage.RULES,
    *clouds.RULES,
    *datasets.RULES,
    *deployments.RULES,
    *ebs.RULES,
    *efs.RULES,
    *gcp_claims.RULES,
    *gcp_disks.RULES,
    *gcp_shared_disks.RULES,
    *gcp.RULES,
    *gcp_lustre.RULES,
    *gcp_names.RULES,
    *gcp_networks.RULES,
    *gke.RULES,
    *gcs_buckets.RULES,
    *gcs_fuse.RULES,
    *gcs_fuse_limits.RULES,
    *gpus.RULES,
    *grants.RULES,
    *identities.RULES,
    *instance_store.RULES,
    *limits.RULES,
    *lustre_claims.RULES,
    *lustre_clients.RULES,
    *mounts.RULES,
    *networks.RULES,
    *patterns.RULES,
    *pools.RULES,
    *regions.RULES,
    *room.RULES,
    *scratch.RULES,
    *secrets.RULES,
    *services.RULES,
    *snapshots.RULES,
    *teams.RULES,
    *throughput.RULES,
    *tpus.RULES,
    *tpu_vms.RULES,
    *uris.RULES,
    *volumes.RULES,
    *writers.RULES,
    *zones.RULES,
    *zones_of_pods.RULES,
)


def run(
    config: StackConfig,
    broken: set[Path],
    environment: EnvironmentConfig | None = None,
    config_keys: Mapping[str, bool] | None = None,
) -> Iterator[Problem]:
    """Every violation of every rule.

    Args:
        config: The configuration without its broken entries.
        broken: Paths of entries that were taken out because they are wrong
            in themselves: they exist, but nothing is known about them.
        environment: What the environment gives, where another stack has it.
        config_keys: The other keys of this project's configuration, and
            whether each is a secret; None when they are not known.
    """
    stack = Stack(config, broken, environment, config_keys)
    for rule in RULES:
        for problem in rule.violations(stack):
            yield stack.told(problem)
