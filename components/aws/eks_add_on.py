"""An add-on that EKS installs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.aws.driver_identity import DriverIdentity, DriverIdentityArgs
from components.catalog.eks_add_ons import EKS_ADD_ONS
from components.catalog.iam_drivers import DRIVER_ROLES
from components.kubernetes.add_on_spec import AddOnSpec


@dataclass(frozen=True, kw_only=True)
class EksAddOnArgs:
    """What an EksAddOn is made from.

    Attributes:
        add_on: EKS's name of it.
        spec: Its version and its configuration.
        cluster_name: Name of the cluster.
        cluster_arn: ARN of the cluster; needed where the add-on has a role.
        identity: How its pods get their identity.
        oidc_provider_arn: ARN of the cluster's issuer in IAM, with `irsa`.
        oidc_issuer: URL of the issuer, with `irsa`.
        kms_key_arns: Keys of one's own that the EBS driver makes disks with.
    """

    add_on: str
    spec: AddOnSpec
    cluster_name: pulumi.Input[str]
    cluster_arn: pulumi.Input[str] | None = None
    identity: Literal["pod-identity", "irsa"] = "pod-identity"
    oidc_provider_arn: pulumi.Input[str] | None = None
    oidc_issuer: pulumi.Input[str] | None = None
    kms_key_arns: Sequence[pulumi.Input[str]] = ()


class EksAddOn(pulumi.ComponentResource):
    """An add-on of EKS with the role that its controller needs.

    What is installed already otherwise becomes EKS's. With EKS Pod Identity the
    agent has to be there first: EKS refuses some add-ons without it.

    Attributes:
        add_on_name: EKS's name of it, known when it runs.
    """

    add_on_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: EksAddOnArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Install the add-on.

        Args:
            name: What the names of its parts begin with.
            args: What to install.
            opts: Must carry the provider of the region.

        Raises:
            ValueError: The add-on exists already, EKS has none of this name, or
                its role needs the cluster's ARN.
        """
        if args.add_on not in EKS_ADD_ONS:
            raise ValueError(f"EKS has no add-on {args.add_on}")
        if not args.spec.install:
            raise ValueError(
                f"the add-on {args.add_on} is existing: nothing to install"
            )
        super().__init__("ml-storage:index:EksAddOn", name, None, opts)
        identity = self._identity(name, args)
        by_pods = args.identity == "pod-identity"
        add_on = aws.eks.Addon(
            f"{name}-add-on",
            cluster_name=args.cluster_name,
            addon_name=args.add_on,
            addon_version=args.spec.version,
            configuration_values=json.dumps(args.spec.values)
            if args.spec.values
            else None,
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            pod_identity_associations=[
                {
                    "service_account": identity.service_account,
                    "role_arn": identity.role_arn,
                }
            ]
            if identity is not None and by_pods
            else None,
            service_account_role_arn=identity.role_arn
            if identity is not None and not by_pods
            else None,
            # Its pods come up with all of their rights, and lose none before
            # they are gone.
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[identity] if identity is not None else []
            ),
        )
        self.add_on_name = add_on.addon_name
        self.register_outputs({"addOnName": self.add_on_name})

    def _identity(self, name: str, args: EksAddOnArgs) -> DriverIdentity | None:
        role = DRIVER_ROLES.get(args.add_on)
        if role is None or not role.managed:
            return None
        if args.cluster_arn is None:
            raise ValueError(f"the role of {args.add_on} needs the cluster's ARN")
        return DriverIdentity(
            f"{name}-identity",
            DriverIdentityArgs(
                add_on=args.add_on,
                cluster_name=args.cluster_name,
                cluster_arn=args.cluster_arn,
                identity=args.identity,
                oidc_issuer=args.oidc_issuer,
                oidc_provider_arn=args.oidc_provider_arn,
                kms_key_arns=args.kms_key_arns
                if args.add_on == "aws-ebs-csi-driver"
                else (),
            ),
            pulumi.ResourceOptions(parent=self),
        )
