"""GKE, as Google Cloud and pulumi-gcp treat it."""

import base64
from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.cloud.gcp.disks import RESOURCE_POLICY, by_key
from tests.cloud.gcp.identities import ACCOUNT
from tests.cloud.gcp.networks import in_network, in_subnetwork
from tests.cloud.gcp.rows import digits, in_use, last, names, path, row
from tests.cloud.gcp.sources import schema
from tests.cloud.kind import Making

CLUSTER: Final = "gcp:container/cluster:Cluster"
NODE_POOL: Final = "gcp:container/nodePool:NodePool"

_API: Final = "https://container.googleapis.com/v1/"
_NODES: Final = "container.v1:NodeConfig"
_KUBERNETES: Final = "1.35.2-gke.1842000"


def _nodes(at: str) -> dict[str, str | None]:
    """Where the configuration of nodes is described, that stands at a property."""
    return {
        at: _NODES,
        **{
            f"{at}.{key}": place and f"{_NODES}.{place}"
            for key, place in {
                "effectiveTaints": None,
                "ephemeralStorageConfig": None,
                "gpudirectStrategy": None,
                "guestAccelerators": "accelerators",
                "guestAccelerators.count": "accelerators.acceleratorCount",
                "guestAccelerators.type": "accelerators.acceleratorType",
                "hostMaintenancePolicy": None,
                "linuxNodeConfig.hugepagesConfig": "linuxNodeConfig.hugepages",
                "loggingVariant": "loggingConfig.variantConfig.variant",
                "sandboxConfig.sandboxType": None,
            }.items()
        },
    }


def _authority(making: Making) -> str:
    made = base64.b64encode(making.hex(32, "ca").encode()).decode()
    return making.address("certificateAuthority", made)


def _endpoint(making: Making) -> str:
    """Google gives the address alone, without the protocol."""
    made = f"34.{int(making.hex(2, 'a'), 16)}.{int(making.hex(2, 'b'), 16)}.7"
    return making.address("endpoint", made).removeprefix("https://")


def _dns(making: Making) -> str:
    uid = making.hex(32, "uid")
    number = digits(making, 12, "project")
    made = f"gke-{uid}-{number}.{making.places['location']}.gke.goog"
    return making.address("endpoint", made).removeprefix("https://")


def _protected(thing: Mapping[str, Any], _: str) -> str | None:
    if thing.get("deletionProtection", True):
        return (
            "Cannot destroy cluster because deletion_protection is set to true. Set "
            "it to false to proceed with cluster deletion."
        )
    return None


def _was_enabled(old: Any, new: Any, _: Mapping[str, Any]) -> bool:
    return old is True and new is not True


def _pool(making: Making) -> str:
    cluster = str(making.inputs["cluster"])
    if "/" in cluster:
        return f"{cluster}/nodePools/{making.inputs['name']}"
    where = path("projects/{project}/locations/{location}", making)
    return f"{where}/clusters/{cluster}/nodePools/{making.inputs['name']}"


def _groups(kind: str) -> Callable[[Making], list[str]]:
    def made(making: Making) -> list[str]:
        zones = making.inputs.get("nodeLocations", [making.places["location"]])
        name = f"gke-{making.inputs['name']}-{making.hex(8, 'group')}"
        project = making.places["project"]
        base = f"https://www.googleapis.com/compute/v1/projects/{project}/zones"
        return [f"{base}/{zone}/{kind}/{name}-grp" for zone in zones]

    return made


