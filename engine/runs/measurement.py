"""Measurement: numbers of a run that take seconds or minutes, worked out beside it on a copy, in
turns that others share.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.core.declare import InvalidValue, Knobs
from engine.core.frame import Answer
from engine.core.snapshot import Snapshot
from engine.runs.host import Host, Job
from engine.runs.run import Run


class Measurement(Job):
    """One of a method's `measures` on its way. `share` is 0 to 1; `answer` the latest, partial
    until `ended`; `failure` why it stopped.
    """

    def __init__(self, host: Host, name: str, values: Mapping[str, Any]) -> None:
        self._host, self.name, self._values = host, name, dict(values)
        self._work: Iterator[float | Answer] | None = None
        self._ended = threading.Event()
        self.share, self.answer, self.failure, self.cancelled = 0.0, None, "", False
        self.changed: Callable[[], None] = lambda: None  # called from a worker thread when anything above has changed

    def begin(self, snapshot: Snapshot, knobs: Knobs) -> None:
        """Start on the run that `snapshot` holds, looked at under `knobs`."""

        def work() -> Iterator[float | Answer]:
            yield from Run.restore(snapshot).method.measure(knobs, self.name, self._values)

        self._work = work()
        self._host.wake(self)

    def turn(self, deadline: float) -> float | None:
        while not self.cancelled:
            try:
                done = next(self._work)
            except StopIteration:
                self.share = 1.0
                break
            except InvalidValue as error:
                self.failure = str(error)
                break
            except Exception as error:  # told to whoever waits, instead of ending a worker of the host
                self.failure = f"{type(error).__name__}: {error}"
                break
            if isinstance(done, Answer):
                self.answer = done
            else:
                self.share = done
            if time.monotonic() >= deadline:
                self.changed()
                return 0.0
        self._work = None
        self._ended.set()
        self.changed()
        return None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come: finished, cancelled or failed."""
        return self._ended.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end; False where it has not come within `seconds`."""
        return self._ended.wait(seconds)

    def cancel(self) -> None:
        """Stop after the piece under way."""
        self.cancelled = True
        self._ended.set()
