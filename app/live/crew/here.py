"""Here: live runs in the threads of this process.

A worker process has one, too, and does what the server asks of it (app/live/crew/worker.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.live.crew import rested
from app.live.desk import Desk, Give
from engine.core.declare import Setup
from engine.core.method import Method
from engine.core.shipped import open_shipped
from engine.core.snapshot import Snapshot
from engine.runs.host import Host
from engine.runs.live import Live
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


class Here:
    """The runs of this process."""

    def __init__(self, host: Host | None = None) -> None:
        self.host = host or Host()

    def open(
        self, method: type[Method], setup: Setup, seed: int, knobs: Mapping[str, Any], start: Start = Start()
    ) -> Live:
        """A new run. Raises InvalidValue for values that its data do not suit."""
        snapshot = start.open()
        run = Run(method, setup, seed) if snapshot is None else Run.restore(snapshot)
        return Live(self.host, run, knobs, snapshot)

    def attach(self, live: Live, give: Give) -> Desk:
        """A watcher of a run, which replaces the one before."""
        return Desk(live, give)

    def put_away(self, live: Live, path: Path, room: int) -> int:
        """Write a run into a file, as app/live/crew/rested.py does, while it may still be watched.
        Raises OSError, and TimeoutError where the run does not end its turn in time.
        """
        return rested.write(path, live.snapshots().result(PATIENCE), room)

    def take_up(self, rest: Path | Snapshot, knobs: Mapping[str, Any], start: Start) -> Live:
        """A run that goes on from its file, or from a snapshot. Raises OSError, InvalidSnapshot."""
        *earlier, last = [rest] if isinstance(rest, Snapshot) else rested.read(rest)
        timeline = Timeline(earlier or [last], spacing(earlier))
        return Live(self.host, Run.restore(last), knobs, start.open(), timeline)

    def work(self, live: Live, function: Callable[..., Any], *arguments: Any) -> Any:
        """What `function(live, *arguments)` returns, computed where the run is."""
        return function(live, *arguments)

    def begin(self, factory: Callable[..., Any], *arguments: Any) -> Any:
        """What `factory(host, *arguments)` makes: work that goes on in turns of the host."""
        return factory(self.host, *arguments)

    def do(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What `function(*arguments)` returns, computed where runs are."""
        return function(*arguments)

    def close(self) -> None:
        """End all runs."""
        self.host.close()
