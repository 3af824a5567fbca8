from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pydantic import ValidationError

from components.aws.client_rules import ClientRules, ClientRulesArgs
from components.aws.fsx_lustre import FsxLustre, FsxLustreArgs, csi_source
from components.aws.fsx_lustre_spec import FsxLustreSpec
from components.aws.lustre_security_group import (
    LustreSecurityGroup,
    LustreSecurityGroupArgs,
)
from components.catalog.fsx_lustre_tables import PORTS, REPLACEMENTS
from components.catalog.problem import Problem
from components.testing import Deployment, Registered, deploy

FILE_SYSTEM = "aws:fsx/lustreFileSystem:LustreFileSystem"
LINK = "aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
ID = "fs-0123456789abcdef0"
IDS = {"fileSystemId": ID, "dnsName": f"{ID}.fsx", "mountName": "abcdefgh"}
MADE = {
    "kind": "fsx-lustre",
    "capacityGiB": 4800,
    "throughputPerTiB": 250,
    "zone": "us-west-2a",
}


def spec(**more: Any) -> FsxLustreSpec:
    return FsxLustreSpec.model_validate({**MADE, **more})


def refused(**more: Any) -> list[Problem]:
    with pytest.raises(ValidationError) as error:
        spec(**more)
    return [line.get("ctx", {})["problem"] for line in error.value.errors()]


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def preview(request: pytest.FixtureRequest) -> bool:
    return request.param


def cloud(resource: Registered) -> dict[str, Any]:
    if resource.type != FILE_SYSTEM:
        return {}
    return {"dnsName": f"{ID}.fsx.us-west-2.amazonaws.com", "mountName": "abcdefgh"}


def made(given: FsxLustreSpec, *, preview: bool, **more: Any) -> Deployment:
    wiring = {
        "vpc_id": "vpc-1",
        "subnet_id": "subnet-1",
        "buckets": {"datasets": "the-datasets"},
        **more,
    }

    def program() -> dict[str, Any]:
        provider = aws.Provider("aws", region="us-west-2")
        opts = pulumi.ResourceOptions(provider=provider)
        return dict(FsxLustre("data", FsxLustreArgs(spec=given, **wiring), opts).ids)

    return deploy(program, preview=preview, outputs=cloud)


def test_made_with_its_group(preview: bool) -> None:
    deployed = made(spec(tags={"team": "vision"}), preview=preview)
    system, whole = deployed.one(FILE_SYSTEM), deployed.one("FsxLustre")
    assert (system.name, system.parent) == ("data-file-system", whole.urn)
    assert whole.type == "ml-storage:index:FsxLustre"
    inputs = {k: v for k, v in system.inputs.items() if k != "securityGroupIds"}
    assert inputs == {
        "subnetIds": "subnet-1",
        "deploymentType": "PERSISTENT_2",
        "storageType": "SSD",
        "storageCapacity": 4800,
        "perUnitStorageThroughput": 250,
        "fileSystemTypeVersion": "2.15",
        "dataCompressionType": "NONE",
        "automaticBackupRetentionDays": 0,
        "copyTagsToBackups": False,
        "skipFinalBackup": False,
        "tags": {"Name": "data", "team": "vision"},
    }
    group = deployed.one(GROUP)
    if preview:
        assert "securityGroupIds" in "".join(system.unknown)
    else:
        ids = deployed.outputs
        assert ids.keys() == {*IDS, "securityGroupId"}
        assert system.inputs["securityGroupIds"] == [ids["securityGroupId"]]
        assert ids["dnsName"] == f"{ID}.fsx.us-west-2.amazonaws.com"
        assert ids["mountName"] == "abcdefgh"
    assert (group.name, group.inputs["vpcId"]) == ("data-lustre-group", "vpc-1")
    assert deployed.all(LINK) == []


def test_its_rules_are_there_before_it(preview: bool) -> None:
    deployed = made(spec(), preview=preview)
    rules = [*deployed.all(INGRESS), *deployed.all(EGRESS)]
    assert len(rules) == 4
    assert {rule.urn for rule in rules} <= set(deployed.one(FILE_SYSTEM).depends_on)


