"""Here: live runs in the threads of this process.

A worker process has one, too, and does what the server asks of it (app/live/crew/worker.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.live.crew import rested
from app.live.crew.spread import Spread
from app.live.desk import Desk, Give
from app.live.rooms.audience import Audience
from app.operations.metrics import own_errors
from engine.core.declare import Setup
from engine.core.memory import held
from engine.core.method import Method
from engine.core.parallel import set_threads
from engine.core.registry import find
from engine.core.shipped import open_shipped
from engine.core.snapshot import Snapshot
from engine.runs.cells import Cells, Function
from engine.runs.host import Host
from engine.runs.live import Live, Moment
from engine.runs.repeat import Repeat
from engine.runs.run import Run
from engine.runs.timeline import Timeline, spacing

PATIENCE = 10.0  # seconds for a run to end its turn and give its snapshots


@dataclass(frozen=True)
class Start:
    """What a run begins from: the shipped snapshot `name`, another one, or initial weights."""

    name: str = ""
    snapshot: Snapshot | None = None

    def open(self) -> Snapshot | None:
        """The snapshot; None for initial weights. Raises InvalidSnapshot."""
        return open_shipped(self.name) if self.name and self.snapshot is None else self.snapshot


INITIAL = Start()  # from initial weights


@dataclass(frozen=True)
class Packed:
    """What is in the file of a run that rests."""

    data: bytes


class Here:
    """The runs of this process."""

    def __init__(self, host: Host | None = None) -> None:
        self.host = host or Host()
        self._cells = Cells(self.host)

    def open(
        self,
        method: type[Method],
        setup: Setup,
        seed: int,
        knobs: Mapping[str, Any],
        start: Start = INITIAL,
        visitor: str = "",
    ) -> Live:
        """A new run. visitor: whose it is. Raises InvalidValue for values that its data do not
        suit.
        """
        snapshot = start.open()
        run = Run(method, setup, seed) if snapshot is None else Run.restore(snapshot)
        return Live(self.host, run, knobs, snapshot)

    def attach(self, live: Live, give: Give) -> Desk:
        """A watcher of a run, which replaces the one before."""
        return Desk(live, give)

    def gather(self, live: Live, give: Give) -> Audience:
        """The audience of a run, beside its watcher. It ends the one before."""
        return Audience(live, give)

    def alive(self, live: Live) -> bool:
        """Whether the run's process has not ended by itself."""
        return True

    def drop(self, live: Live) -> None:
        """End a run."""
        live.close()

    def put_away(self, live: Live, path: Path, room: int) -> int:
        """Write a run into a file, as app/live/crew/rested.py does, while it may still be watched.
        Raises OSError, and TimeoutError where the run does not end its turn in time.
        """
        return rested.write(path, rested.parts(live.snapshots().result(PATIENCE), room))

    def pack(self, live: Live, room: int) -> Packed:
        """What `put_away` writes, for a server whose files this process does not see. Raises
        TimeoutError.
        """
        return Packed(b"".join(rested.parts(live.snapshots().result(PATIENCE), room)))

    def keep(self, live: Live, since: tuple[int, int] | None, within: float = PATIENCE) -> Moment:
        """The present moment of a run, its snapshot as a file's bytes. since: as of Live.moment.
        within: seconds to wait. Raises TimeoutError.
        """
        moment = live.moment(since).result(within)
        if moment.snapshot is None:
            return moment
        start = time.thread_time()
        data = moment.snapshot.to_bytes()
        return replace(moment, snapshot=data, seconds=moment.seconds + time.thread_time() - start)

    def take_up(
        self,
        rest: Path | Packed | Snapshot | bytes,
        knobs: Mapping[str, Any],
        start: Start,
        visitor: str = "",
        method: str = "",
        setup: Mapping[str, Any] = {},
    ) -> Live:
        """A run that goes on from its file, from a snapshot or from a snapshot's bytes. visitor,
        method, setup: whose run it is, its method's name, and its set-up where that is known.
        Raises OSError, InvalidSnapshot.
        """
        if isinstance(rest, Path):
            rest = Packed(rest.read_bytes())
        *earlier, last = rested.read(rest.data) if isinstance(rest, Packed) else [_whole(rest)]
        timeline = Timeline(earlier or [last], spacing(earlier))
        return Live(self.host, Run.restore(last), knobs, start.open(), timeline)

    def repeat(self, live: Live, *arguments: Any) -> Repeat:
        """A repetition beside a run. arguments: of Repeat (engine/runs/repeat.py)."""
        return Repeat(self.host, *arguments)

    def do(self, visitor: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """What `function(*arguments)` returns, computed where this visitor's runs are."""
        return function(*arguments)

    def spread(self, function: Function, items: Sequence[tuple[Any, ...]], values: Mapping[str, Any] = {}) -> Spread:
        """A work in independent cells, beside the runs (app/live/crew/spread.py). values: of the
        set-up, which may name what visitors have uploaded.
        """
        return Spread(lambda: [self], function, items)

    def start_cell(self, number: int, function: Function, item: tuple[Any, ...]) -> Future[Any]:
        """What one cell of a work gives (engine/runs/cells.py)."""
        return self._cells.start(number, function, item)

    def drop_cell(self, number: int) -> None:
        """Compute no more of a cell."""
        self._cells.drop(number)

    def warm(self, name: str) -> None:
        """Train and look at a run of a method once: torch sets much up at the first use."""
        set_threads(1)
        method = find(name)
        run = Run(method, method.make_setup({}), 0)
        run.advance(run.knobs, 2)
        run.method.layers(run.knobs, (*method.frame_layers, *method.scene_layers))
        run.method.metrics(run.knobs, method.quick_metrics + method.slow_metrics)

    @property
    def workers(self) -> int:
        """Processes of runs that are alive besides this one."""
        return 0

    wanted = 0  # processes of runs

    def figures(self) -> dict[str, dict[str, Any]]:
        """Counts and memory of each process of runs, by its name; that of the server's has none."""
        return {"": self.count()}

    def count(self) -> dict[str, Any]:
        """Counts of this process, since it began, and its memory in bytes."""
        tally = self.host.tally
        return {"steps": tally.steps(), "runs": tally.runs(), "errors": own_errors(), "memory": held()}

    def allot(self, cores: int) -> None:
        """Compute on so many cores at most."""
        self.host.allot(cores)

    def close(self) -> None:
        """End all runs."""
        self.host.close()


def _whole(rest: Snapshot | bytes) -> Snapshot:
    return rest if isinstance(rest, Snapshot) else Snapshot.from_bytes(rest)
