"""`ml-storage`: what can be said about a stack without deploying it."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from stacks import report, rule_list
from stacks.load import Found, from_file


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    parser = argparse.ArgumentParser(prog="ml-storage", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser(
        "check",
        help="find every mistake in stack files, without cluster or credentials",
        description="Find every mistake in stack files. Needs no credentials, "
        "engine or cluster. Exit code 0: clean; 1: problems.",
    )
    check.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="stack files; default: every Pulumi.*.yaml here",
    )
    check.add_argument(
        "--json", action="store_true", help="print a list of problems as JSON"
    )
    check.add_argument(
        "--strict", action="store_true", help="count warnings as problems"
    )
    check.add_argument(
        "--contract",
        type=Path,
        metavar="FILE",
        help="the contract of a team's environment, as `pulumi stack output "
        "contract --json` wrote it; default: the environment's file beside the "
        "team's",
    )
    rules = commands.add_parser(
        "rules",
        help="list every rule: what it prevents, and why",
        description="List every rule: its id, what it prevents, and why.",
    )
    rules.add_argument("--json", action="store_true", help="print the list as JSON")
    options = parser.parse_args(arguments)
    if options.command == "rules":
        return run_rules(as_json=options.json)
    return run_check(
        options.files,
        as_json=options.json,
        strict=options.strict,
        contract=options.contract,
    )


def run_rules(*, as_json: bool) -> int:
    """Print every rule; 0."""
    print(json.dumps(rule_list.rules(), indent=2) if as_json else rule_list.text())
    return 0


def run_check(
    files: Sequence[Path],
    *,
    as_json: bool = False,
    strict: bool = False,
    contract: Path | None = None,
) -> int:
    """Check `files` and print what is wrong; 0 when nothing is, else 1.

    Args:
        files: Stack files; none: every `Pulumi.*.yaml` of this directory.
        as_json: Print a list of problems as JSON.
        strict: Count warnings as problems.
        contract: The contract of the environment that the files' teams name.
    """
    chosen = list(files) or sorted(Path().glob("Pulumi.*.yaml"))
    if not chosen:
        print("no Pulumi.*.yaml here: name the files to check", file=sys.stderr)
        return 1
    found: list[Found] = []
    for file in chosen:
        found += from_file(file, contract=contract).found
    if as_json:
        print(json.dumps([report.as_json(f) for f in found], indent=2, default=str))
    else:
        for item in found:
            print(report.text(item))
        files_text = f"{len(chosen)} file{'' if len(chosen) == 1 else 's'}"
        print(f"{files_text} checked: {report.count(found)}")
    errors = [f for f in found if strict or f.problem.severity == "error"]
    return 1 if errors else 0


if __name__ == "__main__":
    # A value of any language is shown on a terminal of any other.
    cast("io.TextIOWrapper", sys.stdout).reconfigure(errors="backslashreplace")
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output (`| head`) has seen enough. Python flushes
        # once more at exit, which must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)