def test_everything_is_said(preview: bool) -> None:
    deployed = made(
        spec(
            metadataIops=12000,
            compression="LZ4",
            efa=True,
            throughputPerTiB=1000,
            maintenance="7:09:00",
            kmsKey="data",
            backups={"retentionDays": 7, "startTime": "05:00"},
            rootSquash={"user": "65534:65534", "exceptFor": ["10.0.1.6@tcp"]},
            logLevel="WARN_ERROR",
        ),
        preview=preview,
        kms_key_arn="arn:aws:kms:us-west-2:123456789012:key/1",
    )
    inputs = deployed.one(FILE_SYSTEM).inputs
    assert inputs["metadataConfiguration"] == {
        "mode": "USER_PROVISIONED",
        "iops": 12000,
    }
    assert inputs["efaEnabled"] is True
    assert inputs["kmsKeyId"].startswith("arn:aws:kms:")
    assert inputs["automaticBackupRetentionDays"] == 7
    assert inputs["dailyAutomaticBackupStartTime"] == "05:00"
    assert inputs["copyTagsToBackups"] is True
    assert inputs["weeklyMaintenanceStartTime"] == "7:09:00"
    assert inputs["dataCompressionType"] == "LZ4"
    assert inputs["logConfiguration"] == {"level": "WARN_ERROR"}
    assert inputs["rootSquashConfiguration"] == {
        "rootSquash": "65534:65534",
        "noSquashNids": ["10.0.1.6@tcp"],
    }


def test_tiering_and_automatic_metadata(preview: bool) -> None:
    tiering = FsxLustreSpec.model_validate(
        {
            "kind": "fsx-lustre",
            "zone": "us-west-2a",
            "storageType": "INTELLIGENT_TIERING",
            "throughput": 8000,
            "metadataIops": 6000,
            "readCache": {"mode": "USER_PROVISIONED", "sizeGiB": 64},
        }
    )
    inputs = made(tiering, preview=preview).one(FILE_SYSTEM).inputs
    assert inputs["throughputCapacity"] == 8000
    assert inputs["dataReadCacheConfiguration"] == {
        "sizingMode": "USER_PROVISIONED",
        "size": 64,
    }
    assert "storageCapacity" not in inputs
    assert tiering.size == "1Pi"
    automatic = made(spec(metadataIops="AUTOMATIC"), preview=preview)
    metadata = automatic.one(FILE_SYSTEM).inputs["metadataConfiguration"]
    assert metadata == {"mode": "AUTOMATIC"}


@pytest.mark.parametrize(
    ("on_delete", "protect", "retain", "skip"),
    [
        ("protect", True, False, False),
        ("retain", False, True, False),
        ("delete", False, False, True),
    ],
)
def test_data_goes_only_when_a_person_says_so(
    preview: bool, on_delete: str, protect: bool, retain: bool, skip: bool
) -> None:
    given = spec(onDelete=on_delete, linkedTo=[{"bucket": "datasets"}])
    deployed = made(given, preview=preview)
    system, link = deployed.one(FILE_SYSTEM), deployed.one(LINK)
    assert (system.protect, system.retain_on_delete) == (protect, retain)
    assert system.inputs["skipFinalBackup"] is skip
    # A pointer: it may go, and the files that it brought stay.
    assert (link.protect, link.retain_on_delete) == (False, retain)
    assert link.inputs["deleteDataInFilesystem"] is False


def test_scratch_has_no_backups_to_speak_of(preview: bool) -> None:
    scratch = FsxLustreSpec.model_validate(
        {**MADE, "deployment": "SCRATCH_2", "throughputPerTiB": None}
    )
    inputs = made(scratch, preview=preview).one(FILE_SYSTEM).inputs
    backups = ("automaticBackupRetentionDays", "copyTagsToBackups", "skipFinalBackup")
    assert not set(backups) & inputs.keys()


def test_nothing_that_is_not_told_replaces_it(preview: bool) -> None:
    """What FSx does not read back would seem changed, and replace the data."""
    system = made(spec(), preview=preview).one(FILE_SYSTEM)
    assert system.ignore_changes == ("securityGroupIds",)
    assert system.replace_on_changes == ()
    assert system.delete_before_replace is False


def test_one_that_exists_is_looked_up(preview: bool) -> None:
    there = FsxLustreSpec.model_validate(
        {"kind": "fsx-lustre", "existing": ID, "zone": "us-west-2a"}
    )
    deployed = made(there, preview=preview, vpc_id=None, subnet_id=None)
    system = deployed.one(FILE_SYSTEM)
    assert (system.read, system.import_id) == (True, ID)
    others = [r for r in deployed.resources if r.type.startswith("aws:")]
    assert others == [system]
    assert "securityGroupId" not in deployed.outputs
    if not preview:
        assert deployed.outputs["fileSystemId"] == ID
        assert deployed.outputs["mountName"] == "abcdefgh"


def test_one_that_is_adopted_stays_as_it_is(preview: bool) -> None:
    deployed = made(spec(adopt=ID), preview=preview, vpc_id=None)
    system = deployed.one(FILE_SYSTEM)
    assert (system.import_id, system.read, system.protect) == (ID, False, True)
    assert set(system.ignore_changes) == {
        *("securityGroupIds", "skipFinalBackup", "tags", "tagsAll"),
    }
    assert "securityGroupIds" not in system.inputs
    assert deployed.all(GROUP) == []


