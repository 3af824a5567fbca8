"""The stand-in of AWS under the real engine."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cloud.project import AwsProject

pytestmark = pytest.mark.pulumi

EFS = "aws:efs/fileSystem:FileSystem"
BUCKET = "aws:s3/bucket:Bucket"
LUSTRE = "aws:fsx/lustreFileSystem:LustreFileSystem"
SUBNET = "aws:ec2/subnet:Subnet"

THEIRS = "subnet-0123456789abcdef0"


@pytest.fixture
def project(tmp_path: Path) -> AwsProject:
    """A project in whose cloud there is a subnet already."""
    project = AwsProject(tmp_path)
    project.store.put(
        SUBNET,
        THEIRS,
        {"vpcId": "vpc-0123456789abcdef0", "availabilityZone": "us-west-2b"},
    )
    return project


LIFE = """
def make(version="2.15", capacity=2400, **options):
    return aws.fsx.LustreFileSystem(
        "data",
        subnet_ids="subnet-0123456789abcdef0",
        deployment_type="PERSISTENT_2",
        per_unit_storage_throughput=250,
        storage_capacity=capacity,
        file_system_type_version=version,
        kms_key_id=key.arn,
        opts=pulumi.ResourceOptions(provider=provider, **options),
    )

key = aws.kms.Key("key", opts=opts)
files = make({arguments})
nodes = aws.iam.Role(
    "nodes",
    assume_role_policy="{{}}",
    description=pulumi.Output.secret("hidden"),
    opts=opts,
)
caller = aws.get_caller_identity(opts=pulumi.InvokeOptions(provider=provider))
pulumi.export("account", caller.account_id)
source = pulumi.Output.concat(files.dns_name, "@tcp:/", files.mount_name)
pulumi.export("source", source)
"""


def test_a_file_system_through_its_life(project: AwsProject) -> None:
    said = project.preview(LIFE.format(arguments="protect=True"))
    assert "source : [unknown]" in said
    assert "+ 5 to create" in said
    assert project.store.all(LUSTRE) == {}

    said = project.up()
    [(id_, thing)] = project.store.all(LUSTRE).items()
    mount = thing["outputs"]["mountName"]
    assert f'"{id_}.fsx.us-west-2.amazonaws.com@tcp:/{mount}"' in said
    assert 'account: "123456789012"' in said
    assert thing["inputs"]["tags"] == {"cost-center": "ml"}
    assert "hidden" not in json.dumps(project.deployment())
    assert project.changes() == {}

    # In place where AWS can: capacity that grows.
    said = project.up(LIFE.format(arguments="capacity=4800, protect=True"))
    assert "1 updated" in said
    assert project.store.all(LUSTRE)[id_]["inputs"]["storageCapacity"] == 4800

    # A replacement where it cannot: a Lustre version that is lowered.
    lowered = LIFE.format(arguments='"2.12", 4800, protect=True')
    assert "unable to replace resource" in project.up(lowered, fails=True)
    assert [*project.store.all(LUSTRE)] == [id_]

    # What somebody else did is seen. Undoing it would make a smaller file system
    # and lose the data.
    grown = {**thing["inputs"], "storageCapacity": 7200}
    project.store.put(LUSTRE, id_, grown)
    project.write(LIFE.format(arguments="capacity=4800, protect=True"))
    assert "storageCapacity" in project.refresh()
    assert project.resource("data")["outputs"]["storageCapacity"] == 7200
    assert "unable to replace resource" in project.preview(fails=True)
    ignoring = 'protect=True, ignore_changes=["storageCapacity"]'
    project.write(LIFE.format(arguments=f"capacity=4800, {ignoring}"))
    assert project.changes() == {}

    # What is protected stays, and so does what it needs.
    said = project.take_down(fails=True)
    assert "protected" in said
    project.take_down(exclude_protected=True)
    assert [*project.store.all(LUSTRE)] == [id_]
    assert len(project.store.all("aws:kms/key:Key")) == 1
    assert project.store.all("aws:iam/role:Role") == {}

    project.up(LIFE.format(arguments="capacity=7200, protect=False"))
    project.take_down()
    assert [token for token, things in project.store.read().items() if things] == [
        SUBNET
    ]


ADOPT = """
def adopted(**options):
    return pulumi.ResourceOptions(provider=provider, protect=True, **options)

