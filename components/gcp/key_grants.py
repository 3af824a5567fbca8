"""Which of Google's services may encrypt with a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.catalog import gcp_iam
from components.catalog.gcp_iam import AGENTS, Service


@dataclass(frozen=True, kw_only=True)
class KeyGrantsArgs:
    """What KeyGrants are made from.

    Attributes:
        key: Full name of the key.
        project: The id of the project whose storage it encrypts.
        project_number: The number of that project.
        services: What encrypts with it.
    """

    key: pulumi.Input[str]
    project: str
    project_number: pulumi.Input[str]
    services: Sequence[Service]


class KeyGrants(pulumi.ComponentResource):
    """The service agents of a project that may use one key, and only that.

    Each has its own member of the key's policy: rights that others gave stay.

    Attributes:
        keys: By service, the full name of the key, known when the service may use
            it. What is encrypted takes this, and so comes after the grant.
    """

    keys: Mapping[Service, pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        args: KeyGrantsArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Let the services use the key.

        Args:
            name: Name of the key in the stack.
            args: Who may.
            opts: Must carry the provider of the project.
        """
        super().__init__("ml-storage:index:KeyGrants", name, None, opts)
        keys: dict[Service, pulumi.Output[str]] = {}
        for service in sorted(set(args.services)):
            member, there = self._agent(name, service, args)
            granted = gcp.kms.CryptoKeyIAMMember(
                f"{name}-{service}",
                crypto_key_id=args.key,
                role=gcp_iam.USE_KEY,
                member=member,
                opts=pulumi.ResourceOptions(parent=self, depends_on=there),
            )
            keys[service] = pulumi.Output.all(args.key, granted.id).apply(
                lambda found: found[0]
            )
        self.keys = keys
        self.register_outputs({"keys": dict(keys)})

    def _agent(
        self, name: str, service: Service, args: KeyGrantsArgs
    ) -> tuple[pulumi.Output[str], list[pulumi.Resource]]:
        """The member that a service is, and what makes that there is one."""
        child = pulumi.ResourceOptions(parent=self)
        if service == "storage":
            # To ask for it makes it.
            account = gcp.storage.get_project_service_account_output(
                project=args.project, opts=pulumi.InvokeOptions(parent=self)
            )
            return account.member, []
        there: list[pulumi.Resource] = []
        api = AGENTS[service].api
        if api is not None:
            there.append(
                gcp.projects.ServiceIdentity(
                    f"{name}-{service}-agent",
                    project=args.project,
                    service=api,
                    opts=child,
                )
            )
        member = pulumi.Output.from_input(args.project_number).apply(
            lambda number: gcp_iam.agent(service, number)
        )
        return member, there
