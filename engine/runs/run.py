"""Run: a method in training, with its step counter and the log of its knobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import engine.methods  # noqa: F401  (registers the methods)
from engine.core.declare import Knobs, Setup
from engine.core.frame import Frame
from engine.core.method import Method
from engine.core.registry import build, find, restore
from engine.core.snapshot import Snapshot

Log = tuple[tuple[int, Mapping[str, Any]], ...]


class Run:
    """A method that trains. Advancing in any chunks, through snapshots or by replaying the log
    gives the same run, bit for bit on one machine.
    """

    def __init__(self, method: type[Method] | str, setup: Setup, seed: int | Sequence[int] = 0) -> None:
        """seed: one, or several for methods that train them as one batched model."""
        kind = find(method) if isinstance(method, str) else method
        seeds = (seed,) if isinstance(seed, int) else tuple(seed)
        self._begin(build(kind, setup, seeds), setup, seeds, kind.make_knobs(setup))

    def _begin(self, method: Method, setup: Setup, seeds: tuple[int, ...], knobs: Knobs) -> None:
        self.method = method
        self.setup = setup
        self.seeds = seeds
        self.knobs = knobs
        self.step = 0
        self._log: list[tuple[int, dict[str, Any]]] = []

    def begin_log(self, knobs: Knobs) -> None:
        """Forget the log, so that the run counts as new from here on, under `knobs`."""
        self._log = []
        self.knobs = knobs

    def advance(self, knobs: Knobs, steps: int = 1) -> None:
        """Train `steps` steps under `knobs`."""
        if steps < 1:
            return
        if not self._log:
            self._log.append((self.step, knobs.to_dict()))
        elif knobs is not self.knobs and (changes := knobs.changes_from(self.knobs)):
            self._log.append((self.step, changes))
        self.knobs = knobs
        for _ in range(steps):
            self.method.step(knobs, self.step)
            self.step += 1

    def frame(
        self, metrics: Sequence[str] | None = None, layers: Sequence[str] = (), knobs: Knobs | None = None
    ) -> Frame:
        """Look at the run: groups of metrics (None for the published ones) and layers by name.
        Changes nothing.

        knobs: decide what is drawn (hand-placed points, radii); by default those of the last step.
        """
        knobs = knobs or self.knobs
        return Frame(
            self.step, knobs.to_dict(), self.method.metrics(knobs, metrics)[0], self.method.layers(knobs, layers)
        )

    @property
    def log(self) -> Log:
        """(step, changes) pairs: from that step on these knobs had these values. The first pair has
        all knobs.
        """
        return tuple(self._log)

    def snapshot(self) -> Snapshot:
        """All that is needed to go on, independent of the run."""
        return Snapshot(
            self.method.name,
            self.setup.to_dict(),
            self.seeds,
            self.step,
            self.knobs.to_dict(),
            self.log,
            self.method.state(),
        )

    @classmethod
    def restore(cls, snapshot: Snapshot) -> Self:
        """A run that goes on where the snapshot was taken. Raises InvalidSnapshot."""
        method, setup, knobs = restore(snapshot)
        run = cls.__new__(cls)
        run._begin(method, setup, tuple(snapshot.seeds), knobs)
        run.step = snapshot.step
        run._log = [(step, dict(changes)) for step, changes in snapshot.log]
        return run

    def replay(self, log: Log, until: int) -> None:
        """Advance from the present step to `until` under the knobs of `log`, and leave the knobs as
        they were at `until`.
        """
        for _ in self.replaying(log, until):
            pass

    def replaying(self, log: Log, until: int) -> Iterator[None]:
        """What `replay` does, in pieces of one step."""
        knobs = self.knobs
        marks = [step for step, _ in log if self.step < step < until] + [until]
        for step, changes in log:
            if step <= self.step:
                knobs = knobs.with_values(changes)
        for mark in marks:
            for _ in range(mark - self.step):
                self.advance(knobs)
                yield
            for step, changes in log:
                if step == mark:
                    knobs = knobs.with_values(changes)
        self.knobs = knobs
