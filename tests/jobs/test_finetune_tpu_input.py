"""Finetuning that cannot be done: one clear message, and nothing half-written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs.environment import BadEnvironment
from jobs.finetune_tpu import base, lora, processes
from jobs.finetune_tpu.tiny import CONFIG
from jobs.rclone import Failure
from tests.containers import Container

PROGRAM = ("python3", "-m", "jobs.finetune_tpu", "--base", "/mnt/base")
PLACES = ("--data", "/mnt/data", "--checkpoints", "/mnt/ckpt")
SHORT = (*PROGRAM, *PLACES, "--steps", "4", "--checkpoint-every", "2", "--length", "64")

WEIGHTS = "base/model.safetensors"
TEXTS = "data/train.jsonl"


def with_header(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Write a safetensors file again with another header over the same bytes."""
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    change(header)
    data = json.dumps(header).encode()
    path.write_bytes(len(data).to_bytes(8, "little") + data + content[8 + size :])


def rename(header: dict[str, Any]) -> None:
    header["lm_tail.weight"] = header.pop("lm_head.weight")
    header["model.norm.weight"]["shape"] = [8, 4]


def configured(directory: Path, **fields: object) -> None:
    path = directory / "base" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def with_index(directory: Path) -> None:
    names = base.parse(CONFIG).shapes()
    files = dict.fromkeys(names, "model-00001-of-00002.safetensors")
    files["lm_head.weight"] = "model-00002-of-00002.safetensors"
    (directory / WEIGHTS).rename(directory / "base" / files["model.norm.weight"])
    index = directory / "base" / base.INDEX
    index.write_text(json.dumps({"weight_map": files}))


def lines(directory: Path, *added: str) -> None:
    path = directory / TEXTS
    path.write_text(path.read_text() + "".join(f"{line}\n" for line in added))


# What is done to a model and a dataset that are as they should be, the exit code,
# and what the message says.
BAD: dict[str, tuple[Callable[[Path], object], Failure, tuple[str, ...]]] = {
    "no model": (
        lambda at: shutil.rmtree(at / "base"),
        Failure.MISSING,
        ("/mnt/base/config.json is missing: there is no model",),
    ),
    "no weights": (
        lambda at: (at / WEIGHTS).unlink(),
        Failure.MISSING,
        ("/mnt/base/model.safetensors is missing",),
    ),
    "another architecture": (
        lambda at: configured(at, model_type="gemma", rope_scaling={"factor": 8}),
        Failure.DIFFERS,
        ('model_type = "gemma" is not computed here', "rope_scaling = "),
    ),
    "half a configuration": (
        lambda at: (at / "base/config.json").write_text('{"vocab_size": '),
        Failure.DIFFERS,
        ("/mnt/base/config.json is no JSON",),
    ),
    "other tensors": (
        lambda at: with_header(at / WEIGHTS, rename),
        Failure.DIFFERS,
        (
            "/mnt/base: the tensor lm_head.weight is missing",
            "model.norm.weight has the shape (8, 4), where config.json means (32,)",
        ),
    ),
    "weights cut off": (
        lambda at: (at / WEIGHTS).write_bytes((at / WEIGHTS).read_bytes()[:-1]),
        Failure.DIFFERS,
        ("/mnt/base/model.safetensors was cut off, or is damaged",),
    ),
    "a part of the weights": (
        with_index,
        Failure.DIFFERS,
        ("/mnt/base/model-00002-of-00002.safetensors is missing, and",),
    ),
    "no dataset": (
        lambda at: shutil.rmtree(at / "data"),
        Failure.MISSING,
        ("/mnt/data is missing: there is no dataset",),
    ),
    "no files": (
        lambda at: (at / TEXTS).unlink(),
        Failure.MISSING,
        ("/mnt/data has no file *.jsonl",),
    ),
    "no texts": (
        lambda at: (at / TEXTS).write_text("\n\n"),
        Failure.MISSING,
        ("/mnt/data is empty",),
    ),
    "a line cut off": (
        lambda at: lines(at, '{"text": "a po'),
        Failure.DIFFERS,
        ("/mnt/data/train.jsonl:513: this is no JSON",),
    ),
    "another kind of line": (
        lambda at: lines(at, '{"text": "whole"}', '{"prompt": "?"}'),
        Failure.DIFFERS,
        ("/mnt/data/train.jsonl:514: this is neither",),
    ),
    "unknown tokens": (
        lambda at: lines(at, '{"tokens": [1, 258]}'),
        Failure.DIFFERS,
        ("/mnt/data/train.jsonl:513: 258 is no token of the 258",),
    ),
    "a tokenizer": (
        lambda at: (at / "base/tokenizer.json").write_text("{}"),
        Failure.DIFFERS,
        ("/mnt/data/train.jsonl:1: the base model's tokens are not bytes",),
    ),
    "too few texts": (
        lambda at: (at / TEXTS).write_text('{"text": "a pod"}\n'),
        Failure.DIFFERS,
        ("/mnt/data has 6 tokens, 0 sequences of 64 + 1", "--batch"),
    ),
}


