"""Real finetuning on the CPU in its image: resuming, interruptions, several devices."""

from __future__ import annotations

import json
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from components.kubernetes.rendezvous import PodField, rendezvous_variables
from jobs import history, manifest
from tests.containers import Container

pytestmark = pytest.mark.images

PROGRAM = ("python3", "-m", "jobs.finetune_tpu", "--base", "/mnt/base")
PLACES = ("--data", "/mnt/data", "--checkpoints", "/mnt/ckpt", "--export", "/mnt/out")
SHORT = (
    *(*PROGRAM, *PLACES, "--steps", "60", "--checkpoint-every", "20"),
    *("--length", "64", "--learning-rate", "0.01"),
    *("--targets", "q_proj,v_proj,up_proj"),
)
FOUR_DEVICES = {"XLA_FLAGS": "--xla_force_host_platform_device_count=4"}

# The scores of the tiny model of seed 0, after the last and after the eighth byte of
# the text, as transformers 4.57.6 with PyTorch 2.6 computes them from the same files.
SCORES = """
import numpy as np
from pathlib import Path
from safetensors.numpy import load_file
from jobs.finetune_tpu import base, model

LAST = [-1.48692, -0.84013, 1.00167, 0.24145, 0.20232, 1.19798]
EIGHTH = [-0.56879, -1.30847, -1.04902, -0.49636, 0.04043, 0.40656]

found = base.read(Path("base"))
weights = dict(found.tensors())
tokens = np.array([list(b"a pod reads a checkpoint.")])
scores = np.asarray(model.scores(found.config, weights, {}, tokens, scale=1.0))[0]
np.testing.assert_allclose(scores[-1, :6], LAST, atol=2e-5)
np.testing.assert_allclose(scores[7, 100:106], EIGHTH, atol=2e-5)

# What was trained does what it does when it is added to the model's own matrices.
adapter = load_file("out/run-1/adapter_model.safetensors")
lora, merged = {}, dict(weights)
for name in [n for n in adapter if n.endswith(".lora_A.weight")]:
    module = name.removeprefix("base_model.model.").removesuffix(".lora_A.weight")
    down, up = adapter[name], adapter[name.replace("lora_A", "lora_B")]
    lora |= {f"{module}.weight.A": down, f"{module}.weight.B": up}
    merged[f"{module}.weight"] = weights[f"{module}.weight"] + 2 * up @ down
assert len(lora) == 2 * 2 * 3, list(lora)
added = model.scores(found.config, weights, lora, tokens, scale=2.0)[0]
whole = model.scores(found.config, merged, {}, tokens, scale=1.0)[0]
np.testing.assert_allclose(added, whole, atol=1e-4)
assert np.abs(np.asarray(added) - scores).max() > 0.1
print("the same")
"""


def prepared(made: Path, directory: Path) -> None:
    """Put the model and the dataset where the program looks for them."""
    for name in ("base", "data"):
        shutil.copytree(made / name, directory / name)


def saved(directory: Path) -> dict[object, object]:
    """The loss at each step that was saved; the same each time that it was."""
    losses: dict[object, object] = {}
    for entry in history.read(directory / "ckpt" / "history.jsonl"):
        if entry["event"] == "saved":
            assert losses.setdefault(entry["step"], entry["loss"]) == entry["loss"]
    return losses


def exported(directory: Path) -> tuple[manifest.File, ...]:
    """The files of what was published, with their digests."""
    version = directory / "out" / "run-1"
    found = manifest.read(version / manifest.NAME)
    assert list(manifest.differences(version, found, contents=True)) == []
    return found.files


