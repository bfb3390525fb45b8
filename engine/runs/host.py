"""Host: the threads in which live runs, measurements and repetitions compute, in fair turns.

A turn ends after TURN seconds, but a step or a picture of a large network takes longer, so turns
alone would give a run of large steps fewer frames than one of small steps. A job whose watcher has
waited too long for a frame is therefore `pressed`: it gets its turn before the others. What takes
long and cannot be cut into turns, such as building a run, is done `aside`, in a thread of its own,
and measurements never have all workers at once. Beside others a run pays for its measurements: it
rests as long as they took. So whoever asks for much takes it from their own run.

A job that has been alone for a while has its turns with more than one of torch's threads, where it
gains from them and the host may use more than one core. They are for cores that nobody else wants:
two threads wait for each other at the end of every operation, and beside a busy neighbour that
takes longer than all the arithmetic.
"""

from __future__ import annotations

import atexit
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

from engine.core.parallel import cores, set_threads
from engine.runs.tally import Tally

TURN = 0.012  # seconds; with it thirty runs on two cores still answer a knob in a fifth of a second
PATIENT_AFTER = 7  # turns of others that a job which is patient lets pass before it gets one
PRESSED_IN_A_ROW = 3  # pressed jobs before one that is not gets a turn
MOST_DEBT = 1.0  # seconds that a job rests at once, for what was done for it
CLOSE_WITHIN = 1.5  # seconds that closing waits for turns under way
LONE_FOR = 0.5  # seconds that a job must have been alone before it has more than one thread


class Job(ABC):
    """Something that computes in turns. A job is never in two threads at once.

    background: whether nobody watches it from one moment to the next; such jobs leave one worker to
    the others, where there are others. patient: whether it takes turns that nobody else wants, and
    few besides. owner: the job that pays for this one. threads: the most of
    torch's threads that its turns gain from.
    """

    background = False
    patient = False
    owner: Job | None = None
    threads = 1

    @abstractmethod
    def turn(self, deadline: float) -> float | None:
        """Work until about `deadline` (time.monotonic). Returns when the next turn is due, or None
        to sleep until woken.
        """

    def pressed(self, now: float) -> bool:
        """Whether it should have its turn before others. Called while the host is locked."""
        return False


