"""Tally: how many steps the runs of a host have trained, and how many runs there are."""

from __future__ import annotations

import threading
import weakref
from collections import Counter
from typing import Protocol


class Counted(Protocol):
    """What counts as a run: engine/runs/live.py has it. method: its name."""

    method: str
    playing: bool
    closed: bool


class Tally:
    """Counts of one host, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._steps: Counter[str] = Counter()
        self._lives: weakref.WeakSet[Counted] = weakref.WeakSet()

    def add(self, live: Counted) -> None:
        """A run is there, until it is closed."""
        with self._lock:
            self._lives.add(live)

    def step(self, method: str) -> None:
        """A run of this method has trained one step."""
        with self._lock:
            self._steps[method] += 1

    def steps(self) -> dict[str, int]:
        """Method → steps so far, also of runs that are gone."""
        with self._lock:
            return dict(self._steps)

    def runs(self) -> dict[tuple[str, str], int]:
        """Method and "playing" or "paused" → runs."""
        with self._lock:
            lives = [live for live in self._lives if not live.closed]
        return dict(Counter((live.method, "playing" if live.playing else "paused") for live in lives))
