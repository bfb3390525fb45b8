"""Spread: a large work in independent cells, computed by all workers beside the runs.

It is the same for runs in this process, in forked workers and in actors of Ray. Cells must depend
on their arguments alone, seeds among them: one whose worker ends is computed again by another one,
to the same bits. They leave their turns to runs that somebody watches (engine/runs/host.py).
"""

from __future__ import annotations

import itertools
import pickle
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from app.live.crew.line import WorkerLost
from engine.runs.cells import Function

AHEAD = 2  # cells that a worker has at once: it computes one while the next is on its way
ATTEMPTS = 3  # workers that may end with a cell until it is given up
ABANDONED = 30.0  # seconds without a look at it, after which it ends itself
LOOK_EVERY = 0.25  # seconds between looks at whether there are other workers
GIVEN_UP = f"{ATTEMPTS} processes ended while they computed this: it may need more memory than there is."

_numbers = itertools.count(1)


class Place(Protocol):
    """Where cells are computed: a worker, or this process."""

    def start_cell(self, number: int, function: Function, item: tuple[Any, ...]) -> Future[Any]:
        """What a cell gives. The future has WorkerLost where the place has ended."""

    def drop_cell(self, number: int) -> None:
        """Compute no more of a cell."""


@dataclass(frozen=True)
class Outcome:
    """What came of a cell. index: of its item. error: why there is no result, "" where there is
    one.
    """

    index: int
    result: Any = None
    error: str = ""


class Spread:
    """A work under way. Begins at once; iterate over it for outcomes as they come."""

    def __init__(
        self,
        places: Callable[[], Sequence[Place]],
        function: Function,
        items: Sequence[tuple[Any, ...]],
        finished: Callable[[Spread], None] = lambda spread: None,
    ) -> None:
        """places: where cells may be computed now. function: as of engine/runs/cells.py. items: the
        arguments of each cell. finished: called once it has ended. Raises what pickling the
        function raises where it is not one of a module.
        """
        pickle.dumps(function)
        self.items = items
        self.started = time.monotonic()
        self.looked_at = self.started  # when somebody last asked for something here
        self._places = places
        self._function = function
        self._finished = finished
        self._changed = threading.Condition()  # also the lock of all below
        self._waiting = deque(range(len(items)))
        self._attempts = [0] * len(items)
        self._gone: set[Place] = set()  # places that have ended
        self._cells: dict[int, tuple[int, Place]] = {}  # those under way: number → index, place
        self._outcomes: list[Outcome] = []
        self._came: deque[tuple[int, Future[Any]]] = deque()
        self.seconds = 0.0  # that all of it took; 0 until the end
        self.ended = False  # whether nothing more will come
        self.cancelled = False
        threading.Thread(target=self._work, name="spread", daemon=True).start()

    # -- looking -----------------------------------------------------------------------------------

    @property
    def outcomes(self) -> list[Outcome]:
        """What has come so far, in the order in which it came."""
        self.looked_at = time.monotonic()
        with self._changed:
            return list(self._outcomes)

    @property
    def progress(self) -> float:
        """Share of the cells that are done, 0 to 1."""
        return len(self.outcomes) / len(self.items) if self.items else 1.0

    def __iter__(self) -> Iterator[Outcome]:
        """All outcomes, waiting for those to come."""
        for k in itertools.count():
            with self._changed:
                while len(self._outcomes) <= k and not self.ended:
                    self.looked_at = time.monotonic()
                    self._changed.wait(1.0)
                if len(self._outcomes) <= k:
                    return
                outcome = self._outcomes[k]
            yield outcome

    def cancel(self) -> None:
        """Compute no more. What has come stays."""
        with self._changed:
            self.cancelled = not self.ended
            self._waiting.clear()
            cells, self._cells = self._cells, {}
            self._changed.notify_all()
        for number, (_, place) in cells.items():
            place.drop_cell(number)

    # -- working -----------------------------------------------------------------------------------

    def _work(self) -> None:
        while self._goes_on():
            if time.monotonic() - self.looked_at > ABANDONED:
                self.cancel()
                continue
            for place in self._places():
                self._fill(place)
            with self._changed:
                self._changed.wait_for(lambda: self._came or not self._cells and not self._waiting, LOOK_EVERY)

        self._finished(self)

    def _goes_on(self) -> bool:
        """Take what has come. Returns whether something is left."""
        with self._changed:
            while self._came:
                self._settle(*self._came.popleft())
            self.ended = not self._waiting and not self._cells
            if self.ended:
                self.seconds = time.monotonic() - self.started
                self._changed.notify_all()
            return not self.ended

    def _fill(self, place: Place) -> None:
        """Give a place as many cells as it may have at once."""
        while True:
            with self._changed:
                under_way = sum(where is place for _, where in self._cells.values())
                if not self._waiting or under_way >= AHEAD:
                    return
                index, number = self._waiting.popleft(), next(_numbers)
                future: Future[Any] = place.start_cell(number, self._function, tuple(self.items[index]))
                self._cells[number] = index, place
            future.add_done_callback(lambda done, number=number: self._done(number, done))

    def _done(self, number: int, future: Future[Any]) -> None:
        """Called from any thread."""
        with self._changed:
            self._came.append((number, future))
            self._changed.notify_all()

    def _settle(self, number: int, future: Future[Any]) -> None:
        """Take what a cell has given. The lock is held."""
        if (cell := self._cells.pop(number, None)) is None:
            return  # it was cancelled
        index, place = cell
        problem = future.exception()
        if isinstance(problem, WorkerLost):
            if place in self._gone:  # it waited there, for one that was under way
                return self._waiting.appendleft(index)
            self._gone.add(place)
            self._attempts[index] += 1
            if self._attempts[index] < ATTEMPTS:  # after the others: it may be what ended the worker
                return self._waiting.append(index)
            problem = RuntimeError(GIVEN_UP)
        if problem is None:
            outcome = Outcome(index, future.result())
        else:
            outcome = Outcome(index, error=str(problem) or type(problem).__name__)
        self._outcomes.append(outcome)
        self._changed.notify_all()
