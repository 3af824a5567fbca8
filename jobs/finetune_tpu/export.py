"""What was trained, as a version that others read: in the layout of PEFT.

Source, read 2026-11-22: `docs/source/developer_guides/checkpoint.md` at
https://github.com/huggingface/peft (the names of files and tensors, and which fields of
`adapter_config.json` a reader needs).
"""

# safetensors lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jobs import artifacts
from jobs.finetune_tpu.base import Base
from jobs.finetune_tpu.lora import Lora

WEIGHTS: Final = "adapter_model.safetensors"
CONFIG: Final = "adapter_config.json"

_PREFIX = "base_model.model."


def export(
    directory: Path,
    version: str,
    tensors: Mapping[str, Any],
    *,
    base: Base,
    lora: Lora,
    about: Mapping[str, Any],
) -> Path:
    """Publish the additions as a version of a shared directory.

    Args:
        directory: Where the versions are.
        version: The name of this one.
        tensors: The additions, as NumPy arrays.
        base: The model that they are for.
        lora: Their shape.
        about: What else readers should know.

    Returns:
        The directory of the version.

    Raises:
        OtherArtifact: The version is there, with another content.
        OSError: The storage refused; the versions are as they were.
    """
    from safetensors.numpy import save  # noqa: PLC0415 - help needs it not

    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": str(base.directory),
        "r": lora.rank,
        "lora_alpha": lora.alpha,
        "target_modules": [target.rsplit(".", 1)[1] for target in lora.targets],
        "lora_dropout": 0.0,
        "bias": "none",
        "inference_mode": True,
    }
    named = {_name(name): tensor for name, tensor in sorted(tensors.items())}

    def fill(place: Path) -> None:
        (place / WEIGHTS).write_bytes(save(named, metadata={"format": "pt"}))
        (place / CONFIG).write_text(json.dumps(config, indent=1) + "\n")

    words = {name: str(value) for name, value in about.items()}
    return artifacts.publish(
        directory, version, fill, source="jobs.finetune_tpu", about=words
    )


def _name(name: str) -> str:
    """`layers.0….weight.A` is called `base_model.model.layers.0….lora_A.weight`."""
    module, side = name.rsplit(".weight.", 1)
    return f"{_PREFIX}{module}.lora_{side}.weight"
