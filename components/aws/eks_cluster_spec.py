"""An EKS cluster: one that there is, or a new one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from components.aws.fields import KeyName, key_problems
from components.catalog import eks
from components.catalog.problem import Problem
from components.spec import Spec, Text

Log = Literal["api", "audit", "authenticator", "controllerManager", "scheduler"]


class NewClusterSpec(Spec):
    """A cluster that is made."""

    version: Text
    """The version of Kubernetes, such as `"1.34"`."""

    public_access: list[Text] = Field(default_factory=list[str])
    """CIDRs that reach the API server from outside, such as `203.0.113.0/24`;
    default: none, it is reached from the network only. Pulumi has to reach it,
    wherever it runs."""

    admins: list[Text] = Field(default_factory=list[str])
    """ARNs of IAM roles and users that administer the cluster, beside whoever
    makes it."""

    logs: list[Log] = Field(
        default_factory=lambda: list[Log](["api", "audit", "authenticator"])
    )
    """Logs of the control plane in CloudWatch; default `[api, audit,
    authenticator]`."""

    kms_key: KeyName | None = None
    """The key that encrypts Secrets in etcd, by its name under `platform.keys` or
    its ARN, besides the encryption that EKS has in any case. It cannot be taken
    away later. Default: none."""

    support: Literal["standard", "extended"] = "standard"
    """What becomes of a version at the end of its standard support: EKS
    upgrades the cluster by itself (`standard`, the default), or keeps it for
    six times the price (`extended`)."""

    def problems(self) -> Iterator[Problem]:
        """EKS makes it, and whoever is named can reach it."""
        problem = eks.version_problem(self.version)
        if problem is not None:
            yield problem.under("version")
        yield from key_problems(self.kms_key)
        yield from eks.access_problems(self.public_access, ("publicAccess",))
        for index, arn in enumerate(self.admins):
            problem = eks.principal_problem(arn)
            if problem is not None:
                yield problem.under("admins", index)
            elif arn in self.admins[:index]:
                yield Problem(
                    rule="EKS07",
                    message="this administrator stands here already",
                    path=("admins", index),
                    value=arn,
                )


class EksClusterSpec(Spec):
    """An EKS cluster, by name or new."""

    existing: Text | None = None
    """The name of a cluster that there is."""

    create: NewClusterSpec | None = None
    """A cluster that is made."""

    def problems(self) -> Iterator[Problem]:
        """It is there already or made."""
        if (self.existing is None) == (self.create is None):
            both = " not both" if self.existing is not None else ""
            yield Problem(
                rule="EKS01",
                message="a cluster is there already (existing) or is made (create),"
                f"{both or ' one of both'}",
                nearest=None if both else f'create: {{version: "{eks.NEWEST}"}}',
            )
        if self.existing is not None:
            problem = eks.name_problem(self.existing)
            if problem is not None:
                yield problem.under("existing")