aws.s3.Bucket(
    "datasets", bucket="datasets-0", tags={tags}, opts=adopted(import_="datasets-0")
)
theirs = aws.ec2.Subnet.get("theirs", "subnet-0123456789abcdef0", opts=opts)
pulumi.export("zone", theirs.availability_zone)
"""
ADOPT_ANOTHER = """
aws.efs.FileSystem(
    "models",
    encrypted=True,
    opts=adopted(import_="fs-0123456789abcdef0"),
)
"""


def test_what_exists_is_adopted_or_only_read(project: AwsProject) -> None:
    adopt = ADOPT.format(tags={"owner": "vision"})
    assert "does not exist" in project.preview(adopt, fails=True)

    # Of a bucket that is there, only the environment's tags change.
    theirs = {"bucket": "datasets-0", "tags": {"owner": "vision"}}
    project.store.put(BUCKET, "datasets-0", theirs, {"arn": "arn:aws:s3:::datasets-0"})
    said = project.preview()
    assert "= 1 to import" in said
    assert '+ cost-center: "ml"' in said
    assert "replace" not in said
    said = project.up()
    assert "1 imported" in said
    assert 'zone: "us-west-2b"' in said
    tags = {"cost-center": "ml", "owner": "vision"}
    assert project.store.all(BUCKET)["datasets-0"]["inputs"]["tags"] == tags
    assert project.resource("datasets")["protect"]
    assert project.changes() == {}

    # What cannot become what the program says is left alone.
    models = "fs-0123456789abcdef0"
    project.store.put(EFS, models, {"encrypted": False})
    said = project.up(adopt + ADOPT_ANOTHER, fails=True)
    assert "encrypted" in said
    assert project.store.all(EFS)[models]["inputs"] == {"encrypted": False}

    project.write(adopt)
    project.take_down(exclude_protected=True)
    assert [*project.store.all(BUCKET)] == ["datasets-0"]
    assert [*project.store.all(SUBNET)] == [THEIRS]


UNKNOWN_INPUT = """
class Mine(pulumi.CustomResource):
    def __init__(self):
        super().__init__("aws:s3/bucket:Bucket", "data", {"buckett": "data-0"}, opts)

Mine()
"""
WRONG_VALUE = """
aws.fsx.LustreFileSystem(
    "data",
    subnet_ids="subnet-0123456789abcdef0",
    storage_capacity=1200,
    deployment_type="PERSISTENT_3",
    opts=opts,
)
"""
UNKNOWN_TYPE = """
aws.rds.SubnetGroup("data", subnet_ids=[], opts=opts)
"""
UNKNOWN_FUNCTION = """
aws.ec2.get_vpc(opts=pulumi.InvokeOptions(provider=provider))
"""
OTHER_ACCOUNT = """
other = aws.Provider("o", region="us-west-2", allowed_account_ids=["210987654321"])
aws.s3.Bucket("data", opts=pulumi.ResourceOptions(provider=other))
"""
NO_REGION = """
other = aws.Provider("other", region="us-wset-2")
aws.s3.Bucket("data", opts=pulumi.ResourceOptions(provider=other))
"""


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (UNKNOWN_INPUT, "did you mean 'bucket'?"),
        (WRONG_VALUE, "'PERSISTENT_2'], got 'PERSISTENT_3'"),
        (UNKNOWN_TYPE, "does not know aws:rds/subnetGroup:SubnetGroup"),
        (UNKNOWN_FUNCTION, "has no function aws:ec2/getVpc:getVpc"),
        (OTHER_ACCOUNT, "AWS account ID not allowed: 123456789012"),
        (NO_REGION, "invalid AWS Region: us-wset-2; did you mean 'us-west-2'?"),
    ],
)
def test_what_aws_would_refuse_fails_the_preview(
    project: AwsProject, program: str, said: str
) -> None:
    assert said in project.preview(program, fails=True)
    assert [*project.store.read()] == [SUBNET]


MOVED = """
aws.iam.Role(
    "nodes",
    name="nodes",
    path="/{path}/",
    assume_role_policy="{{}}",
    opts=pulumi.ResourceOptions(provider=provider, delete_before_replace={first}),
)
"""


def test_a_name_of_the_programs_is_freed_before_it_is_taken_again(
    project: AwsProject,
) -> None:
    role = "aws:iam/role:Role"
    project.up(MOVED.format(path="a", first=None))
    assert "1 replaced" in project.up(MOVED.format(path="b", first=None))
    assert project.store.all(role)["nodes"]["inputs"]["path"] == "/b/"
    # Told to make the new one first, it meets what AWS answers.
    said = project.up(MOVED.format(path="c", first=False), fails=True)
    assert "EntityAlreadyExists: Role with name nodes already exists" in said


STORAGE = {
    "platform": {
        "cloud": "aws",
        "region": "us-west-2",
        "tags": {"environment": "research"},
        "storage": {"datasets": {"kind": "s3"}},
    }
}


def test_a_cluster_answers_with_the_token_that_a_test_gives(tmp_path: Path) -> None:
    project = AwsProject(tmp_path)
    project.cluster_at("https://127.0.0.1:6443", "Y2E=", bearer="t0ken")
    words = ["aws", "eks", "get-token", "--cluster-name", "any"]
    said = subprocess.check_output(words, env=project.env, text=True)
    assert json.loads(said)["status"] == {"token": "t0ken"}


def test_the_program_of_this_checkout_runs(tmp_path: Path) -> None:
    project = AwsProject(tmp_path, config=STORAGE, stack="data")
    said = project.up()
    [(name, bucket)] = project.store.all(BUCKET).items()
    assert name in said
    assert bucket["inputs"]["tags"]["environment"] == "research"
    assert project.resource("datasets-bucket")["protect"]
    assert project.changes() == {}