def test_links(preview: bool) -> None:
    deployed = made(
        spec(
            linkedTo=[
                {"bucket": "datasets", "prefix": "raw", "path": "/datasets/raw/"},
                {
                    "uri": "s3://imagenet/train/",
                    "path": "/imagenet",
                    "autoImport": [],
                    "autoExport": ["NEW", "DELETED"],
                    "importMetadata": False,
                },
                {"uri": "s3://plain", "path": "/plain", "autoImport": []},
            ]
        ),
        preview=preview,
    )
    links = {link.name: link for link in deployed.all(LINK)}
    raw = links["data-link-datasets/raw"]
    assert raw.parent == deployed.one("FsxLustre").urn
    assert raw.inputs["fileSystemPath"] == "/datasets/raw"
    assert raw.inputs["dataRepositoryPath"] == "s3://the-datasets/raw/"
    assert raw.inputs["batchImportMetaDataOnCreate"] is True
    assert raw.inputs["s3"] == {"autoImportPolicy": {"events": ["NEW", "CHANGED"]}}
    imagenet = links["data-link-imagenet"].inputs
    assert imagenet["dataRepositoryPath"] == "s3://imagenet/train/"
    assert imagenet["batchImportMetaDataOnCreate"] is False
    assert imagenet["s3"] == {"autoExportPolicy": {"events": ["NEW", "DELETED"]}}
    assert "s3" not in links["data-link-plain"].inputs


def test_the_whole_is_linked(preview: bool) -> None:
    deployed = made(spec(linkedTo=[{"bucket": "datasets"}]), preview=preview)
    link = deployed.one(LINK)
    assert link.name == "data-link-root"
    assert link.inputs["fileSystemPath"] == "/"
    assert link.inputs["dataRepositoryPath"] == "s3://the-datasets"


