"""The Google Cloud identities of a team's pods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pulumi
import pulumi_gcp as gcp

from components.catalog import gcp_iam
from components.catalog.gcp_iam import BucketRole
from components.gcp.managed_folder import ManagedFolder, ManagedFolderArgs
from components.kubernetes.access import READER, WORKLOAD
from components.kubernetes.volume_spec import Access


@dataclass(frozen=True, kw_only=True)
class GrantedBucket:
    """A bucket that a team may use.

    Attributes:
        bucket: Name of the bucket.
        access: Whether the team may write.
        prefix: The part of it; default: all of it.
        folder: The managed folder of that part, where someone else was granted it
            too: there is one for all. Default: it is made with the identity.
        role: The role of those who write, or read, by `access`; default: the least.
    """

    bucket: pulumi.Input[str]
    access: Access
    prefix: str | None = None
    folder: pulumi.Input[str] | None = None
    role: BucketRole | None = None


@dataclass(frozen=True, kw_only=True)
class WorkloadIdentityArgs:
    """What a WorkloadIdentity is made from.

    Attributes:
        namespace: The team's namespace.
        project: The id of the project.
        project_number: The number of the cluster's project.
        workload_pool: The pool of the cluster's identities, `PROJECT.svc.id.goog`.
        grants: The buckets it may use, by the names of the storage.
        identity: `principal`: the pods themselves have the roles. `service-account`:
            a service account without keys has them, which the pods impersonate.
    """

    namespace: str
    project: str
    project_number: pulumi.Input[str]
    workload_pool: pulumi.Input[str]
    grants: Mapping[str, GrantedBucket] = field(
        default_factory=dict[str, GrantedBucket]
    )
    identity: Literal["principal", "service-account"] = "principal"


class WorkloadIdentity(pulumi.ComponentResource):
    """Whom a team's pods are to Google Cloud, with a role on each bucket they use.

    The account `workload` may do what was granted. Where that is more than reading,
    there is the account `reader` for programs that only read: it has the role that
    reads, on the same buckets. No role is on a project, and there are no keys. It
    holds no data, so it is not protected: a grant that is taken back is gone with the
    next deployment.

    Attributes:
        annotations: What the account `workload` has to say.
        reader_annotations: What the account `reader` has to say.
        has_reader: Whether there is one.
    """

    annotations: Mapping[str, pulumi.Output[str]]
    reader_annotations: Mapping[str, pulumi.Output[str]]
    has_reader: bool

    def __init__(
        self,
        name: str,
        args: WorkloadIdentityArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Give the roles, and make the service accounts where there are any.

        Args:
            name: Name of the team.
            args: What to make.
            opts: Must carry the provider of the project.

        Raises:
            ValueError: A prefix that cannot be a managed folder.
        """
        super().__init__("ml-storage:index:WorkloadIdentity", name, None, opts)
        self.has_reader = any(g.access == "read-write" for g in args.grants.values())
        folders = {
            storage: self._folder(f"{name}-{storage}", grant)
            for storage, grant in args.grants.items()
        }
        member, self.annotations = self._member(name, WORKLOAD, args)
        for storage, grant in args.grants.items():
            role = grant.role or gcp_iam.least_role(grant.access)
            self._grant(
                f"{name}-{storage}-{WORKLOAD}", grant, folders[storage], role, member
            )
        self.reader_annotations = {}
        if self.has_reader:
            reader, self.reader_annotations = self._member(name, READER, args)
            for storage, grant in args.grants.items():
                self._grant(
                    f"{name}-{storage}-{READER}",
                    grant,
                    folders[storage],
                    gcp_iam.READS,
                    reader,
                )
        self.register_outputs({"hasReader": self.has_reader})

    def _folder(self, name: str, grant: GrantedBucket) -> pulumi.Input[str] | None:
        """The managed folder of a grant; None where it is of the whole bucket."""
        if grant.prefix is None or grant.folder is not None:
            return grant.folder
        return ManagedFolder(
            name,
            ManagedFolderArgs(bucket=grant.bucket, prefix=grant.prefix),
            pulumi.ResourceOptions(parent=self),
        ).folder

    def _member(
        self, name: str, account: str, args: WorkloadIdentityArgs
    ) -> tuple[pulumi.Output[str], Mapping[str, pulumi.Output[str]]]:
        """Whom roles are given to for the pods of one account, and what it says."""
        known = {"namespace": args.namespace, "account": account}
        if args.identity == "principal":
            found = pulumi.Output.all(
                project_number=args.project_number, workload_pool=args.workload_pool
            )
            return found.apply(lambda ids: gcp_iam.principal(**ids, **known)), {}
        made = gcp.serviceaccount.Account(
            f"{name}-{account}",
            account_id=gcp_iam.account_id(args.namespace, account),
            display_name=f"pods of {args.namespace}/{account}",
            project=args.project,
            opts=pulumi.ResourceOptions(parent=self),
        )
        gcp.serviceaccount.IAMMember(
            f"{name}-{account}-pods",
            service_account_id=made.name,
            role=gcp_iam.IMPERSONATE,
            member=pulumi.Output.from_input(args.workload_pool).apply(
                lambda pool: gcp_iam.impersonator(workload_pool=pool, **known)
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return made.member, {gcp_iam.ACCOUNT_ANNOTATION: made.email}

    def _grant(
        self,
        name: str,
        grant: GrantedBucket,
        folder: pulumi.Input[str] | None,
        role: BucketRole,
        member: pulumi.Input[str],
    ) -> None:
        child = pulumi.ResourceOptions(parent=self)
        if folder is None:
            gcp.storage.BucketIAMMember(
                name,
                bucket=grant.bucket,
                role=gcp_iam.role_name(role),
                member=member,
                opts=child,
            )
        else:
            gcp.storage.ManagedFolderIamMember(
                name,
                bucket=grant.bucket,
                managed_folder=folder,
                role=gcp_iam.role_name(role),
                member=member,
                opts=child,
            )
