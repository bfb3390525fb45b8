"""Measurement: numbers of a run that take seconds or minutes, worked out on a copy in turns of a
host, while the run itself goes on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.core.declare import InvalidValue, Knobs
from engine.core.frame import Answer
from engine.core.snapshot import Snapshot
from engine.runs.host import Host, Job
from engine.runs.run import Run

log = logging.getLogger(__name__)


class Measurement(Job):
    """One of a method's `measures`, being worked out.

    share: how much is done, 0 to 1. answer: the latest, partial until `ended`. failure: why it
    stopped; "" where nothing went wrong. changed: called from a worker thread when any of them has
    changed.
    """

    background = True

    def __init__(self, host: Host, name: str, values: Mapping[str, Any], owner: Job | None = None) -> None:
        """owner: the run that pays for it beside other runs."""
        self.owner = owner
        self.name = name
        self.share = 0.0
        self.answer: Answer | None = None
        self.failure = ""
        self.cancelled = False
        self.changed: Callable[[], None] = lambda: None
        self._host = host
        self._values = dict(values)
        self._work: Iterator[float | Answer] | None = None
        self._ended = threading.Event()

    def begin(self, snapshot: Snapshot, knobs: Knobs) -> None:
        """Start. snapshot: of the run to measure. knobs: what it is measured under."""

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
            except Exception:  # must not end the host's worker thread
                log.exception("%s could not be measured", self.name)
                self.failure = "This could not be measured: a value in it does not fit."
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
