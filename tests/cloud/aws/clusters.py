"""EKS, as AWS and pulumi-aws treat it."""

import base64
import re
from collections.abc import Mapping
from typing import Any, Final

from tests.cloud.aws.file_systems import SECURITY_GROUP, SUBNET, guarded_by, in_subnet
from tests.cloud.aws.identities import ROLE
from tests.cloud.aws.launch_templates import TEMPLATE
from tests.cloud.aws.sources import schema
from tests.cloud.kind import Kind, Making, Ref
from tests.cloud.store import Things

CLUSTER: Final = "aws:eks/cluster:Cluster"

_VERSION: Final = re.compile(r"v\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$")
_GROUP: Final = "aws:autoscaling/group:Group"


def _endpoint(making: Making) -> str:
    host = f"{making.hex(32, 'api').upper()}.gr7.{making.region}.eks.amazonaws.com"
    return making.address("endpoint", f"https://{host}")


def _authority(making: Making) -> dict[str, str]:
    made = base64.b64encode(making.hex(32, "ca").encode()).decode()
    return {"data": making.address("certificateAuthority", made)}


def _issuer(making: Making) -> str:
    oidc = making.hex(32, "oidc").upper()
    return f"https://oidc.eks.{making.region}.amazonaws.com/id/{oidc}"


def _vpc(making: Making) -> str:
    subnets: list[str] = making.inputs["vpcConfig"]["subnetIds"]
    return str(making.other(SUBNET, subnets[0]).get("vpcId", ""))


def _security_group(making: Making) -> str:
    return "sg-" + making.hex(17, "security group")


def _own_security_group(making: Making) -> Things:
    """EKS makes a security group for the cluster, and deletes it with that."""
    id_ = _security_group(making)
    return {
        SECURITY_GROUP: {
            id_: {
                "inputs": {
                    "name": f"eks-cluster-sg-{making.id}-{making.hex(9, 'group')}",
                    "vpcId": _vpc(making),
                },
                "outputs": {"arn": making.arn("ec2", f"security-group/{id_}")},
                "of": making.id,
            }
        }
    }


def _scaling_group(making: Making) -> str:
    name = making.inputs.get("nodeGroupName", making.id.partition(":")[2])
    return f"eks-{name}-{making.hex(8, 'scaling')}"


def _own_scaling_group(making: Making) -> Things:
    thing = {"inputs": {}, "outputs": {}, "of": making.id}
    return {_GROUP: {_scaling_group(making): thing}}


def _protected(thing: Mapping[str, Any], id_: str) -> str | None:
    if thing.get("deletionProtection"):
        return f"InvalidRequestException: Cluster {id_} has deletion protection enabled"
    return None


def _no_encryption(old: Any, new: Any, _: Mapping[str, Any]) -> bool:
    return old is not None and new is None


def _of_cluster(*, holds: str | None = None) -> Ref:
    return Ref(
        path="clusterName",
        to=CLUSTER,
        by="name",
        missing="ResourceNotFoundException: No cluster found for name: {}.",
        holds=holds,
        ends=holds is None,
    )


def _role(path: str) -> Ref:
    return Ref(
        path=path,
        to=ROLE,
        by="arn",
        missing="InvalidParameterException: Role with arn: {}, could not be assumed "
        "because it does not exist",
    )


