"""The worked pages of `docs/how-to`, typed as they stand there.

A block ```` ```sh ```` is what a reader types. Lines that begin with `make` or
`./ml-storage` are typed in the checkout, all others in a `make shell` of the page's
stack. Words after `sh` say what is special:

- `fails`: the commands end with an error.
- `terminal=2`: they go on while the reader types in the first terminal, until the
  page ends.

A block ```` ```text ```` right after it is what is seen: each line, in this order,
with `…` for anything and any number of spaces for one. A block
```` ```yaml into=FILE ```` is what the reader writes into the stack's file: its keys
take the place of those that are there.
"""

from __future__ import annotations

import copy
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import yaml

from sandbox.session import CHECKOUT, open_session
from stacks.config import NAMESPACE
from tests.engine.stacks import Stack

PAGES: Final = CHECKOUT / "docs" / "how-to"
EXAMPLES: Final = "examples/kubernetes"
"""Where the stacks of the pages lie, as their commands say it."""

LONGEST: Final = 300
"""Seconds that a block may take."""

_BLOCK = re.compile(r"^```(\S+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_IN_THE_CHECKOUT = ("make ", "./ml-storage ")


@dataclass(frozen=True)
class Block:
    """A block of a page.

    Attributes:
        language: `sh`, `text` or `yaml`.
        words: What stands after the language.
        text: What is in it.
        line: The page's line on which it begins.
    """

    language: str
    words: tuple[str, ...]
    text: str
    line: int

    @property
    def into(self) -> str | None:
        """The file that it is written into."""
        found = [w.removeprefix("into=") for w in self.words if w.startswith("into=")]
        return found[0] if found else None

    @property
    def in_the_checkout(self) -> bool:
        """Whether its commands are typed in the checkout.

        Raises:
            AssertionError: Some are, and some are not.
        """
        # The lines of a command that goes on are not its beginning.
        whole = self.text.replace("\\\n", " ").splitlines()
        begins = {line.startswith(_IN_THE_CHECKOUT) for line in whole if line.strip()}
        assert len(begins) == 1, f"line {self.line}: typed in two places"
        return begins.pop()


def blocks(page: str) -> list[Block]:
    """All blocks of a page of `docs/how-to`, in order."""
    text = (PAGES / f"{page}.md").read_text()
    return [
        Block(
            language=found[1],
            words=tuple(found[2].split()),
            text=found[3],
            line=text.count("\n", 0, found.start()) + 1,
        )
        for found in _BLOCK.finditer(text)
    ]


def worked_pages() -> set[str]:
    """The pages that have commands in blocks."""
    return {
        file.stem
        for file in PAGES.glob("*.md")
        if any(block.language == "sh" for block in blocks(file.stem))
    }


def shown(page: str) -> Iterator[tuple[Block, Block | None]]:
    """Each block of a page with what is seen of it, if that is shown.

    Raises:
        AssertionError: A block shows what no commands print.
    """
    found = blocks(page)
    for number, block in enumerate(found):
        after = found[number + 1] if number + 1 < len(found) else None
        if block.language == "text":
            before = found[number - 1].language if number else ""
            assert before == "sh", f"{page}.md:{block.line}: nothing prints this"
            continue
        seen = after if after is not None and after.language == "text" else None
        yield block, seen if block.language == "sh" else None


def missing(wanted: str, said: str) -> list[str]:
    """The lines that were not printed, or not in this order.

    Args:
        wanted: Lines of a page, `…` for anything.
        said: What the commands printed.
    """
    left = said.splitlines()
    absent: list[str] = []
    for line in filter(str.strip, wanted.splitlines()):
        words = re.split(r"(…|\s+)", line.strip())
        pattern = "".join(
            ".*" if w == "…" else r"\s+" if w.isspace() else re.escape(w) for w in words
        )
        at = next((i for i, text in enumerate(left) if re.search(pattern, text)), None)
        if at is None:
            absent.append(line)
        else:
            left = left[at + 1 :]
    return absent


def merged(whole: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """A file's configuration with what a page writes into it."""
    made = dict(whole)
    for key, value in part.items():
        there = made.get(key)
        if isinstance(there, dict) and isinstance(value, dict):
            made[key] = merged(there, value)
        else:
            made[key] = value
    return made


def _end(process: subprocess.Popen[str]) -> str:
    """Ask commands and all that they started to end; what they printed."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
    said, _ = process.communicate()
    return said


@dataclass
class Reader:
    """Who types what a page says, on an example under a name of its own.

    Attributes:
        title: The example, as the pages call it.
        stack: The same under another name.
    """

    title: str
    stack: Stack
    _left: list[tuple[Block, Block | None, subprocess.Popen[str]]] = field(
        default_factory=list, init=False, repr=False
    )

    def follow(self, page: str) -> None:
        """Type all of a page, from its beginning to its end.

        Raises:
            AssertionError: Commands end otherwise than the page says, or print
                something else.
        """
        self.stack.write()
        try:
            for block, seen in shown(page):
                if block.language == "sh":
                    self._type(page, block, seen)
                elif block.into == f"Pulumi.{self.title}.yaml":
                    self._write(block)
            for block, seen, process in self._left:
                said, _ = process.communicate(timeout=LONGEST)
                self._compare(page, block, seen, process.returncode, said)
        finally:
            for _, _, process in self._left:
                _end(process)
            self._left.clear()

    def renamed(self, text: str) -> str:
        """A page's text with the names of this stack."""
        directory, name = str(self.stack.directory), self.stack.name
        for before, after in (
            (f"{EXAMPLES}/Pulumi.{self.title}.yaml", f"{directory}/Pulumi.{name}.yaml"),
            (f"Pulumi.{self.title}.yaml", f"Pulumi.{name}.yaml"),
            (f"STACK={self.title}", f"STACK={name}"),
            (f"DIRECTORY={EXAMPLES}", f"DIRECTORY={directory}"),
            (f"-n {self.title}", f"-n {name}"),
            (f"s3://{self.title}/", f"s3://{name}/"),
            (f"archive:{self.title}/", f"archive:{name}/"),
            (f"bucket:{self.title}/", f"bucket:{name}/"),
            (f"cd {EXAMPLES}", f"cd {directory}"),
            (f"--stack {self.title}", f"--stack {name}"),
            (f"{self.title}-shared", f"{name}-shared"),
        ):
            end = "" if before.endswith("/") else r"(?![\w-])"
            text = re.sub(re.escape(before) + end, after, text)
        return text

    def _write(self, block: Block) -> None:
        part = yaml.safe_load(self.renamed(block.text))
        config = {f"{NAMESPACE}:{k}": v for k, v in self.stack.config.items()}
        config = merged(copy.deepcopy(config), part)
        self.stack.config = {
            k.removeprefix(f"{NAMESPACE}:"): v for k, v in config.items()
        }
        self.stack.write()

    def _read(self) -> None:
        """What was typed may have written to the stack's file."""
        file = self.stack.directory / f"Pulumi.{self.stack.name}.yaml"
        whole = yaml.safe_load(file.read_text())
        config = whole.pop("config")
        self.stack.config = {
            k.removeprefix(f"{NAMESPACE}:"): v for k, v in config.items()
        }
        self.stack.top = whole

    def _type(self, page: str, block: Block, seen: Block | None) -> None:
        process = subprocess.Popen(
            ["/bin/sh", "-ec", self.renamed(block.text)],
            cwd=CHECKOUT,
            env=dict(os.environ) if block.in_the_checkout else self._shell,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        if "terminal=2" in block.words:
            self._left.append((block, seen, process))
            return
        try:
            said, _ = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            said = _end(process)
        self._read()
        self._compare(page, block, seen, process.returncode, said)

    def _compare(
        self, page: str, block: Block, seen: Block | None, code: int, said: str
    ) -> None:
        where = f"{page}.md:{block.line}"
        fails = "fails" in block.words
        assert (code != 0) is fails, f"{where}: exit code {code}\n{said}"
        absent = missing(self.renamed(seen.text), said) if seen is not None else []
        assert not absent, f"{where}: not printed: {absent}\n{said}"

    @cached_property
    def _shell(self) -> dict[str, str]:
        """What `make shell` runs a shell in: one for all that is typed in it."""
        session = open_session(
            self.stack.name, None, self.stack.directory, run=False, check=False
        )
        return session.environment
