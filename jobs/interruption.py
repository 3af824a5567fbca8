"""Being asked to stop, and stopping when it suits."""

import signal
import sys
from dataclasses import dataclass, field
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)
"""What asks a program to stop: Kubernetes before it kills, and a person by Ctrl-C."""


def end_at_once() -> None:
    """End at either of them: with 143 after SIGTERM, with 130 after SIGINT.

    The first process of a container gets no signal that it does not listen for.
    """
    for number in SIGNALS:
        signal.signal(number, _end)


def _end(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)


@dataclass
class Interruption:
    """Remembers the signal that asked the program to stop; 0 before."""

    signal: int = field(default=0)

    def listen(self) -> None:
        """Take SIGTERM, which Kubernetes sends before it kills, and SIGINT."""
        for number in SIGNALS:
            signal.signal(number, self._take)

    def _take(self, number: int, _: FrameType | None) -> None:
        self.signal = number
