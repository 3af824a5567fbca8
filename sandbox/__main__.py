"""The command line behind the Makefile: `python -m sandbox up`."""

from __future__ import annotations

import argparse
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from urllib3.exceptions import HTTPError

from sandbox import cluster, images, outputs
from sandbox.errors import SandboxError
from sandbox.paths import cache_dir, sandbox_dir
from sandbox.progress import WIDTH, duration
from sandbox.recovery import recover
from sandbox.session import CHECKOUT, Session, open_session, run_in

_QUIET = ("--suppress-permalink=true", "--suppress-outputs", "--suppress-progress")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run, text in _COMMANDS:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        if name in ("up", "preview", "down", "exec"):
            command.add_argument("--stack", default="dev", help="default: dev")
            command.add_argument(
                "--context",
                type=lambda text: text or None,
                help="your own cluster; default: the sandbox",
            )
            command.add_argument(
                "--directory",
                type=Path,
                default=CHECKOUT,
                help="where the Pulumi.yaml is; default: this checkout",
            )
        if name == "exec":
            command.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND")
    options = parser.parse_args(arguments)
    try:
        return options.run(options)
    except SandboxError as error:
        print(_wrapped(str(error)), file=sys.stderr)
        return 1
    except HTTPError as error:
        said = getattr(error, "reason", None) or error
        text = f"Kubernetes does not answer: {said}; what was deployed stays"
        print(_wrapped(text), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _wrapped(text: str) -> str:
    """Text in lines of 80 columns; what is laid out already stays as it is."""
    return "\n".join(
        line
        if line.startswith(" ") or len(line) <= WIDTH
        else textwrap.fill(
            line,
            WIDTH,
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in text.splitlines()
    )


def _up(options: argparse.Namespace) -> int:
    began = time.monotonic()
    session = _open(options)
    code = session.deploy("up", "--yes", "--skip-preview", *_QUIET)
    if code != 0:
        return code
    exported = session.outputs()
    states = outputs.wait_for_programs(session, exported)
    outputs.print_table(session, exported, states)
    failed = [state for state in states if state.state == "Failed"]
    print(f"up in {duration(time.monotonic() - began)}")
    for each in failed:
        print(
            f"{each.kind} {each.name} failed; its log, in a `make shell`: "
            f"kubectl logs -n {exported['namespace']} {each.kind}/{each.name}",
            file=sys.stderr,
        )
    return 1 if failed else 0


def _preview(options: argparse.Namespace) -> int:
    return _open(options).deploy("preview", "--diff", *_QUIET)


def _down(options: argparse.Namespace) -> int:
    session = _open(options, run=False)
    # The jobs go, and whatever else can be made again; what holds data stays,
    # with all it needs.
    code = session.deploy(
        "destroy", "--yes", "--skip-preview", "--exclude-protected", *_QUIET
    )
    if code == 0:
        print("down; what is protected stays, and the next up goes on with it")
    return code


def _exec(options: argparse.Namespace) -> int:
    session = _open(options, run=False, check=False)
    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    if not words:
        raise SandboxError("name the command to run: exec -- pulumi stack")
    if words[0] == "pulumi":
        return session.pulumi(*words[1:]).returncode
    return run_in(session, words)


def _open(
    options: argparse.Namespace, *, run: bool = True, check: bool = True
) -> Session:
    session = open_session(
        options.stack,
        options.context,
        options.directory.resolve(),
        run=run,
        check=check,
    )
    for line in recover(
        session.stack, session.environment, project=session.config_file.parent
    ):
        print(line)
    return session


def _stop(_: argparse.Namespace) -> int:
    cluster.stop()
    if sandbox_dir().exists():
        print(f"stopped; its data stays in {sandbox_dir()}")
        print("(to delete it as well: make clean-data)")
    return 0


def _destroy(_: argparse.Namespace) -> int:
    cluster.destroy()
    print("the sandbox and the data in its volumes are deleted")
    return 0


def _status(_: argparse.Namespace) -> int:
    print(f"sandbox: {cluster.status().summary}")
    print(f"data:    {sandbox_dir()}")
    print(f"tools:   {cache_dir()}")
    return 0


def _images(_: argparse.Namespace) -> int:
    for name in images.NAMES:
        print(f"{images.reference(name)}  {images.build(name)}")
    return 0


_COMMANDS: tuple[tuple[str, Callable[[argparse.Namespace], int], str], ...] = (
    ("up", _up, "deploy a stack, wait for its jobs, say where their output lies"),
    ("preview", _preview, "show what an up would change"),
    ("down", _down, "destroy what can be made again; what holds data stays"),
    ("exec", _exec, "run a command (pulumi, kubectl) in the stack's environment"),
    ("images", _images, "build the jobs' images; print where their archives are"),
    ("status", _status, "say whether the sandbox runs, and where its data is"),
    ("stop", _stop, "stop the sandbox; its data stays"),
    ("destroy", _destroy, "stop the sandbox and delete its data"),
)


if __name__ == "__main__":
    sys.exit(main())
