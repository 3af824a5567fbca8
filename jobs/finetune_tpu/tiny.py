"""The command line: `python3 -m jobs.finetune_tpu.tiny --output DIR`.

It makes what finetuning takes, in the true formats and small: a base model in
`DIR/base`, untrained, whose tokens are bytes, and a dataset in `DIR/data`.
"""

# NumPy and safetensors live in the container image, not beside the checkout.
# pyright: reportMissingImports=false

import argparse
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from jobs import atomic
from jobs.arguments import directory, positive
from jobs.finetune_tpu import base
from jobs.sync import explained

CONFIG: Final = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_act": "silu",
    "vocab_size": 258,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
    "bos_token_id": 256,
    "eos_token_id": 257,
    "torch_dtype": "float32",
}
"""The model's `config.json`."""

_WHO = ("a pod", "the node", "a bucket", "the volume", "a claim", "the job")
_DOES = ("reads", "writes", "keeps", "finds", "mounts", "loses")
_WHAT = ("a checkpoint", "the dataset", "a shard", "its weights", "the manifest")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the model and the dataset.

    Returns:
        0 if both are there; else a `Failure`: the storage refused.
    """
    options = _parser().parse_args(arguments)
    try:
        _model(options.output / "base", options.seed)
        _dataset(options.output / "data", options.seed, options.lines)
    except OSError as problem:
        said, failure = explained(problem)
        print(said, file=sys.stderr)
        return failure
    print(f"a base model and {options.lines:,} texts in {options.output}", flush=True)
    return 0


def _model(directory: Path, seed: int) -> None:
    import numpy as np  # noqa: PLC0415 - help needs it not
    from safetensors.numpy import save  # noqa: PLC0415

    numbers = np.random.Generator(np.random.PCG64(seed))
    tensors = {
        name: np.ones(shape, np.float32)
        if len(shape) == 1
        else numbers.standard_normal(shape, np.float32) * np.float32(shape[1] ** -0.5)
        for name, shape in base.parse(CONFIG).shapes().items()
    }
    directory.mkdir(parents=True, exist_ok=True)
    # The configuration comes last: without it there is no model.
    content = {base.WEIGHTS: save(tensors, metadata={"format": "pt"})}
    content[base.CONFIG] = json.dumps(CONFIG, indent=1).encode() + b"\n"
    for name, data in content.items():
        atomic.write(directory / name, lambda file, data=data: file.write(data))


def _dataset(directory: Path, seed: int, lines: int) -> None:
    choose = random.Random(seed).choice  # noqa: S311 - of words, not of keys
    texts = [f"{choose(_WHO)} {choose(_DOES)} {choose(_WHAT)}." for _ in range(lines)]
    data = "".join(json.dumps({"text": text}) + "\n" for text in texts).encode()
    directory.mkdir(parents=True, exist_ok=True)
    atomic.write(directory / "train.jsonl", lambda file: file.write(data))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m jobs.finetune_tpu.tiny",
        description="Make a tiny base model and a dataset to finetune it with.",
    )
    add = parser.add_argument
    add(
        "--output",
        type=directory,
        required=True,
        metavar="DIR",
        help="gets base and data",
    )
    add(
        "--seed",
        type=int,
        default=0,
        help="of the weights and of the texts; default: %(default)s",
    )
    add(
        "--lines",
        type=positive,
        default=512,
        help="texts in the dataset; default: %(default)s",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