@pytest.fixture(scope="module")
def made(jax: Container, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model and a dataset, as `jobs.finetune_tpu.tiny` makes them."""
    directory = tmp_path_factory.mktemp("made")
    done = jax.run(
        directory, "python3", "-m", "jobs.finetune_tpu.tiny", "--output", "/mnt"
    )
    assert done.returncode == 0, done.stderr
    return directory


@pytest.fixture(scope="module")
def uncut(jax: Container, made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finetuning that nothing cut off."""
    directory = tmp_path_factory.mktemp("uncut")
    prepared(made, directory)
    done = jax.run(directory, *SHORT)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.startswith("1 devices; starting from step 0\n")
    assert done.stdout.endswith("exported /mnt/out/run-1\n")
    return directory


def test_it_learns_and_publishes_what_was_trained(uncut: Path) -> None:
    losses = saved(uncut)
    assert list(losses) == [20, 40, 60]
    first, last = losses[20], losses[60]
    assert isinstance(first, float)
    assert isinstance(last, float)
    assert last < first < 5.5, "guessing among 258 tokens has a loss of 5.55"
    names = [file.path for file in exported(uncut)]
    assert names == ["adapter_config.json", "adapter_model.safetensors"]
    config = json.loads((uncut / "out/run-1/adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"]) == (8, 16.0)
    assert config["target_modules"] == ["q_proj", "v_proj", "up_proj"]
    about = manifest.read(uncut / "out/run-1" / manifest.NAME).about
    assert about["steps"] == "60"


def test_its_model_is_that_of_others(jax: Container, uncut: Path) -> None:
    done = jax.run(uncut, "python3", "-c", SCORES)
    assert done.stdout == "the same\n", done.stderr


def test_killed_and_asked_to_stop_it_ends_the_same_to_the_bit(
    jax: Container, made: Path, uncut: Path, tmp_path: Path
) -> None:
    prepared(made, tmp_path)
    moments = random.Random(20261122)  # noqa: S311 - of moments, not of keys
    for word in ("; starting from step 0\n", "saved /mnt/ckpt/20\n"):
        with slow(jax, tmp_path, until=word) as process:
            time.sleep(moments.uniform(0.0, 0.5))
            process.kill()
        assert process.returncode == -signal.SIGKILL

    # Asked to stop, it saves the step that it is at.
    with slow(jax, tmp_path, until="; resumed from /mnt/ckpt/20\n") as process:
        process.terminate()
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    step = history.read(tmp_path / "ckpt" / "history.jsonl")[-1]["ended_at_step"]
    assert isinstance(step, int)
    assert 20 <= step < 60
    assert f"interrupted at step {step} of 60: loss " in out
    assert (tmp_path / "ckpt" / str(step)).is_dir()
    assert not (tmp_path / "out").exists()

    # At the target there is nothing left to do, and nothing changes.
    for word in (f"resumed from /mnt/ckpt/{step}\n", "resumed from /mnt/ckpt/60\n"):
        done = jax.run(tmp_path, *SHORT)
        assert (done.returncode, done.stderr) == (0, "")
        assert word in done.stdout
        assert "finished at step 60 of 60: loss " in done.stdout
        assert exported(tmp_path) == exported(uncut)
    # A kill may have cut a line; each whole checkpoint is one of the uncut run.
    losses = {at: loss for at, loss in saved(tmp_path).items() if at != step}
    assert losses.items() <= saved(uncut).items()
    names = {path.name for path in (tmp_path / "ckpt").iterdir()}
    assert names <= {"20", "40", "60", str(step), "history.jsonl"}, "half is left"


@contextmanager
def slow(
    jax: Container, directory: Path, *, until: str
) -> Iterator[subprocess.Popen[str]]:
    """A slow finetuning that has said something; it is gone at the end."""
    with jax.start(directory, *SHORT, "--pause", "0.1") as process:
        try:
            assert process.stdout is not None
            while not (line := process.stdout.readline()).endswith(until):
                assert line, "it ended before that"
            yield process
        finally:
            process.kill()


def test_damaged_checkpoints_are_set_aside(
    jax: Container, made: Path, uncut: Path, tmp_path: Path
) -> None:
    prepared(made, tmp_path)
    shutil.copytree(uncut / "ckpt", tmp_path / "ckpt")
    shutil.rmtree(tmp_path / "ckpt" / "60" / "state" / "d")
    largest = max(
        (path for path in (tmp_path / "ckpt" / "40").rglob("*") if path.is_file()),
        key=lambda path: path.stat().st_size,
    )
    # A bit in every hundredth byte: most are in numbers, which Orbax does not check.
    content = bytearray(largest.read_bytes())
    content[::100] = bytes(byte ^ 1 for byte in content[::100])
    largest.write_bytes(content)
    done = jax.run(tmp_path, *SHORT)
    assert done.returncode == 0, done.stderr
    for step in (60, 40):
        assert f"skipped /mnt/ckpt/{step}: it is damaged" in done.stdout
    assert "resumed from /mnt/ckpt/20\n" in done.stdout
    assert saved(tmp_path) == saved(uncut)
    assert exported(tmp_path) == exported(uncut)


def close_to(one: Path, other: Path) -> None:
    """Whether two finetunings are the same but for the order of their sums."""
    losses = saved(one)
    assert losses == pytest.approx(saved(other), rel=1e-4)


def test_four_devices_do_what_one_does(
    jax: Container, made: Path, uncut: Path, tmp_path: Path
) -> None:
    prepared(made, tmp_path)
    done = jax.run(tmp_path, *SHORT, "--steps", "40", **FOUR_DEVICES)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("4 devices; starting from step 0\n")

    done = jax.run(tmp_path, *SHORT)
    assert done.returncode == 1
    assert "made on 4 devices, and now there are 1" in done.stderr
    assert "--new-world-size" in done.stderr

    shutil.rmtree(tmp_path / "out")
    done = jax.run(tmp_path, *SHORT, "--new-world-size")
    assert done.returncode == 0, done.stderr
    assert "1 devices; resumed from /mnt/ckpt/40\n" in done.stdout
    close_to(tmp_path, uncut)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def environments(count: int) -> Iterator[dict[str, str]]:
    """The variables of each pod, as Kubernetes fills them in."""
    variables = rendezvous_variables(
        coordinator="127.0.0.1",
        port=free_port(),
        nodes=count,
        replicas=None,
        processes=1,
    )
    for node in range(count):
        yield {
            name: str(node) if isinstance(value, PodField) else value
            for name, value in variables.items()
        }


def run_pods(
    jax: Container, directory: Path, *command: str, stop: bool = False
) -> list[tuple[int, str, str]]:
    """Run two processes; with `stop` the second one is asked to stop once it runs."""
    # In a pod the kubelet writes its name there, and Gloo asks for its address.
    hosts = f"echo 127.0.0.1 localhost {socket.gethostname()} > /etc/hosts"
    script = f'{hosts}; exec "$0" "$@"'
    with ExitStack() as stack:
        running = []
        for variables in environments(2):
            process = stack.enter_context(
                jax.start(directory, "sh", "-c", script, *command, **variables)
            )
            stack.callback(process.kill)
            running.append(process)
        if stop:
            # What Gloo has to say comes before.
            while "2 devices; starting" not in (line := running[0].stdout.readline()):
                assert line, "it ended before it began"
            running[1].terminate()
        done = []
        for process in running:
            out, err = process.communicate(timeout=120)
            done.append((process.returncode, out, err))
    return done


def test_two_processes_have_one_writer(
    jax: Container, made: Path, uncut: Path, tmp_path: Path
) -> None:
    prepared(made, tmp_path)
    # Asked of one of them, all stop after the same step.
    (code, out, err), (other, quiet, _) = run_pods(
        jax, tmp_path, *SHORT, "--pause", "0.1", stop=True
    )
    assert (code, other) == (143, 143), err
    assert "interrupted at step " in out
    assert "saved" not in quiet

    (code, out, err), (other, quiet, _) = run_pods(jax, tmp_path, *SHORT)
    assert (code, other) == (0, 0), err
    assert "2 devices; resumed from /mnt/ckpt/" in out
    assert "exported /mnt/out/run-1\n" in out
    assert "saved" not in quiet
    assert "exported" not in quiet
    assert exported(tmp_path)
    losses = {k: v for k, v in saved(tmp_path).items() if k in (20, 40, 60)}
    assert losses == pytest.approx(saved(uncut), rel=1e-4)
    events = history.read(tmp_path / "ckpt" / "history.jsonl")
    assert [e["event"] for e in events].count("start") == 2


def test_what_the_first_process_cannot_do_ends_both(
    jax: Container, made: Path, tmp_path: Path
) -> None:
    prepared(made, tmp_path)
    (tmp_path / "ckpt").write_text("a file where the directory should be")
    (code, _, err), (other, _, told) = run_pods(jax, tmp_path, *SHORT)
    assert (code, other) == (1, 1)
    assert "the storage refused: " in err
    assert "the first process could not go on" in told
