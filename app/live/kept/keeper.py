"""Keeper: a thread that keeps the runs of a server, one after the other, as often as it may.

It takes a share of the machine's time and a rate of the disk's, so that many runs, or large ones,
are kept more rarely. What it has not used of them for a minute it may use at once: runs that have
just been opened do not wait for each other. A run that neither trains nor was told anything is left
alone.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from engine.core.parallel import cores

log = logging.getLogger(__name__)
EVERY = 3.0  # seconds from one time that a run is kept to the next, at least
SHARE = 0.005  # of the time of all cores
RATE = 2 * 2**20  # bytes a second written to disk, on average
CREDIT = 60.0  # seconds of both that may be used at once
SOON = 0.5  # seconds until it is looked again whether a run is due


class Due(Protocol):
    """A run that may have to be kept."""

    due: float  # time.monotonic


class Keeper:
    """Keeps until it is stopped."""

    def __init__(self, waiting: Callable[[], Iterable[Due]], keep: Callable[[Due], tuple[float, int]]) -> None:
        """waiting: those that could be kept. keep: keeps one; returns the seconds that it took all
        processes, and the bytes that were written.
        """
        self._waiting = waiting
        self._keep = keep
        self._stopped = threading.Event()
        self._used_until = 0.0  # up to when share and rate are used (time.monotonic)
        self._thread = threading.Thread(target=self._work, name="keeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Keep no more; a run that is being kept just now is finished."""
        self._stopped.set()

    def _work(self) -> None:
        pause = SOON
        while not self._stopped.wait(pause):
            try:
                pause = self._next()
            except Exception:
                log.exception("a run could not be kept")
                pause = EVERY

    def _next(self) -> float:
        """Keep the run that has waited longest. Returns the seconds until the next may be kept."""
        now = time.monotonic()
        due = [one for one in self._waiting() if one.due <= now]
        if not due:
            return SOON
        one = min(due, key=lambda one: one.due)
        one.due = now + EVERY
        seconds, written = self._keep(one)
        used = max(seconds / SHARE / cores(), written / RATE)
        self._used_until = max(self._used_until, now - CREDIT) + used
        return max(0.0, self._used_until - time.monotonic())
