from __future__ import annotations

import pulumi
import pulumi_gcp as gcp
import pytest

from components.gcp.disk_image import DiskImage, DiskImageArgs
from components.gcp.disk_image_spec import DiskImageSpec
from components.testing import Deployment, deploy

PROJECT = "ml-prod-123456"
DISK = f"projects/{PROJECT}/zones/us-central1-a/disks/weights"
KEY = f"projects/{PROJECT}/locations/us-central1/keyRings/r/cryptoKeys/k"


def made(preview: bool, on_delete: str = "protect", **wiring: str) -> Deployment:
    spec = DiskImageSpec.model_validate({"of": "weights", "onDelete": on_delete})

    def program() -> dict[str, pulumi.Output[str]]:
        provider = gcp.Provider("gcp", project=PROJECT)
        args = DiskImageArgs(spec=spec, project=PROJECT, disk=DISK, **wiring)
        image = DiskImage("weights", args, pulumi.ResourceOptions(provider=provider))
        return {"image": image.image}

    return deploy(program, preview=preview)


def test_an_image_of_a_disk(preview: bool) -> None:
    deployed = made(preview)
    (image,) = deployed.children_of(deployed.one("ml-storage:index:DiskImage"))
    assert (image.type, image.name) == ("gcp:compute/image:Image", "weights-image")
    assert image.inputs == {"project": PROJECT, "sourceDisk": DISK}
    assert image.protect


def test_its_full_name_is_what_disks_are_made_from() -> None:
    name = f"projects/{PROJECT}/global/images/weights-image-0a1b2c3"
    assert made(preview=False).outputs["image"] == name


def test_an_image_of_an_encrypted_disk_is_encrypted(preview: bool) -> None:
    image = made(preview, kms_key=KEY).one("gcp:compute/image:Image")
    assert image.inputs["imageEncryptionKey"] == {"kmsKeySelfLink": KEY}


@pytest.mark.parametrize(
    ("on_delete", "protect", "retain"),
    [("protect", True, False), ("retain", False, True), ("delete", False, False)],
)
def test_what_becomes_of_it(
    preview: bool, on_delete: str, protect: bool, retain: bool
) -> None:
    image = made(preview, on_delete).one("gcp:compute/image:Image")
    assert (image.protect, image.retain_on_delete) == (protect, retain)
