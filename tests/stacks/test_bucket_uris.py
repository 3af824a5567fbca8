"""Buckets by their URIs on any Kubernetes: what programs get, and where no key is."""

from __future__ import annotations

import base64
import copy
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from stacks.load import from_file
from stacks.testing import Deployment, deploy_stack

GOOD = Path(__file__).parents[1] / "config" / "good" / "bucket-uris.yaml"
CONFIG: dict[str, Any] = yaml.safe_load(GOOD.read_text())["config"]
OWN = "ml-storage:team"

KEY_ID = "AKHUNTER2HUNTER2HUNT"
SECRET_KEY = "hunter2/hunter2+hunter2=hunter2/hunter2+"  # noqa: S105, no one's
VALUES = {"key-id": KEY_ID, "secret-key": SECRET_KEY}
ENDPOINT = "http://10.88.0.1:9000"


@pytest.fixture(scope="module", params=[False, True], ids=["update", "preview"])
def deployed(request: pytest.FixtureRequest) -> Deployment:
    return deploy_stack(
        GOOD, preview=request.param, strict=True, complete=True, secrets=VALUES
    )


def container(deployed: Deployment, name: str, kind: str = "Job") -> dict[str, Any]:
    pod = deployed.manifest(kind, name)["spec"]["template"]["spec"]
    return pod["containers"][0]


def plain(container: dict[str, Any]) -> dict[str, str]:
    """The variables that have their values in the pod's template."""
    return {e["name"]: e["value"] for e in container["env"] if "value" in e}


def by_name(container: dict[str, Any]) -> dict[str, Any]:
    """The variables that come from Secrets: the Secret, and the entry of it."""
    refs = [
        (e["name"], e["valueFrom"]["secretKeyRef"])
        for e in container["env"]
        if "secretKeyRef" in e.get("valueFrom", {})
    ]
    return {name: (ref["name"], ref["key"]) for name, ref in refs}


def changed(*, jobs: dict[str, Any] | None = None, **volumes: Any) -> dict[str, Any]:
    """The good stack with other volumes and jobs."""
    config = copy.deepcopy(CONFIG)
    config[OWN]["volumes"] |= volumes
    config[OWN]["jobs"] |= jobs or {}
    return config


def job(**uris: Any) -> dict[str, Any]:
    return {"image": "image:1", "command": ["read"], "uris": uris}