@pytest.fixture(scope="module")
def made(jax: Container, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model, a dataset, and checkpoints of four steps."""
    directory = tmp_path_factory.mktemp("made")
    tiny = ("python3", "-m", "jobs.finetune_tpu.tiny", "--output", "/mnt")
    done = jax.run(directory, *tiny)
    assert done.returncode == 0, done.stderr
    done = jax.run(directory, *SHORT)
    assert done.returncode == 0, done.stderr
    return directory


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    """A copy of the model and the dataset."""
    for name in ("base", "data"):
        shutil.copytree(made / name, tmp_path / name)
    return tmp_path


@pytest.mark.images
@pytest.mark.parametrize("name", BAD)
def test_what_is_no_model_or_no_dataset(jax: Container, place: Path, name: str) -> None:
    change, code, messages = BAD[name]
    change(place)
    done = jax.run(place, *SHORT)
    assert done.returncode == code, done.stderr
    for message in messages:
        assert message in done.stderr
    assert done.stderr.count("\n") == len(messages) or name == "too few texts"
    assert not (place / "ckpt").exists()


@pytest.mark.images
def test_weights_in_several_files_are_one_model(jax: Container, place: Path) -> None:
    """And the numbers of another tokenizer are taken as they are."""
    with_index(place)
    parts = sorted((place / "base").glob("model-*"))
    assert len(parts) == 1
    shutil.copy(parts[0], place / "base" / "model-00002-of-00002.safetensors")
    (place / "base" / "tokenizer.json").write_text("{}")
    tokens = json.dumps({"tokens": [*range(258)]})
    (place / TEXTS).write_text(f"{tokens}\n" * 20)
    done = jax.run(place, *SHORT)
    assert done.returncode == 0, done.stderr
    assert "finished at step 4 of 4: loss " in done.stdout


@pytest.mark.images
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--length", "257"), "the base model was made for 256 tokens at most"),
        (("--targets", "q_proj,qkv"), "no target 'qkv': there are q_proj, k_proj"),
        (("--batch", "0"), "'0' is no whole number from 1"),
    ],
)
def test_arguments_that_cannot_be(
    jax: Container, made: Path, options: tuple[str, ...], message: str
) -> None:
    done = jax.run(made, *SHORT, *options)
    assert done.returncode == 2
    assert message in done.stderr


@pytest.mark.images
def test_checkpoints_of_another_finetuning_are_left_alone(
    jax: Container, made: Path, place: Path
) -> None:
    shutil.copytree(made / "ckpt", place / "ckpt")
    configured(place, rope_theta=20000.0)
    lines(place, '{"text": "' + "one more text. " * 10 + '"}')
    before = sorted((place / "ckpt").rglob("*"))
    done = jax.run(place, *SHORT, "--rank", "4", "--targets", "k_proj")
    assert done.returncode == Failure.OTHER
    assert (
        "/mnt/ckpt holds another finetuning: the checkpoints were made" in done.stderr
    )
    for name in ("base ", "data ", "rank 8 (now 4)", "(now self_attn.k_proj)"):
        assert name in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted((place / "ckpt").rglob("*")) == before


@pytest.mark.images
def test_a_batch_that_does_not_divide(jax: Container, made: Path) -> None:
    flags = "--xla_force_host_platform_device_count=3"
    done = jax.run(made, *SHORT, XLA_FLAGS=flags)
    assert done.returncode == Failure.OTHER
    assert done.stderr == "--batch 8 does not divide over 3 devices\n"


# The image has no `mount`. What is mounted goes with the program's own namespace.
ON_A_DISK = """
import ctypes, os, subprocess, sys
_, flags, options, *command = sys.argv
mount = (b"none", b"/mnt/ckpt", b"tmpfs", int(flags), options.encode())
assert ctypes.CDLL(None).mount(*mount) == 0
code = subprocess.call(command)
print("left:", *sorted(os.listdir("/mnt/ckpt")))
sys.exit(code)
"""
MS_RDONLY = "1"

# Of the storage of checkpoints: flags and options, the exit code, the message, and
# what is there at the end.
STORAGE = {
    "read-only": (
        (MS_RDONLY, ""),
        Failure.DENIED,
        "[Errno 30] Read-only file system",
        "left:",
    ),
    # Room for the history and for a part of a checkpoint.
    "full": (("0", "size=64k"), Failure.FULL, "[Errno 28] ", "left: history.jsonl"),
}


@pytest.mark.images
@pytest.mark.parametrize("name", STORAGE)
def test_storage_that_refuses(jax: Container, place: Path, name: str) -> None:
    mounted, code, message, left = STORAGE[name]
    (place / "ckpt").mkdir()
    command = ("python3", "-c", ON_A_DISK, *mounted, *SHORT, "--rank", "32")
    done = jax.run(place, *command)
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith(f"the storage refused: {message}")
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stdout.splitlines()[-1] == left


def test_processes_are_told_of_each_other_by_the_environment() -> None:
    told = {
        "JAX_COORDINATOR_ADDRESS": "a:1",
        "JAX_NUM_PROCESSES": "4",
        "JAX_PROCESS_ID": "3",
    }
    assert processes.arguments({}) is None
    assert processes.arguments({**told, "JAX_NUM_PROCESSES": "1"}) is None
    assert processes.arguments(told) == {
        "coordinator_address": "a:1",
        "num_processes": 4,
        "process_id": 3,
    }
    # On TPUs, JAX reads what GKE sets.
    assert processes.arguments({"TPU_WORKER_HOSTNAMES": "localhost"}) is None
    assert processes.arguments({"TPU_WORKER_HOSTNAMES": "a,b"}) == {}
    assert processes.arguments({"MEGASCALE_NUM_SLICES": "2"}) == {}
    for name in told:
        with pytest.raises(BadEnvironment, match=f"{name} not set"):
            processes.arguments({**told, name: ""})
    with pytest.raises(BadEnvironment, match="whole numbers"):
        processes.arguments({**told, "JAX_PROCESS_ID": "x"})


def test_configurations_of_others() -> None:
    """What is left out has the format's defaults; newer files say some otherwise."""
    fields = {
        name: CONFIG[name]
        for name in (
            *("model_type", "vocab_size", "hidden_size", "intermediate_size"),
            *("num_hidden_layers", "num_attention_heads"),
        )
    }
    found = base.parse(fields)
    assert (found.key_heads, found.head, found.theta) == (4, 8, 10000.0)
    assert (found.end, found.tied, found.epsilon) == (2, False, 1e-6)
    assert base.parse({**fields, "eos_token_id": None}).end is None
    more = {"eos_token_id": [7, 9], "rope_parameters": {"rope_theta": 5e5}}
    found = base.parse({**fields, **more, "tie_word_embeddings": True})
    assert (found.end, found.theta) == (7, 5e5)
    assert base.HEAD not in found.shapes()
    for bad, message in {
        "num_key_value_heads": "4 heads do not divide over 3 heads of keys",
        "head_dim": "the width of a head, 3, is odd",
    }.items():
        with pytest.raises(base.BadBase, match=message):
            base.parse({**fields, bad: 3})
    scaled = {"rope_parameters": {"rope_type": "llama3"}}
    with pytest.raises(base.BadBase, match="'llama3' is not computed here"):
        base.parse({**fields, **scaled})
    with pytest.raises(base.BadBase, match="hidden_size is no whole number"):
        base.parse({**fields, "hidden_size": True})
    assert lora.targets("v_proj, q_proj") == ("self_attn.q_proj", "self_attn.v_proj")
