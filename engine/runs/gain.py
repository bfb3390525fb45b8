"""Gain: whether a run is faster with more of torch's threads, on this machine and just now.

Other programs may want the cores too. Two threads wait for each other at the end of every
operation, and beside a busy neighbour a step may take twenty times as long as with one. So a run
keeps how long its last steps took with one thread and with more, and goes back to one for a while
where more do not pay.
"""

from __future__ import annotations

import time
from collections import deque
from statistics import median

KEPT = 9  # steps of each kind whose times are kept
LEAST = 1.05  # times as fast as with one thread a run must be
AGAIN = 10.0  # seconds after which more threads are tried again


class Gain:
    """The times of one run's steps."""

    def __init__(self) -> None:
        self._one: deque[float] = deque(maxlen=KEPT)
        self._more: deque[float] = deque(maxlen=KEPT)
        self._not_before = 0.0  # when more threads are tried again (time.monotonic)

    @property
    def expected(self) -> bool:
        """Whether more threads than one are worth a try."""
        return time.monotonic() >= self._not_before

    def note(self, threads: int, seconds: float) -> None:
        """A step with so many threads has taken so long."""
        if threads == 1:
            self._one.append(seconds)
            self._more.clear()
            return
        self._more.append(seconds)
        if not self._one:
            return
        before = median(self._one)
        full = len(self._more) == KEPT and median(self._more) * LEAST > before
        # Fewer steps may already have taken as long as all would with one thread.
        if full or sum(self._more) > KEPT * before:
            self._not_before = time.monotonic() + AGAIN
