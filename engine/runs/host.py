"""Host: the threads in which live runs, measurements and repetitions compute, in fair turns."""

from __future__ import annotations

import atexit
import os
import threading
import time
from abc import ABC, abstractmethod
from collections import deque

import torch

TURN = 0.012  # seconds; with it thirty runs on two cores still answer a knob in a fifth of a second


class Job(ABC):
    """Something that computes in turns. A job is never in two threads at once."""

    @abstractmethod
    def turn(self, deadline: float) -> float | None:
        """Work until about `deadline` (time.monotonic). Returns when the next turn is due, or None
        to sleep until woken.
        """


class Host:
    """A fixed number of worker threads that give every awake job its turn, in the order in which
    they became due.
    """

    def __init__(self, workers: int | None = None) -> None:
        self._ready: deque[Job] = deque()
        self._later: dict[Job, float] = {}
        self._busy: set[Job] = set()
        self._woken: set[Job] = set()  # woken while busy: they get another turn at once
        self._changed = threading.Condition()
        self._closed = False
        count = workers or max(1, os.cpu_count() or 1)
        self._threads = [threading.Thread(target=self._work, name=f"host-{i}", daemon=True) for i in range(count)]
        for thread in self._threads:
            thread.start()
        atexit.register(self.close)  # torch aborts the process when a thread dies inside it

    def wake(self, job: Job) -> None:
        """Give `job` a turn soon."""
        with self._changed:
            if job in self._busy:
                self._woken.add(job)
            elif job not in self._ready:
                self._later.pop(job, None)
                self._ready.append(job)
                self._changed.notify()

    def drop(self, job: Job) -> None:
        """Forget `job`; a turn under way ends by itself."""
        with self._changed:
            self._later.pop(job, None)
            self._woken.discard(job)
            if job in self._ready:
                self._ready.remove(job)

    def close(self) -> None:
        """Stop all threads after their current turn."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=5)

    def _work(self) -> None:
        # Small steps are slower on several threads, and results repeat bit for bit only with the
        # same number of threads.
        torch.set_num_threads(1)
        while (job := self._next()) is not None:
            due = job.turn(time.monotonic() + TURN)
            with self._changed:
                self._busy.discard(job)
                if job in self._woken:
                    self._woken.discard(job)
                    due = 0.0
                if due is None:
                    continue
                if due <= time.monotonic():
                    self._ready.append(job)
                else:
                    self._later[job] = due
                self._changed.notify()

    def _next(self) -> Job | None:
        """Wait for a job that is due and mark it busy; None when the host closes."""
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                for job in [t for t, due in self._later.items() if due <= now]:
                    del self._later[job]
                    self._ready.append(job)
                if self._ready:
                    job = self._ready.popleft()
                    self._busy.add(job)
                    return job
                self._changed.wait(min(self._later.values()) - now if self._later else None)
        return None