@pytest.mark.parametrize(
    ("given", "wiring", "message"),
    [
        (spec(), {"vpc_id": None}, "vpc_id"),
        (spec(), {"subnet_id": None}, "subnet_id"),
        (spec(linkedTo=[{"bucket": "other"}]), {}, "other"),
    ],
)
def test_wrong_wiring(given: FsxLustreSpec, wiring: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        made(given, preview=False, **wiring)


@pytest.mark.parametrize("efa", [False, True])
def test_a_group_for_itself(preview: bool, efa: bool) -> None:
    def program() -> None:
        provider = aws.Provider("aws", region="us-west-2")
        LustreSecurityGroup(
            "fast",
            LustreSecurityGroupArgs(vpc_id="vpc-1", efa=efa),
            pulumi.ResourceOptions(provider=provider),
        )

    deployed = deploy(program, preview=preview)
    parent = deployed.one("LustreSecurityGroup")
    group = deployed.one(GROUP)
    assert group.parent == parent.urn
    # Rules stand beside the group: in it they would fight with those of clients.
    assert not {"ingress", "egress"} & group.inputs.keys()
    for kind in (INGRESS, EGRESS):
        rules = deployed.all(kind)
        assert {rule.parent for rule in rules} == {parent.urn}
        assert {ports(rule) for rule in rules} == ({None} if efa else set(PORTS))
        assert all("cidrIpv4" not in rule.inputs for rule in rules)
        sides = ("securityGroupId", "referencedSecurityGroupId")
        groups = {rule.inputs[side] for rule in rules for side in sides if not preview}
        assert len(groups) == (0 if preview else 1)


def ports(rule: Registered) -> tuple[int, int] | None:
    """The TCP ports that a rule opens; None for all traffic."""
    if rule.inputs["ipProtocol"] == "-1":
        assert "fromPort" not in rule.inputs
        return None
    assert rule.inputs["ipProtocol"] == "tcp"
    return rule.inputs["fromPort"], rule.inputs["toPort"]


def rules_of(args: ClientRulesArgs, *, preview: bool) -> Deployment:
    def program() -> None:
        provider = aws.Provider("aws", region="us-west-2")
        ClientRules("data", args, pulumi.ResourceOptions(provider=provider))

    return deploy(program, preview=preview)


def test_clients_of_lustre_and_back(preview: bool) -> None:
    args = ClientRulesArgs(
        security_group_id="sg-data",
        clients={"prod": "sg-prod", "lab": "sg-lab"},
        ports=PORTS,
        both_ways=True,
    )
    deployed = rules_of(args, preview=preview)
    seen = {
        (
            rule.kind,
            rule.inputs["securityGroupId"],
            rule.inputs["referencedSecurityGroupId"],
            ports(rule),
        )
        for rule in (*deployed.all(INGRESS), *deployed.all(EGRESS))
    }
    assert seen == {
        (kind, group, other, port)
        for client in ("sg-prod", "sg-lab")
        for port in PORTS
        for kind, group, other in (
            ("SecurityGroupIngressRule", "sg-data", client),
            ("SecurityGroupEgressRule", "sg-data", client),
            ("SecurityGroupIngressRule", client, "sg-data"),
        )
    }
    parent = deployed.one("ClientRules")
    assert {rule.parent for rule in deployed.all(INGRESS)} == {parent.urn}


def test_clients_of_others_and_all_traffic(preview: bool) -> None:
    nfs = ClientRulesArgs(
        security_group_id="sg-data", clients={"prod": "sg-prod"}, ports=((2049, 2049),)
    )
    deployed = rules_of(nfs, preview=preview)
    assert deployed.one(INGRESS).name == "data-prod-in-2049"
    assert ports(deployed.one(INGRESS)) == (2049, 2049)
    assert deployed.all(EGRESS) == []
    efa = ClientRulesArgs(
        security_group_id="sg-data",
        clients={"prod": "sg-prod"},
        ports=PORTS,
        all_traffic=True,
        both_ways=True,
    )
    deployed = rules_of(efa, preview=preview)
    rules = [*deployed.all(INGRESS), *deployed.all(EGRESS)]
    assert [ports(rule) for rule in rules] == [None] * 3


@pytest.mark.parametrize("own", ["read-only", "read-write"])
@pytest.mark.parametrize("access", ["read-only", "read-write"])
def test_how_it_is_mounted(own: str, access: Any) -> None:
    source = csi_source(spec(access=own), IDS, access=access)
    fields = source.fields()
    assert fields["csi"]["driver"] == "fsx.csi.aws.com"
    assert fields["csi"]["volumeHandle"] == ID
    assert fields["csi"]["volumeAttributes"] == {
        "dnsname": f"{ID}.fsx",
        "mountname": "abcdefgh",
    }
    read_only = "read-only" in (own, access)
    assert fields["csi"].get("readOnly", False) is read_only
    assert fields["mountOptions"] == ["flock"]
    (term,) = fields["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["values"] == ["us-west-2a"]
    assert spec().size == "4800Gi"
    assert spec().access_modes == ["ReadWriteMany"]


def test_it_is_mounted_whole() -> None:
    with pytest.raises(ValueError, match="whole"):
        csi_source(spec(), IDS, access="read-write", prefix="vision")


def test_all_problems_at_once_each_at_its_place() -> None:
    found = refused(
        capacityGiB=3600,
        throughputPerTiB=200,
        lustreVersion="2.10",
        driveCache="READ",
        maintenance="sun:5:00",
        backups={"retentionDays": 91, "startTime": "5:00"},
        rootSquash={"user": "0:0"},
        linkedTo=[{"bucket": "a", "path": "data"}, {"path": "/b"}],
    )
    assert {(problem.rule, problem.path) for problem in found} == {
        ("FSX01", ("capacityGiB",)),
        ("FSX02", ("throughputPerTiB",)),
        ("FSX04", ("lustreVersion",)),
        ("FSX08", ("driveCache",)),
        ("FSX11", ("backups", "retentionDays")),
        ("FSX14", ("maintenance",)),
        ("FSX16", ("rootSquash", "user")),
        ("FSX18", ("linkedTo", 0, "path")),
        ("FSX19", ("linkedTo", 1, "bucket")),
    }


def test_what_exists_is_set_where_it_was_made() -> None:
    given = {"kind": "fsx-lustre", "existing": ID, "zone": "us-west-2a"}
    # What it is may be said, for the checks that want to know it.
    FsxLustreSpec.model_validate({**given, **MADE, "efa": True})
    for key, value in (
        ("backups", {"retentionDays": 1}),
        ("linkedTo", [{"bucket": "a"}]),
        ("maintenance", "1:00:00"),
        ("kmsKey", "data"),
    ):
        with pytest.raises(ValidationError) as error:
            FsxLustreSpec.model_validate({**given, key: value})
        (line,) = error.value.errors()
        assert line.get("ctx", {})["problem"].rule == "FSX21"
        assert line["loc"] == (key,)


@pytest.mark.parametrize("key", ["existing", "adopt"])
@pytest.mark.parametrize("name", ["fs-123", "training", "fs-0123456789ABCDEF0"])
def test_ids_of_file_systems(key: str, name: str) -> None:
    assert [problem.rule for problem in refused(**{key: name})] == ["FSX22"]


def test_replacements_are_properties_of_the_resource() -> None:
    known = vars(aws.fsx.LustreFileSystemArgs)
    for one in REPLACEMENTS:
        assert one.property.partition(".")[0] in known
        assert one.source
