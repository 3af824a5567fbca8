"""A workspace: a pod that stays, with a team's volumes in it."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from components.catalog.problem import Problem
from components.kubernetes.lasting_spec import numbered_mounts, several_nodes
from components.kubernetes.program_spec import ProgramSpec
from components.spec import Text


class WorkspaceSpec(ProgramSpec):
    """One long-running pod: a notebook, a shell, a place to copy files.

    What is changed in it restarts the pod: the old one has ended before the
    new one starts. Everything outside its mounts is lost then.
    """

    command: list[Text] = Field(
        default_factory=lambda: ["sleep", "infinity"], min_length=1
    )
    """The program and its arguments; default `[sleep, infinity]`, a pod to
    `kubectl exec` into."""

    port: int | None = Field(default=None, ge=1, le=65535)
    """TCP port on which the program listens: other pods of the cluster reach it
    at the workspace's name. Default: none."""

    running: bool = True
    """Whether the pod is there; default `true`. `false` ends it and keeps the
    volumes."""

    wait: bool = Field(default=True, validation_alias="await")
    """Let `pulumi up` wait until the pod runs, and fail when it cannot;
    default `true`."""

    @property
    def has_service(self) -> bool:
        """Whether a Service has its name: with a port."""
        return self.port is not None

    def problems(self) -> Iterator[Problem]:
        """One pod, which has no index."""
        yield from super().problems()
        yield from numbered_mounts(
            self,
            rule="WSP01",
            what="a workspace is one pod without an index",
            nearest="one",
        )
        yield from several_nodes(self, rule="WSP02", what="a workspace is one pod")
