"""Being asked to stop, and stopping when it suits."""

import signal
from dataclasses import dataclass, field
from types import FrameType


@dataclass
class Interruption:
    """Remembers the signal that asked the program to stop; 0 before."""

    signal: int = field(default=0)

    def listen(self) -> None:
        """Take SIGTERM, which Kubernetes sends before it kills, and SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._take)

    def _take(self, number: int, _: FrameType | None) -> None:
        self.signal = number
