"""Machines with accelerators, by family and size.

AWS: https://github.com/aws/karpenter-provider-aws 1d92708
website/content/en/docs/reference/instance-types.md (2026-07-20).
Google Cloud: https://github.com/AI-Hypercomputer/xpk 367c838
src/xpk/core/system_characteristics.py and
https://github.com/GoogleCloudPlatform/cluster-toolkit 1047080
pkg/config/hardware.go; the numbers of g2-standard-4 to -32 by
https://github.com/kubernetes/autoscaler 55c37cd gce_price_info.go. Read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Family:
    """Machines with the same GPU.

    Attributes:
        cloud: Whose they are.
        name: What the machines' names begin with.
        product: The label of their GPU; None for other accelerators.
        sizes: By the number of GPUs, the ends of the machines' names.
    """

    cloud: Literal["aws", "gcp"]
    name: str
    product: str | None
    sizes: Mapping[int, str]

    @property
    def joint(self) -> str:
        """What stands between the family and the size."""
        return "." if self.cloud == "aws" else "-"


_T4 = "Tesla-T4"
_L4 = "NVIDIA-L4"
_A100 = "NVIDIA-A100-SXM4-40GB"
_A100_80 = "NVIDIA-A100-SXM4-80GB"
_H100 = "NVIDIA-H100-80GB-HBM3"
_H200 = "NVIDIA-H200"
_B200 = "NVIDIA-B200"
_GB200 = "NVIDIA-GB200"
_GB300 = "NVIDIA-GB300"
_RTX_4500 = "NVIDIA-RTX-PRO-4500-Blackwell-Server-Edition"
_RTX_6000 = "NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"

_G = {
    1: "xlarge 2xlarge 4xlarge 8xlarge 16xlarge",
    4: "12xlarge 24xlarge",
    8: "48xlarge",
}
_G7 = {1: "2xlarge 4xlarge 8xlarge", 2: "12xlarge", 4: "24xlarge", 8: "48xlarge"}

FAMILIES = (
    Family(
        "aws",
        "g4dn",
        _T4,
        {1: "xlarge 2xlarge 4xlarge 8xlarge 16xlarge", 4: "12xlarge", 8: "metal"},
    ),
    Family("aws", "g5", "NVIDIA-A10G", _G),
    Family("aws", "g6", _L4, _G),
    Family("aws", "gr6", _L4, {1: "4xlarge 8xlarge"}),
    Family("aws", "g6e", "NVIDIA-L40S", _G),
    Family("aws", "g7", _RTX_4500, _G7),
    Family("aws", "g7e", _RTX_6000, _G7),
    Family("aws", "p4d", _A100, {8: "24xlarge"}),
    Family("aws", "p4de", _A100_80, {8: "24xlarge"}),
    Family("aws", "p5", _H100, {1: "4xlarge", 8: "48xlarge"}),
    Family("aws", "p5e", _H200, {8: "48xlarge"}),
    Family("aws", "p5en", _H200, {8: "48xlarge"}),
    Family("aws", "p6-b200", _B200, {8: "48xlarge"}),
    Family("aws", "p6-b300", "NVIDIA-B300-SXM6-AC", {8: "48xlarge"}),
    Family("aws", "inf2", None, {0: "xlarge 8xlarge 24xlarge 48xlarge"}),
    Family("aws", "trn1", None, {0: "2xlarge 32xlarge"}),
    Family("aws", "trn1n", None, {0: "32xlarge"}),
    Family("aws", "trn2", None, {0: "48xlarge"}),
    Family(
        "gcp",
        "g2-standard",
        _L4,
        {1: "4 8 12 16 32", 2: "24", 4: "48", 8: "96"},
    ),
    Family("gcp", "g4-standard", _RTX_6000, {1: "48", 2: "96", 4: "192", 8: "384"}),
    Family("gcp", "a2-highgpu", _A100, {1: "1g", 2: "2g", 4: "4g", 8: "8g"}),
    Family("gcp", "a2-megagpu", _A100, {16: "16g"}),
    Family("gcp", "a2-ultragpu", _A100_80, {1: "1g", 2: "2g", 4: "4g", 8: "8g"}),
    Family("gcp", "a3-highgpu", _H100, {1: "1g", 2: "2g", 4: "4g", 8: "8g"}),
    Family("gcp", "a3-edgegpu", _H100, {8: "8g 8g-nolssd"}),
    Family("gcp", "a3-megagpu", _H100, {8: "8g"}),
    Family("gcp", "a3-ultragpu", _H200, {8: "8g 8g-nolssd"}),
    Family("gcp", "a4-highgpu", _B200, {8: "8g"}),
    Family("gcp", "a4x-highgpu", _GB200, {4: "4g"}),
    Family("gcp", "a4x-maxgpu", _GB300, {4: "4g-metal"}),
)


@dataclass(frozen=True, slots=True)
class Attachable:
    """A GPU that is attached to machines of Google Cloud which have none.

    Attributes:
        accelerator: The label `cloud.google.com/gke-accelerator`.
        product: The label `nvidia.com/gpu.product`.
        counts: How many of them a machine may have.
    """

    accelerator: str
    product: str
    counts: tuple[int, ...]


# Source: https://docs.cloud.google.com/compute/docs/gpus, section N1, as
# https://github.com/kubernetes/autoscaler 55c37cd and Cyclenerd's list of
# accelerators (2026-02-28) name them; the counts other than of T4 were not seen.
ATTACHABLE = {
    row.accelerator: row
    for row in (
        Attachable("nvidia-tesla-t4", _T4, (1, 2, 4)),
        Attachable("nvidia-tesla-p4", "Tesla-P4", (1, 2, 4)),
        Attachable("nvidia-tesla-p100", "Tesla-P100-PCIE-16GB", (1, 2, 4)),
        Attachable("nvidia-tesla-v100", "Tesla-V100-SXM2-16GB", (1, 2, 4, 8)),
    )
}
"""GPUs of N1 machines, by their labels."""
