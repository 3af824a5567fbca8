"""The tables of AWS's resources, against the SDK and AWS's service models."""

import re
from typing import Final

import pytest

from tests.cloud.aws.cloud import KINDS, Aws, taker
from tests.cloud.aws.refused_deletions import REFUSALS
from tests.cloud.aws.service_models import member, names_error, unmatched
from tests.cloud.inputs import Failure, failures, properties
from tests.cloud.kind import Kind

TOKENS = sorted(KINDS)

LUSTRE = "aws:fsx/lustreFileSystem:LustreFileSystem"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"


@pytest.mark.parametrize("token", TOKENS)
def test_each_property_has_a_place_in_a_service_model_or_is_excused(
    token: str,
) -> None:
    assert list(unmatched(KINDS[token], taker(token))) == []


@pytest.mark.parametrize("token", TOKENS)
def test_each_place_that_a_table_names_is_there(token: str) -> None:
    kind = KINDS[token]
    for key, place in kind.members.items():
        if place is not None and "." not in key:
            assert member(kind, key) is not None


@pytest.mark.parametrize("token", TOKENS)
def test_a_table_speaks_of_properties_that_the_sdk_has(token: str) -> None:
    kind = KINDS[token]
    known = properties(taker(token))
    named = [
        *(kind.replaces, kind.replaces_when, kind.defaults, kind.computed),
        *(kind.documents, kind.unique, kind.checks, kind.members),
        *((kind.named,) if kind.named else (),),
        [ref.path for ref in kind.refs if ref.path != "principalArn"],
    ]
    paths = [path for group in named for path in group]
    assert [path for path in paths if path.partition(".")[0] not in known] == []


@pytest.mark.parametrize("token", TOKENS)
def test_what_names_another_thing_names_a_kind_that_is_known(token: str) -> None:
    made_by_aws = {"aws:autoscaling/group:Group"}
    named = {ref.to for ref in KINDS[token].refs}
    assert named <= {*KINDS, *made_by_aws}


READ: Final = re.compile(
    r"hashicorp/terraform-provider-aws internal/service/[a-z0-9_]+/[a-z0-9_]+\.go "
    r"@[0-9a-f]{8}, read 2026-11-22(; .+)?"
)


@pytest.mark.parametrize("token", TOKENS)
def test_each_table_says_where_it_was_read(token: str) -> None:
    assert READ.fullmatch(KINDS[token].source)


def code(answer: str) -> str:
    """Return the error of an answer: `deleting it (x): Code: why` or `Code: why`."""
    found = re.search(r"(?:^|\): )([A-Za-z.]+): ", answer)
    assert found is not None, answer
    return found[1]


def refused() -> set[tuple[str, str]]:
    """Return every type whose deletion the tables refuse, with the error."""
    held = {
        (ref.to, code(ref.holds))
        for kind in KINDS.values()
        for ref in kind.refs
        if ref.holds is not None
    }
    full = {"objects": 1, "deletionProtection": True}
    kept = {
        (kind.type_, code(kind.keeps(full, "it") or ""))
        for kind in KINDS.values()
        if kind.keeps is not None
    }
    return held | kept


def test_each_refused_deletion_has_a_source() -> None:
    assert refused() == set(REFUSALS)


@pytest.mark.parametrize(("token", "error"), REFUSALS)
def test_a_refusal_is_one_of_its_operation(token: str, error: str) -> None:
    told = REFUSALS[token, error]
    if told.source is None:
        assert names_error(told.operation, error)
    else:
        assert "read 2026-11-22" in told.source


def test_an_unknown_input_is_refused_with_the_one_that_was_meant() -> None:
    given = {"subnetIds": "subnet-0", "storageCapacty": 1200}
    assert list(failures(taker(LUSTRE), given)) == [
        Failure(
            "storageCapacty",
            "an invalid or unknown key 'storageCapacty'; did you mean "
            "'storageCapacity'?",
        )
    ]


def test_a_missing_input_is_refused() -> None:
    [found] = failures(taker(LUSTRE), {"storageCapacity": 1200})
    assert found == Failure("subnetIds", "missing required property 'subnetIds'")


