"""Crew: live runs in workers, processes of their own, one a core.

Python computes in one thread of a process at a time, so the runs of a room would share one core.
With processes they share all, and the server that answers pages and sockets waits for none. Workers
are forked on this machine (zygote.py), or actors of Ray, on several machines (app/live/ray/).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from app.live.crew import rested
from app.live.crew.far import FarCells, FarDesk, FarLive, FarRepeat
from app.live.crew.here import INITIAL, PATIENCE, Packed, Start
from app.live.crew.line import Line, WorkerLost
from app.live.crew.spread import Spread
from app.live.crew.worker import Object
from app.live.desk import Give
from app.operations import metrics
from engine.core.declare import Setup
from engine.core.method import Method
from engine.core.snapshot import Snapshot
from engine.data import uploads
from engine.runs.cells import Function
from engine.runs.live import Moment

log = logging.getLogger(__name__)
FIGURES_WITHIN = 1.0  # seconds


class Source(Protocol):
    """Where workers come from. count: how many there should be."""

    count: int

    def line(self, lost: Callable[[Line], None], loop: asyncio.AbstractEventLoop | None) -> Line:
        """The line to a new worker. lost: called once where it has ended. loop: the server's."""

    def close(self) -> None:
        """Nothing more is wanted."""


class Crew:
    """What app/live/crew/here.py does in this process, in workers. Its functions raise WorkerLost
    where a worker ends meanwhile.
    """

    def __init__(self, source: Source, count: int, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """source: where workers come from. count: of them. loop: the server's."""
        self._loop = loop
        self._source = source
        self._lock = threading.RLock()  # of all below
        self._coming: list[tuple[Line, str]] = []  # where whose runs are being made
        self._closed = False
        self._lives: set[FarLive] = set()
        self._spreads: set[Spread] = set()
        self._allotted: dict[Line, int] = {}
        self.wanted = count
        self._made = itertools.count(1)
        self._lines = [self._line() for _ in range(count)]

    def _line(self) -> Line:
        line = self._source.line(self._replace, self._loop)
        line.name = f"worker {next(self._made)}"
        return line

    def _replace(self, lost: Line) -> None:
        """A worker has ended with its runs, and another one takes its place."""
        with self._lock:
            if self._closed:
                return
            metrics.lost.inc()
            log.error("a process of runs has ended by itself; it had %d runs", len(self._of(lost)))
            self._lives -= self._of(lost)
            self._lines.remove(lost)
            self._lines.append(self._line())
        self._balance()

    def _of(self, line: Line) -> set[FarLive]:
        return {live for live in self._lives if live.line is line}

    # -- where a run goes --------------------------------------------------------------------------

    def _choose(self, visitor: str, method: str) -> Line:
        """The worker for a new run: where the fewest runs of others train; of those one that has
        runs of this visitor, whose other runs are about to be left, or of this method, whose data
        it has then.
        """

        def rank(line: Line) -> tuple[bool, int, bool, bool]:
            lives = self._of(line)
            others = sum((live.seen or live.expected) and live.visitor != visitor for live in lives)
            others += sum(at is line and whose != visitor for at, whose in self._coming)
            mine, alike = (any(getattr(x, name) == it for x in lives) for name, it in NAMES)
            return not line.ready, others, not mine, not alike

        NAMES = (("visitor", visitor), ("method", method))
        with self._lock:
            return min((line for line in self._lines if not line.lost), key=rank, default=self._lines[0])

    @contextlib.contextmanager
    def _chosen(self, visitor: str, method: str) -> Iterator[Line]:
        """The worker for a run that is about to be made. It counts from now on: of thirty who come
        at once nobody has a run yet when the others choose.
        """
        with self._lock:
            line = self._choose(visitor, method)
            self._coming.append((line, visitor))
        try:
            yield line
        finally:
            with self._lock:
                self._coming.remove((line, visitor))

    def _balance(self) -> None:
        """A worker may use all cores while no other has a run that is seen or computes cells, and
        else one.
        """
        with self._lock:
            busy = set(self._lines) if self._spreads else {live.line for live in self._lives if live.seen}
            wanted = {line: 1 if busy - {line} else line.cores for line in self._lines}
            changed = {line: n for line, n in wanted.items() if self._allotted.get(line) != n}
            self._allotted = wanted
        for line, count in changed.items():
            line.send("allot", count)

    # -- runs --------------------------------------------------------------------------------------

    def open(
        self,
        method: type[Method],
        setup: Setup,
        seed: int,
        knobs: Mapping[str, Any],
        start: Start = INITIAL,
        visitor: str = "",
    ) -> FarLive:
        """As Here does."""
        with self._chosen(visitor, method.name) as line:
            self._bring(line, setup.to_dict(), knobs)
            number = line.make(0, "open", method, setup, seed, knobs, start)
            return self._add(FarLive(line, number, visitor, method.name))

    def take_up(
        self,
        rest: Path | Snapshot | bytes,
        knobs: Mapping[str, Any],
        start: Start,
        visitor: str = "",
        method: str = "",
        setup: Mapping[str, Any] = {},
    ) -> FarLive:
        """As Here does."""
        with self._chosen(visitor, method) as line:
            self._bring(line, setup, knobs)
            if isinstance(rest, Path) and not line.near:
                rest = Packed(rest.read_bytes())
            return self._add(FarLive(line, line.make(0, "take_up", rest, knobs, start), visitor, method))

    def _bring(self, line: Line, *values: Mapping[str, Any]) -> None:
        """Bring to a worker what visitors have uploaded and these values name."""
        if files := uploads.named(*values):
            line.call(0, "do", "", uploads.store, files)

    def _add(self, live: FarLive) -> FarLive:
        with self._lock:
            self._lives.add(live)
        return live

    def alive(self, live: FarLive) -> bool:
        """As Here does."""
        return not live.line.lost

    def drop(self, live: FarLive) -> None:
        """End a run."""
        with self._lock:
            self._lives.discard(live)
        live.close()
        self._balance()

    def attach(self, live: FarLive, give: Give) -> FarDesk:
        """As Here does; `give` gets "gone" where the run's worker ends."""
        return FarDesk(live, give, self._balance)

    def keep(self, live: FarLive, since: tuple[int, int] | None, within: float = PATIENCE) -> Moment:
        """As Here does."""
        return live.line.ask(0, "keep", Object(live.number), since, within).result(within)

    def gather(self, live: FarLive, give: Give) -> FarDesk:
        """As Here does; `give` gets "gone" where the run's worker ends."""
        return FarDesk(live, give, self._balance, "gather")

    def put_away(self, live: FarLive, path: Path, room: int) -> int:
        """As Here does."""
        if live.line.near:
            return live.line.call(0, "put_away", Object(live.number), path, room)
        return rested.write(path, [live.line.call(0, "pack", Object(live.number), room).data])

    # -- other work --------------------------------------------------------------------------------

    def repeat(self, live: FarLive, *arguments: Any) -> FarRepeat:
        """As Here does."""
        return FarRepeat(live.line, live.line.make(0, "repeat", Object(live.number), *arguments))

    def spread(self, function: Function, items: Sequence[tuple[Any, ...]], values: Mapping[str, Any] = {}) -> Spread:
        """As Here does."""
        found: dict[Line, FarCells] = {}

        def places() -> list[FarCells]:
            with self._lock:
                lines = [line for line in self._lines if line.ready and not line.lost]
            for line in lines:
                if line not in found:
                    with contextlib.suppress(WorkerLost, TimeoutError):
                        self._bring(line, values)
                        found[line] = FarCells(line)
            return [found[line] for line in lines if line in found]

        spread = Spread(places, function, items, self._finished)
        with self._lock:
            self._spreads.add(spread)
        self._finished(spread)  # where it was at once
        return spread

    def _finished(self, spread: Spread) -> None:
        with self._lock:
            if spread.ended:
                self._spreads.discard(spread)
        self._balance()

    def do(self, visitor: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """As Here does. function: of a module of the engine."""
        return self._choose(visitor, "").call(0, "do", visitor, function, *arguments)

    def warm(self, name: str) -> None:
        """As Here does, in the worker of the first visitor."""
        self._choose("", name).call(0, "warm", name)

    @property
    def workers(self) -> int:
        """As Here has it."""
        return sum(not line.lost for line in self._lines)

    def figures(self) -> dict[str, dict[str, Any]]:
        """As Here does. A worker that is busy for longer than a second is left out."""
        with self._lock:
            asked = {line: line.ask(0, "count") for line in self._lines}
        found, until = {}, time.monotonic() + FIGURES_WITHIN
        for line, future in asked.items():
            with contextlib.suppress(TimeoutError, WorkerLost):
                found[line.name] = future.result(max(0.0, until - time.monotonic()))
        return found

    def close(self) -> None:
        """End all workers."""
        with self._lock:
            self._closed = True
        for line in self._lines:
            line.close()
        self._source.close()
