from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pydantic import ValidationError

from components.aws.eks_cluster import EksCluster, EksClusterArgs
from components.aws.eks_cluster_spec import EksClusterSpec
from components.aws.node_role import NodeRole, NodeRoleArgs
from components.testing import Deployment, deploy
from tests.cloud.aws.registered import refusals

SUBNETS = {"us-west-2a": "subnet-0123456789abcdef0", "us-west-2b": "subnet-b"}
ADMIN = "arn:aws:iam::123456789012:role/people/platform"
PROVIDER = "OpenIdConnectProvider"


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def preview(request: pytest.FixtureRequest) -> bool:
    return request.param


def made(
    preview: bool, spec: dict[str, Any], region: str = "us-west-2", **more: Any
) -> Deployment:
    def program() -> dict[str, Any]:
        provider = aws.Provider("aws", region=region)
        args = EksClusterArgs(
            spec=EksClusterSpec.model_validate(spec),
            **{"subnets": SUBNETS, "region": region, **more},
        )
        cluster = EksCluster("lab", args, pulumi.ResourceOptions(provider=provider))
        return {
            "name": cluster.cluster_name,
            "group": cluster.security_group_id,
            "provider": cluster.oidc_provider_arn,
            "kubeconfig": cluster.kubeconfig,
        }

    deployed = deploy(program, preview=preview)
    # What AWS itself would refuse, by its own models.
    assert refusals(deployed) == []
    return deployed


def test_one_that_exists_is_looked_up(preview: bool) -> None:
    deployed = made(preview, {"existing": "prod-eks"})
    cluster = deployed.one("Cluster")
    assert cluster.read
    assert cluster.import_id == "prod-eks"
    assert [r for r in deployed.resources if r.type.startswith("aws:")] == [cluster]


def test_one_that_is_made(preview: bool) -> None:
    deployed = made(preview, {"create": {"version": "1.34"}})
    cluster = deployed.one("Cluster")
    assert cluster.parent == deployed.one("ml-storage:index:EksCluster").urn
    assert cluster.inputs["version"] == "1.34"
    assert cluster.inputs["accessConfig"] == {
        "authenticationMode": "API",
        "bootstrapClusterCreatorAdminPermissions": True,
    }
    assert cluster.inputs["vpcConfig"] == {
        "subnetIds": list(SUBNETS.values()),
        "endpointPrivateAccess": True,
        "endpointPublicAccess": False,
    }
    assert cluster.inputs["enabledClusterLogTypes"] == ["api", "audit", "authenticator"]
    assert cluster.inputs["upgradePolicy"] == {"supportType": "STANDARD"}
    assert "encryptionConfig" not in cluster.inputs
    assert not cluster.protect
    policy = deployed.one("RolePolicyAttachment")
    # Without its rights EKS cannot delete what it made of the cluster.
    assert policy.urn in cluster.depends_on
    assert policy.inputs["policyArn"].endswith(":policy/AmazonEKSClusterPolicy")
    trust = json.loads(deployed.one("Role").inputs["assumeRolePolicy"])
    assert trust["Statement"][0]["Principal"] == {"Service": ["eks.amazonaws.com"]}
    assert deployed.all(PROVIDER) == []
    assert deployed.all("SecurityGroupEgressRule") == []