KINDS: Final = (
    row(
        CLUSTER,
        "projects/{project}/locations/{location}/clusters/{name}",
        outputs={
            "clusterIpv4Cidr": lambda m: "10.64.0.0/14",
            "controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint": _dns,
            "endpoint": _endpoint,
            "labelFingerprint": lambda m: m.hex(8, "labels"),
            "masterAuth.clusterCaCertificate": _authority,
            "masterVersion": lambda m: m.inputs.get("minMasterVersion", _KUBERNETES),
            "nodeVersion": lambda m: m.inputs.get("minMasterVersion", _KUBERNETES),
            "selfLink": lambda m: _API + m.id,
            "servicesIpv4Cidr": lambda m: "34.118.224.0/20",
        },
        models=("container.v1:Cluster", "container.v1:NetworkConfig"),
        members={
            "addonsConfig.istioConfig": None,
            "addonsConfig.kalmConfig": None,
            **dict.fromkeys(
                (
                    *("allowNetAdmin", "autopilotClusterPolicyConfig"),
                    *("autopilotPrivilegedAdmissions", "clusterAutoscaling"),
                    *("clusterTelemetry", "dataplaneOptimizationMode"),
                    *("deletionProtection", "desiredEmulatedVersion"),
                    *("enableIntranodeVisibility", "enableL4IlbSubsetting"),
                    *("fleet.membershipId", "fleet.membershipLocation"),
                    *("ignoreNodeCountChanges", "location", "networkingMode"),
                    *("minMasterVersion", "nodePoolDefaults", "nodePools"),
                    *("nodeVersion", "podSecurityPolicyConfig", "protectConfig"),
                    *("removeDefaultNodePool", "skipNodePoolRefresh", "tpuConfig"),
                    *("resourceUsageExportConfig", "workloadAltsConfig"),
                )
            ),
            **_nodes("nodeConfig"),
            "defaultMaxPodsPerNode": "defaultMaxPodsConstraint.maxPodsPerNode",
            "enableAutopilot": "autopilot.enabled",
            "enableLegacyAbac": "legacyAbac.enabled",
            "enableShieldedNodes": "shieldedNodes.enabled",
            "ipAllocationPolicy.podCidrOverprovisionConfig.disabled": (
                "ipAllocationPolicy.podCidrOverprovisionConfig.disable"
            ),
            "loggingConfig.enableComponents": (
                "loggingConfig.componentConfig.enableComponents"
            ),
            "maintenancePolicy": None,
            "monitoringConfig.enableComponents": (
                "monitoringConfig.componentConfig.enableComponents"
            ),
            "monitoringConfig.managedPrometheus": (
                "monitoringConfig.managedPrometheusConfig"
            ),
            "nodeLocations": "locations",
        },
        replaces=(
            "clusterAutoscaling.autoProvisioningDefaults.bootDiskKmsKey",
            *("clusterIpv4Cidr", "confidentialNodes", "datapathProvider"),
            *("dataplaneOptimizationMode", "defaultMaxPodsPerNode", "description"),
            *("enableAutopilot", "enableKubernetesAlpha", "enableTpu"),
            "initialNodeCount",
            *(
                f"ipAllocationPolicy.{key}"
                for key in (
                    *("clusterIpv4CidrBlock", "clusterSecondaryRangeName"),
                    *("podCidrOverprovisionConfig", "servicesIpv4CidrBlock"),
                    "servicesSecondaryRangeName",
                )
            ),
            *("masterAuth.clientCertificateConfig", "name", "network"),
            *("networkingMode", "nodePools", "subnetwork", "tpuConfig"),
            "privateClusterConfig.masterIpv4CidrBlock",
            "privateClusterConfig.privateEndpointSubnetwork",
            *(
                f"userManagedKeysConfig.{key}"
                for key in ("aggregationCa", "clusterCa", "etcdApiCa", "etcdPeerCa")
            ),
        ),
        replaces_when={
            "enableL4IlbSubsetting": _was_enabled,
            "enableFqdnNetworkPolicy": _was_enabled,
        },
        defaults={
            "deletionProtection": True,
            "disableL4LbFirewallReconciliation": False,
            "enableCiliumClusterwideNetworkPolicy": False,
            "enableFqdnNetworkPolicy": False,
            "enableKubernetesAlpha": False,
            "enableLegacyAbac": False,
            "enableMultiNetworking": False,
            "enableShieldedNodes": True,
            "network": "default",
        },
        computed=(
            *("addonsConfig", "clusterAutoscaling", "clusterIpv4Cidr"),
            *("controlPlaneEndpointsConfig", "costManagementConfig"),
            *("databaseEncryption", "datapathProvider", "defaultMaxPodsPerNode"),
            *("enableIntranodeVisibility", "gatewayApiConfig", "ipAllocationPolicy"),
            *("loggingConfig", "masterAuth", "masterAuthorizedNetworksConfig"),
            *("monitoringConfig", "networkingMode", "nodeConfig", "nodeLocations"),
            *("nodePoolDefaults", "nodePools", "nodeVersion", "notificationConfig"),
            *("privateClusterConfig", "releaseChannel", "securityPostureConfig"),
            *("subnetwork", "verticalPodAutoscaling", "workloadIdentityConfig"),
        ),
        longest=40,
        forms={"network": last, "subnetwork": last},
        exists="googleapi: Error 409: Already exists: {}.",
        missing="googleapi: Error 404: Not found: {}.",
        refs=(
            in_network(when=lambda i: i.get("network", "default") != "default"),
            in_subnetwork("subnetwork"),
            by_key("databaseEncryption.keyName"),
        ),
        keeps=_protected,
        source=schema("container/resource_container_cluster.go", "c48a71b0"),
    ),
    row(
        NODE_POOL,
        "{cluster}/nodePools/{name}",
        id=_pool,
        outputs={
            "instanceGroupUrls": _groups("instanceGroupManagers"),
            "managedInstanceGroupUrls": _groups("instanceGroups"),
            "version": lambda m: _KUBERNETES,
        },
        models=("container.v1:NodePool",),
        members={
            "cluster": None,
            "ignoreNodeCountChanges": None,
            "location": None,
            "maxPodsPerNode": "maxPodsConstraint.maxPodsPerNode",
            "namePrefix": None,
            "networkConfig.additionalNodeNetworkConfigs.stackType": None,
            "networkConfig.podCidrOverprovisionConfig.disabled": (
                "networkConfig.podCidrOverprovisionConfig.disable"
            ),
            **_nodes("nodeConfig"),
            "nodeCount": "initialNodeCount",
            "nodeLocations": "locations",
        },
        replaces=(
            *("cluster", "initialNodeCount", "maxPodsPerNode", "name", "namePrefix"),
            *("placementPolicy.policyName", "queuedProvisioning"),
            *(
                f"networkConfig.{key}"
                for key in (
                    *("acceleratorNetworkProfile", "additionalNodeNetworkConfigs"),
                    *("additionalPodNetworkConfigs", "createPodRange"),
                    *("podCidrOverprovisionConfig", "podIpv4CidrBlock", "podRange"),
                    "subnetwork",
                )
            ),
            *(
                f"nodeConfig.{key}"
                for key in (
                    *("advancedMachineFeatures.enableNestedVirtualization",),
                    *("advancedMachineFeatures.threadsPerCore", "bootDiskKmsKey"),
                    *("confidentialNodes.confidentialInstanceType",),
                    *("enableConfidentialStorage", "ephemeralStorageConfig"),
                    *("ephemeralStorageLocalSsdConfig", "flexStart"),
                    *("guestAccelerators", "hostMaintenancePolicy"),
                    *("localNvmeSsdBlockConfig", "localSsdCount"),
                    *("localSsdEncryptionMode", "maxRunDuration", "metadata"),
                    *("minCpuPlatform", "nodeGroup", "oauthScopes", "preemptible"),
                    *("reservationAffinity", "secondaryBootDisks"),
                    *("serviceAccount", "shieldedInstanceConfig"),
                    *("soleTenantConfig.nodeAffinities", "spot"),
                )
            ),
        ),
        computed=(
            *("initialNodeCount", "management", "maxPodsPerNode", "networkConfig"),
            *("nodeCount", "nodeLocations", "upgradeSettings", "version"),
        ),
        longest=40,
        forms={"cluster": last},
        exists="googleapi: Error 409: Already exists: {}.",
        missing="googleapi: Error 404: Not found: {}.",
        refs=(
            names("cluster", CLUSTER, ends=True),
            names(
                "nodeConfig.serviceAccount",
                ACCOUNT,
                by=("email",),
                missing='googleapi: Error 400: Service account "{}" does not exist.',
                when=lambda i: (
                    i["nodeConfig"].get("serviceAccount", "default") != "default"
                ),
            ),
            names(
                "placementPolicy.policyName",
                RESOURCE_POLICY,
                holds=in_use("resource_policy"),
            ),
            by_key("nodeConfig.bootDiskKmsKey"),
        ),
        source=schema("container/resource_container_node_pool.go", "c48a71b0")
        + "; "
        + schema("container/node_config.go", "210d5750").partition(" ")[2],
    ),
)
