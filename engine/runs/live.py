"""Live: a run that somebody watches. It takes commands while it trains and offers its latest frame."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from engine.core.declare import InvalidValue, Knobs, Setup
from engine.core.frame import Answer, Frame, Phase
from engine.core.snapshot import Snapshot
from engine.runs.host import Host, Job
from engine.runs.measurement import Measurement
from engine.runs.run import Run

QUICK_EVERY = 0.2  # seconds between looks at the cheap metrics: nobody reads numbers faster
SLOW_EVERY = 1.5  # seconds between looks at metrics that cost more than a step
EARLY, EARLY_EVERY = 500, 0.3  # the first steps change most, so there the slow metrics are looked at more often
SETTLED = 0.15  # seconds without a command before they are looked at
KEEP_EVERY = 250  # steps between the snapshots that `rewind` starts from
KEEP_MOST = 40
SPEEDS = (1, 10, 50, 200, 0)  # steps a second; 0 is as fast as it goes


@dataclass(frozen=True)
class View:
    """A frame with what the watcher needs to place it.

    generation: counts resets, so that frames of an earlier life are told apart. steps_per_second:
    measured over the last 64 steps. compute: seconds spent on this frame's looking. scene: layers
    that stay the same until they are sent again. failure: why the run stopped by itself.
    """

    frame: Frame
    seed: int
    generation: int
    playing: bool
    speed: int
    steps_per_second: float
    compute: float
    scene: Mapping[str, Any] | None = None
    failure: str | None = None


class Live(Job):
    """One run on a Host. Public functions may be called from any thread; the run is touched in the
    task's turns alone.
    """

    def __init__(
        self, host: Host, run: Run, knobs: Mapping[str, Any] | None = None, start: Snapshot | None = None
    ) -> None:
        """knobs: turned from the run's. start: the trained snapshot the run came from, which a
        reset goes back to.
        """
        self._host, self._run, self._start = host, run, start
        self._knobs = run.knobs.with_values(knobs or {})
        if not run.log:
            run.knobs = self._knobs  # a rewind to the start comes back to these; later changes belong in the log
        self._lock = threading.Lock()
        self._inbox: deque[Callable[[], None]] = deque()
        self._offer: Callable[[View], None] | None = None
        self._layers = self.default_layers
        self._hidden = self._wanted = self._closed = False
        self.playing, self.speed, self.generation = False, 0, 0
        self.failure: str | None = None
        self.left = time.monotonic()  # when the last watcher went away
        self._pending = 0  # single steps still to do
        self._turned: Mapping[str, Any] = {}  # knobs turned for those alone
        self._asked: dict[str, tuple[Mapping[str, Any], Future[Answer]]] = {}  # the latest question of each name
        self._seen: dict[str, float] = {}  # when each slow layer was last looked at
        self._stale: set[str] = set()  # slow layers that something has changed since
        self._next_step = 0.0  # when a limited speed allows the next one
        self._trained = self._cost = 0.0  # seconds of training since the last frame, and what that frame took
        self._touched = 0.0  # when the last command came
        self._dirty = self._scene_due = True
        self._shown: Knobs | None = None  # the knobs of the last frame
        self._slow: tuple[int, int, Knobs] | None = None  # generation, step and knobs of the last slow look
        self._slow_at = self._quick_at = 0.0
        self._marks: deque[tuple[float, int]] = deque(maxlen=64)  # (time, step), to measure steps a second
        self._kept, self._keep_every = [run.snapshot()], KEEP_EVERY

    # -- commands ----------------------------------------------------------------------------------------------------

    @property
    def setup(self) -> Setup:
        """What the run is made of."""
        return self._run.setup

    @property
    def seed(self) -> int:
        """The seed of the present life."""
        return self._run.seeds[0]

    @property
    def knobs(self) -> dict[str, Any]:
        """The knobs as they are turned now."""
        return self._knobs.to_dict()

    @property
    def scalar_knobs(self) -> tuple[str, ...]:
        """Names of the knobs that are single values."""
        return tuple(name for name, d in self._knobs.declarations().items() if d.kind not in ("points", "ink"))

    @property
    def default_layers(self) -> tuple[str, ...]:
        """What a frame carries unless asked otherwise."""
        return self._run.method.frame_layers[:1]

    @property
    def watched(self) -> bool:
        """Whether somebody receives frames."""
        return self._offer is not None

    def watch(self, offer: Callable[[View], None], layers: Sequence[str]) -> None:
        """Send frames to `offer`, called from a worker thread once for each `want`. A new watcher
        replaces the old one.
        """
        with self._lock:
            self._offer, self._layers, self._hidden = offer, tuple(layers), False
            self._seen = {}  # a new watcher has seen nothing
        self._do(self._scene_changed)

    def leave(self, offer: Callable[[View], None]) -> None:
        """Stop sending to `offer`; the run rests until it is watched again."""
        with self._lock:
            if self._offer == offer:
                self._offer, self.left = None, time.monotonic()

    def want(self) -> None:
        """Ask for one frame, as soon as there is something new to see."""
        self._wanted = True
        self._host.wake(self)

    def show(self, visible: bool) -> None:
        """Rest while nobody can see the frames, go on afterwards."""
        self._hidden = not visible
        self._host.wake(self)

    def look(self, layers: Sequence[str]) -> None:
        """Choose the layers that frames carry. Raises InvalidValue for an unknown one."""
        unknown = [name for name in layers if name not in self._run.method.frame_layers]
        if unknown:
            raise InvalidValue(
                f"there is no layer {unknown[0]!r}: known are {', '.join(self._run.method.frame_layers)}"
            )
        self._layers = tuple(layers)
        self._do(lambda: None)

    def play(self, playing: bool = True) -> None:
        """Train, or pause."""

        def command() -> None:
            self.playing, self._next_step = playing, 0.0
            self._marks.clear()

        self._do(command)

    def set_speed(self, speed: int) -> None:
        """Steps a second while playing, one of SPEEDS. Raises InvalidValue."""
        if speed not in SPEEDS:
            raise InvalidValue(f"speed = {speed!r} is not allowed: choose one of {', '.join(map(str, SPEEDS))}")

        def command() -> None:
            self.speed, self._next_step = speed, 0.0
            self._marks.clear()

        self._do(command)

    def set_knobs(self, values: Mapping[str, Any]) -> None:
        """Turn knobs, from the next step on. Raises InvalidValue, and then turns none."""
        with self._lock:
            self._knobs = self._knobs.with_values(values)
        self._do(self._scene_changed if set(self._run.method.scene_knobs) & set(values) else lambda: None)

    def step(self, steps: int = 1, knobs: Mapping[str, Any] | None = None) -> None:
        """Pause and train a few steps, with some knobs turned for these steps alone. Raises
        InvalidValue.
        """
        self._knobs.with_values(knobs or {})

        def command() -> None:
            self.playing, self._pending, self._turned = False, self._pending + steps, knobs or {}

        self._do(command)

    def reset(self, seed: int | None = None) -> None:
        """Begin again: from the snapshot the run came from, or from the initial weights of this or
        another seed. Knobs stay as they are.
        """

        def command() -> None:
            if seed is None and self._start is not None:
                run = Run.restore(self._start)
                run._log, run.knobs = [], self._knobs
                return self._begin(run)
            self._start = None  # another seed leaves the snapshot behind
            run = Run(type(self._run.method), self._run.setup, self.seed if seed is None else seed)
            run.knobs = self._knobs
            self._begin(run)

        self._do(command)

    def rewind(self, step: int) -> None:
        """Go back to an earlier step, exactly, and branch from there with the knobs it had. Raises
        InvalidValue.
        """
        first = self._kept[0].step
        if not first <= step <= self._run.step:
            raise InvalidValue(f"step = {step} is not allowed: give a step from {first} to {self._run.step}")

        def command() -> None:
            if step == self._run.step:
                return
            kept = [s for s in self._kept if s.step <= step]
            run = Run.restore(kept[-1])
            run.replay(self._run.log, step)
            knobs = run.knobs
            self._begin(run, kept)
            self._knobs = knobs

        self._do(command)

    def take(self, snapshot: Snapshot) -> None:
        """Go on from a snapshot, in place of the present run. Raises InvalidSnapshot."""
        run = Run.restore(snapshot)
        with self._lock:
            self._knobs = run.knobs
        self._do(lambda: self._begin(run))

    def snapshot(self) -> Future[Snapshot]:
        """A snapshot of the present moment."""
        future: Future[Snapshot] = Future()
        self._do(lambda: future.set_result(self._run.snapshot()))
        return future

    def ask(self, name: str, values: Mapping[str, Any]) -> Future[Answer]:
        """Ask the run, between two steps. A newer question of the same name takes the place of one
        still waiting, which is cancelled.

        Raises InvalidValue for an unknown question; the future does for one without an answer.
        """
        if name not in self._run.method.questions:
            raise InvalidValue(f"there is no question {name!r}: known are {', '.join(self._run.method.questions) or 'none'}")
        future: Future[Answer] = Future()
        with self._lock:
            _, waiting = self._asked.pop(name, (None, None))
            self._asked[name] = (values, future)
        if waiting:
            waiting.cancel()
        self._host.wake(self)
        return future

    def explain(self) -> Future[list[Phase]]:
        """Pause, and the phases of the step that comes next."""
        future: Future[list[Phase]] = Future()

        def command() -> None:
            self.playing = False
            _settle(future, lambda: self._run.method.explain(self._knobs, self._run.step))

        self._do(command)
        return future

    def measure(self, name: str, values: Mapping[str, Any]) -> Measurement:
        """Work out one of the method's measurements, on a copy of the run beside it. Raises
        InvalidValue.
        """
        if name not in self._run.method.measures:
            raise InvalidValue(
                f"there is no measurement {name!r}: known are {', '.join(self._run.method.measures) or 'none'}"
            )
        measurement = Measurement(self._host, name, values)
        self._do(lambda: measurement.begin(self._run.snapshot(), self._knobs))
        return measurement

    def close(self) -> None:
        """Stop for good."""
        self._closed = True
        self._host.drop(self)

    # -- turns -------------------------------------------------------------------------------------------------------

    def _do(self, command: Callable[[], None]) -> None:
        self._inbox.append(command)
        self._host.wake(self)

    def turn(self, deadline: float) -> float | None:
        if self._closed:
            return None
        try:
            return self._turn(deadline)
        except Exception as error:  # a failing run stops and says so; other runs must not notice
            self.failure, self.playing, self._pending = f"{type(error).__name__}: {error}", False, 0
            if self._offer:
                self._offer(self._view(Frame(self._run.step, self._knobs.to_dict()), 0.0))
            return None

    def _turn(self, deadline: float) -> float | None:
        while self._inbox:
            self._inbox.popleft()()
            self._dirty, self._touched, self._stale = True, time.monotonic(), set(self._run.method.slow_layers)
            self._rest()
        self._answer()
        active = (self.playing or self._pending > 0) and self.watched and not self._hidden
        while (
            active and not self._inbox and not self._asked and self._next_step <= (now := time.monotonic()) < deadline
        ):
            self._advance()
            self._trained += time.monotonic() - now
            active = self.playing or self._pending > 0
            self._next_step = max(self._next_step, now - 0.1) + 1 / self.speed if self.speed and self.playing else 0.0
            if self._wanted and self._earned():
                break
        slow = self._slow_due(active)
        if self._earned() or not active or self.speed:
            self._look(slow is not None and slow <= time.monotonic())
        if self._inbox or self._asked:
            return 0.0
        if active:
            return self._next_step
        return slow if self._wanted and self.watched else None

    def _earned(self) -> bool:
        """Whether a frame is due: a knob was just turned, or training has had as much time as the
        last frame took (times the method's pace).

        So a lone run paints as often as the browser asks, and where many share a core looking never
        takes more than half of it.
        """
        return self._knobs is not self._shown or self._trained >= self._run.method.pace * self._cost

    def _answer(self) -> None:
        """Answer the questions that wait. What goes wrong with one is told to who asked, and the
        run goes on.
        """
        with self._lock:
            asked, self._asked = self._asked, {}
        for name, (values, future) in asked.items():
            _settle(future, lambda name=name, values=values: self._run.method.ask(self._knobs, name, values))

    def _advance(self) -> None:
        turned = self._turned if self._pending and not self.playing else {}
        self._run.advance(self._knobs.with_values(turned) if turned else self._knobs)
        self._pending, self._dirty = max(0, self._pending - 1), True
        self._stale = set(self._run.method.slow_layers)
        step = self._run.step
        self._marks.append((time.monotonic(), step))
        self._rest()
        if step % self._keep_every == 0:
            self._kept.append(self._run.snapshot())
            if len(self._kept) > KEEP_MOST:
                self._kept, self._keep_every = self._kept[::2], 2 * self._keep_every

    def _rest(self) -> None:
        """Pause where the method has nothing left to do under the present knobs."""
        if (self.playing or self._pending) and self._run.method.rests(self._knobs):
            self.playing, self._pending = False, 0

    def _scene_changed(self) -> None:
        self._scene_due = True

    def _begin(self, run: Run, kept: list[Snapshot] | None = None) -> None:
        self._run, self._kept, self._keep_every = run, kept or [run.snapshot()], KEEP_EVERY
        self.generation += 1
        self._seen, self._stale = {}, set(run.method.slow_layers)
        self.failure, self._scene_due, self._pending = None, True, 0
        self._marks.clear()

    def _slow_due(self, active: bool) -> float | None:
        """When to look at the slow metrics next, or None where they are up to date. Never while a
        knob is on the move.
        """
        if self._slow == (self.generation, self._run.step, self._knobs):
            return None
        every = EARLY_EVERY if self._run.step < EARLY else SLOW_EVERY
        return max(self._slow_at + every if active else 0.0, self._touched + SETTLED)

    def _look(self, slow: bool) -> None:
        """Offer a frame where one is wanted and there is something new in it."""
        offer, method = self._offer, self._run.method
        if not (self._wanted and offer and (self._dirty or slow)):
            return
        self._wanted = self._dirty = False
        start, knobs = time.perf_counter(), self._knobs
        quick = not self.playing or slow or time.monotonic() - self._quick_at > QUICK_EVERY
        if quick:
            self._quick_at = time.monotonic()
        groups = (method.quick_metrics if quick else ()) + (method.slow_metrics if slow else ())
        frame = self._run.frame(groups, self._layers_due(), knobs)
        if slow:
            self._slow_at, self._slow = time.monotonic(), (self.generation, frame.step, knobs)
        scene = method.layers(knobs, method.scene_layers) if self._scene_due else None
        self._shown, self._scene_due, self._trained = knobs, False, 0.0
        spent = time.perf_counter() - start
        self._cost = spent if not slow else self._cost
        offer(self._view(frame, spent, scene))

    def _layers_due(self) -> list[str]:
        """The watcher's layers: slow ones only so often, when something has changed since, and at
        once where the run rests.
        """
        due, now = [], time.monotonic()
        for name in self._layers:
            every = self._run.method.slow_layers.get(name)
            if every is None:
                due.append(name)
            elif (
                name not in self._seen or name in self._stale and (not self.playing or now - self._seen[name] >= every)
            ):
                self._seen[name] = now
                self._stale.discard(name)
                due.append(name)
        return due

    def _view(self, frame: Frame, compute: float, scene: Mapping[str, Any] | None = None) -> View:
        rate = 0.0
        if self.playing and len(self._marks) > 1:
            (t0, s0), (t1, s1) = self._marks[0], self._marks[-1]
            rate = (s1 - s0) / max(t1 - t0, 1e-9)
        return View(frame, self.seed, self.generation, self.playing, self.speed, rate, compute, scene, self.failure)


def _settle(future: Future[Any], work: Callable[[], Any]) -> None:
    """Give `future` what `work` returns or raises, unless nobody waits for it any more."""
    if future.set_running_or_notify_cancel():
        try:
            future.set_result(work())
        except Exception as error:  # whoever asked is told
            future.set_exception(error)
