"""Datasets: one that is read by an identity names one that can read it."""

from __future__ import annotations

from collections.abc import Iterator

from components.catalog.problem import Problem
from components.kubernetes.dataset_spec import DatasetSpec
from components.kubernetes.secret_spec import RcloneSecretSpec
from components.spec import closest
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack


def read_by_rclone(stack: Stack) -> Iterator[Problem]:
    """The secret of a dataset is of kind rclone, which is what fetches it."""
    secrets = stack.config.team.secrets if stack.config.team else {}
    right = [n for n, secret in secrets.items() if isinstance(secret, RcloneSecretSpec)]
    for name, volume in stack.volumes.items():
        if not isinstance(volume, DatasetSpec) or volume.secret is None:
            continue
        secret = secrets.get(volume.secret)
        if secret is not None and not isinstance(secret, RcloneSecretSpec):
            yield Problem(
                rule="",
                message=f"this secret is of kind {secret.kind}, and a dataset is "
                "fetched by rclone",
                path=("team", "volumes", name, "secret"),
                value=volume.secret,
                allowed=tuple(right),
                nearest=closest(volume.secret, right) or next(iter(right), None),
            )


RULES = (Rule("DAT06", "a pod that fails before it starts", read_by_rclone),)
