from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.aws.driver_identity import DriverIdentity, DriverIdentityArgs
from components.aws.eks_add_on import EksAddOn, EksAddOnArgs
from components.catalog.eks_add_ons import EKS_ADD_ONS, autoscaler_values
from components.catalog.iam_drivers import DRIVER_ROLES
from components.kubernetes.add_on_spec import AddOnSpec
from components.testing import Deployment, deploy
from tests.cloud.aws.registered import refusals

ARN = "arn:aws:eks:us-west-2:123456789012:cluster/lab"
ISSUER = "https://oidc.eks.us-west-2.amazonaws.com/id/0123"
PROVIDER = "arn:aws:iam::123456789012:oidc-provider/oidc.eks"
IRSA = {"identity": "irsa", "oidc_issuer": ISSUER, "oidc_provider_arn": PROVIDER}
WITH_ROLE = [n for n in EKS_ADD_ONS if n in DRIVER_ROLES and DRIVER_ROLES[n].managed]


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def preview(request: pytest.FixtureRequest) -> bool:
    return request.param


def made(
    preview: bool, name: str, spec: dict[str, Any] | None = None, **more: Any
) -> Deployment:
    def program() -> None:
        provider = aws.Provider("aws", region="us-west-2")
        args = EksAddOnArgs(
            add_on=name,
            spec=AddOnSpec.model_validate(spec or {"install": True}),
            **{"cluster_name": "lab", "cluster_arn": ARN, **more},
        )
        EksAddOn(name, args, pulumi.ResourceOptions(provider=provider))

    deployed = deploy(program, preview=preview)
    # What AWS itself would refuse, by its own models.
    assert refusals(deployed) == []
    return deployed


def trusted(deployed: Deployment) -> list[dict[str, Any]]:
    return json.loads(deployed.one("Role").inputs["assumeRolePolicy"])["Statement"]


@pytest.mark.parametrize("name", EKS_ADD_ONS)
def test_installed_by_eks(preview: bool, name: str) -> None:
    deployed = made(preview, name)
    add_on = deployed.one("Addon")
    assert add_on.parent == deployed.one("ml-storage:index:EksAddOn").urn
    assert add_on.inputs["addonName"] == name
    assert add_on.inputs["clusterName"] == "lab"
    assert add_on.inputs["resolveConflictsOnCreate"] == "OVERWRITE"
    assert "addonVersion" not in add_on.inputs
    assert "serviceAccountRoleArn" not in add_on.inputs
    assert bool(deployed.all("Role")) == (name in WITH_ROLE)


@pytest.mark.parametrize("name", WITH_ROLE)
def test_its_controller_has_a_role_that_no_other_pod_takes_on(
    preview: bool, name: str
) -> None:
    deployed = made(preview, name)
    account = DRIVER_ROLES[name].service_account
    add_on = deployed.one("Addon")
    if not preview:
        (association,) = add_on.inputs["podIdentityAssociations"]
        assert association["serviceAccount"] == account
        assert association["roleArn"].startswith("arn:aws:iam::")
    # Its rights go after its pods.
    assert deployed.one("ml-storage:index:DriverIdentity").urn in add_on.depends_on or (
        {r.urn for r in deployed.all("RolePolicyAttachment")} <= set(add_on.depends_on)
    )
    (statement,) = trusted(deployed)
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    conditions = statement["Condition"]["StringEquals"]
    assert conditions["aws:RequestTag/kubernetes-service-account"] == account
    assert conditions["aws:RequestTag/eks-cluster-arn"] == ARN


@pytest.mark.parametrize("name", WITH_ROLE)
def test_by_irsa(preview: bool, name: str) -> None:
    deployed = made(preview, name, **IRSA)
    add_on = deployed.one("Addon")
    assert "podIdentityAssociations" not in add_on.inputs
    if not preview:
        assert add_on.inputs["serviceAccountRoleArn"].startswith("arn:aws:iam::")
    accounts = (DRIVER_ROLES[name].service_account, *EKS_ADD_ONS[name].also)
    assert [
        s["Condition"]["StringEquals"][f"{ISSUER.removeprefix('https://')}:sub"]
        for s in trusted(deployed)
    ] == [f"system:serviceaccount:kube-system:{a}" for a in accounts]


def test_version_and_configuration(preview: bool) -> None:
    spec = {
        "install": True,
        "version": "v1.9.0-eksbuild.1",
        "values": {"controller": {"replicaCount": 1}},
    }
    add_on = made(preview, "aws-fsx-csi-driver", spec).one("Addon").inputs
    assert add_on["addonVersion"] == "v1.9.0-eksbuild.1"
    assert json.loads(add_on["configurationValues"]) == spec["values"]


def test_disks_with_keys_of_ones_own(preview: bool) -> None:
    key = "arn:aws:kms:us-west-2:123456789012:key/k"
    deployed = made(preview, "aws-ebs-csi-driver", kms_key_arns=[key])
    policy = json.loads(deployed.one("RolePolicy").inputs["policy"])
    assert {tuple(s["Resource"]) for s in policy["Statement"]} == {(key,)}
    other = made(preview, "aws-fsx-csi-driver", kms_key_arns=[key])
    assert other.all("RolePolicy") == []


def test_the_autoscaler_scales_groups_of_its_cluster_only(preview: bool) -> None:
    def program() -> dict[str, Any]:
        provider = aws.Provider("aws", region="us-west-2")
        identity = DriverIdentity(
            "autoscaler",
            DriverIdentityArgs(
                add_on="node-autoscaler",
                cluster_name="lab",
                cluster_arn=ARN,
                associate=True,
            ),
            pulumi.ResourceOptions(provider=provider),
        )
        return {"annotations": dict(identity.annotations)}

    deployed = deploy(program, preview=preview)
    policy = json.loads(deployed.one("RolePolicy").inputs["policy"])
    assert all("*" not in s["Resource"] for s in policy["Statement"])
    assert "k8s.io/cluster-autoscaler/lab" in json.dumps(policy)
    association = deployed.one("PodIdentityAssociation").inputs
    assert association["serviceAccount"] == "cluster-autoscaler"
    assert association["namespace"] == "kube-system"
    assert deployed.outputs.get("annotations", {}) == {}


def test_the_autoscaler_looks_past_what_drivers_take_away() -> None:
    values = autoscaler_values("lab", "us-west-2", ["b/agent", "a/agent"])
    assert values["autoDiscovery"] == {"clusterName": "lab"}
    assert values["awsRegion"] == "us-west-2"
    taints = {k: v for k, v in values["extraArgs"].items() if "taint" in k}
    # The chart's flag is what stands before the first `_`.
    assert {(key.partition("_")[0], value) for key, value in taints.items()} == {
        ("startup-taint", "a/agent"),
        ("startup-taint", "b/agent"),
    }
    account = values["rbac"]["serviceAccount"]["name"]
    assert account == DRIVER_ROLES["node-autoscaler"].service_account


def test_what_is_there_is_not_installed() -> None:
    with pytest.raises(ValueError, match="existing"):
        made(False, "coredns", {"existing": True})


def test_what_eks_does_not_have_is_not_installed() -> None:
    with pytest.raises(ValueError, match="no add-on kueue"):
        made(False, "kueue")


def test_a_role_is_for_one_cluster() -> None:
    with pytest.raises(ValueError, match="ARN"):
        made(False, "aws-efs-csi-driver", cluster_arn=None)
