"""What pods see of a secret: where its files are, and its variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from components.kubernetes.secret_spec import DIRECTORY, SecretSpec


class SecretInPod:
    """The part of a secret that pods see: all of it but the values.

    Attributes:
        secret_name: Name of the Secret, and of its directory in a container.
        spec: What it is made from.
    """

    secret_name: str
    spec: SecretSpec

    @property
    def mount_path(self) -> str | None:
        """The directory of its files; None when it has none."""
        return f"{DIRECTORY}/{self.secret_name}" if self.spec.has_files else None

    @property
    def anyone_reads(self) -> bool:
        """Whether every user in the container may read its files."""
        return self.spec.readable_by == "anyone"

    def environment(self) -> list[dict[str, Any]]:
        """Its environment variables, as a container's `env` has them."""
        plain = self.spec.plain_variables(f"{DIRECTORY}/{self.secret_name}")
        return [
            *({"name": name, "value": value} for name, value in plain.items()),
            *(
                {
                    "name": name,
                    "valueFrom": {
                        "secretKeyRef": {"name": self.secret_name, "key": entry}
                    },
                }
                for name, entry in self.spec.secret_variables().items()
            ),
        ]


@dataclass(frozen=True)
class SecretByName(SecretInPod):
    """A secret that something else makes."""

    secret_name: str
    spec: SecretSpec
