"""Who may reach a file system: rules between security groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

Ports = tuple[int, int]
"""First and last TCP port."""


@dataclass(frozen=True, kw_only=True)
class ClientRulesArgs:
    """What ClientRules are made from.

    Attributes:
        security_group_id: The group of the file system.
        clients: Groups of those who mount it, by a name that stays theirs.
        ports: TCP ports that are opened.
        all_traffic: Everything is opened instead, which EFA wants.
        both_ways: The file system calls its clients, too, as Lustre's does.
    """

    security_group_id: pulumi.Input[str]
    clients: Mapping[str, pulumi.Input[str]]
    ports: Sequence[Ports]
    all_traffic: bool = False
    both_ways: bool = False


class ClientRules(pulumi.ComponentResource):
    """Rules that let clients reach a file system.

    They are of whoever has the clients: the file system may be another stack's,
    and outlive the cluster.
    """

    def __init__(
        self,
        name: str,
        args: ClientRulesArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the rules.

        Args:
            name: Prefix of their names.
            args: Between whom.
            opts: Must carry the provider of AWS.
        """
        super().__init__("ml-storage:index:ClientRules", name, None, opts)
        server = args.security_group_id
        ports = () if args.all_traffic else args.ports
        for client, group in args.clients.items():
            what = f"{name}-{client}"
            allow(what, server, group, ports, self)
            if args.both_ways:
                allow_out(f"{what}-back", server, group, ports, self)
                allow(f"{what}-back", group, server, ports, self)
        self.register_outputs({})


def allow(
    name: str,
    group: pulumi.Input[str],
    source: pulumi.Input[str],
    ports: Sequence[Ports],
    parent: pulumi.Resource,
) -> list[pulumi.Resource]:
    """Rules of `group` that let `source` in, one for each range; none for all."""
    return [
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-in-{role}",
            security_group_id=group,
            referenced_security_group_id=source,
            ip_protocol=protocol,
            from_port=first,
            to_port=last,
            opts=pulumi.ResourceOptions(parent=parent),
        )
        for role, protocol, first, last in _ranges(ports)
    ]


def allow_out(
    name: str,
    group: pulumi.Input[str],
    target: pulumi.Input[str],
    ports: Sequence[Ports],
    parent: pulumi.Resource,
) -> list[pulumi.Resource]:
    """Rules of `group` that let it out to `target`, as those of `allow`."""
    return [
        aws.vpc.SecurityGroupEgressRule(
            f"{name}-out-{role}",
            security_group_id=group,
            referenced_security_group_id=target,
            ip_protocol=protocol,
            from_port=first,
            to_port=last,
            opts=pulumi.ResourceOptions(parent=parent),
        )
        for role, protocol, first, last in _ranges(ports)
    ]


def _ranges(
    ports: Sequence[Ports],
) -> Iterator[tuple[str, str, int | None, int | None]]:
    """The last word of a rule's name, its protocol, and its ports."""
    if not ports:
        yield "all", "-1", None, None
    for first, last in ports:
        yield (f"{first}" if first == last else f"{first}-{last}"), "tcp", first, last