class Host:
    """A fixed number of worker threads that give every awake job its turn, in the order in which
    they became due, those that are pressed before the others.
    """

    def __init__(self, workers: int | None = None) -> None:
        """workers: threads, one a core by default. As many cores are allotted at first."""
        self._ready: deque[Job] = deque()
        self._later: dict[Job, float] = {}
        self._busy: set[Job] = set()
        self._woken: set[Job] = set()  # woken while busy: they get another turn at once
        self._debts: dict[Job, float] = {}  # seconds that others have worked for a job
        self._paying: dict[Job, float] = {}  # until when (time.monotonic) a job rests for that
        self._changed = threading.Condition()
        self._closed = False
        self.tally = Tally()
        self._passed = 0  # turns of others, while one that is patient was ready
        self._row = 0  # pressed jobs that had their turn one after the other
        count = workers or cores()
        self._allotted = count  # cores
        self._building = 0  # what is done aside or waits for it
        self._alone: tuple[Job | None, float] = (None, 0.0)  # the only job awake, and since when (time.monotonic)
        self._aside: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._workers = [threading.Thread(target=self._work, name=f"host-{i}", daemon=True) for i in range(count)]
        self._workers.append(threading.Thread(target=self._work_aside, name="host-aside", daemon=True))
        for thread in self._workers:
            thread.start()
        atexit.register(self.close)  # torch aborts the process when a thread dies inside it

    def allot(self, count: int) -> None:
        """Use so many cores from the next turns on, at least one: so many jobs compute at once, and
        a job that is alone has as many of torch's threads at most.
        """
        with self._changed:
            self._allotted = max(1, count)
            self._changed.notify_all()

    @property
    def crowd(self) -> float:
        """Jobs that are awake for each core, at least 1. It may be one off: nothing is locked."""
        return max(1.0, (len(self._busy) + len(self._ready) + len(self._later)) / self._allotted)

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
            self._debts.pop(job, None)
            self._paying.pop(job, None)
            if self._alone[0] is job:
                self._alone = None, 0.0
            if job in self._ready:
                self._ready.remove(job)

    def aside(self, work: Callable[[], Any]) -> Future[Any]:
        """Do what cannot be cut into turns in a thread of its own, one after the other, so that no
        worker is held by it.
        """
        future: Future[Any] = Future()
        with self._changed:
            self._building += 1
        self._aside.put((future, work))
        return future

    def _charge(self, job: Job, seconds: float) -> None:
        """Have a job pay for what another has done for it. The lock is held."""
        self._debts[job] = self._debts.get(job, 0.0) + seconds

    def close(self) -> None:
        """Stop all threads after their current turn, which is not waited for longer than
        CLOSE_WITHIN.
        """
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._aside.put(None)
        until = time.monotonic() + CLOSE_WITHIN
        for thread in self._workers:
            thread.join(max(0.0, until - time.monotonic()))

    def _work(self) -> None:
        set_threads(had := 1)
        while (task := self._next()) is not None:
            job, threads = task
            if threads != had:
                set_threads(had := threads)
            start = time.monotonic()
            due = job.turn(start + TURN)
            with self._changed:
                if job.owner is not None:
                    self._charge(job.owner, time.monotonic() - start)
                self._busy.discard(job)
                if job in self._woken:
                    self._woken.discard(job)
                    due = 0.0
                if due is not None:
                    if due <= time.monotonic():
                        self._ready.append(job)
                    else:
                        self._later[job] = due
                if due is not None or job.background:
                    self._changed.notify()

    def _work_aside(self) -> None:
        set_threads(1)
        while (task := self._aside.get()) is not None and not self._closed:
            settle(*task)
            with self._changed:
                self._building -= 1

    def _next(self) -> tuple[Job, int] | None:
        """Wait for a job that is due and mark it busy; None when the host closes. With it comes how
        many of torch's threads it has.
        """
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                for job in [t for t, due in self._later.items() if due <= now]:
                    del self._later[job]
                    self._ready.append(job)
                self._collect(now)
                if job := self._choose(now):
                    self._ready.remove(job)
                    self._busy.add(job)
                    return job, self._threads_of(job, now)
                soon = [*self._later.values(), *self._paying.values()]
                self._changed.wait(max(0.0, min(soon) - now) if soon else None)
        return None

    def _collect(self, now: float) -> None:
        """Let jobs with debts rest, where others have something to do."""
        self._paying = {job: until for job, until in self._paying.items() if until > now}
        for job in [j for j in self._debts if j not in self._paying]:
            others = {j for j in self._awake() if job not in (j, j.owner)}
            if not others:
                del self._debts[job]
            elif job in self._ready:
                self._paying[job] = now + min(MOST_DEBT, self._debts.pop(job))

    def _awake(self) -> tuple[Job, ...]:
        return (*self._busy, *self._ready, *self._later)

    def _threads_of(self, job: Job, now: float) -> int:
        """How many of torch's threads a job has in the turn that it is about to have. The lock is
        held.
        """
        alone = job if len(self._awake()) == 1 and not self._building else None
        if alone is not self._alone[0]:
            self._alone = alone, now
        if alone is None or now - self._alone[1] < LONE_FOR:
            return 1
        return max(1, min(job.threads, self._allotted))

    def _choose(self, now: float) -> Job | None:
        """The job whose turn it is, of those that are ready."""
        if len(self._busy) >= self._allotted:
            return None
        full = sum(job.background for job in self._busy) >= max(1, self._allotted - 1)
        full = full and not all(job.background for job in self._awake())
        able = [job for job in self._ready if job not in self._paying and not (full and job.background)]
        if not able:
            return None
        patient = [job for job in able if job.patient]
        if patient and self._passed >= PATIENT_AFTER or len(patient) == len(able):
            self._passed = 0
            return patient[0]
        self._passed = self._passed + 1 if patient else 0
        able = [job for job in able if not job.patient]
        pressed = next((job for job in able if job.pressed(now)), None) if self._row < PRESSED_IN_A_ROW else None
        self._row = self._row + 1 if pressed else 0
        return pressed or able[0]


def settle(future: Future[Any], work: Callable[[], Any]) -> None:
    """Give `future` what `work` returns or raises, unless nobody waits for it any more."""
    if future.set_running_or_notify_cancel():
        try:
            future.set_result(work())
        except Exception as error:  # goes to whoever asked
            future.set_exception(error)
