"""The executable behind `pulumi-resource-gcp` in tests."""

from tests.cloud.gcp.cloud import Gcp
from tests.cloud.plugin import run


def main() -> None:
    """Serve until the engine ends."""
    run(Gcp(), "pulumi-gcp", "ml-prod-123456")


if __name__ == "__main__":
    main()
