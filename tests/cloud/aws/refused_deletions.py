"""The deletions that AWS refuses, and where that is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.cloud.aws.buckets import BUCKET, DIRECTORY_BUCKET
from tests.cloud.aws.clusters import CLUSTER
from tests.cloud.aws.file_systems import EFS, SECURITY_GROUP, SUBNET
from tests.cloud.aws.identities import POLICY, ROLE
from tests.cloud.aws.networks import EIP, VPC
from tests.cloud.aws.sources import page, schema


@dataclass(frozen=True)
class Refusal:
    """One answer to a deletion.

    Attributes:
        operation: The service's operation that gives it: `ec2.DeleteSubnet`.
        source: Where that was read, and when. `None`: the operation's own service
            model names the error, among its errors or in its documentation.
    """

    operation: str
    source: str | None = None


REFUSALS: Final[Mapping[tuple[str, str], Refusal]] = {
    (BUCKET, "BucketNotEmpty"): Refusal(
        "s3.DeleteBucket", schema("s3/bucket.go", "4c72bcc7")
    ),
    (CLUSTER, "InvalidRequestException"): Refusal(
        "eks.DeleteCluster",
        page(
            "https://docs.aws.amazon.com/eks/latest/userguide/deletion-protection.html"
        ),
    ),
    (CLUSTER, "ResourceInUseException"): Refusal("eks.DeleteCluster"),
    (DIRECTORY_BUCKET, "BucketNotEmpty"): Refusal(
        "s3.DeleteBucket", schema("s3/directory_bucket.go", "01e65823")
    ),
    (EFS, "FileSystemInUse"): Refusal("efs.DeleteFileSystem"),
    (EIP, "InvalidIPAddress.InUse"): Refusal("ec2.ReleaseAddress"),
    (POLICY, "DeleteConflict"): Refusal("iam.DeletePolicy"),
    (ROLE, "DeleteConflict"): Refusal("iam.DeleteRole"),
    (SECURITY_GROUP, "DependencyViolation"): Refusal("ec2.DeleteSecurityGroup"),
    (SUBNET, "DependencyViolation"): Refusal(
        "ec2.DeleteSubnet", schema("ec2/vpc_subnet.go", "00cda125")
    ),
    (VPC, "DependencyViolation"): Refusal(
        "ec2.DeleteVpc", schema("ec2/vpc_.go", "00081ce4")
    ),
}
"""By the type of the thing and the error that AWS answers with."""
