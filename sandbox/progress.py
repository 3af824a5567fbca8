"""How a long step shows that it is alive, and how long it took."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

WIDTH = 80

Update = Callable[[str], None]


@contextmanager
def step(label: str) -> Iterator[Update]:
    """Show one step while it runs, and leave one line when it ends.

    On a terminal a spinner runs with the seconds so far and the latest detail;
    elsewhere only the closing line is written. Both go to standard error.

    Args:
        label: What is being done, e.g. "Building Kubernetes 1.35.0".

    Yields:
        A function that takes a short detail text, e.g. "412 packages".
    """
    console = Console(file=sys.stderr, highlight=False)
    began = time.monotonic()
    line = _Line(label, began, min(console.width, WIDTH))

    def update(detail: str) -> None:
        line.detail = detail

    ended = "failed"
    try:
        if console.is_terminal:
            with Live(line, console=console, transient=True, redirect_stdout=False):
                yield update
        else:
            yield update
        ended = "done"
    finally:
        style = "green" if ended == "done" else "bold red"
        text = Text(f"{ended:<6}  ", style=style)
        text.append(f"{label} ({duration(time.monotonic() - began)})", style="default")
        text.truncate(WIDTH, overflow="ellipsis")
        console.print(text, soft_wrap=True)


def duration(seconds: float) -> str:
    """Return a length of time as a person says it: `0.4 s`, `12 s`, `5 min 12 s`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


class _Line:
    """The live line of a step: spinner, label, seconds, detail."""

    def __init__(self, label: str, began: float, width: int) -> None:
        self.label = label
        self.began = began
        self.width = width
        self.detail = ""
        self.spinner = Spinner("dots")

    def __rich__(self) -> Spinner:
        """Return the line as it stands now; the terminal asks ten times a second."""
        passed = duration(time.monotonic() - self.began)
        text = Text(f"{self.label}  {passed}", no_wrap=True)
        if self.detail:
            text.append(f"  {self.detail}", style="dim")
        text.truncate(self.width - 3, overflow="ellipsis")
        self.spinner.update(text=text)
        return self.spinner
