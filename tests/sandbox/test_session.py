"""What a session refuses before it starts anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.session import open_session


@pytest.mark.parametrize("stack", ["prod", "vision-prod", "research-data"])
def test_an_environment_on_a_cloud_is_not_the_sandboxs(root: Path, stack: str) -> None:
    with pytest.raises(SandboxError, match=f"pulumi up -s {stack}"):
        open_session(stack, None, root / "examples" / "aws", run=True, check=True)