def test_who_reaches_it(preview: bool) -> None:
    spec = {"version": "1.34", "publicAccess": ["203.0.113.0/24"], "admins": [ADMIN]}
    deployed = made(preview, {"create": spec})
    config = deployed.one("Cluster").inputs["vpcConfig"]
    assert config["endpointPublicAccess"] is True
    assert config["publicAccessCidrs"] == ["203.0.113.0/24"]
    entry = deployed.one("AccessEntry")
    assert entry.name == "lab-123456789012-role-people-platform"
    assert entry.inputs["principalArn"] == ADMIN
    policy = deployed.one("AccessPolicyAssociation")
    assert entry.urn in policy.depends_on
    assert policy.inputs["accessScope"] == {"type": "cluster"}
    assert policy.inputs["policyArn"] == (
        "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    )


def test_secrets_are_encrypted_with_a_key_of_ones_own(preview: bool) -> None:
    key = "arn:aws:kms:us-west-2:123456789012:key/k"
    spec = {"create": {"version": "1.34", "kmsKey": "data"}}
    deployed = made(preview, spec, kms_key_arn=key)
    assert deployed.one("Cluster").inputs["encryptionConfig"] == {
        "provider": {"keyArn": key},
        "resources": ["secrets"],
    }


def test_irsa_has_a_provider_of_its_own(preview: bool) -> None:
    new = made(preview, {"create": {"version": "1.34"}}, identity="irsa")
    assert new.one(PROVIDER).inputs["clientIdLists"] == ["sts.amazonaws.com"]
    # One that exists has it already: its ARN follows from the cluster's.
    old = made(preview, {"existing": "prod-eks"}, identity="irsa")
    assert old.all(PROVIDER) == []
    if not preview:
        assert old.outputs["provider"] == (
            "arn:aws:iam::123456789012:oidc-provider/"
            "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF"
        )


def test_efa_reaches_the_nodes_themselves(preview: bool) -> None:
    rule = made(preview, {"existing": "prod-eks"}, efa=True).one(
        "SecurityGroupEgressRule"
    )
    assert rule.inputs["ipProtocol"] == "-1"
    if not preview:
        group = rule.inputs["securityGroupId"]
        assert group == rule.inputs["referencedSecurityGroupId"] != ""


def test_the_kubeconfig_holds_no_token() -> None:
    deployed = made(False, {"create": {"version": "1.34"}})
    config = json.loads(deployed.outputs["kubeconfig"])
    (user,) = config["users"]
    assert set(user["user"]) == {"exec"}
    assert user["user"]["exec"]["command"] == "aws"
    name = deployed.outputs["name"]
    args = user["user"]["exec"]["args"]
    assert args[args.index("--cluster-name") + 1] == name
    assert args[args.index("--region") + 1] == "us-west-2"
    (cluster,) = config["clusters"]
    assert cluster["cluster"]["server"].startswith("https://")
    assert cluster["cluster"]["certificate-authority-data"] == "Q0E="


def test_policies_of_china_are_chinas() -> None:
    spec = {"create": {"version": "1.34", "admins": [ADMIN]}}
    deployed = made(False, spec, region="cn-north-1")
    for kind in ("RolePolicyAttachment", "AccessPolicyAssociation"):
        assert deployed.one(kind).inputs["policyArn"].startswith("arn:aws-cn:")


def test_no_cluster_without_subnets() -> None:
    with pytest.raises(ValueError, match="there are none"):
        made(False, {"create": {"version": "1.34"}}, subnets={})


def test_nodes_may_join_and_no_more(preview: bool) -> None:
    def program() -> None:
        provider = aws.Provider("aws", region="us-west-2")
        opts = pulumi.ResourceOptions(provider=provider)
        NodeRole("lab", NodeRoleArgs(region="us-west-2"), opts)

    deployed = deploy(program, preview=preview)
    component = deployed.one("ml-storage:index:NodeRole")
    trust = json.loads(deployed.one("Role").inputs["assumeRolePolicy"])
    assert trust["Statement"][0]["Principal"] == {"Service": ["ec2.amazonaws.com"]}
    policies = deployed.all("RolePolicyAttachment")
    assert {r.parent for r in policies} == {component.urn}
    assert {r.inputs["policyArn"].rpartition("/")[2] for r in policies} == {
        "AmazonEKSWorkerNodePolicy",
        "AmazonEC2ContainerRegistryPullOnly",
        "AmazonEKS_CNI_Policy",
    }


@pytest.mark.parametrize(
    ("spec", "rule", "nearest"),
    [
        ({}, "EKS01", 'create: {version: "1.35"}'),
        ({"existing": "a", "create": {"version": "1.34"}}, "EKS01", None),
        ({"existing": "prod eks"}, "EKS02", "prod-eks"),
        ({"create": {"version": "v1.34.2"}}, "EKS03", "1.34"),
        ({"create": {"version": "1.29"}}, "EKS04", "1.35"),
        (
            {"create": {"version": "1.34", "publicAccess": ["203.0.113.7"]}},
            "EKS05",
            "203.0.113.7/32",
        ),
        (
            {
                "create": {
                    "version": "1.34",
                    "admins": ["arn:aws:sts::123456789012:assumed-role/admin/me"],
                }
            },
            "EKS07",
            "arn:aws:iam::123456789012:role/admin",
        ),
    ],
)
def test_refused(spec: dict[str, Any], rule: str, nearest: str | None) -> None:
    with pytest.raises(ValidationError) as caught:
        EksClusterSpec.model_validate(spec)
    (error,) = caught.value.errors()
    problem = error["ctx"]["problem"]
    assert (problem.rule, problem.nearest) == (rule, nearest)
