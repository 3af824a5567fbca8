"""GPUs: what `nvidia.com/gpu.product` says of a node, and which machine has it.

GPU Feature Discovery writes the label: the driver's name of the GPU with `-`
for spaces and without other characters, then `-MIG-1g.10gb` where the GPU is
divided into equal parts, then `-SHARED` where it is shared by time.
Source: https://github.com/NVIDIA/k8s-device-plugin 1b826ac
internal/lm/resource.go, read 2026-11-22.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from components.catalog.gpu_machines import FAMILIES

LABEL = "nvidia.com/gpu.product"
MACHINE_LABEL = "node.kubernetes.io/instance-type"
LINK = (
    "https://github.com/NVIDIA/k8s-device-plugin/blob/main/docs/gpu-feature-discovery/"
)

Status = Literal["confirmed", "unconfirmed"]

_DIVIDED = re.compile(r"(-MIG-\d+g\.\d+gb)?(-SHARED)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A GPU by its label.

    Attributes:
        name: The label's value for a whole GPU.
        older: What drivers before 470 called it.
        instead: The product that clouds have in its place, where this one is
            often named by mistake.
        source: Where the name was read.
        as_of: The day it was read, ISO 8601.
        status: `unconfirmed` where no node was seen with this label.
    """

    name: str
    older: str | None = None
    instead: str | None = None
    source: str
    as_of: str = "2026-11-22"
    status: Status = "confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A cloud's machine and its GPUs.

    Attributes:
        name: The cloud's name of it, such as `g5.12xlarge`.
        cloud: Whose it is.
        gpus: How many NVIDIA GPUs it has; 0 where it has other accelerators.
        product: Their label; None where there are none.
        status: `unconfirmed` where the label is not certain.
    """

    name: str
    cloud: Literal["aws", "gcp"]
    gpus: int
    product: str | None
    status: Status


_GFD = "https://github.com/NVIDIA/k8s-device-plugin docs/gpu-feature-discovery"
_SEEN = "labels of nodes in public manifests"
_RULE = "the driver's name of the GPU by the rule of GPU Feature Discovery"

_PRODUCTS = (
    Product(name="Tesla-T4", source=_GFD),
    Product(name="NVIDIA-A10G", source=f"{_SEEN} (g5.xlarge)"),
    Product(name="NVIDIA-L4", source=f"{_SEEN} (g6.4xlarge)"),
    Product(name="NVIDIA-L40S", source=_SEEN),
    Product(name="NVIDIA-A100-SXM4-40GB", older="A100-SXM4-40GB", source=_GFD),
    Product(name="NVIDIA-A100-SXM4-80GB", older="A100-SXM4-80GB", source=_SEEN),
    Product(name="NVIDIA-H100-80GB-HBM3", source=_SEEN),
    Product(name="NVIDIA-H200", source=_SEEN),
    Product(name="NVIDIA-B200", source=_RULE, status="unconfirmed"),
    Product(name="NVIDIA-B300-SXM6-AC", source=_SEEN, status="unconfirmed"),
    Product(name="NVIDIA-GB200", source=_SEEN, status="unconfirmed"),
    Product(
        name="NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition",
        source=_SEEN,
        status="unconfirmed",
    ),
    Product(
        name="NVIDIA-RTX-PRO-4500-Blackwell-Server-Edition",
        source=_RULE,
        status="unconfirmed",
    ),
    # Of machines that are bought, and of other clouds.
    Product(name="NVIDIA-A10", instead="NVIDIA-A10G", source=_RULE),
    Product(name="NVIDIA-A40", source=_RULE),
    Product(name="NVIDIA-L40", source=_RULE),
    Product(name="NVIDIA-A100-PCIE-40GB", older="A100-PCIE-40GB", source=_RULE),
    Product(name="NVIDIA-A100-80GB-PCIe", source=_SEEN),
    Product(name="NVIDIA-H100-PCIe", source=_RULE),
    Product(name="NVIDIA-H100-NVL", source=_RULE),
    Product(name="NVIDIA-GH200-480GB", source=_RULE),
    Product(name="NVIDIA-GB300", source=_SEEN),
    Product(name="Tesla-V100-SXM2-16GB", source=_SEEN),
    Product(name="Tesla-V100-SXM2-32GB", source=_SEEN),
    Product(name="Tesla-V100-PCIE-16GB", source=_SEEN),
    Product(name="Tesla-P4", source=_RULE, status="unconfirmed"),
    Product(name="Tesla-P100-PCIE-16GB", source=_RULE, status="unconfirmed"),
    Product(name="NVIDIA-GeForce-RTX-5090", source=_SEEN),
)

PRODUCTS = {product.name: product for product in _PRODUCTS}
"""The products that are known, by their labels."""

_OLDER = {product.older: product.name for product in _PRODUCTS if product.older}

MACHINES = {
    f"{family.name}{family.joint}{size}": Machine(
        name=f"{family.name}{family.joint}{size}",
        cloud=family.cloud,
        gpus=count,
        product=family.product,
        status=PRODUCTS[family.product].status if family.product else "confirmed",
    )
    for family in FAMILIES
    for count, sizes in family.sizes.items()
    for size in sizes.split()
}
"""The machines whose GPUs are known, by the cloud's names."""


def whole(label: str) -> str:
    """The product of a whole GPU behind a label, by its present name."""
    plain = _DIVIDED.sub("", label)
    return _OLDER.get(plain, plain)


def is_divided(label: str) -> bool:
    """Whether a node with this label offers parts of GPUs as GPUs."""
    return label != _DIVIDED.sub("", label)


def same(asked: str, label: str) -> bool:
    """Whether a node with `label` is what is `asked` for.

    A label is compared as it stands. Only drivers' older names are the same.
    """
    return _renamed(asked) == _renamed(label)


def _renamed(label: str) -> str:
    plain = _DIVIDED.sub("", label)
    return f"{whole(label)}{label[len(plain) :]}"


def closest(label: str) -> str | None:
    """The known product that `label` was probably meant to be, or None.

    `A10G` and `nvidia a10g` are `NVIDIA-A10G`, `NVIDIA-A100` begins the name
    of the one with 40 GB.
    """
    short = _short(_DIVIDED.sub("", label))
    by_short = {_short(name): name for name in PRODUCTS}
    begins = [name for s, name in by_short.items() if short and s.startswith(short)]
    if short in by_short:
        name = by_short[short]
    elif begins:
        name = begins[0]
    else:
        close = get_close_matches(short, by_short, n=1, cutoff=0.7)
        name = by_short[close[0]] if close else None
    return PRODUCTS[name].instead or name if name else None


def _short(label: str) -> str:
    dashed = re.sub(r"[^a-z0-9.]+", "-", label.lower()).strip("-")
    return re.sub(r"^((nvidia|tesla)-)+", "", dashed)


def clouds_of(product: str) -> list[str]:
    """The clouds that have a machine with the product, by their short names."""
    return sorted({m.cloud for m in MACHINES.values() if m.product == product})
