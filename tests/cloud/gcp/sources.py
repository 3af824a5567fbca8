"""Where the tables of Google Cloud's resources were read, and when."""

from typing import Final

_PROVIDER: Final = "hashicorp/terraform-provider-google-beta"
_READ: Final = "read 2026-11-22"

MEMBERS: Final = (
    f"{_PROVIDER} google-beta/tpgiamresource/resource_iam_member.go @881ad9d0, {_READ}"
)
"""Where what gives one member one role was read."""


def schema(file: str, commit: str) -> str:
    """Return where a resource's `ForceNew` fields were read.

    Args:
        file: Below `google-beta/services` in the provider that pulumi-gcp wraps.
        commit: The commit that was read.
    """
    return f"{_PROVIDER} google-beta/services/{file} @{commit}, {_READ}"


def page(address: str) -> str:
    """Return where something of Google's own documentation was read."""
    return f"{address}, {_READ}"
