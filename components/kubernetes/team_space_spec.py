"""The namespace of a team, and what it may use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from components.catalog import gcp_iam, names
from components.catalog.gcp_iam import BucketRole
from components.catalog.problem import Problem
from components.kubernetes.limits_spec import LimitsSpec
from components.kubernetes.volume_spec import Access
from components.spec import Name, ObjectName, Size, Spec, SubPath

CLASS_LENGTH = names.SUBDOMAIN_LENGTH - len(".storageclass.storage.k8s.io")
"""The longest name of a StorageClass that a ResourceQuota can have a limit for."""


class QuotaSpec(Spec):
    """The most that everything in the namespace may ask for together."""

    storage: dict[ObjectName, Size] = Field(default_factory=dict[str, str])
    """Bytes claimed, for each StorageClass."""

    gpus: int | None = Field(default=None, ge=0)
    """GPUs (`nvidia.com/gpu`) that pods may hold at once."""

    def problems(self) -> Iterator[Problem]:
        """The names of classes are parts of the names of what is limited."""
        for name in self.storage:
            if len(name) > CLASS_LENGTH:
                yield Problem(
                    rule="QUO05",
                    message="the limit of a class is called after it, and that name "
                    f"is too long: a class with a quota has at most {CLASS_LENGTH} "
                    "characters",
                    path=("storage", name),
                    link="https://kubernetes.io/docs/concepts/policy/resource-quotas/"
                    "#storage-resource-quota",
                )


class GrantSpec(Spec):
    """What a team may do with a thing of the platform's `storage`."""

    access: Access
    """`read-only` or `read-write`."""

    prefix: SubPath | None = None
    """The directory of it that the team sees as the whole; default: all."""

    role: BucketRole | None = None
    """The role on a bucket of Cloud Storage, where it is not to be the least that
    the access needs: `objectViewer`, `objectUser`, `objectCreator`, `objectAdmin`."""

    def problems(self) -> Iterator[Problem]:
        """A role does what the access says, and not more."""
        if self.role is None:
            return
        least = gcp_iam.least_role(self.access)
        wrong = {
            # Reading needs to list, which whoever creates alone may not.
            "read-only": {"objectUser", "objectCreator", "objectAdmin"},
            "read-write": {"objectViewer"},
        }[self.access]
        if self.role in wrong:
            yield Problem(
                rule="WID01" if self.access == "read-only" else "WID02",
                message="a grant that only reads has the role that only reads"
                if self.access == "read-only"
                else "this role only reads: every write through the mount would be "
                "refused",
                path=("role",),
                value=self.role,
                nearest=least,
                link=gcp_iam.ROLES_LINK,
            )
        elif self.role == "objectAdmin":
            yield Problem(
                rule="WID03",
                message="this role also lets programs say who else may use objects; "
                "what reads, writes and deletes needs less",
                path=("role",),
                value=self.role,
                nearest=least,
                link=gcp_iam.ROLES_LINK,
                severity="warning",
            )


def _grant(value: Any) -> Any:
    return {"access": value} if isinstance(value, str) else value


class DeployersSpec(Spec):
    """Who may deploy the team's stack, beside its `deployer` account."""

    users: list[str] = Field(default_factory=list[str])
    """Names of users, as the cluster's authentication gives them."""

    groups: list[str] = Field(default_factory=list[str])
    """Names of groups, as the cluster's authentication gives them."""

    def problems(self) -> Iterator[Problem]:
        """No one gets everyone's rights, and everyone is not a team."""
        for key, listed in (("users", self.users), ("groups", self.groups)):
            for position, name in enumerate(listed):
                if not name.strip() or name in _EVERYONE:
                    yield Problem(
                        rule="TEA05",
                        message="this would let everyone who reaches the cluster "
                        "deploy for the team",
                        path=(key, position),
                        value=name,
                        link="https://kubernetes.io/docs/reference/access-authn-authz/"
                        "rbac/#referring-to-subjects",
                    )


_EVERYONE = (
    "system:anonymous",
    "system:unauthenticated",
    "system:authenticated",
    "system:serviceaccounts",
)


class TeamSpaceSpec(Spec):
    """A team's namespace, named after the team, and its guardrails."""

    quota: QuotaSpec = QuotaSpec()
    """Limits of all together; without them only the cluster limits."""

    limits: LimitsSpec | None = None
    """Limits of each container and of each claim; default: none."""

    grants: dict[Name, Annotated[GrantSpec, BeforeValidator(_grant)]] = Field(
        default_factory=dict[str, GrantSpec]
    )
    """Things of the platform's `storage` that the team may use: `read-only`,
    `read-write`, or a mapping."""

    deployers: DeployersSpec = DeployersSpec()
    """Who may deploy the team's stack; its `deployer` account always may."""

    pod_security: Literal["privileged", "baseline", "restricted"] = "baseline"
    """The Pod Security Standard that the namespace enforces. `baseline` keeps
    pods from mounting directories of a node by themselves."""

    on_delete: Literal["protect", "delete"] = "protect"
    """`protect` refuses to destroy the namespace, and every claim in it."""

    existing: bool = False
    """Use the namespace without managing it; its guardrails are still the
    stack's, but for `podSecurity`, which is a label of the namespace."""

    adopt: bool = False
    """Import the namespace into the stack, protected."""

    def problems(self) -> Iterator[Problem]:
        """A namespace is either used, or taken over with its protection."""
        if self.existing and self.adopt:
            yield Problem(
                rule="VOL03",
                message="a namespace is either used as it is (existing) or taken "
                "into the stack (adopt)",
                path=("adopt",),
                value=self.adopt,
            )
        if (self.existing or self.adopt) and self.on_delete == "delete":
            yield Problem(
                rule="VOL04",
                message="a namespace that others made is not deleted from here",
                path=("onDelete",),
                value=self.on_delete,
                nearest="protect",
            )
