"""Far: objects in a worker, as the server sees them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from app.live.crew.line import LOST, Line
from app.live.desk import Give
from engine.core.frame import Answer
from engine.core.snapshot import Snapshot
from engine.runs.cells import Function

EXPECTED = 30.0  # seconds in which the page of a new run watches it: a browser may be slow


def _there(name: str) -> Any:
    """An attribute that is read in the worker each time."""
    return property(lambda far: far.get(name))


class Far:
    """An object of a worker. What it raises there is raised here; WorkerLost besides, where the
    worker has ended.
    """

    def __init__(self, line: Line, number: int) -> None:
        self.line = line
        self.number = number

    def get(self, name: str, *arguments: Any) -> Any:
        """The value of an attribute, or what a function returns."""
        return self.line.call(self.number, name, *arguments)

    def close(self) -> None:
        """End it: the worker forgets it."""
        self.line.send("free", self.number)


class FarLive(Far):
    """A live run: what the pages need of engine/runs/live.py.

    visitor, method: whose it is, and of which method. left: when the last watcher went away. desks:
    those of its watchers.
    """

    def __init__(self, line: Line, number: int, visitor: str, method: str) -> None:
        super().__init__(line, number)
        self.visitor = visitor
        self.method = method
        self.left = time.monotonic()
        self.desks: set[FarDesk] = set()
        self._expected_until = time.monotonic() + EXPECTED

    setup = _there("setup")
    seed = _there("seed")
    knobs = _there("knobs")
    made_of = _there("made_of")
    megabytes = _there("megabytes")
    playing = _there("playing")
    speed = _there("speed")

    @property
    def watched(self) -> bool:
        """Whether somebody receives frames."""
        return bool(self.desks)

    @property
    def seen(self) -> bool:
        """Whether somebody can see the frames: a run trains only then."""
        return any(desk.visible for desk in tuple(self.desks))

    @property
    def expected(self) -> bool:
        """Whether its page has just been opened and will soon watch it."""
        return time.monotonic() < self._expected_until

    def came(self, desk: FarDesk) -> None:
        """A watcher has come."""
        self._expected_until = 0.0
        self.desks.add(desk)

    def set_knobs(self, values: Mapping[str, Any]) -> None:
        """As Live does."""
        self.get("set_knobs", values)

    def play(self, playing: bool = True) -> None:
        """As Live does."""
        self.get("play", playing)

    def set_speed(self, speed: int) -> None:
        """As Live does."""
        self.get("set_speed", speed)

    def reset(self, seed: int | None = None) -> None:
        """As Live does."""
        self.get("reset", seed)

    def rewind(self, step: int) -> None:
        """As Live does."""
        self.get("rewind", step)

    def resume(self, generation: int, speed: int, playing: bool) -> None:
        """As Live does."""
        self.get("resume", generation, speed, playing)

    def take(self, snapshot: Snapshot) -> None:
        """As Live does."""
        self.get("take", snapshot)

    def snapshot(self) -> Future[Snapshot]:
        """As Live does."""
        return self.line.ask(self.number, "snapshot")

    def numbers(self, knobs: Mapping[str, Any] | None = None) -> Future[tuple[int, int, dict[str, float]]]:
        """As Live does."""
        return self.line.ask(self.number, "numbers", knobs)

    def ask(self, name: str, values: Mapping[str, Any]) -> Future[Answer]:
        """As Live does."""
        return self.line.ask(self.number, "ask", name, values)

    def measure(self, name: str, values: Mapping[str, Any]) -> FarMeasurement:
        """As Live does."""
        return FarMeasurement(self.line, self.line.make(self.number, "measure", name, values))


class _FarWork(Far):
    """Work that goes on in a worker, until it is done or nobody here knows of it any more. Where
    the worker has ended, the work has failed.
    """

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.line.lost or self.get("ended")

    @property
    def failure(self) -> str:
        """Why it stopped; "" where nothing went wrong."""
        return LOST if self.line.lost else self.get("failure")

    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return not self.line.lost and self.get("cancelled")

    def cancel(self) -> None:
        """Stop it."""
        self.get("cancel")

    def __del__(self) -> None:
        self.close()


class FarMeasurement(_FarWork):
    """What the pages need of engine/runs/measurement.py."""

    share = _there("share")
    answer = _there("answer")


class FarRepeat(_FarWork):
    """What the pages need of engine/runs/repeat.py."""

    progress = _there("progress")
    started = _there("started")
    seconds = _there("seconds")
    metrics = _there("metrics")
    setup = _there("setup")
    knobs = _there("knobs")


class FarCells:
    """The cells of a worker (app/live/crew/spread.py)."""

    def __init__(self, line: Line) -> None:
        self.line = line

    def start_cell(self, number: int, function: Function, item: tuple[Any, ...]) -> Future[Any]:
        """As Here does."""
        return self.line.ask(0, "start_cell", number, function, item)

    def drop_cell(self, number: int) -> None:
        """As Here does."""
        self.line.ask(0, "drop_cell", number)


class FarDesk:
    """The desk of one watcher at a far run, or that of its audience."""

    def __init__(self, live: FarLive, give: Give, changed: Callable[[], None], way: str = "attach") -> None:
        """changed: called when it becomes visible, hidden or closed. way: as for Line.attach."""
        self._live = live
        self._changed = changed
        self.visible = True
        live.came(self)
        self._number = live.line.attach(live.number, give, way)
        changed()

    def receive(self, message: Mapping[str, Any]) -> None:
        """Pass a message on."""
        self._live.line.send("receive", self._number, message)
        if message["type"] == "show" and self.visible != bool(message.get("visible")):
            self.visible = not self.visible
            self._changed()

    def close(self) -> None:
        """The watcher has left."""
        self._live.line.leave(self._number)
        self._live.desks.discard(self)
        self._live.left = time.monotonic()
        self._changed()
