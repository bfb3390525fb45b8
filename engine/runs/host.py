"""Host: where live runs and sweeps compute. Threads of this process share the cores in short, fair
turns.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from abc import ABC, abstractmethod
from collections import deque

import torch

TURN = 0.012  # seconds; short enough that thirty runs on two cores still answer a knob in a fifth of a second


class Job(ABC):
    """Something that computes in turns. A task is never in two threads at once."""

    @abstractmethod
    def turn(self, deadline: float) -> float | None:
        """Work until about `deadline` (time.monotonic). Return when the next turn is due, or None
        to sleep until woken.
        """


class Host:
    """A fixed number of worker threads that give every awake task its turn, first come, first
    served.
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

    def wake(self, task: Job) -> None:
        """Give `task` a turn soon."""
        with self._changed:
            if task in self._busy:
                self._woken.add(task)
            elif task not in self._ready:
                self._later.pop(task, None)
                self._ready.append(task)
                self._changed.notify()

    def drop(self, task: Job) -> None:
        """Forget `task`; a turn under way ends by itself."""
        with self._changed:
            self._later.pop(task, None)
            self._woken.discard(task)
            if task in self._ready:
                self._ready.remove(task)

    def close(self) -> None:
        """Stop all threads after their current turn."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=5)

    def _work(self) -> None:
        # Small steps are slower on several threads, and results are bitwise repeatable for one
        # thread count only.
        torch.set_num_threads(1)
        while (task := self._next()) is not None:
            due = task.turn(time.monotonic() + TURN)
            with self._changed:
                self._busy.discard(task)
                if task in self._woken:
                    self._woken.discard(task)
                    due = 0.0
                if due is None:
                    continue
                if due <= time.monotonic():
                    self._ready.append(task)
                else:
                    self._later[task] = due
                self._changed.notify()

    def _next(self) -> Job | None:
        """Wait for a task that is due and mark it busy; None when the host closes."""
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                for task in [t for t, due in self._later.items() if due <= now]:
                    del self._later[task]
                    self._ready.append(task)
                if self._ready:
                    task = self._ready.popleft()
                    self._busy.add(task)
                    return task
                self._changed.wait(min(self._later.values()) - now if self._later else None)
        return None
