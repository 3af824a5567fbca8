"""The stand-in's resources through their life, without an engine."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.kubernetes_provider.values import UNKNOWN, Secret
from tests.cloud.aws.cloud import Aws
from tests.cloud.kind import CloudError
from tests.cloud.provider import CloudProvider
from tests.cloud.store import Store

ACCOUNT = "123456789012"
BUCKET = "aws:s3/bucket:Bucket"
CLUSTER = "aws:eks/cluster:Cluster"
EFS = "aws:efs/fileSystem:FileSystem"
LUSTRE = "aws:fsx/lustreFileSystem:LustreFileSystem"
MOUNT_TARGET = "aws:efs/mountTarget:MountTarget"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
ROLE = "aws:iam/role:Role"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
SUBNET = "aws:ec2/subnet:Subnet"
VPC = "aws:ec2/vpc:Vpc"

TRUST = '{"Version": "2012-10-17", "Statement": []}'


class Cloud:
    """What the engine does with a provider, in one line each."""

    def __init__(self, directory: Path, **config: Any) -> None:
        self.store = Store(directory)
        self.provider = CloudProvider(Aws(), self.store, ACCOUNT)
        self.provider.configure({"region": "us-west-2", **config})

    def check(self, token: str, name: str = "it", **inputs: Any) -> Any:
        return self.provider.check(
            token, inputs, {}, name=name, seed=name.encode(), proposed=""
        )

    def create(self, token: str, name: str = "it", **inputs: Any) -> tuple[str, Any]:
        checked, failures = self.check(token, name, **inputs)
        assert failures == []
        return self.provider.create(token, checked, preview=False)

    def network(self) -> tuple[str, str, str]:
        vpc, _ = self.create(VPC, cidrBlock="10.40.0.0/16")
        subnet, _ = self.create(
            SUBNET,
            vpcId=vpc,
            cidrBlock="10.40.0.0/20",
            availabilityZone="us-west-2a",
        )
        group, _ = self.create(SECURITY_GROUP, "guard", vpcId=vpc)
        return vpc, subnet, group

    def lustre(self, subnet: str, group: str, **more: Any) -> tuple[str, Any]:
        inputs = {
            "subnetIds": subnet,
            "securityGroupIds": [group],
            "deploymentType": "PERSISTENT_2",
            "perUnitStorageThroughput": 250,
            "storageCapacity": 4800,
            "fileSystemTypeVersion": "2.15",
        }
        return self.create(LUSTRE, **{**inputs, **more})


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return Cloud(tmp_path)


def test_outputs_are_those_of_aws_and_unknown_in_a_preview(cloud: Cloud) -> None:
    _, subnet, group = cloud.network()
    inputs, _ = cloud.check(LUSTRE, subnetIds=subnet, storageCapacity=1200)
    id_, state = cloud.provider.create(LUSTRE, inputs, preview=True)
    assert id_ == ""
    assert state["dnsName"] is UNKNOWN
    assert state["storageCapacity"] == 1200
    id_, state = cloud.lustre(subnet, group)
    assert id_.startswith("fs-")
    assert state["dnsName"] == f"{id_}.fsx.us-west-2.amazonaws.com"
    assert state["arn"] == f"arn:aws:fsx:us-west-2:{ACCOUNT}:file-system/{id_}"
    assert len(state["mountName"]) == 8
    assert state["vpcId"].startswith("vpc-")


def test_a_type_in_no_table_is_refused(cloud: Cloud) -> None:
    with pytest.raises(CloudError, match="does not know aws:rds/instance:Instance"):
        cloud.check("aws:rds/instance:Instance")


def test_a_made_name_is_the_resources_and_stays(cloud: Cloud) -> None:
    first, _ = cloud.check(BUCKET, "Data")
    assert first["bucket"].startswith("data-")
    assert len(first["bucket"]) == len("data-") + 7
    again, _ = cloud.provider.check(
        BUCKET, {"tags": {"a": "b"}}, first, name="Data", seed=b"other", proposed=""
    )
    assert again["bucket"] == first["bucket"]
    _, failures = cloud.check(ROLE, "r" * 60, assumeRolePolicy=TRUST)
    assert [failure.path for failure in failures] == ["name"]


def test_default_tags_are_on_every_resource_under_its_own(tmp_path: Path) -> None:
    tags = '{"tags": {"cost-center": "ml", "team": "all"}}'
    cloud = Cloud(tmp_path, defaultTags=tags)
    _, state = cloud.create(BUCKET, tags={"team": "vision"})
    assert state["tags"] == {"cost-center": "ml", "team": "vision"}
    assert state["tagsAll"] == state["tags"]


def test_another_account_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CloudError, match="account ID not allowed: 123456789012"):
        Cloud(tmp_path, allowedAccountIds='["210987654321"]')


def test_a_region_must_be_given_and_be_one() -> None:
    assert [f.path for f in Aws().config_failures({})] == ["region"]
    [failure] = Aws().config_failures({"region": "us-wset-2"})
    assert failure.reason == "invalid AWS Region: us-wset-2; did you mean 'us-west-2'?"


def test_a_document_is_json(cloud: Cloud) -> None:
    _, failures = cloud.check(ROLE, assumeRolePolicy="{")
    assert [failure.path for failure in failures] == ["assumeRolePolicy"]


def test_what_is_named_must_be_there(cloud: Cloud) -> None:
    with pytest.raises(CloudError, match="The vpc ID 'vpc-0' does not exist"):
        cloud.create(SECURITY_GROUP, "guard", vpcId="vpc-0")


def test_what_others_need_is_not_deleted(cloud: Cloud) -> None:
    vpc, subnet, group = cloud.network()
    id_, state = cloud.lustre(subnet, group)
    for token, held in ((VPC, vpc), (SUBNET, subnet), (SECURITY_GROUP, group)):
        with pytest.raises(CloudError, match="DependencyViolation"):
            cloud.provider.delete(token, held, {})
    cloud.provider.delete(LUSTRE, id_, state)
    for token, free in ((SUBNET, subnet), (SECURITY_GROUP, group), (VPC, vpc)):
        cloud.provider.delete(token, free, {})
    assert cloud.store.all(SECURITY_GROUP) == {}


def test_a_group_whose_rules_name_itself_is_deleted_with_them(cloud: Cloud) -> None:
    vpc, _, group = cloud.network()
    other, _ = cloud.create(SECURITY_GROUP, "nodes", vpcId=vpc)
    for named in (group, other):
        cloud.create(
            RULE,
            securityGroupId=group,
            referencedSecurityGroupId=named,
            ipProtocol="tcp",
            fromPort=988,
            toPort=988,
        )
    with pytest.raises(CloudError, match="has a dependent object"):
        cloud.provider.delete(SECURITY_GROUP, other, {})
    cloud.provider.delete(SECURITY_GROUP, group, {})
    assert cloud.store.all(RULE) == {}


def test_a_bucket_with_objects_stays_unless_forced(cloud: Cloud) -> None:
    name, state = cloud.create(BUCKET, bucket="datasets-0")
    cloud.store.put(BUCKET, name, {"bucket": name}, objects=3)
    with pytest.raises(CloudError, match="BucketNotEmpty"):
        cloud.provider.delete(BUCKET, name, state)
    cloud.provider.delete(BUCKET, name, {**state, "forceDestroy": True})
    assert cloud.store.get(BUCKET, name) is None


def test_a_final_backup_stays_unless_skipped(cloud: Cloud) -> None:
    _, subnet, group = cloud.network()
    for skipped in (True, False):
        id_, state = cloud.lustre(subnet, group, skipFinalBackup=skipped)
        cloud.provider.delete(LUSTRE, id_, state)
        assert len(cloud.store.all("aws:fsx/backup:Backup")) == (not skipped)


def test_mount_targets_hold_a_file_system_and_are_one_per_subnet(
    cloud: Cloud,
) -> None:
    _, subnet, _ = cloud.network()
    id_, state = cloud.create(EFS, encrypted=True)
    cloud.create(MOUNT_TARGET, fileSystemId=id_, subnetId=subnet)
    with pytest.raises(CloudError, match="MountTargetConflict"):
        cloud.create(MOUNT_TARGET, fileSystemId=id_, subnetId=subnet)
    with pytest.raises(CloudError, match="FileSystemInUse"):
        cloud.provider.delete(EFS, id_, state)


def test_a_cluster_is_where_a_test_says(cloud: Cloud) -> None:
    _, subnet, _ = cloud.network()
    _, role = cloud.create(ROLE, assumeRolePolicy=TRUST)
    cloud.store.put(
        "stand-in:cluster",
        "*",
        {"endpoint": "https://127.0.0.1:6443", "certificateAuthority": "Y2E="},
    )
    name, state = cloud.create(
        CLUSTER, roleArn=role["arn"], vpcConfig={"subnetIds": [subnet]}
    )
    assert state["endpoint"] == "https://127.0.0.1:6443"
    assert state["certificateAuthority"] == {"data": "Y2E="}
    group = state["vpcConfig"]["clusterSecurityGroupId"]
    assert cloud.store.get(SECURITY_GROUP, group) is not None
    answer = cloud.provider.invoke("aws:eks/getCluster:getCluster", {"name": name})
    assert answer["endpoint"] == state["endpoint"]
    assert answer["vpcConfig"]["clusterSecurityGroupId"] == group
    pool, _ = cloud.create(
        NODE_GROUP,
        clusterName=name,
        nodeRoleArn=role["arn"],
        scalingConfig={"desiredSize": 0, "maxSize": 1, "minSize": 0},
        subnetIds=[subnet],
    )
    with pytest.raises(CloudError, match="has nodegroups attached"):
        cloud.provider.delete(CLUSTER, name, state)
    cloud.provider.delete(NODE_GROUP, pool, {})
    assert cloud.store.all("aws:autoscaling/group:Group") == {}
    cloud.provider.delete(CLUSTER, name, state)
    assert cloud.store.get(SECURITY_GROUP, group) is None


def test_other_functions_are_refused_by_name(cloud: Cloud) -> None:
    with pytest.raises(CloudError, match="no function aws:ec2/getVpc:getVpc"):
        cloud.provider.invoke("aws:ec2/getVpc:getVpc", {})


def test_a_change_to_what_is_gone_fails_and_its_deletion_does_not(
    cloud: Cloud,
) -> None:
    id_, state = cloud.create(EFS, encrypted=True)
    cloud.store.remove(EFS, id_)
    assert cloud.provider.read(EFS, id_, {"encrypted": True}, state) is None
    with pytest.raises(CloudError, match="FileSystemNotFound"):
        cloud.provider.update(EFS, id_, {"encrypted": True}, state, preview=False)
    cloud.provider.delete(EFS, id_, state)


def test_a_secret_stays_one(cloud: Cloud) -> None:
    inputs, _ = cloud.check(ROLE, assumeRolePolicy=TRUST, description=Secret("why"))
    _, state = cloud.provider.create(ROLE, inputs, preview=False)
    assert state["description"] == Secret("why")
    [thing] = cloud.store.all(ROLE).values()
    assert thing["inputs"]["description"] == "why"


@pytest.mark.parametrize(
    ("change", "replaces"),
    [
        ({"storageCapacity": 9600}, set()),
        ({"storageCapacity": 2400}, {"storageCapacity"}),
        ({"fileSystemTypeVersion": "2.12"}, {"fileSystemTypeVersion"}),
        ({"perUnitStorageThroughput": 500}, set()),
        ({"subnetIds": "subnet-1"}, {"subnetIds"}),
        ({"securityGroupIds": ["sg-1"]}, {"securityGroupIds[0]"}),
        ({"metadataConfiguration": {"iops": 1500}}, {"metadataConfiguration.iops"}),
        ({"metadataConfiguration": {"iops": 12000}}, set()),
        ({"deploymentType": "PERSISTENT_1"}, {"deploymentType"}),
        ({"weeklyMaintenanceStartTime": "7:01:00"}, set()),
    ],
)
def test_a_file_system_is_replaced_where_aws_replaces_it(
    cloud: Cloud, change: dict[str, Any], replaces: set[str]
) -> None:
    old = {
        "subnetIds": "subnet-0",
        "securityGroupIds": ["sg-0"],
        "deploymentType": "PERSISTENT_2",
        "perUnitStorageThroughput": 250,
        "storageCapacity": 4800,
        "fileSystemTypeVersion": "2.15",
        "metadataConfiguration": {"mode": "USER_PROVISIONED", "iops": 6000},
    }
    new = {**old, **change}
    if "metadataConfiguration" in change:
        new["metadataConfiguration"] = {
            "mode": "USER_PROVISIONED",
            **change["metadataConfiguration"],
        }
    found, first = cloud.provider.diff(LUSTRE, old, {}, new, [])
    assert found.changes
    kept = {path for path in found.replaces if not path.startswith("security")}
    assert kept == {path for path in replaces if not path.startswith("security")}
    assert bool(found.replaces) is bool(replaces)
    assert not first


ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
EIP = "aws:ec2/eip:Eip"
NAT = "aws:ec2/natGateway:NatGateway"


@pytest.mark.parametrize(
    ("token", "old", "new", "replaces"),
    [
        (VPC, {}, {"instanceTenancy": "dedicated"}, {"instanceTenancy"}),
        (VPC, {"instanceTenancy": "dedicated"}, {}, set()),
        (
            VPC,
            {"cidrBlock": "10.0.0.0/16"},
            {"cidrBlock": "10.1.0.0/16"},
            {"cidrBlock"},
        ),
        (VPC, {}, {"enableDnsHostnames": True}, set()),
        (SUBNET, {}, {"ipv6IpamPoolId": "ipam-pool-0"}, {"ipv6IpamPoolId"}),
        (SUBNET, {}, {"mapPublicIpOnLaunch": True}, set()),
        (RULE, {"cidrIpv4": "10.0.0.0/16"}, {"cidrIpv4": "10.1.0.0/16"}, set()),
        (
            RULE,
            {"cidrIpv4": "10.0.0.0/16"},
            {"referencedSecurityGroupId": "sg-0"},
            {"cidrIpv4", "referencedSecurityGroupId"},
        ),
        (EIP, {}, {"address": "192.0.2.1"}, {"address"}),
        (EIP, {}, {"customerOwnedIpv4Pool": "ipv4pool-coip-0"}, set()),
        (NAT, {}, {"availabilityMode": "regional"}, {"availabilityMode"}),
        (NAT, {}, {"secondaryAllocationIds": ["eipalloc-0"]}, set()),
        (ENDPOINT, {}, {"privateDnsEnabled": True}, {"privateDnsEnabled"}),
        (
            ENDPOINT,
            {"vpcEndpointType": "Interface"},
            {"vpcEndpointType": "Interface", "privateDnsEnabled": True},
            set(),
        ),
        (ENDPOINT, {"policy": "{}"}, {"policy": TRUST}, set()),
        (BUCKET, {}, {"objectLockEnabled": True}, {"objectLockEnabled"}),
        (BUCKET, {"objectLockEnabled": True}, {}, set()),
    ],
)
def test_what_replaces_is_what_the_provider_replaces(
    cloud: Cloud,
    token: str,
    old: dict[str, Any],
    new: dict[str, Any],
    replaces: set[str],
) -> None:
    found, _ = cloud.provider.diff(token, old, {}, new, [])
    assert found.replaces == replaces


def test_the_order_of_thumbprints_is_theirs(cloud: Cloud) -> None:
    issuer = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
    old = {"thumbprintLists": ["a" * 40, "b" * 40]}
    new = {"thumbprintLists": ["b" * 40, "a" * 40]}
    assert cloud.provider.diff(issuer, old, {}, new, [])[0].changes != {}


def test_a_route_table_goes_with_what_is_in_it(cloud: Cloud) -> None:
    vpc, subnet, _ = cloud.network()
    table, state = cloud.create("aws:ec2/routeTable:RouteTable", vpcId=vpc)
    for token, more in (
        ("aws:ec2/routeTableAssociation:RouteTableAssociation", {"subnetId": subnet}),
        ("aws:ec2/route:Route", {"destinationCidrBlock": "0.0.0.0/0"}),
    ):
        cloud.create(token, routeTableId=table, **more)
    cloud.provider.delete("aws:ec2/routeTable:RouteTable", table, state)
    assert cloud.store.all("aws:ec2/route:Route") == {}
    assert table not in cloud.store.all("aws:ec2/routeTable:RouteTable")


def test_nothing_changes_where_a_default_or_a_choice_of_aws_is_spelled_out(
    cloud: Cloud,
) -> None:
    id_, state = cloud.create(EFS, encrypted=True)
    old = {"encrypted": True}
    new = {**old, "throughputMode": "bursting", "performanceMode": "generalPurpose"}
    found, _ = cloud.provider.diff(EFS, old, state, new, [])
    assert found.changes == {}
    found, _ = cloud.provider.diff(EFS, old, state, {}, [])
    assert found.changes == {}
    new["performanceMode"] = "maxIO"
    found, _ = cloud.provider.diff(EFS, old, state, new, [])
    assert found.replaces == {"performanceMode"}
    found, _ = cloud.provider.diff(EFS, old, state, new, ["performanceMode"])
    assert found.changes == {}
    assert id_.startswith("fs-")


def test_the_order_of_a_set_and_the_layout_of_a_policy_mean_nothing(
    cloud: Cloud,
) -> None:
    old = {"vpcConfig": {"subnetIds": ["a", "b"]}, "name": "x", "roleArn": "r"}
    new = {"vpcConfig": {"subnetIds": ["b", "a"]}, "name": "x", "roleArn": "r"}
    assert cloud.provider.diff(CLUSTER, old, {}, new, [])[0].changes == {}
    one, other = {"assumeRolePolicy": TRUST}, {"assumeRolePolicy": TRUST + "\n"}
    assert cloud.provider.diff(ROLE, one, {}, other, [])[0].changes == {}


def test_a_thing_with_a_name_of_the_programs_goes_before_the_new_one(
    cloud: Cloud,
) -> None:
    old = {"name": "train", "path": "/", "assumeRolePolicy": TRUST}
    new = {**old, "path": "/ml/"}
    found, first = cloud.provider.diff(ROLE, old, {}, new, [])
    assert found.replaces == {"path"}
    assert first
    chosen = {**new, "__defaults": ["name"]}
    assert not cloud.provider.diff(ROLE, old, {}, chosen, [])[1]


def test_another_region_replaces(cloud: Cloud) -> None:
    _, state = cloud.create(EFS, encrypted=True)
    elsewhere = {"encrypted": True, "region": "eu-west-1"}
    found, _ = cloud.provider.diff(EFS, {"encrypted": True}, state, elsewhere, [])
    assert found.replaces == {"region"}


def test_each_change_of_a_launch_template_is_a_version(cloud: Cloud) -> None:
    template = "aws:ec2/launchTemplate:LaunchTemplate"
    id_, state = cloud.create(template, instanceType="p5.48xlarge")
    new = {"name": state["name"], "instanceType": "p5en.48xlarge"}
    shown = cloud.provider.update(template, id_, new, state, preview=True)
    assert shown["latestVersion"] is UNKNOWN
    state = cloud.provider.update(template, id_, new, state, preview=False)
    assert state["latestVersion"] == 2
    assert state["defaultVersion"] == 1
