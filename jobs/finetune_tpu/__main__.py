"""The command line: `python3 -m jobs.finetune_tpu --base DIR --data DIR …`."""

# JAX lives in the container image, not beside the checkout.
# pyright: reportMissingImports=false

import argparse
import sys
from collections.abc import Sequence
from functools import partial

from jobs.arguments import above_zero, directory, positive, seconds
from jobs.artifacts import OtherArtifact
from jobs.environment import BadEnvironment, run_number
from jobs.finetune_tpu import base, lora, processes
from jobs.finetune_tpu.base import BadBase
from jobs.interruption import Interruption
from jobs.rclone import Failure
from jobs.sync import explained

_EPILOG = f"""
The base model is a directory of the Llama layout (config.json and safetensors),
which is only read. The dataset is lines of JSON: {{"text": "..."}}, whose tokens
are its bytes, or {{"tokens": [...]}} of the base model's own tokenizer, which is
not read here. Trained are small matrices beside the base model's (LoRA); with
--export they are published as PEFT reads them.

On several devices, of one process or of several, each computes its share of
every batch. The processes meet by JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES
and JAX_PROCESS_ID, or by what GKE sets on TPUs. Only the first of them reads
and writes checkpoints. Started again with the same arguments it goes on from
the newest whole one, and ends with the same numbers, to the bit, on the same
number of devices.

exit codes: 0 at the target; 2 wrong arguments; {Failure.MISSING} no base model, or no \
dataset;
{Failure.DENIED} no permission; {Failure.FULL} no room; {Failure.DIFFERS} the base \
model or the dataset is not what it
must be; 143 after SIGTERM and 130 after SIGINT, with a checkpoint of the last
step; {Failure.OTHER} anything else, such as checkpoints of another finetuning
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Finetune as the arguments say.

    Returns:
        0 at the target; 143 after SIGTERM and 130 after SIGINT, with a checkpoint of
        the last step; else a `Failure`.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    # The first process of a container gets no signal that it does not listen for,
    # and loading JAX takes seconds: it comes after.
    interruption = Interruption()
    interruption.listen()
    try:
        targets = lora.targets(options.targets)
    except lora.BadTargets as problem:
        parser.error(str(problem))
    try:
        run = run_number()
        found = base.read(options.base)
        if options.length > found.config.context:
            parser.error(
                f"--length {options.length}: the base model was made for "
                f"{found.config.context} tokens at most"
            )
        return _finetune(options, found, targets, run, interruption)
    except BadBase as problem:
        print(problem, file=sys.stderr)
        return Failure.MISSING if problem.missing else Failure.DIFFERS
    except (BadEnvironment, processes.NotMet, processes.FirstFailed) as problem:
        print(problem, file=sys.stderr)
    except OtherArtifact as problem:
        print(f"not exported: {problem}", file=sys.stderr)
    except OSError as problem:
        said, failure = explained(problem)
        print(said, file=sys.stderr)
        return failure
    return Failure.OTHER


def _finetune(
    options: argparse.Namespace,
    found: base.Base,
    targets: tuple[str, ...],
    run: int,
    interruption: Interruption,
) -> int:
    from jobs.finetune_tpu import data  # noqa: PLC0415 - it loads NumPy

    try:
        dataset = data.load(
            options.data, found, length=options.length, least=options.batch
        )
    except data.BadData as problem:
        print(problem, file=sys.stderr)
        return Failure.MISSING if problem.missing else Failure.DIFFERS
    processes.meet(interruption, timeout=options.timeout)

    import jax  # noqa: PLC0415 - see `main`

    from jobs.finetune_tpu.export import export  # noqa: PLC0415
    from jobs.finetune_tpu.loop import Diverged, train  # noqa: PLC0415
    from jobs.finetune_tpu.training import (  # noqa: PLC0415
        OtherDevices,
        OtherTraining,
        Settings,
        Training,
    )

    chosen = lora.Lora(rank=options.rank, alpha=options.alpha, targets=targets)
    settings = Settings(
        seed=options.seed,
        batch=options.batch,
        length=options.length,
        learning_rate=options.learning_rate,
        lora=chosen,
    )
    # Line by line: the log of a pod that is killed has all that was said.
    say = partial(print, flush=True)
    try:
        training = Training(settings, found, dataset)
        code = train(
            training,
            options.checkpoints,
            keep=options.keep,
            steps=options.steps,
            every=options.checkpoint_every,
            pause=options.pause,
            new_world_size=options.new_world_size,
            interruption=interruption,
            say=say,
        )
        if code == 0 and options.export:
            about = {**training.about(), "steps": training.step}
            path = processes.by_first(
                lambda: export(
                    options.export,
                    f"run-{run}",
                    training.state["lora"],
                    base=found,
                    lora=chosen,
                    about=about,
                )
            )
            if path:
                say(f"exported {path}")
    except OtherTraining as problem:
        print(
            f"{options.checkpoints} holds another finetuning: {problem}; "
            "use these settings, or another --checkpoints",
            file=sys.stderr,
        )
    except (OtherDevices, Diverged) as problem:
        print(problem, file=sys.stderr)
    except jax.errors.JaxRuntimeError as problem:
        # Out of memory, or another process is gone.
        print(f"JAX failed: {str(problem).splitlines()[0]}", file=sys.stderr)
    else:
        return code
    return Failure.OTHER


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m jobs.finetune_tpu",
        description="Finetune a language model with LoRA; resume from checkpoints.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )

    def add(name: str, default: object, words: str, **more: object) -> None:
        text = f"{words}; default: %(default)s"
        parser.add_argument(name, default=default, help=text, **more)  # type: ignore[arg-type]  # argparse's own keywords

    for name, words in {
        "--base": "the base model",
        "--data": "the dataset: a directory with *.jsonl, or one such file",
        "--checkpoints": "their place",
    }.items():
        parser.add_argument(
            name, type=directory, required=True, metavar="DIR", help=words
        )
    add("--steps", 200, "the step to reach, in total", type=positive)
    add("--checkpoint-every", 50, "steps between checkpoints", type=positive)
    add("--keep", 3, "how many of the newest to keep", type=positive)
    add("--batch", 8, "sequences in a batch, over all devices", type=positive)
    add("--length", 128, "tokens in a sequence", type=positive)
    add("--rank", 8, "the narrow side of the additions", type=positive)
    add("--alpha", 16.0, "what scales them, divided by the rank", type=above_zero)
    add("--targets", "q_proj,v_proj", "what they are added to, with commas")
    add("--learning-rate", 1e-3, "of AdamW", type=above_zero)
    add("--seed", 0, "of the additions and of the order", type=int)
    add("--timeout", 300, "seconds to wait for other processes", type=positive)
    add("--pause", 0.0, "seconds to wait after each step", type=seconds)
    parser.add_argument(
        "--export", type=directory, metavar="DIR", help="publish what was trained there"
    )
    parser.add_argument(
        "--new-world-size",
        action="store_true",
        help="go on from checkpoints of another number of devices",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
