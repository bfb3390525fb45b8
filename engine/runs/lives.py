"""Lives: which life of a live run begins next, and the work that leads to it.

A reset, a rewind and an opened snapshot begin another life. Each is asked for at once and carried
out in pieces, between the turns of others; where several are asked for, the last is.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Generator, Iterator

from engine.runs.host import Host
from engine.runs.run import Run

BUILD_FREE = 0.25  # seconds that building a run may take; what is longer must pass
BUILD_PACE = 3.0  # so many times before it is built again


class Lives:
    """Those of one live run. `ask`, `drop` and `waiting` may be called from any thread, the others
    in the run's turns alone.
    """

    def __init__(self, host: Host, wake: Callable[[], None]) -> None:
        """wake: gives the run a turn."""
        self._host = host
        self._wake = wake
        self._lock = threading.Lock()
        self._asked = 0  # lives asked for; the last one alone begins
        self._waiting = 0  # of them those that have neither begun nor been dropped
        self._build_from = 0.0  # when another life may be built (time.monotonic)
        self._work: Iterator[float] | None = None

    @property
    def waiting(self) -> bool:
        """Whether another life is about to begin."""
        with self._lock:
            return self._waiting > 0

    def ask(self) -> int:
        """The number of a life that is about to begin; those before it need not begin any more."""
        with self._lock:
            self._waiting += 1
            self._asked += 1
            return self._asked

    def drop(self) -> None:
        """None of those asked for need begin: they are for nobody."""
        with self._lock:
            self._asked += 1

    def start(self, life: int, work: Callable[[], Iterator[float]]) -> None:
        """Begin the work that leads to a life, and drop it where a still later one is asked for.

        work: yields when it can go on (time.monotonic), infinity for when the run is woken.
        """

        def pieces() -> Iterator[float]:
            try:
                for due in work():
                    yield due
                    if life != self._asked:
                        return
            finally:
                self.begun()

        if life == self._asked:
            self._work = pieces()
        else:
            self.begun()

    def begun(self) -> None:
        """A life that was about to begin has begun, or will not."""
        with self._lock:
            self._waiting -= 1

    @property
    def under_way(self) -> bool:
        """Whether there is work to go on with."""
        return self._work is not None

    def go_on(self) -> float | None:
        """Do a piece of the work. Returns when the next is due, None where that was the last."""
        due = next(self._work, None)
        if due is None:
            self._work = None
        return due

    def stop(self) -> None:
        """Drop the work under way."""
        self._work = None

    def built(self, build: Callable[[], Run]) -> Generator[float, None, Run]:
        """A run that is built aside, because its data may take seconds. Another one has to wait
        then, so that nobody who asks for one after the other keeps a core to himself.
        """
        while time.monotonic() < self._build_from:
            yield self._build_from
        cost = 0.0

        def timed() -> Run:
            nonlocal cost
            start = time.monotonic()
            run = build()
            cost = time.monotonic() - start
            return run

        future = self._host.aside(timed)
        future.add_done_callback(lambda _: self._wake())
        try:
            while not future.done():
                yield math.inf
        finally:
            future.cancel()
        self._build_from = time.monotonic() + BUILD_PACE * max(0.0, cost - BUILD_FREE)
        return future.result()
