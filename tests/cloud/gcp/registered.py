"""What Google Cloud would refuse of what a program registered with mocks."""

from components.testing import Deployment
from tests.cloud.gcp.cloud import Gcp
from tests.cloud.registered import refused


def refusals(deployment: Deployment) -> list[str]:
    """Return what the SDK's classes and Google's discovery documents do not allow.

    It is for a preview, as `tests.cloud.registered` says.
    """
    return refused(Gcp(), "gcp", deployment)
