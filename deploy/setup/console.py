"""What set-up says on the terminal: one line per step, a sign of life on long ones."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

PLAIN = not sys.stdout.isatty() or bool(os.environ.get("CI")) or bool(os.environ.get("NO_COLOR"))
TICK_SECONDS = 15.0


def say(text: str) -> None:
    """Print one line at once, also into a pipe."""
    print(text, flush=True)


def warn(text: str) -> None:
    """Print a line that must not be missed."""
    say(paint(f"!! {text}", "33"))


def paint(text: str, colour: str) -> str:
    """Colour a text (an SGR number) where the terminal shows colours."""
    return text if PLAIN else f"\033[{colour}m{text}\033[0m"


def seconds(amount: float) -> str:
    """Write a duration: 0.4 s, 12 s, 3 min 05 s."""
    if amount < 10:
        return f"{amount:.1f} s"
    if amount < 120:
        return f"{amount:.0f} s"
    return f"{int(amount) // 60} min {int(amount) % 60:02d} s"


class Ticker:
    """Says every few seconds that a step is still at work, with the last detail it gave."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.detail = ""
        self.started = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Ticker:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def elapsed(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self.started

    def _run(self) -> None:
        while not self._stop.wait(TICK_SECONDS):
            detail = f": {self.detail}" if self.detail else ""
            say(f"   ... {seconds(self.elapsed)}{detail}")


@contextmanager
def step(title: str) -> Iterator[Ticker]:
    """Announce a step that takes time, show life while it runs, and say how long it took."""
    say(f"-> {title}")
    with Ticker(title) as ticker:
        yield ticker
    if ticker.elapsed >= 1:
        say(f"   done in {seconds(ticker.elapsed)}")
