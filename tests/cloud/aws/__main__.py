"""The executable behind `pulumi-resource-aws` in tests."""

from tests.cloud.aws.cloud import Aws
from tests.cloud.plugin import run


def main() -> None:
    """Serve until the engine ends."""
    run(Aws(), "pulumi-aws", "123456789012")


if __name__ == "__main__":
    main()
