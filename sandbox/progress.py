"""How a long step shows that it is alive, and how long it took."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

WIDTH = 80

Update = Callable[[str], None]


@contextmanager
def step(label: str) -> Iterator[Update]:
    """Show one step while it runs, and leave one line when it ends.

    On a terminal a spinner runs with the seconds so far and the latest detail,
    one below the other for steps that run at once; elsewhere only the closing
    line is written. Both go to standard error.

    Args:
        label: What is being done, e.g. "Building Kubernetes 1.35.0".

    Yields:
        A function that takes a short detail text, e.g. "412 packages".
    """
    began = time.monotonic()
    line = _Line(label, began)

    def update(detail: str) -> None:
        line.detail = detail

    ended = "failed"
    _SCREEN.add(line)
    try:
        yield update
        ended = "done"
    finally:
        style = "green" if ended == "done" else "bold red"
        text = Text(f"{ended:<6}  ", style=style)
        text.append(f"{label} ({duration(time.monotonic() - began)})", style="default")
        text.truncate(WIDTH, overflow="ellipsis")
        _SCREEN.remove(line, text)


class _Screen:
    """The lines of the steps that run, of whatever thread."""

    def __init__(self) -> None:
        self.lines: list[_Line] = []
        self.lock = threading.Lock()
        self.live: Live | None = None

    def add(self, line: _Line) -> None:
        """Show a line; the first starts the display."""
        with self.lock:
            self.lines.append(line)
            console = _console()
            if self.live is None and console.is_terminal:
                self.live = Live(
                    self, console=console, transient=True, redirect_stdout=False
                )
                self.live.start()

    def remove(self, line: _Line, last: Text) -> None:
        """Replace a line by its last words; the last ends the display."""
        with self.lock:
            self.lines.remove(line)
            if self.live is not None and not self.lines:
                self.live.stop()
                self.live = None
            console = self.live.console if self.live is not None else _console()
            console.print(last, soft_wrap=True)

    def __rich__(self) -> Group:
        """Return the lines as they stand now; asked ten times a second."""
        return Group(*self.lines)


def _console() -> Console:
    return Console(file=sys.stderr, highlight=False)


def duration(seconds: float) -> str:
    """Return a length of time as a person says it: `0.4 s`, `12 s`, `5 min 12 s`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


class _Line:
    """The live line of a step: spinner, label, seconds, detail."""

    def __init__(self, label: str, began: float) -> None:
        self.label = label
        self.began = began
        self.detail = ""
        self.spinner = Spinner("dots")

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        """Yield the line as it stands now."""
        passed = duration(time.monotonic() - self.began)
        text = Text(f"{self.label}  {passed}", no_wrap=True)
        if self.detail:
            text.append(f"  {self.detail}", style="dim")
        text.truncate(min(options.max_width, WIDTH) - 3, overflow="ellipsis")
        self.spinner.update(text=text)
        yield self.spinner


_SCREEN = _Screen()
