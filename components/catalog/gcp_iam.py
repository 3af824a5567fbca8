"""Who may do what with buckets and keys of Google Cloud.

Sources, read 2026-11-22:
https://github.com/GoogleCloudPlatform/gcs-fuse-csi-driver 5fcdc04
(`docs/authentication.md`), the pages
https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity,
https://cloud.google.com/storage/docs/access-control/iam-roles,
https://cloud.google.com/iam/docs/service-agents and
https://cloud.google.com/iam/docs/service-accounts-create.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

ROLES_LINK = "https://cloud.google.com/storage/docs/access-control/iam-roles"
WORKLOAD_IDENTITY = (
    "https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity"
)

BucketRole = Literal["objectViewer", "objectUser", "objectCreator", "objectAdmin"]
"""Roles on the objects of a bucket, as `role` of a grant names them."""

READS: BucketRole = "objectViewer"
"""The least role that reads and lists."""

WRITES: BucketRole = "objectUser"
"""The least role that reads, writes, overwrites, renames and deletes."""

USE_KEY = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
PUBLISH = "roles/pubsub.publisher"
IMPERSONATE = "roles/iam.workloadIdentityUser"

ACCOUNT_ANNOTATION = "iam.gke.io/gcp-service-account"
"""The annotation by which a Kubernetes ServiceAccount says whom it impersonates."""


def role_name(role: BucketRole) -> str:
    """The whole name of a role of Cloud Storage."""
    return f"roles/storage.{role}"


def least_role(access: Literal["read-only", "read-write"]) -> BucketRole:
    """The least role that does what `access` says."""
    return READS if access == "read-only" else WRITES


def principal(
    *, project_number: str, workload_pool: str, namespace: str, account: str
) -> str:
    """The member that the pods of one Kubernetes ServiceAccount are.

    Args:
        project_number: The number of the cluster's project.
        workload_pool: The pool of the cluster's identities, which is named by the
            project's id: `PROJECT.svc.id.goog`.
        namespace: Namespace of the account.
        account: Its name.
    """
    return (
        f"principal://iam.googleapis.com/projects/{project_number}/locations/global/"
        f"workloadIdentityPools/{workload_pool}/subject/ns/{namespace}/sa/{account}"
    )


def impersonator(*, workload_pool: str, namespace: str, account: str) -> str:
    """The member that may act as a service account, for one Kubernetes account."""
    return f"serviceAccount:{workload_pool}[{namespace}/{account}]"


LONGEST_ACCOUNT = 30
"""Characters of the id of a service account; it has at least 6."""

_ACCOUNT = re.compile(r"[a-z]([a-z0-9-]{4,28})[a-z0-9]")


def account_id(namespace: str, account: str) -> str:
    """The id of the service account that one of Kubernetes impersonates.

    A name that is too long, or begins with a digit, is told by a digest.
    """
    whole = f"{namespace}-{account}"
    if _ACCOUNT.fullmatch(whole):
        return whole
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    kept = re.sub(r"[^a-z0-9-]", "-", f"team-{namespace}")
    return f"{kept[: LONGEST_ACCOUNT - 9].rstrip('-')}-{digest}"


Service = Literal["storage", "compute", "filestore", "lustre", "gke"]
"""What encrypts with a key of the environment's, each by its own service agent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAgent:
    """The account by which a service of Google's uses a key.

    Attributes:
        domain: What stands behind `service-NUMBER@`.
        api: The service whose agent is made on demand, so that it has to be asked
            for; None where it is there as soon as its API is enabled.
        source: Where the row was read.
        as_of: The day it was read, ISO 8601.
        status: `unconfirmed` where no page of Google's was at hand.
    """

    domain: str
    api: str | None = None
    source: str = "https://cloud.google.com/iam/docs/service-agents"
    as_of: str = "2026-11-22"
    status: Literal["confirmed", "unconfirmed"] = "confirmed"


AGENTS: dict[Service, ServiceAgent] = {
    "storage": ServiceAgent(domain="gs-project-accounts.iam.gserviceaccount.com"),
    "compute": ServiceAgent(domain="compute-system.iam.gserviceaccount.com"),
    "filestore": ServiceAgent(
        domain="cloud-filer.iam.gserviceaccount.com", api="file.googleapis.com"
    ),
    "lustre": ServiceAgent(
        domain="gcp-sa-lustre.iam.gserviceaccount.com",
        api="lustre.googleapis.com",
        status="unconfirmed",
    ),
    "gke": ServiceAgent(domain="container-engine-robot.iam.gserviceaccount.com"),
}


def agent(service: Service, project_number: str) -> str:
    """The member that a service is when it uses a key."""
    return f"serviceAccount:service-{project_number}@{AGENTS[service].domain}"
