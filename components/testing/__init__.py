"""Run a Pulumi program without an engine, and look at what it registers.

    deployed = deploy(lambda: Claim("data", ClaimArgs(...), opts))
    claim = deployed.one("kubernetes:core/v1:PersistentVolumeClaim")
    assert claim.protect

The harness refuses what a real engine or API server would refuse: two
resources of one URN, a resource without an explicit provider, a component that
never registers its outputs, a Kubernetes object that its schema does not know,
and what the API server's own validation says beyond the schema.

A whole stack is run from its YAML by `stacks.testing.deploy_stack`.
"""

from components.testing.deployment import Deployment, RefusedError, Registered
from components.testing.run import deploy, stack_config
from components.testing.schema import KUBERNETES_VERSION

__all__ = [
    "KUBERNETES_VERSION",
    "Deployment",
    "RefusedError",
    "Registered",
    "deploy",
    "stack_config",
]
