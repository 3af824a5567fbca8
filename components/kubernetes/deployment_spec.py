"""A deployment: replicas of one program that stay, such as those that serve a model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from components.catalog.problem import Problem
from components.kubernetes.job_spec import Duration, seconds
from components.kubernetes.lasting_spec import numbered_mounts, several_nodes
from components.kubernetes.program_spec import ProgramSpec
from components.spec import LARGEST_COUNT, Text, as_error

BEFORE_IT_STARTS = 600
"""Seconds that a replica has for its node, its image and what comes before its
program, beside those of `startup`: as many as Kubernetes gives a Deployment
(`progressDeadlineSeconds`).

Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
#progress-deadline-seconds, read 2026-11-22.
"""

_HTTP_PATH = re.compile(r"/[!-~]*")


def _http_path(value: str) -> str:
    if not _HTTP_PATH.fullmatch(value):
        # Of a URL the path is meant.
        parts = urlsplit(value) if "://" in value else None
        path = parts.path if parts else f"/{value}"
        raise as_error(
            Problem(
                rule="DEP05",
                message="a path of HTTP begins with / and has no spaces",
                value=value,
                nearest=path if _HTTP_PATH.fullmatch(path) else None,
            )
        )
    return value


HttpPath = Annotated[Text, AfterValidator(_http_path)]
"""The path of a URL on the program's own port."""


class DeploymentSpec(ProgramSpec):
    """A program whose replicas stay, each a pod like the others.

    All of them mount the same volumes. What is changed replaces one after the
    other; everything outside their mounts is lost then.
    """

    replicas: int = Field(default=1, ge=0, le=LARGEST_COUNT)
    """How many pods there are; default 1. 0 ends them and keeps the volumes."""

    port: int | None = Field(default=None, ge=1, le=65535)
    """TCP port on which the program listens: other pods of the cluster reach its
    replicas at the deployment's name, each connection one of those that are
    ready. Default: none."""

    health: HttpPath | None = None
    """Path that answers HTTP 200 on the port while the program is well: a replica
    gets requests once it does, none while it does not, and is started again when
    it no longer does. Default: a replica is ready while its port takes connections,
    and is not started again unless it ends."""

    startup: Duration = "10m"
    """How long a replica may take from the start of its program until it is ready,
    such as to load a model; then it is started again. Default `10m`."""

    surge: int = Field(default=0, ge=0, le=LARGEST_COUNT)
    """Pods that an update starts beside the replicas before it ends old ones, where
    there is room for them: GPUs, nodes and quota. Default 0: one replica after the
    other makes room for its successor; a single one has ended before the next
    starts, and nothing answers in between."""

    spread: bool = True
    """Put the replicas on different nodes where there are nodes enough; default
    `true`."""

    wait: bool = Field(default=True, validation_alias="await")
    """Let `pulumi up` wait until all replicas are ready, and fail when they cannot;
    default `true`."""

    @property
    def pods(self) -> int:
        """How many pods run at a time: while it is updated, more than replicas."""
        return self.replicas + self.surge if self.replicas else 0

    @property
    def has_service(self) -> bool:
        """Whether a Service has its name: with a port."""
        return self.port is not None

    def longest_start(self, before: int = 0) -> int:
        """Seconds after which a replica that is not ready never will be.

        Args:
            before: Those that its helpers may take before its program starts.
        """
        return min(seconds(self.startup) + BEFORE_IT_STARTS + before, LARGEST_COUNT)

    def longest_update(self, before: int = 0) -> int:
        """Seconds that all replicas together may take until they are ready."""
        # As many are replaced at a time as may be missing or more than wanted.
        rounds = -(-self.replicas // max(self.surge, 1))
        return min(self.longest_start(before) * max(rounds, 1), LARGEST_COUNT)

    def problems(self) -> Iterator[Problem]:
        """Replicas have no index, and only a port can be asked for news."""
        yield from super().problems()
        yield from numbered_mounts(
            self,
            rule="DEP01",
            what="the replicas of a deployment have no index",
            nearest="sharded" if self.pods > 1 else "one",
        )
        yield from several_nodes(
            self, rule="DEP02", what="each replica of a deployment is a pod by itself"
        )
        if self.port is None:
            for key, value in (("health", self.health), ("startup", self.startup)):
                if key in self.model_fields_set and value is not None:
                    yield Problem(
                        rule="DEP03",
                        message="whether a replica is ready is asked at its port: say "
                        "port too",
                        path=(key,),
                        value=value,
                        nearest="port: 8000",
                    )
        most = (LARGEST_COUNT - BEFORE_IT_STARTS) // seconds("1d")
        if seconds(self.startup) > most * seconds("1d"):
            yield Problem(
                rule="DEP04",
                message=f"Kubernetes waits for {most} days at most",
                path=("startup",),
                value=self.startup,
                nearest=f"{most}d",
            )