@pytest.mark.parametrize(
    ("key", "value", "path"),
    [
        ("storageCapacity", "1200", "storageCapacity"),
        ("storageCapacity", 1200.5, "storageCapacity"),
        ("storageCapacity", True, "storageCapacity"),
        ("efaEnabled", "true", "efaEnabled"),
        ("subnetIds", ["subnet-0"], "subnetIds"),
        ("securityGroupIds", "sg-0", "securityGroupIds"),
        ("securityGroupIds", ["sg-0", 1], "securityGroupIds[1]"),
        ("tags", {"a": 1}, "tags.a"),
        ("metadataConfiguration", {"iops": "6000"}, "metadataConfiguration.iops"),
        ("metadataConfiguration", {"iop": 6000}, "metadataConfiguration.iop"),
        ("metadataConfiguration", [], "metadataConfiguration"),
    ],
)
def test_a_wrong_type_is_refused_at_its_place(
    key: str, value: object, path: str
) -> None:
    given = {"subnetIds": "subnet-0", key: value}
    assert [found.path for found in failures(taker(LUSTRE), given)] == [path]


def test_a_class_that_the_sdk_renamed_is_found() -> None:
    versioning = taker("aws:s3/bucketVersioning:BucketVersioning")
    assert set(properties(versioning)) >= {"bucket", "versioningConfiguration"}


@pytest.mark.parametrize(
    ("token", "inputs", "path"),
    [
        (LUSTRE, {"deploymentType": "PERSISTENT_3"}, "deploymentType"),
        (LUSTRE, {"perUnitStorageThroughput": 300}, "perUnitStorageThroughput"),
        (LUSTRE, {"storageCapacity": 600}, "storageCapacity"),
        (LUSTRE, {"automaticBackupRetentionDays": 91}, "automaticBackupRetentionDays"),
        (
            LUSTRE,
            {"weeklyMaintenanceStartTime": "8:00:00"},
            "weeklyMaintenanceStartTime",
        ),
        (LUSTRE, {"securityGroupIds": [""]}, "securityGroupIds[0]"),
        (LUSTRE, {"importPath": "datasets"}, "importPath"),
        (LUSTRE, {"tags": {"k" * 129: "v"}}, "tags." + "k" * 129),
        (
            LUSTRE,
            {"metadataConfiguration": {"mode": "MANUAL"}},
            "metadataConfiguration.mode",
        ),
        (
            "aws:efs/fileSystem:FileSystem",
            {"lifecyclePolicies": [{"transitionToIa": "AFTER_31_DAYS"}]},
            "lifecyclePolicies[0].transitionToIa",
        ),
        (
            "aws:efs/accessPoint:AccessPoint",
            {"rootDirectory": {"creationInfo": {"permissions": "rwx"}}},
            "rootDirectory.creationInfo.permissions",
        ),
        ("aws:s3/bucket:Bucket", {"bucket": "Data"}, "bucket"),
        (
            LIFECYCLE,
            {"rules": [{"transitions": [{"storageClass": "COLD"}]}]},
            "rules[0].transitions[0].storageClass",
        ),
        (
            "aws:eks/nodeGroup:NodeGroup",
            {"taints": [{"key": "gpu", "effect": "NoSchedule"}]},
            "taints[0].effect",
        ),
        (
            "aws:eks/nodeGroup:NodeGroup",
            {"scalingConfig": {"maxSize": 0}},
            "scalingConfig.maxSize",
        ),
        (
            "aws:eks/cluster:Cluster",
            {"accessConfig": {"authenticationMode": "API_ONLY"}},
            "accessConfig.authenticationMode",
        ),
        ("aws:iam/role:Role", {"name": "a role"}, "name"),
        ("aws:kms/key:Key", {"deletionWindowInDays": 3}, "deletionWindowInDays"),
        ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.40.0.1/16"}, "cidrBlock"),
        (
            "aws:ec2/launchTemplate:LaunchTemplate",
            {"metadataOptions": {"httpTokens": "always"}},
            "metadataOptions.httpTokens",
        ),
    ],
)
def test_a_value_outside_the_service_model_is_refused(
    token: str, inputs: dict[str, object], path: str
) -> None:
    found = {failure.path for failure in Aws().limits(KINDS[token], inputs)}
    assert found == {path}


def test_a_good_file_system_passes() -> None:
    inputs = {
        "subnetIds": "subnet-0123456789abcdef0",
        "securityGroupIds": ["sg-0123456789abcdef0"],
        "deploymentType": "PERSISTENT_2",
        "perUnitStorageThroughput": 250,
        "storageCapacity": 4800,
        "fileSystemTypeVersion": "2.15",
        "metadataConfiguration": {"mode": "USER_PROVISIONED", "iops": 6000},
        "tags": {"cost-center": "ml"},
    }
    kind: Kind = KINDS[LUSTRE]
    assert list(failures(taker(LUSTRE), inputs)) == []
    assert list(Aws().limits(kind, inputs)) == []
