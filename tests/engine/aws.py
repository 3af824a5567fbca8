"""The environments of `examples/aws` on the real engine."""

from tests.cloud.project import AwsProject
from tests.engine.accounts import CloudAccount


class Account(CloudAccount):
    """An account of AWS, with the stacks of `examples/aws` to be deployed to it."""

    kind = AwsProject
    examples = "aws"
    # All that the AWS CLI is asked for.
    command = """\
test "$1 $2" = "eks get-token" || {{ echo "not asked for here: aws $*" >&2; exit 2; }}
{token}"""
