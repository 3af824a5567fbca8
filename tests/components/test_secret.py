"""Secrets of transfer programs: in the Secret, and nowhere else."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pulumi
import pytest
from pydantic import TypeAdapter, ValidationError

from components.kubernetes.pod import with_secrets
from components.kubernetes.secret import TransferSecret, TransferSecretArgs
from components.kubernetes.secret_in_pod import SecretByName
from components.kubernetes.secret_spec import Secret
from components.testing import Deployment
from tests.components.conftest import DeployWith

ADAPTER: TypeAdapter[Secret] = TypeAdapter(Secret)
VALUE = "-----BEGIN OPENSSH PRIVATE KEY-----\r\nc2VjcmV0\r\n-----END"
HOSTS = "data.example.com ssh-ed25519 AAAAC3Nza"

RCLONE = {"kind": "rclone", "config": "rclone-conf"}
SSH = {"kind": "ssh", "privateKey": "ssh-key", "knownHosts": HOSTS}
GLOBUS = {"kind": "globus", "clientId": "0f1e", "clientSecret": "globus-secret"}
TOKENS = {"kind": "environment", "variables": {"WANDB_API_KEY": "wandb-key"}}
KINDS = [RCLONE, SSH, GLOBUS, TOKENS]


def in_pod(given: Mapping[str, Any], name: str = "mine") -> SecretByName:
    return SecretByName(name, ADAPTER.validate_python(given))


def pod(**spec: Any) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": "main"}], **spec}}


def deployed(deploy_with: DeployWith, given: Mapping[str, Any]) -> Deployment:
    spec = ADAPTER.validate_python(given)

    def make(opts: pulumi.ResourceOptions) -> dict[str, Any]:
        values = {key: pulumi.Output.secret(VALUE) for _, key in spec.config_keys()}
        args = TransferSecretArgs(spec=spec, namespace="vision", values=values)
        made = TransferSecret("mine", args, opts)
        return {"name": made.secret_name, "pod": with_secrets(pod(), [made])}

    return deploy_with(make)


def content(deployment: Deployment) -> dict[str, str]:
    data = deployment.one("kubernetes:core/v1:Secret").inputs["data"]
    return {key: base64.b64decode(text).decode() for key, text in data.items()}


@pytest.mark.parametrize("given", KINDS, ids=lambda given: given["kind"])
def test_its_values_are_in_the_secret_alone(
    deploy_with: DeployWith, given: Mapping[str, Any]
) -> None:
    deployment = deployed(deploy_with, given)
    secret = deployment.one("kubernetes:core/v1:Secret")
    component = deployment.one("ml-storage:index:TransferSecret")
    assert secret.parent == component.urn
    assert secret.inputs["metadata"] == {"name": "mine", "namespace": "vision"}
    assert secret.secrets == ("data",)
    assert deployment.outputs["name"] == "mine"
    assert deployment.secret_outputs == ()
    others = [asdict(r) for r in deployment.resources if r is not secret]
    others += [asdict(secret) | {"inputs": {**secret.inputs, "data": None}}]
    text = json.dumps([others, deployment.outputs, deployment.messages], default=str)
    for trace in ("c2VjcmV0", base64.b64encode(VALUE.encode()).decode()[:40]):
        assert trace not in text


def test_a_value_that_no_one_called_secret_is_one(deploy_with: DeployWith) -> None:
    spec = ADAPTER.validate_python(RCLONE)
    values = {"rclone-conf": "[r]"}

    def make(opts: pulumi.ResourceOptions) -> None:
        given = {key: pulumi.Output.from_input(value) for key, value in values.items()}
        args = TransferSecretArgs(spec=spec, namespace="vision", values=given)
        TransferSecret("mine", args, opts)

    assert deploy_with(make).one("kubernetes:core/v1:Secret").secrets == ("data",)


def test_a_rotated_value_is_written_into_the_secret(deploy_with: DeployWith) -> None:
    secret = deployed(deploy_with, RCLONE).one("kubernetes:core/v1:Secret")
    assert "immutable" not in secret.inputs
    assert not secret.protect
    assert secret.ignore_changes == ()
    assert secret.replace_on_changes == ()


def test_a_key_without_value(deploy_with: DeployWith) -> None:
    spec = ADAPTER.validate_python(SSH)
    args = TransferSecretArgs(spec=spec, namespace="vision", values={})
    with pytest.raises(ValueError, match="'ssh-key'"):
        deploy_with(lambda opts: TransferSecret("mine", args, opts))


def test_ssh_gets_files_that_it_takes(deploy_with: DeployWith) -> None:
    files = content(deployed(deploy_with, SSH))
    # OpenSSH refuses a key without its last newline, or with carriage returns.
    assert files["id"] == VALUE.replace("\r", "") + "\n"
    assert files["known_hosts"] == HOSTS + "\n"
    assert "  IdentityFile /run/secrets/ml-storage/mine/id\n" in files["config"]
    assert "  StrictHostKeyChecking yes\n" in files["config"]
    made = with_secrets(pod(), [in_pod(SSH)])
    assert "env" not in made["spec"]["containers"][0]


def test_rclone_finds_its_file(deploy_with: DeployWith) -> None:
    assert content(deployed(deploy_with, RCLONE)) == {"rclone.conf": VALUE}
    made = with_secrets(pod(), [in_pod(RCLONE, "bucket")])["spec"]
    (container,) = made["containers"]
    directory = "/run/secrets/ml-storage/bucket"
    assert container["env"] == [
        {"name": "RCLONE_CONFIG", "value": f"{directory}/rclone.conf"}
    ]
    assert container["volumeMounts"] == [
        {"name": "secret-bucket", "mountPath": directory, "readOnly": True}
    ]
    assert made["volumes"] == [
        {
            "name": "secret-bucket",
            "secret": {"secretName": "bucket", "defaultMode": 0o400},
        }
    ]


def test_a_volume_may_have_the_name_that_a_secrets_volume_would_have() -> None:
    mine = {"name": "secret-bucket", "emptyDir": {}}
    given = pod()
    given["spec"]["volumes"] = [mine]
    made = with_secrets(given, [in_pod(RCLONE, "bucket")])["spec"]
    assert made["volumes"][0] == mine
    assert made["volumes"][1]["secret"]["secretName"] == "bucket"
    (mount,) = made["containers"][0]["volumeMounts"]
    assert mount["name"] == made["volumes"][1]["name"] != "secret-bucket"


def test_globus_and_environment_are_variables_only() -> None:
    secrets = [in_pod(GLOBUS, "globus"), in_pod(TOKENS, "tokens")]
    made = with_secrets(pod(), secrets)["spec"]
    assert "volumes" not in made
    assert "volumeMounts" not in made["containers"][0]
    assert made["containers"][0]["env"] == [
        {"name": "GLOBUS_CLI_CLIENT_ID", "value": "0f1e"},
        {
            "name": "GLOBUS_CLI_CLIENT_SECRET",
            "valueFrom": {"secretKeyRef": {"name": "globus", "key": "client-secret"}},
        },
        {
            "name": "WANDB_API_KEY",
            "valueFrom": {"secretKeyRef": {"name": "tokens", "key": "WANDB_API_KEY"}},
        },
    ]


@pytest.mark.parametrize(
    ("readable_by", "security", "mode"),
    [
        ("root", None, 0o400),
        ("anyone", None, 0o444),
        ("root", {"runAsUser": 0}, 0o400),
        ("root", {"runAsUser": 1000}, 0o444),
        ("root", {"runAsNonRoot": True}, 0o444),
        # The kubelet lets the group read them.
        ("root", {"runAsUser": 1000, "fsGroup": 1000}, 0o400),
    ],
)
def test_who_reads_its_files(
    readable_by: str, security: dict[str, Any] | None, mode: int
) -> None:
    given = pod(**({"securityContext": security} if security else {}))
    made = with_secrets(given, [in_pod({**SSH, "readableBy": readable_by})])
    assert made["spec"]["volumes"][0]["secret"]["defaultMode"] == mode


def test_a_variable_is_set_once() -> None:
    with pytest.raises(ValueError, match="RCLONE_CONFIG is set by the secret two"):
        with_secrets(pod(), [in_pod(RCLONE, "one"), in_pod(RCLONE, "two")])
    given = pod()
    given["spec"]["containers"][0]["env"] = [{"name": "WANDB_API_KEY", "value": "x"}]
    with pytest.raises(ValueError, match="WANDB_API_KEY is set by the secret tokens"):
        with_secrets(given, [in_pod(TOKENS, "tokens")])


def test_a_long_name_gives_a_volume_name_that_kubernetes_takes() -> None:
    names = ["a" * 63, "a" * 62 + "b"]
    secrets = [in_pod({**SSH}, name) for name in names]
    volumes = with_secrets(pod(), secrets)["spec"]["volumes"]
    made = {volume["name"] for volume in volumes}
    assert len(made) == 2
    assert all(len(name) <= 63 for name in made)


def test_the_pod_that_was_given_is_not_changed() -> None:
    given = pod()
    with_secrets(given, [in_pod(RCLONE)])
    assert given == pod()


@pytest.mark.parametrize(
    "given",
    [
        "hunter2",
        {**RCLONE, "config": "[remote]\ntype = s3\nsecret = hunter2"},
        {**SSH, "privateKey": "-----BEGIN hunter2"},
        {**SSH, "privateKey": ["hunter2"]},
        {"kind": "ssh", "privatKey": "hunter2", "knownHosts": HOSTS},
        {**SSH, "knownHosts": "-----BEGIN PRIVATE KEY-----\nhunter2"},
        {**GLOBUS, "clientSecret": "hunter2/hunter2="},
        {**GLOBUS, "clientSecret": {"hunter2": "hunter2"}},
        {**TOKENS, "variables": {"HF_TOKEN": "hf_hunter2hunter2hunter2"}},
        {**TOKENS, "variables": ["hunter2"]},
    ],
)
def test_no_error_repeats_what_may_be_the_secret(given: object) -> None:
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_python(given)
    errors = caught.value.errors()
    told = [error.get("ctx", {}).get("problem") for error in errors]
    shown = [str(caught.value), *(repr(p.value) for p in told if p is not None)]
    assert "hunter2" not in "".join(shown)
