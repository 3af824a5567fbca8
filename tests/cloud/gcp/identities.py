"""Identities, keys and topics, as Google Cloud and pulumi-gcp treat them."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from tests.cloud.gcp.disks import CRYPTO_KEY, by_key
from tests.cloud.gcp.rows import digits, last, member, names, relative, row
from tests.cloud.gcp.sources import MEMBERS, schema
from tests.cloud.kind import Making
from tests.cloud.store import Things

ACCOUNT: Final = "gcp:serviceaccount/account:Account"
KEY_RING: Final = "gcp:kms/keyRing:KeyRing"
SERVICE_IDENTITY: Final = "gcp:projects/serviceIdentity:ServiceIdentity"
TOPIC: Final = "gcp:pubsub/topic:Topic"

NUMBER: Final = "stand-in:project"
"""Where a test says the number of a project: a thing of this type whose id is the
project's, and whose input `number` it is."""

_AGENTS: Final = {"file": "cloud-filer"}
"""The domain of a service's agent, where it is not `gcp-sa-` and its name."""

_ID: Final = re.compile(r"[a-z]([-a-z0-9]{4,28}[a-z0-9])")
_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,63}")


def project_number(project: str, things: Things) -> str:
    """Return the number of a project: what a test said, or one made of its id."""
    if number := things.get(NUMBER, {}).get(project, {}).get("inputs", {}):
        return str(number["number"])
    made = int(hashlib.sha256(project.encode()).hexdigest(), 16)
    return str(10**11 + made % (9 * 10**11))


def _email(making: Making) -> str:
    project = making.places["project"]
    return f"{making.inputs['accountId']}@{project}.iam.gserviceaccount.com"


def _agent(making: Making) -> str:
    name = making.inputs["service"].partition(".")[0]
    domain = _AGENTS.get(name, f"gcp-sa-{name}")
    number = project_number(making.places["project"], making.things)
    return f"service-{number}@{domain}.iam.gserviceaccount.com"


def _agent_stays(thing: Mapping[str, Any], id_: str) -> str:
    """Say nothing: an agent lasts as long as its project."""
    del thing, id_
    return ""


def _ring_stays(_: Mapping[str, Any], id_: str) -> str:
    return (
        "KMS KeyRing resources cannot be deleted from Google Cloud. The resource "
        f"{id_} will be removed from Terraform state, but will still be present on "
        "Google Cloud."
    )


def _key_stays(_: Mapping[str, Any], id_: str) -> str:
    return (
        f"KMS CryptoKey resources cannot be deleted from GCP. The CryptoKey {id_} "
        "will be removed from Terraform state, and all its CryptoKeyVersions will be "
        "destroyed, but it will still be present in the project."
    )


def _without_versions(thing: Mapping[str, Any], id_: str) -> Things:
    """The key whose versions are gone: what it encrypted cannot be read again."""
    left = {key: thing[key] for key in ("inputs", "outputs")}
    return {CRYPTO_KEY: {id_: {**left, "destroyed": True}}}


def _rotation(value: Any) -> bool:
    return re.fullmatch(r"\d+(\.\d+)?s", value) is not None and (
        float(value[:-1]) >= 86400
    )


def _iam(file: str, commit: str) -> str:
    return f"{MEMBERS}; {schema(file, commit).partition(' ')[2]}"


