from __future__ import annotations

import pytest

from components.catalog import filestore_driver
from components.catalog.filestore import Tier
from components.catalog.filestore_driver import DRIVER
from components.catalog.filestore_volumes import handle, volume_problems

CLASS = {"tier": "zonal"}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, []),
        (CLASS, []),
        ({"tier": "ZONAL"}, [("CLS06", "tier", "zonal")]),
        ({"Tier": "zonal"}, [("CLS04", "Tier", "tier")]),
        ({"tier": "premium", "protocol": "NFS_V3"}, []),
        (
            {"tier": "premium", "protocol": "NFS_V4_1"},
            [("FIL03", "protocol", "NFS_V3")],
        ),
        ({"protocol": "NFS_V4_1"}, [("FIL03", "protocol", "NFS_V3")]),
        ({"reserved-ip-range": "a"}, [("FIL07", "reserved-ip-range", None)]),
        (
            {"connect-mode": "PRIVATE_SERVICE_ACCESS", "reserved-ip-range": "a"},
            [],
        ),
        (
            {
                "connect-mode": "PRIVATE_SERVICE_ACCESS",
                "reserved-ip-range": "10.0.0.0/24",
            },
            [("FIL07", "reserved-ip-range", None)],
        ),
        (
            {
                "connect-mode": "PRIVATE_SERVICE_ACCESS",
                "reserved-ipv4-cidr": "10.0.0.0/24",
            },
            [("CLS06", "reserved-ipv4-cidr", None)],
        ),
        ({"reserved-ipv4-cidr": "10.0.0.0/24"}, []),
        ({"reserved-ipv4-cidr": "range"}, [("FIL07", "reserved-ipv4-cidr", None)]),
        (
            {"connect-mode": "PRIVATE_SERVICE_CONNECT"},
            [("CLS06", "connect-mode", "PRIVATE_SERVICE_ACCESS")],
        ),
        ({"multishare": "true"}, []),
        (
            {"multishare": "true", "tier": "zonal"},
            [("FIL13", "tier", "enterprise")],
        ),
        (
            {"multishare": "true", "tier": "enterprise", "max-volume-size": "100Gi"},
            [("FIL13", "max-volume-size", "128Gi")],
        ),
        (
            {"tier": "enterprise", "max-volume-size": "128Gi"},
            [("FIL13", "max-volume-size", None)],
        ),
        ({"zone": "us-central1-a"}, [("CLS04", "zone", None)]),
    ],
)
def test_parameters(
    parameters: dict[str, str], expected: list[tuple[str, str, str | None]]
) -> None:
    found = [*DRIVER.problems(parameters), *filestore_driver.check(parameters)]
    assert [(p.rule, p.path[-1], p.nearest) for p in found] == expected


@pytest.mark.parametrize(
    ("tier", "gib", "made"),
    [
        ("BASIC_HDD", 50, 100),
        ("BASIC_SSD", 1024, 2560),
        ("ZONAL", 1, 1024),
        ("REGIONAL", 1, 100),
        ("ENTERPRISE", 2048, 2048),
    ],
)
def test_what_a_claim_gets(tier: Tier, gib: int, made: int) -> None:
    assert filestore_driver.class_gib(tier, gib) == made


ATTRIBUTES = {"ip": "10.0.0.2", "volume": "vol1"}
ID = handle("us-central1-a", "models", "vol1")


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (ID, ID),
        ("modeMultishare/a/p/us-central1/i/s", "modeMultishare/a/p/us-central1/i/s"),
        ("us-central1-a/models/vol1", ID),
        ("projects/p/locations/us-central1-a/instances/models", ID),
        ("projects/p/locations/us-central1-a/instances/models/shares/vol1", ID),
        ("projects/p/locations/us-central1-a/instances/models/volumes/vol1", ID),
        ("modeInstance/us-central1-a/models", handle("modeInstance", "a", "b")),
        ("modeInstance//models/vol1", None),
        ("models", None),
        ("", None),
    ],
)
def test_handles(text: str, right: str | None) -> None:
    found = list(volume_problems(text, ATTRIBUTES, []))
    if text == right:
        assert found == []
        return
    (problem,) = found
    assert (problem.rule, problem.path) == ("FIL15", ("volumeHandle",))
    if not text.startswith("modeInstance/us"):
        assert problem.nearest == right


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (ATTRIBUTES, []),
        ({**ATTRIBUTES, "fileProtocol": "NFS_V4_1", "mountOptions": "ro"}, []),
        ({**ATTRIBUTES, "fileProtocol": "NFSv4"}, [("fileProtocol", "NFS_V4_1")]),
        ({**ATTRIBUTES, "ip": "filestore.example.com"}, [("ip", None)]),
        ({"ip": "10.0.0.2"}, [("volume", None)]),
        ({"volume": "vol1"}, [("ip", None)]),
        ({"server": "10.0.0.2", "share": "a"}, [("server", "ip"), ("share", "volume")]),
        ({"ip": "", "volume": ""}, [("ip", None), ("volume", None)]),
        ({}, [("ip", None), ("volume", None)]),
    ],
)
def test_attributes(
    attributes: dict[str, str], expected: list[tuple[str, str | None]]
) -> None:
    found = list(volume_problems(ID, attributes, []))
    assert [(p.path[-1], p.nearest) for p in found] == expected
    assert all(p.rule == "FIL16" for p in found)


def test_a_share_of_several_says_its_name_by_the_handle() -> None:
    text = "modeMultishare/a/p/us-central1/i/s"
    assert list(volume_problems(text, {"ip": "10.0.0.2"}, [])) == []
