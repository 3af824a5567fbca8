from __future__ import annotations

import inspect
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest
from pydantic import ValidationError
from pydantic.alias_generators import to_snake

from components.catalog.tpu_vms import REPLACED_BY
from components.gcp.tpu_vm import TpuVm, TpuVmArgs
from components.gcp.tpu_vm_spec import TpuVmSpec
from components.testing import Deployment, deploy

PROJECT = "ml-prod-123456"
ZONE = "us-central1-b"
WEIGHTS = f"projects/{PROJECT}/zones/{ZONE}/disks/weights-disk-0a1b2c3"
OTHERS = f"projects/{PROJECT}/zones/{ZONE}/disks/others"
NETWORK = f"projects/{PROJECT}/global/networks/n"
SUBNET = f"projects/{PROJECT}/regions/us-central1/subnetworks/s"


def spec(**fields: Any) -> TpuVmSpec:
    return TpuVmSpec.model_validate(
        {
            "tpu": "v6e",
            "topology": "2x4",
            "zone": ZONE,
            "runtime": "v2-alpha-tpuv6e",
            **fields,
        }
    )


def made(preview: bool, **fields: Any) -> Deployment:
    def program() -> None:
        provider = gcp.Provider("gcp", project=PROJECT)
        args = TpuVmArgs(
            spec=spec(**fields),
            project=PROJECT,
            network=NETWORK,
            subnet=SUBNET,
            disks={"weights": WEIGHTS},
        )
        TpuVm("debug", args, pulumi.ResourceOptions(provider=provider))

    return deploy(program, preview=preview)


def inputs(deployed: Deployment) -> dict[str, Any]:
    return deployed.one("gcp:tpu/v2Vm:V2Vm").inputs


def test_a_vm_with_disks(preview: bool) -> None:
    deployed = made(
        preview,
        disks=[{"disk": "weights", "readOnly": True}, {"disk": OTHERS}],
        tags={"use": "debugging"},
    )
    component = deployed.one("ml-storage:index:TpuVm")
    children = {child.name: child for child in deployed.children_of(component)}
    assert set(children) == {"debug-account", "debug-vm"}
    given = dict(inputs(deployed))
    account = given.pop("serviceAccount")
    assert given == {
        "project": PROJECT,
        "zone": ZONE,
        "runtimeVersion": "v2-alpha-tpuv6e",
        "acceleratorConfig": {"type": "V6E", "topology": "2x4"},
        "networkConfig": {
            "network": NETWORK,
            "subnetwork": SUBNET,
            "enableExternalIps": False,
        },
        "dataDisks": [
            {"sourceDisk": WEIGHTS, "mode": "READ_ONLY"},
            {"sourceDisk": OTHERS, "mode": "READ_WRITE"},
        ],
        "labels": {"use": "debugging"},
    }
    assert account["scopes"] == ["https://www.googleapis.com/auth/cloud-platform"]
    assert children["debug-account"].urn in children["debug-vm"].depends_on
    assert not children["debug-vm"].protect


def test_it_runs_as_an_account_without_keys_or_roles(preview: bool) -> None:
    kinds = {r.type for r in made(preview).resources if r.type.startswith("gcp:")}
    assert kinds == {"gcp:serviceaccount/account:Account", "gcp:tpu/v2Vm:V2Vm"}
    if not preview:
        email = inputs(made(preview))["serviceAccount"]["email"]
        assert email.endswith(f"@{PROJECT}.iam.gserviceaccount.com")


@pytest.mark.parametrize(
    ("capacity", "expected"),
    [
        ("on-demand", None),
        ("spot", {"spot": True}),
        ("reservation", {"reserved": True}),
    ],
)
def test_how_it_is_had(
    preview: bool, capacity: str, expected: dict[str, bool] | None
) -> None:
    assert inputs(made(preview, capacity=capacity)).get("schedulingConfig") == expected


def test_what_the_api_calls_a_generation(preview: bool) -> None:
    given = inputs(made(preview, tpu="v5e", topology="4x4"))
    assert given["acceleratorConfig"] == {"type": "V5LITE_POD", "topology": "4x4"}


def test_what_replaces_a_vm_is_an_input_of_it() -> None:
    arguments = inspect.signature(gcp.tpu.V2VmArgs).parameters
    assert {to_snake(name) for name in REPLACED_BY} <= arguments.keys()


def test_every_mistake_is_said_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        spec(topology="3x3", disks=[{"disk": "a/b"}, {"disk": "c"}, {"disk": "c"}])
    found = [(e["ctx"]["problem"].rule, e["loc"]) for e in caught.value.errors()]
    assert found == [
        ("TVM01", ("topology",)),
        ("TVM04", ("disks", 0, "disk")),
        ("TVM03", ("disks", 2, "disk")),
    ]


def test_a_slice_does_not_write_a_disk() -> None:
    with pytest.raises(ValidationError) as caught:
        spec(topology="4x4", disks=[{"disk": "weights"}])
    (found,) = [e["ctx"]["problem"] for e in caught.value.errors()]
    assert (found.rule, found.nearest) == ("TVM07", "true")


def test_a_vm_has_so_many_disks() -> None:
    disks = [{"disk": f"d{number}"} for number in range(31)]
    assert len(spec(disks=disks).disks) == 31
    with pytest.raises(ValidationError, match="31 disks beside the boot disk"):
        spec(disks=[*disks, {"disk": "more"}])
