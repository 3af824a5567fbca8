"""What Google Cloud answers when a thing is made, as far as this project reads it.

Names are made of the resource's own, so that they are the same in every run; ids
have the form that the provider's own have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

PROJECT = "ml-prod-123456"
NUMBER = "123456789012"
REGION = "us-central1"
ZONE = f"{REGION}-a"

_GLOBAL = "projects/{project}/global"
_REGIONAL = "projects/{project}/regions/{region}"
_ZONAL = "projects/{project}/zones/{zone}"
_LOCATED = "projects/{project}/locations/{location}"

_IDS = {
    "gcp:compute/network:Network": f"{_GLOBAL}/networks/{{name}}",
    "gcp:compute/subnetwork:Subnetwork": f"{_REGIONAL}/subnetworks/{{name}}",
    "gcp:compute/router:Router": f"{_REGIONAL}/routers/{{name}}",
    "gcp:compute/routerNat:RouterNat": "{project}/{region}/{router}/{name}",
    "gcp:compute/globalAddress:GlobalAddress": f"{_GLOBAL}/addresses/{{name}}",
    "gcp:compute/disk:Disk": f"{_ZONAL}/disks/{{name}}",
    "gcp:compute/image:Image": f"{_GLOBAL}/images/{{name}}",
    "gcp:compute/storagePool:StoragePool": f"{_ZONAL}/storagePools/{{name}}",
    "gcp:container/cluster:Cluster": f"{_LOCATED}/clusters/{{name}}",
    "gcp:container/nodePool:NodePool": f"{_LOCATED}/clusters/{{cluster}}/nodePools/"
    "{name}",
    "gcp:filestore/instance:Instance": f"{_LOCATED}/instances/{{name}}",
    "gcp:lustre/instance:Instance": f"{_LOCATED}/instances/{{name}}",
    "gcp:kms/keyRing:KeyRing": f"{_LOCATED}/keyRings/{{name}}",
    "gcp:kms/cryptoKey:CryptoKey": "{keyRing}/cryptoKeys/{name}",
    "gcp:pubsub/topic:Topic": "projects/{project}/topics/{name}",
    "gcp:serviceaccount/account:Account": "projects/{project}/serviceAccounts/{name}@"
    "{project}.iam.gserviceaccount.com",
    "gcp:storage/bucket:Bucket": "{name}",
    "gcp:tpu/v2Vm:V2Vm": f"{_ZONAL}/nodes/{{name}}",
}
_NAMED = ("name", "instanceId", "accountId", "storagePoolName")


def gcp_id(kind: str, name: str, given: Mapping[str, Any]) -> str:
    """The id that Google Cloud would give to a resource.

    Args:
        kind: The type of the resource.
        name: Its name in the program.
        given: Its inputs.
    """
    template = _IDS.get(kind)
    if template is None:
        return f"{name}-id"
    defaults = {"project": PROJECT, "region": REGION, "zone": ZONE, "location": REGION}
    texts = {key: value for key, value in given.items() if isinstance(value, str)}
    texts = {**defaults, **texts, "name": _name(name, given)}
    # What is not known yet has no text.
    return template.format_map(defaultdict(lambda: "unknown", texts))


def _name(name: str, given: Mapping[str, Any]) -> str:
    stated = next((given[key] for key in _NAMED if given.get(key)), None)
    return stated if isinstance(stated, str) else f"{name}-0a1b2c3"


def gcp_outputs(
    kind: str, name: str, given: Mapping[str, Any], id_: str
) -> dict[str, Any]:
    """What Google Cloud adds to the inputs of a resource.

    Args:
        kind: The type of the resource.
        name: Its name in the program.
        given: Its inputs.
        id_: Its id.
    """
    named = (
        id_.rpartition("/")[2] if id_.startswith("projects/") else _name(name, given)
    )
    made: dict[str, Any] = {"name": named, "project": given.get("project", PROJECT)}
    package = kind.split(":")[1].partition("/")[0]
    if package == "compute":
        made["selfLink"] = f"https://www.googleapis.com/compute/v1/{id_}"
    if kind == "gcp:storage/bucket:Bucket":
        made |= {"url": f"gs://{named}", "location": given.get("location", REGION)}
    elif kind == "gcp:filestore/instance:Instance":
        networks: list[dict[str, Any]] = given.get("networks") or [{}]
        network = {**networks[0], "ipAddresses": ["10.16.0.2"]}
        share = {"name": "vol1", "capacityGb": 1024}
        made |= {
            "networks": [network],
            "location": given.get("location", ZONE),
            "fileShares": given.get("fileShares", share),
        }
    elif kind == "gcp:lustre/instance:Instance":
        made["mountPoint"] = f"10.16.0.10@tcp:/{given.get('filesystem', 'lustre')}"
    elif kind == "gcp:container/cluster:Cluster":
        made |= {
            "endpoint": "203.0.113.7",
            "location": given.get("location", REGION),
            "masterAuth": {"clusterCaCertificate": "Q0E="},
        }
    elif kind == "gcp:serviceaccount/account:Account":
        email = id_.rpartition("/")[2]
        made |= {
            "name": id_,
            "email": email,
            "member": f"serviceAccount:{email}",
            "uniqueId": NUMBER,
        }
    return made


def gcp_answer(function: str, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """What Google Cloud says when it is asked; None for what it is not asked here.

    Args:
        function: Its token.
        asked: Its arguments.
    """
    project = asked.get("projectId") or asked.get("project") or PROJECT
    if function == "gcp:organizations/getProject:getProject":
        return {"projectId": project, "number": NUMBER, "id": f"projects/{project}"}
    if function == "gcp:storage/getProjectServiceAccount:getProjectServiceAccount":
        email = f"service-{NUMBER}@gs-project-accounts.iam.gserviceaccount.com"
        member = f"serviceAccount:{email}"
        return {"emailAddress": email, "member": member, "id": email}
    return None
