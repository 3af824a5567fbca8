"""Where the tables of AWS's resources were read, and when."""

from typing import Final

_PROVIDER: Final = "hashicorp/terraform-provider-aws"
_READ: Final = "read 2026-11-22"


def schema(file: str, commit: str) -> str:
    """Return where a resource's `ForceNew` fields were read.

    Args:
        file: Below `internal/service` in the provider that pulumi-aws wraps.
        commit: The commit that was read.
    """
    return f"{_PROVIDER} internal/service/{file} @{commit}, {_READ}"


def page(address: str) -> str:
    """Return where something of AWS's own documentation was read."""
    return f"{address}, {_READ}"