KINDS: Final = (
    Kind(
        type_=CLUSTER,
        id=lambda m: m.inputs["name"],
        outputs={
            "arn": lambda m: m.arn("eks", f"cluster/{m.id}"),
            "certificateAuthority": _authority,
            "createdAt": lambda m: "2026-01-01T00:00:00Z",
            "endpoint": _endpoint,
            "identities": lambda m: [{"oidcs": [{"issuer": _issuer(m)}]}],
            "platformVersion": lambda m: "eks.1",
            "status": lambda m: "ACTIVE",
            "version": lambda m: "1.35",
            "vpcConfig.clusterSecurityGroupId": _security_group,
            "vpcConfig.vpcId": _vpc,
        },
        models=("eks.CreateCluster",),
        members={
            "defaultAddonsToRemoves": None,
            "enabledClusterLogTypes": "logging.clusterLogging.types",
            "forceUpdateVersion": None,
            "kubernetesNetworkConfig.serviceIpv6Cidr": None,
            "vpcConfig": "resourcesVpcConfig",
            "vpcConfig.clusterSecurityGroupId": None,
            "vpcConfig.vpcId": None,
        },
        replaces=(
            "accessConfig.bootstrapClusterCreatorAdminPermissions",
            "bootstrapSelfManagedAddons",
            "kubernetesNetworkConfig.ipFamily",
            "kubernetesNetworkConfig.serviceIpv4Cidr",
            *("name", "outpostConfig.controlPlaneInstanceType"),
            *("remoteNetworkConfig.remoteNodeNetworks.cidrs", "roleArn"),
        ),
        replaces_when={
            "computeConfig.nodeRoleArn": lambda old, new, _: bool(old) and old != new,
            "encryptionConfig.provider.keyArn": _no_encryption,
            "encryptionConfig.resources": _no_encryption,
        },
        defaults={"bootstrapSelfManagedAddons": True},
        computed=(
            *("accessConfig", "kubernetesNetworkConfig", "upgradePolicy"),
            "version",
        ),
        named="name",
        longest=100,
        exists="ResourceInUseException: Cluster already exists with name: {}",
        missing="ResourceNotFoundException: No cluster found for name: {}.",
        refs=(
            _role("roleArn"),
            in_subnet("vpcConfig.subnetIds"),
            guarded_by("vpcConfig.securityGroupIds"),
        ),
        keeps=_protected,
        beside=_own_security_group,
        source=schema("eks/cluster.go", "00555dc5"),
    ),
    Kind(
        type_="aws:eks/nodeGroup:NodeGroup",
        id=lambda m: (
            f"{m.inputs['clusterName']}:"
            + (
                m.inputs.get("nodeGroupName")
                or m.inputs.get("nodeGroupNamePrefix", "") + m.hex(26)
            )
        ),
        outputs={
            "amiType": lambda m: "AL2023_x86_64_STANDARD",
            "arn": lambda m: m.arn(
                "eks", f"nodegroup/{m.id.replace(':', '/')}/{m.hex(32, 'arn')}"
            ),
            "capacityType": lambda m: "ON_DEMAND",
            "nodeGroupName": lambda m: m.id.partition(":")[2],
            "resources": lambda m: [
                {"autoscalingGroups": [{"name": _scaling_group(m)}]}
            ],
            "status": lambda m: "ACTIVE",
            "version": lambda m: m.other(CLUSTER, m.inputs["clusterName"])["version"],
        },
        models=("eks.CreateNodegroup",),
        members={
            "forceUpdateVersion": None,
            "nodeGroupNamePrefix": None,
            "nodeRoleArn": "nodeRole",
            "remoteAccess.sourceSecurityGroupIds": "remoteAccess.sourceSecurityGroups",
            "subnetIds": "subnets",
        },
        replaces=(
            *("amiType", "capacityType", "clusterName", "diskSize", "instanceTypes"),
            *("launchTemplate.id", "launchTemplate.name", "nodeGroupName"),
            *("nodeGroupNamePrefix", "nodeRoleArn", "remoteAccess", "subnetIds"),
        ),
        computed=(
            *("amiType", "capacityType", "diskSize", "instanceTypes"),
            *("nodeRepairConfig", "releaseVersion", "updateConfig", "version"),
        ),
        checks={
            "scalingConfig.maxSize": (lambda v: v >= 1, "expected to be at least (1)"),
            "scalingConfig.minSize": (lambda v: v >= 0, "expected to be at least (0)"),
        },
        named="nodeGroupName",
        longest=63,
        exists="ResourceInUseException: NodeGroup already exists with name {}",
        refs=(
            _of_cluster(
                holds="ResourceInUseException: Cluster {} has nodegroups attached"
            ),
            _role("nodeRoleArn"),
            in_subnet("subnetIds"),
            Ref(
                path="launchTemplate.id",
                to=TEMPLATE,
                missing="InvalidParameterException: Launch template {} does not exist",
            ),
        ),
        beside=_own_scaling_group,
        source=schema("eks/node_group.go", "012e0a32"),
    ),
    Kind(
        type_="aws:eks/addon:Addon",
        id=lambda m: f"{m.inputs['clusterName']}:{m.inputs['addonName']}",
        outputs={
            "addonVersion": lambda m: "v1.0.0-eksbuild.1",
            "arn": lambda m: m.arn(
                "eks", f"addon/{m.id.replace(':', '/')}/{m.hex(32, 'arn')}"
            ),
            "createdAt": lambda m: "2026-01-01T00:00:00Z",
            "modifiedAt": lambda m: "2026-01-01T00:00:00Z",
        },
        models=("eks.CreateAddon",),
        members={
            "preserve": None,
            "resolveConflictsOnCreate": "resolveConflicts",
            "resolveConflictsOnUpdate": "eks.UpdateAddon:resolveConflicts",
        },
        replaces=("addonName", "clusterName", "namespaceConfig"),
        computed=("addonVersion", "configurationValues", "namespaceConfig"),
        checks={
            "addonVersion": (
                lambda v: _VERSION.match(v) is not None,
                "must follow semantic version format",
            )
        },
        documents=("configurationValues",),
        exists="ResourceInUseException: Addon already exists: {}",
        refs=(_of_cluster(),),
        source=schema("eks/addon.go", "00a35305"),
    ),
    Kind(
        type_="aws:eks/podIdentityAssociation:PodIdentityAssociation",
        id=lambda m: "a-" + m.hex(17),
        outputs={
            "associationArn": lambda m: m.arn(
                "eks", f"podidentityassociation/{m.inputs['clusterName']}/{m.id}"
            ),
            "associationId": lambda m: m.id,
        },
        models=("eks.CreatePodIdentityAssociation",),
        replaces=("clusterName", "namespace", "serviceAccount"),
        defaults={"disableSessionTags": False},
        documents=("policy",),
        unique=("clusterName", "namespace", "serviceAccount"),
        exists="ResourceInUseException: Association already exists: {}",
        refs=(_of_cluster(), _role("roleArn")),
        source=schema("eks/pod_identity_association.go", "00a35305"),
    ),
    Kind(
        type_="aws:eks/accessEntry:AccessEntry",
        id=lambda m: f"{m.inputs['clusterName']}:{m.inputs['principalArn']}",
        outputs={
            "accessEntryArn": lambda m: m.arn(
                "eks", f"access-entry/{m.inputs['clusterName']}/{m.hex(32, 'arn')}"
            ),
            "userName": lambda m: m.inputs["principalArn"],
        },
        models=("eks.CreateAccessEntry",),
        replaces=("clusterName", "principalArn", "type"),
        defaults={"type": "STANDARD"},
        computed=("kubernetesGroups", "userName"),
        exists="ResourceInUseException: The specified access entry resource is "
        "already in use on this cluster: {}",
        refs=(_of_cluster(),),
        source=schema("eks/access_entry.go", "01f43111"),
    ),
    Kind(
        type_="aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        id=lambda m: "#".join(
            m.inputs[key] for key in ("clusterName", "principalArn", "policyArn")
        ),
        outputs={"associatedAt": lambda m: "2026-01-01T00:00:00Z"},
        models=("eks.AssociateAccessPolicy",),
        replaces=("accessScope", "clusterName", "policyArn", "principalArn"),
        refs=(
            _of_cluster(),
            Ref(
                path="principalArn",
                to="aws:eks/accessEntry:AccessEntry",
                by="principalArn",
                missing="ResourceNotFoundException: The specified principalArn could "
                "not be found: {}",
                ends=True,
            ),
        ),
        source=schema("eks/access_policy_association.go", "01f43111"),
    ),
)