def test_a_program_has_the_uris_the_server_and_its_region(deployed: Deployment) -> None:
    found = plain(container(deployed, "train"))
    found.pop("ML_STORAGE_RUN")
    assert found == {
        "DATASET_URI": "s3://datasets/vision/imagenet/",
        "CHECKPOINTS_URI": "s3://checkpoints/",
        "AWS_ENDPOINT_URL": ENDPOINT,
        "AWS_ENDPOINT_URL_S3": ENDPOINT,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def test_the_keys_come_along_without_being_named(deployed: Deployment) -> None:
    keys = {
        name: ("s3-keys", name)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    }
    for name in ("train", "from-aws", "from-google"):
        # `from-aws` names the secret as well: it gets it once.
        assert by_name(container(deployed, name)) == keys, name
    assert by_name(container(deployed, "look", "Deployment")) == keys
    secret = deployed.one("Secret", "s3-keys-secret")
    for kind, name in (("Job", "train"), ("Workspace", "look")):
        made = deployed.one(f"ml-storage:index:{kind}", name)
        assert secret.urn in made.depends_on, name


def test_aws_itself_needs_no_server(deployed: Deployment) -> None:
    found = plain(container(deployed, "from-aws"))
    assert found["DATA_URI"] == "s3://datasets/a/b/"
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == "eu-central-1"
    assert not [name for name in found if "ENDPOINT" in name]


def test_cloud_storage_speaks_s3(deployed: Deployment) -> None:
    found = plain(container(deployed, "from-google"))
    assert found["AWS_ENDPOINT_URL"] == "https://storage.googleapis.com"
    assert found["AWS_REGION"] == "auto"
    assert found["AWS_REQUEST_CHECKSUM_CALCULATION"] == "when_required"


def test_nothing_is_made_or_mounted_for_it(deployed: Deployment) -> None:
    kinds = {resource.kind for resource in deployed.resources}
    assert not kinds & {"PersistentVolume", "PersistentVolumeClaim"}
    assert not [r for r in deployed.resources if r.name.startswith("datasets")]
    assert container(deployed, "from-aws")["volumeMounts"] == []
    volumes = deployed.outputs["volumes"]
    assert volumes["datasets"] == {"kind": "bucket", "uri": "s3://datasets/vision/"}
    assert volumes["gateway"] == {"kind": "bucket", "uri": "s3://datasets/"}


def test_no_key_is_anywhere_but_in_its_secret(deployed: Deployment) -> None:
    secret = deployed.one("kubernetes:core/v1:Secret")
    data = secret.inputs["data"].items()
    held = {entry: base64.b64decode(text).decode() for entry, text in data}
    assert held == {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    # Of what is secret the state has only the ciphertext.
    assert secret.secrets == ("data",)
    assert deployed.secret_outputs == ()
    others = [asdict(r) for r in deployed.resources if r is not secret]
    others.append(asdict(secret) | {"inputs": {**secret.inputs, "data": None}})
    text = json.dumps([others, deployed.outputs, deployed.messages], default=str)
    for value in (KEY_ID, SECRET_KEY):
        for written in (value, base64.b64encode(value.encode()).decode()):
            assert json.dumps(written)[1:-1] not in text


def test_pods_hold_no_secret_values(deployed: Deployment) -> None:
    """They name the Secret: their templates and arguments can be shown to anyone."""
    pods = [
        *deployed.all("kubernetes:batch/v1:Job"),
        *deployed.all("kubernetes:apps/v1:Deployment"),
    ]
    assert len(pods) == 4
    assert [pod.secrets for pod in pods] == [()] * 4


def test_a_rotated_key_changes_the_secret_and_no_program() -> None:
    old = deploy_stack(GOOD, secrets=VALUES)
    new = deploy_stack(GOOD, secrets={**VALUES, "secret-key": "another"})

    def rest(deployed: Deployment) -> dict[str, dict[str, Any]]:
        return {r.urn: r.inputs for r in deployed.resources if r.kind != "Secret"}

    assert rest(old) == rest(new)
    one, other = (d.one("Secret").inputs["data"] for d in (old, new))
    assert one != other


def test_what_is_refused_is_said_without_the_keys() -> None:
    config = changed(jobs={"wrong": {**job(), "mounts": {"/data": "datasets"}}})
    with pytest.raises(pulumi.RunError, match="URI09") as refused:
        deploy_stack(config, secrets=VALUES)
    said = str(refused.value)
    assert "uris: {DATASETS_URI: datasets}" in said
    assert not [value for value in VALUES.values() if value in said]


def test_keys_in_plain_text_are_refused_without_being_said(tmp_path: Path) -> None:
    config = copy.deepcopy(CONFIG)
    config["ml-storage:secret-key"] = SECRET_KEY
    file = tmp_path / "Pulumi.vision.yaml"
    file.write_text(yaml.safe_dump({"config": config}))
    (found,) = from_file(file).found
    assert found.problem.rule == "SEC02"
    with pytest.raises(pulumi.RunError, match="SEC02") as refused:
        deploy_stack(config)
    assert SECRET_KEY not in str(refused.value)


def test_another_server_is_a_pending_difference() -> None:
    declared = [
        deploy_stack(config, secrets=VALUES).manifest("Job", "from-aws")["metadata"]
        for config in (
            CONFIG,
            changed(aws={**CONFIG[OWN]["volumes"]["aws"], "region": "eu-west-1"}),
        )
    ]
    one, other = (m["annotations"]["ml-storage/declared"] for m in declared)
    assert one != other


def test_without_a_secret_there_are_no_keys() -> None:
    config = changed(jobs={"open": job(GATEWAY_URI="gateway")})
    made = container(deploy_stack(config, secrets=VALUES), "open")
    assert by_name(made) == {}
    assert plain(made)["AWS_ENDPOINT_URL_S3"] == "https://[fd00::1]:7480/s3"


def test_beside_a_bucket_of_cloud_storage() -> None:
    """Libraries of Google's read none of the variables of AWS."""
    config = changed(
        shared={"from": "shared"}, jobs={"copy": job(FROM="datasets", TO="shared")}
    )
    config["ml-storage:platform"] = {
        "cloud": "gcp",
        "project": "ml-prod-123456",
        "region": "us-central1",
        "network": {"existing": {"network": "n", "subnet": "s"}},
        "cluster": {"existing": "prod", "location": "us-central1"},
        "addOns": {"gcs-fuse-csi-driver": {"existing": True}},
        "storage": {"shared": {"kind": "gcs", "bucket": "our-bucket"}},
        "teams": {"vision": {"grants": {"shared": "read-write"}}},
    }
    found = plain(container(deploy_stack(config, secrets=VALUES), "copy"))
    assert found["FROM"] == "s3://datasets/vision/"
    assert found["TO"] == "gs://our-bucket/"
    assert found["AWS_ENDPOINT_URL"] == ENDPOINT


def test_on_aws_the_region_is_that_of_the_bucket() -> None:
    config = changed(data={"from": "data"}, jobs={"granted": job(DATA_URI="data")})
    config["ml-storage:platform"] = {
        "cloud": "aws",
        "region": "us-west-2",
        "cluster": {"existing": "prod"},
        "addOns": {
            "aws-mountpoint-s3-csi-driver": {"existing": True},
            "eks-pod-identity-agent": {"existing": True},
        },
        "storage": {"data": {"kind": "s3"}},
        "teams": {"vision": {"grants": {"data": "read-only"}}},
    }
    deployed = deploy_stack(config, secrets=VALUES)
    lab = plain(container(deployed, "train"))
    assert (lab["AWS_REGION"], lab["AWS_ENDPOINT_URL"]) == ("us-east-1", ENDPOINT)
    granted = container(deployed, "granted")
    assert plain(granted)["AWS_REGION"] == "us-west-2"
    assert "AWS_ENDPOINT_URL" not in plain(granted)
    assert by_name(granted) == {}
