"""Components under mocks: one provider, previewed and updated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from components.testing import Deployment, deploy

Make = Callable[[pulumi.ResourceOptions], Any]
DeployWith = Callable[..., Deployment]


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def preview(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
def deploy_with(preview: bool) -> DeployWith:
    """Run a program that gets the options of one provider, both ways."""

    def run(make: Make, **more: Any) -> Deployment:
        def program() -> Any:
            provider = k8s.Provider("cluster", context="here")
            return make(pulumi.ResourceOptions(provider=provider))

        return deploy(program, preview=preview, **more)

    return run
