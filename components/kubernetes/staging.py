"""A dataset or a model that is copied once, and read by many when it is whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components.kubernetes.helper import Helper
from components.kubernetes.job import Job, JobArgs
from components.kubernetes.mountable import Mount, Mountable, PodSecret
from components.kubernetes.staging_spec import (
    TARGET,
    DatasetStagingSpec,
    ModelRepositorySpec,
    StagingSpec,
)


@dataclass(frozen=True, kw_only=True)
class StagingArgs:
    """What a staged directory is made from.

    Attributes:
        spec: What is copied, and where to.
        namespace: Where the copying job runs.
        target: The volume that is filled, which the spec's `to` names.
        environment: `SOURCE_URI`, the URI of the bucket, where the spec's source
            is a volume; and what else reaching it takes, such as `AWS_REGION`.
        secrets: The secrets that the job gets.
        node_selector: Labels of the nodes it runs on.
        tolerations: Taints of these nodes, as a pod tolerates them.
        service_account: The ServiceAccount of its pod; default: Kubernetes' own.
    """

    spec: StagingSpec
    namespace: pulumi.Input[str]
    target: Mountable
    environment: Mapping[str, pulumi.Input[str]] = field(
        default_factory=dict[str, pulumi.Input[str]]
    )
    secrets: Sequence[PodSecret] = ()
    node_selector: Mapping[str, str] = field(default_factory=dict[str, str])
    tolerations: Sequence[Mapping[str, Any]] = ()
    service_account: str | None = None


@dataclass(frozen=True, kw_only=True)
class DatasetStagingArgs(StagingArgs):
    """What a staged dataset is made from; see `StagingArgs`."""

    spec: DatasetStagingSpec


@dataclass(frozen=True, kw_only=True)
class ModelRepositoryArgs(StagingArgs):
    """What a model repository is made from; see `StagingArgs`."""

    spec: ModelRepositorySpec


class _Staging(pulumi.ComponentResource):
    """A job that fills a directory.

    Attributes:
        job: The job.
        job_name: Its name, known when it exists.
    """

    job: Job
    job_name: pulumi.Output[str]

    def __init__(
        self,
        kind: str,
        name: str,
        args: StagingArgs,
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        super().__init__(f"ml-storage:index:{kind}", name, None, opts)
        self._name, self._args = name, args
        spec = args.spec
        self.job = Job(
            spec.job_name(name),
            JobArgs(
                spec=spec.job(),
                namespace=args.namespace,
                mounts=[
                    Mount(
                        name=spec.to.volume,
                        path=TARGET,
                        volume=args.target,
                        sub_path=spec.target.path,
                    )
                ],
                environment=args.environment,
                secrets=args.secrets,
                node_selector=args.node_selector,
                tolerations=args.tolerations,
                service_account=args.service_account,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.job_name = self.job.job_name
        self.register_outputs({"jobName": self.job_name})

    def mount(self, path: str) -> Mount:
        """How a program mounts what is copied: read-only, at `path`."""
        spec = self._args.spec
        return Mount(
            name=spec.to.volume,
            path=path,
            volume=self._args.target,
            sub_path=spec.target.path,
            read_only=True,
        )

    def helpers(self, path: str) -> Sequence[Helper]:
        """What has a program wait, which mounts it at `path`, until it is whole."""
        return self._args.spec.waits(self._name, path)


class DatasetStaging(_Staging):
    """A dataset, copied once from a bucket or URL to a shared volume."""

    def __init__(
        self,
        name: str,
        args: DatasetStagingArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the job that copies it.

        Args:
            name: The name of the job.
            args: What to make.
            opts: Must carry the provider of the cluster.

        Raises:
            ValueError: `environment` has no `SOURCE_URI` and the source is a
                volume; or volume and secrets ask for different things.
        """
        super().__init__("DatasetStaging", name, args, opts)


class ModelRepository(_Staging):
    """A version of a model, copied once from a bucket to a shared volume."""

    def __init__(
        self,
        name: str,
        args: ModelRepositoryArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the job that copies it.

        Args:
            name: The job's name is this and the version.
            args: What to make.
            opts: Must carry the provider of the cluster.

        Raises:
            ValueError: `environment` has no `SOURCE_URI` and the source is a
                volume; or volume and secrets ask for different things.
        """
        super().__init__("ModelRepository", name, args, opts)
