"""The security group of FSx for Lustre file systems."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.client_rules import Ports, allow, allow_out
from components.catalog.fsx_lustre_tables import PORTS


@dataclass(frozen=True, kw_only=True)
class LustreSecurityGroupArgs:
    """What a LustreSecurityGroup is made from.

    Attributes:
        vpc_id: The network that it is in.
        efa: It is of file systems with EFA, which want all traffic.
    """

    vpc_id: pulumi.Input[str]
    efa: bool = False


class LustreSecurityGroup(pulumi.ComponentResource):
    """A group whose members reach each other as Lustre's servers do.

    FSx looks at the rules when it makes a file system, and refuses one without
    them. Clients are let in by `ClientRules`.

    Attributes:
        security_group_id: Its id, known when its rules are made.
        rules: What a file system in it has to wait for.
    """

    security_group_id: pulumi.Output[str]
    rules: list[pulumi.Resource]

    def __init__(
        self,
        name: str,
        args: LustreSecurityGroupArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the group.

        Args:
            name: Prefix of its name.
            args: Where it is, and for what.
            opts: Must carry the provider of AWS.
        """
        super().__init__("ml-storage:index:LustreSecurityGroup", name, None, opts)
        group = aws.ec2.SecurityGroup(
            f"{name}-group",
            vpc_id=args.vpc_id,
            description="FSx for Lustre file systems",
            tags={"Name": name},
            opts=pulumi.ResourceOptions(parent=self),
        )
        ports: tuple[Ports, ...] = () if args.efa else PORTS
        self.rules = [
            *allow(f"{name}-self", group.id, group.id, ports, self),
            *allow_out(f"{name}-self", group.id, group.id, ports, self),
        ]
        self.security_group_id = group.id
        self.register_outputs({"securityGroupId": self.security_group_id})
