"""What AWS would refuse of what a program registered with mocks."""

from components.testing import Deployment
from tests.cloud.aws.cloud import Aws
from tests.cloud.registered import refused


def refusals(deployment: Deployment) -> list[str]:
    """Return what the SDK's classes and AWS's service models do not allow.

    It is for a preview, as `tests.cloud.registered` says.
    """
    return refused(Aws(), "aws", deployment)
