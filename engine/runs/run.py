"""Run: a method in training, with its step counter and the log of its knobs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import torch

import engine.methods  # noqa: F401  (registers the methods)
from engine.core.declare import InvalidValue, Knobs, Setup
from engine.core.diverged import Diverged, pictures
from engine.core.frame import Frame
from engine.core.method import Method
from engine.core.parallel import threads as with_threads
from engine.core.registry import build, find, restore
from engine.core.snapshot import Snapshot
from engine.runs.watch import Watch

Log = tuple[tuple[int, Mapping[str, Any]], ...]
Threads = tuple[tuple[int, int], ...]


def threads_at(threads: Sequence[tuple[int, int]], step: int) -> int:
    """With how many threads of torch's the step after `step` is done, by such pairs as
    Run.threads.
    """
    return next((count for at, count in reversed(threads) if at <= step), 1)


class Run:
    """A method that trains. Advancing in any chunks, through snapshots or by replaying the log
    gives the same run, bit for bit on one machine. Sums are rounded otherwise with another number
    of torch's threads, so the run keeps with how many each step was done, and does it again with as
    many.

    A run of one seed that diverges stops at its last finite state, one step before; of a run of
    several seeds the others go on.
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
        self._threads: list[tuple[int, int]] = []
        self._logged: Knobs | None = None  # the knobs that the log ends with, None where that is not known
        self._watch = Watch(method, len(seeds))

    def begin_log(self, knobs: Knobs) -> None:
        """Forget the log, so that the run counts as new from here on, under `knobs`."""
        self._log = [(self.step, knobs.to_dict())] if self.step else []
        self._threads = []
        self._logged = None
        self.knobs = knobs

    def advance(self, knobs: Knobs, steps: int = 1) -> None:
        """Train `steps` steps under `knobs`, with as many of torch's threads as the caller has."""
        if steps < 1:
            return
        self._note_knobs(knobs)
        self._note_threads(torch.get_num_threads())
        self.knobs = knobs
        if not self._watch.begun:
            self._look()
        for _ in range(steps):
            if self._watch.ended:
                return
            self._one_step(knobs)

    def _note_knobs(self, knobs: Knobs) -> None:
        """Put into the log how `knobs` differ from those that it ends with. After going back to the
        very step at which a knob was turned, they are not those of the last step.
        """
        if not self._log:
            self._log.append((self.step, knobs.to_dict()))
        elif knobs is not self._logged:
            changes = knobs.changes_from(self._logged or self._redo_knobs(self.step))
            if changes:
                self._log.append((self.step, changes))
        self._logged = knobs

    def _note_threads(self, count: int) -> None:
        """Put into the record that the next step is done with so many threads of torch's."""
        if count == threads_at(self._threads, self.step):
            return
        if self._threads and self._threads[-1][0] == self.step:  # it was done once, and is done again
            self._threads.pop()
        if count != threads_at(self._threads, self.step):
            self._threads.append((self.step, count))

    def _one_step(self, knobs: Knobs) -> None:
        try:
            self.method.step(knobs, self.step)
        except InvalidValue:  # something asked for or missing, whatever the numbers are
            raise
        except Exception:
            # Numbers that are not finite may make anything fail. The step is undone by doing those
            # before it again.
            self._look(after_failure=True)
            if not self._watch.ended:
                raise
            return
        self.step += 1
        if self._watch.due:
            self._look()

    # -- divergence --------------------------------------------------------------------------------

    @property
    def stopped(self) -> bool:
        """Whether a look has found that it diverged, so that `advance` does nothing. Takes no time,
        and may come some steps late.
        """
        return self._watch.ended

    def diverged(self) -> tuple[Diverged | None, ...]:
        """For each seed where it diverged, None where all is finite. Looks at the present state."""
        if not self._watch.ended and not self._watch.looked_at(self.step):
            self._look()
        return tuple(self._watch.found)

    def forgive(self) -> None:
        """Let a run that diverged try to go on from its last finite state."""
        self._watch = Watch(self.method, len(self.seeds))

    def metrics(self, names: Sequence[str] | None = None, knobs: Knobs | None = None) -> list[dict[str, float]]:
        """The metrics for each seed; those of a run that diverged are of the step where it did, so
        that no number passes for one that can be had. A metric that is not finite while the state
        is, is NaN and nothing more: whether a run has diverged does not depend on who looks.
        """
        knobs = knobs or self.knobs
        (first, *_) = self.diverged()
        if len(self.seeds) > 1 or first is None or first.step != self.step + 1:
            found = self.method.metrics(knobs, names)
        else:
            state = self.method.state()
            self._redo(self.step)
            found = [self.method.blanked(self.method.metrics(knobs, names)[0], self.method.state())]
            self.method.load(state)
        return [{name: value if math.isfinite(value) else math.nan for name, value in one.items()} for one in found]

    def _look(self, after_failure: bool = False) -> None:
        """Look whether the state is finite, and go back to the last finite one where it is not."""
        before = self.step
        self.step = self._watch.look(self.step, self._redo, after_failure)
        if self.step == before:
            return
        self._log = [(step, changes) for step, changes in self._log if step <= self.step]
        self._threads = [(step, count) for step, count in self._threads if step <= self.step]
        self._logged = None
        self.knobs = self._redo_knobs(self.step)

    def _redo(self, step: int) -> None:
        with with_threads(threads_at(self._threads, step)):
            self.method.step(self._redo_knobs(step), step)

    def _redo_knobs(self, step: int) -> Knobs:
        """The knobs that the step after `step` was done under."""
        knobs = self.knobs
        values: dict[str, Any] = {}
        for at, changes in self._log:
            if at <= step:
                values |= changes
        return knobs.with_values(values) if values else knobs

    @property
    def log(self) -> Log:
        """(step, changes) pairs: from that step on these knobs had these values. The first pair has
        all knobs.
        """
        return tuple(self._log)

    @property
    def threads(self) -> Threads:
        """(step, count) pairs: from that step on it was trained with so many threads of torch's;
        before the first with one.
        """
        return tuple(self._threads)

    # -- looking -----------------------------------------------------------------------------------

    def frame(
        self, metrics: Sequence[str] | None = None, layers: Sequence[str] = (), knobs: Knobs | None = None
    ) -> Frame:
        """Look at the run: groups of metrics (None for the published ones) and layers by name.
        Changes nothing.

        knobs: decide what is drawn (hand-placed points, radii); by default those of the last step.
        """
        knobs = knobs or self.knobs
        found, _ = pictures(self.method, knobs, layers)
        return Frame(self.step, knobs.to_dict(), self.method.metrics(knobs, metrics)[0], found)

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
            self.threads,
        )

    @classmethod
    def restore(cls, snapshot: Snapshot) -> Self:
        """A run that goes on where the snapshot was taken. Raises InvalidSnapshot."""
        method, setup, knobs = restore(snapshot)
        run = cls.__new__(cls)
        run._begin(method, setup, tuple(snapshot.seeds), knobs)
        run.step = snapshot.step
        run._log = [(step, dict(changes)) for step, changes in snapshot.log]
        run._threads = list(snapshot.threads)
        if run._log:  # it begins with all knobs, those too that the version which saved it did not have
            begun, first = run._log[0]
            run._log[0] = begun, type(knobs).of(first).to_dict()
        return run

    def replay(self, log: Log, until: int, threads: Threads = ()) -> None:
        """Advance from the present step to `until` under the knobs of `log` and with the threads of
        `threads`, which are another run's, and leave the knobs as they were at `until`.
        """
        for _ in self.replaying(log, until, threads):
            pass

    def replaying(self, log: Log, until: int, threads: Threads = ()) -> Iterator[None]:
        """What `replay` does, in pieces of one step."""
        knobs = self.knobs
        marks = [step for step, _ in log if self.step < step < until] + [until]
        for step, changes in log:
            if step <= self.step:
                knobs = knobs.with_values(changes)
        for mark in marks:
            for _ in range(mark - self.step):
                with with_threads(threads_at(threads, self.step)):
                    self.advance(knobs)
                yield
            for step, changes in log:
                if step == mark:
                    knobs = knobs.with_values(changes)
        self.knobs = knobs