KINDS: Final = (
    row(
        ACCOUNT,
        "projects/{project}/serviceAccounts/{accountId}",
        id=lambda m: f"projects/{m.places['project']}/serviceAccounts/{_email(m)}",
        outputs={
            "email": _email,
            "member": lambda m: f"serviceAccount:{_email(m)}",
            "name": lambda m: m.id,
            "uniqueId": lambda m: digits(m, 21, "account"),
        },
        models=("iam.v1:ServiceAccount",),
        members={
            "accountId": "iam.v1:CreateServiceAccountRequest.accountId",
            "createIgnoreAlreadyExists": None,
        },
        checks={
            "accountId": (
                lambda v: _ID.fullmatch(v) is not None,
                "6 to 30 lowercase letters, digits and dashes, a letter first",
            ),
            "description": (lambda v: len(v) <= 256, "at most 256 characters"),
        },
        replaces=("accountId",),
        defaults={"disabled": False},
        named="accountId",
        longest=30,
        source=schema("resourcemanager/resource_google_service_account.go", "1dc8fe95"),
    ),
    member(
        "gcp:serviceaccount/iAMMember:IAMMember",
        "{serviceAccountId}",
        "iam.v1:Binding",
        refs=(names("serviceAccountId", ACCOUNT, ends=True),),
        source=_iam("resourcemanager/iam_service_account.go", "9c87c5b1"),
    ),
    member(
        "gcp:projects/iAMMember:IAMMember",
        "{project}",
        "cloudresourcemanager.v1:Binding",
        refs=(),
        source=_iam("resourcemanager/iam_project.go", "f97a0e8e"),
    ),
    row(
        SERVICE_IDENTITY,
        "projects/{project}/services/{service}",
        outputs={"email": _agent, "member": lambda m: f"serviceAccount:{_agent(m)}"},
        # Generating an identity takes no body that a document could describe.
        models=(),
        members={"service": None},
        checks={
            "service": (
                lambda v: v.endswith(".googleapis.com"),
                "a service is NAME.googleapis.com",
            )
        },
        replaces=("service",),
        named=None,
        exists=None,
        forgets=_agent_stays,
        source=schema(
            "resourcemanager/resource_project_service_identity.go", "88c2f92d"
        ),
    ),
    row(
        KEY_RING,
        "projects/{project}/locations/{location}/keyRings/{name}",
        models=("cloudkms.v1:KeyRing",),
        members={"location": None},
        checks={
            "name": (
                lambda v: _NAME.fullmatch(v) is not None,
                "1 to 63 letters, digits, dashes and underscores",
            )
        },
        replaces=("location", "name"),
        exists="googleapi: Error 409: KeyRing {} already exists.",
        forgets=_ring_stays,
        source=schema("kms/resource_kms_key_ring.go", "f3bc55d0"),
    ),
    row(
        CRYPTO_KEY,
        "{keyRing}/cryptoKeys/{name}",
        outputs={
            "primaries": lambda m: [
                {"name": f"{m.id}/cryptoKeyVersions/1", "state": "ENABLED"}
            ]
        },
        models=("cloudkms.v1:CryptoKey",),
        members={"keyRing": None, "skipInitialVersionCreation": None},
        checks={
            "name": (
                lambda v: _NAME.fullmatch(v) is not None,
                "1 to 63 letters, digits, dashes and underscores",
            ),
            "rotationPeriod": (
                _rotation,
                "rotation period must be at least one day (86400s)",
            ),
        },
        replaces=(
            *("cryptoKeyBackend", "destroyScheduledDuration", "importOnly", "keyRing"),
            *("name", "purpose", "versionTemplate.protectionLevel"),
        ),
        defaults={"purpose": "ENCRYPT_DECRYPT"},
        computed=(
            *("cryptoKeyBackend", "destroyScheduledDuration", "importOnly"),
            *("keyAccessJustificationsPolicy", "versionTemplate"),
        ),
        forms={"keyRing": relative},
        exists="googleapi: Error 409: CryptoKey {} already exists.",
        refs=(names("keyRing", KEY_RING),),
        forgets=_key_stays,
        leaves=_without_versions,
        source=schema("kms/resource_kms_crypto_key.go", "f3bc55d0"),
    ),
    member(
        "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
        "{cryptoKeyId}",
        "cloudkms.v1:Binding",
        refs=(by_key("cryptoKeyId"),),
        source=_iam("kms/iam_kms_crypto_key.go", "1d2599e4"),
    ),
    row(
        TOPIC,
        "projects/{project}/topics/{name}",
        models=("pubsub.v1:Topic",),
        replaces=("name", "tags"),
        computed=("messageStoragePolicy",),
        forms={"name": last},
        refs=(by_key("kmsKeyName"),),
        source=schema("pubsub/resource_pubsub_topic.go", "48175eb1"),
    ),
    member(
        "gcp:pubsub/topicIAMMember:TopicIAMMember",
        "projects/{project}/topics/{topic}",
        "pubsub.v1:Binding",
        id=lambda m: (
            f"projects/{m.places['project']}/topics/{last(m.inputs['topic'])}/"
            f"{m.inputs['role']}/{m.inputs['member']}"
        ),
        replaces=("topic", "member", "role", "condition"),
        forms={"topic": last},
        refs=(names("topic", TOPIC, ends=True),),
        source=_iam("pubsub/iam_pubsub_topic.go", "881ad9d0"),
    ),
)
