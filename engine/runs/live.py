"""Live: a run that somebody watches. It takes commands while it trains and offers its latest frame.

engine/runs/pacing.py decides when it trains and when it is looked at, engine/runs/timeline.py keeps
the snapshots that a rewind starts from.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from engine.core.declare import InvalidValue, Setup, brief, offer
from engine.core.diverged import Diverged, advice
from engine.core.frame import Answer, Frame, Phase
from engine.core.snapshot import Snapshot
from engine.runs.host import Host, Job, settle
from engine.runs.measurement import Measurement
from engine.runs.pacing import Look, Pacing
from engine.runs.run import Run
from engine.runs.timeline import Timeline

WAITED = 50  # steps between overflown outputs and overflown weights that are waited for
SPEEDS = (1, 10, 50, 200, 0)  # steps a second; 0 is as fast as it goes
BUILD_FREE = 0.25  # seconds that building a run may take; what is longer must pass
BUILD_PACE = 3.0  # so many times before it is built again


@dataclass(frozen=True)
class View:
    """A frame with what the watcher needs to place it.

    generation: counts resets, so that frames of an earlier life can be recognised.
    steps_per_second: measured over the last 64 steps. compute: seconds that taking this frame took.
    scene: layers that stay the same until they are sent again. failure: why the run stopped by
    itself. diverged: that it has diverged, and the frame is of the last finite state; advice: what
    to do then, in a sentence.
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
    diverged: Diverged | None = None
    advice: str = ""


class Live(Job):
    """One run on a Host. Public functions may be called from any thread; the run, its pacing and
    its timeline are touched in the job's turns alone.
    """

    def __init__(
        self,
        host: Host,
        run: Run,
        knobs: Mapping[str, Any] | None = None,
        start: Snapshot | None = None,
        timeline: Timeline | None = None,
    ) -> None:
        """knobs: values that replace the run's. start: the trained snapshot the run came from,
        which a reset goes back to. timeline: of a run that goes on after a rest; it ends at the
        run's present step.
        """
        self._host = host
        self._run = run
        self._start = start
        self._knobs = run.knobs.with_values(knobs or {})
        if not run.log:
            run.knobs = self._knobs  # a rewind to the start restores these; the log has later changes alone
        self._pacing = Pacing(run)
        self._timeline = timeline or Timeline([run.snapshot()])
        self.playing = False
        self.speed = 0
        self.generation = 0
        self.failure: str | None = None
        self.left = time.monotonic()  # when the last watcher went away
        self._lock = threading.Lock()
        self._inbox: deque[Callable[[], None]] = deque()
        self._beginnings = 0  # commands under way that begin another life, after which it may play again
        self._lives = 0  # resets and rewinds asked for; the last one alone is carried out
        self._build_from = 0.0  # when another life may be built (time.monotonic)
        # What is under way that may take more than a turn, in pieces. It yields when it can go on
        # (time.monotonic), infinity for when it is woken.
        self._long: Iterator[float] | None = None
        self._asked: dict[str, tuple[Mapping[str, Any], Future[Answer]]] = {}  # the latest question of each name
        self._offer: Callable[[View], None] | None = None
        self._layers = self.default_layers
        self._hidden = False
        self._wanted = False
        self._closed = False
        self._suspect: int | None = None  # the step since which not all that is looked at is finite
        self._pending = 0  # single steps still to do
        self._turned: Mapping[str, Any] = {}  # knobs that those steps alone are trained under

    # -- commands ----------------------------------------------------------------------------------

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
        """The layers that a frame has unless the watcher chooses others."""
        return self._run.method.frame_layers[:1]

    @property
    def start(self) -> Snapshot | None:
        """The snapshot a reset goes back to; None for the initial weights."""
        return self._start

    @property
    def watched(self) -> bool:
        """Whether somebody receives frames."""
        return self._offer is not None

    def watch(self, offer: Callable[[View], None], layers: Sequence[str]) -> None:
        """Send frames to `offer`, called from a worker thread once for each `want`. A new watcher
        replaces the old one.
        """
        with self._lock:
            self._offer = offer
            self._layers = tuple(layers)
            self._hidden = False
            self._pacing.new_watcher()
        self._do(self._scene_changed)

    def leave(self, offer: Callable[[View], None]) -> None:
        """Stop sending to `offer`; the run rests until it is watched again."""
        with self._lock:
            if self._offer == offer:
                self._offer = None
                self._lives += 1  # a reset that still waits is for nobody
                self.left = time.monotonic()

    def want(self) -> None:
        """Request one frame, as soon as there is something new to see."""
        self._wanted = True
        self._host.wake(self)

    def show(self, visible: bool) -> None:
        """Whether the frames can be seen. The run rests while they cannot."""
        self._hidden = not visible
        self._host.wake(self)

    def look(self, layers: Sequence[str]) -> None:
        """Choose the layers that frames have. Raises InvalidValue for an unknown one."""
        known = self._run.method.frame_layers
        unknown = [name for name in layers if name not in known]
        if unknown:
            raise InvalidValue(f"there is no layer {brief(unknown[0])}: {offer(unknown[0], known)}")
        self._layers = tuple(dict.fromkeys(layers))  # each once, however often it is named
        self._do(lambda: None)

    def play(self, playing: bool = True) -> None:
        """Train, or pause. Raises InvalidValue where the run has diverged: it must be rewound or
        reset first.
        """
        if playing:
            self._check_sound()

        def command() -> None:
            self.playing = playing and not self._run.stopped
            self._pacing.restart_clock()

        self._do(command)

    def set_speed(self, speed: int) -> None:
        """Set the steps a second while playing, one of SPEEDS. Raises InvalidValue for another."""
        if speed not in SPEEDS:
            raise InvalidValue(f"speed = {speed!r} is not allowed: choose one of {', '.join(map(str, SPEEDS))}")

        def command() -> None:
            self.speed = speed
            self._pacing.restart_clock()

        self._do(command)

    def set_knobs(self, values: Mapping[str, Any]) -> None:
        """Turn knobs, from the next step on. Where one is not allowed, turn none and raise
        InvalidValue.
        """
        with self._lock:
            self._knobs = self._knobs.with_values(values)
        self._do(self._scene_changed if set(self._run.method.scene_knobs) & set(values) else lambda: None)

    def step(self, steps: int = 1, knobs: Mapping[str, Any] | None = None) -> None:
        """Pause and train a few steps. knobs: turned for these steps alone. Raises InvalidValue,
        also where the run has diverged.
        """
        self._check_sound()
        self._knobs.with_values(knobs or {})

        def command() -> None:
            self.playing = False
            self._pending += 0 if self._run.stopped else steps
            self._turned = knobs or {}

        self._do(command)

    def reset(self, seed: int | None = None) -> None:
        """Begin again: from the snapshot the run came from, or from the initial weights of this or
        another seed; naming the present seed changes nothing. Knobs stay as they are.
        """

        mine = self._next_life()

        def work() -> Iterator[float]:
            if seed in (None, self.seed) and self._start is not None:
                run = yield from self._built(lambda: Run.restore(self._start))
            else:
                setup, number = self._run.setup, self.seed if seed is None else seed
                run = yield from self._built(lambda: Run(type(self._run.method), setup, number))
                self._start = None  # from now on a reset goes back to initial weights
            run.begin_log(self._knobs)
            self._begin(run)

        self._do(lambda: self._start_long(mine, work))

    def rewind(self, step: int) -> None:
        """Go back to an earlier step, exactly, and go on from there with the knobs it had.

        Raises InvalidValue for a step before the first snapshot or after the present one.
        """
        first = self._timeline.first_step
        if not first <= step <= self._run.step:
            raise InvalidValue(f"step = {step} is not allowed: give a step from {first} to {self._run.step}")
        mine, before = self._next_life(), self._knobs

        def work() -> Iterator[float]:
            if step == self._run.step:
                return self._run.forgive()
            timeline = self._timeline.before(step)
            run = yield from self._built(lambda: Run.restore(timeline.snapshots[-1]))
            for _ in run.replaying(self._run.log, step):
                yield 0.0
            self._begin(run, timeline)
            with self._lock:
                # What was turned meanwhile stays turned.
                self._knobs = run.knobs.with_values(self._knobs.changes_from(before))

        self._do(lambda: self._start_long(mine, work))

    def take(self, snapshot: Snapshot) -> None:
        """Go on from a snapshot, in place of the present run. Raises InvalidSnapshot."""
        run = Run.restore(snapshot)
        with self._lock:
            self._knobs = run.knobs
            self._beginnings += 1

        def command() -> None:
            self._begin(run)
            self._begun()

        self._do(command)

    def snapshot(self) -> Future[Snapshot]:
        """A snapshot of the present moment."""
        future: Future[Snapshot] = Future()
        self._do(lambda: future.set_result(self._run.snapshot()))
        return future

    def ask(self, name: str, values: Mapping[str, Any]) -> Future[Answer]:
        """Put a question to the run, which is answered between two steps. One of the same name that
        still waits is cancelled.

        Raises InvalidValue for an unknown question; the future raises it for one without an answer.
        """
        if name not in self._run.method.questions:
            raise InvalidValue(f"there is no question {brief(name)}: {offer(name, self._run.method.questions)}")
        future: Future[Answer] = Future()
        with self._lock:
            _, waiting = self._asked.pop(name, (None, None))
            self._asked[name] = (values, future)
        if waiting:
            waiting.cancel()
        self._host.wake(self)
        return future

    def explain(self) -> Future[list[Phase]]:
        """Pause. Returns the phases of the step that comes next."""
        future: Future[list[Phase]] = Future()

        def command() -> None:
            self.playing = False
            settle(future, lambda: self._run.method.explain(self._knobs, self._run.step))

        self._do(command)
        return future

    def measure(self, name: str, values: Mapping[str, Any]) -> Measurement:
        """Begin one of the method's measurements, on a copy of the run. Raises InvalidValue for an
        unknown one.
        """
        if name not in self._run.method.measures:
            raise InvalidValue(f"there is no measurement {brief(name)}: {offer(name, self._run.method.measures)}")
        measurement = Measurement(self._host, name, values, self)
        self._do(lambda: measurement.begin(self._run.snapshot(), self._knobs))
        return measurement

    def close(self) -> None:
        """Stop for good."""
        self._closed = True
        self._host.drop(self)

    def snapshots(self) -> Future[list[Snapshot]]:
        """The snapshots that a rewind starts from, and one of the present moment, which is the
        last.
        """
        future: Future[list[Snapshot]] = Future()
        self._do(lambda: future.set_result([*self._timeline.snapshots, self._run.snapshot()]))
        return future

    # -- turns -------------------------------------------------------------------------------------

    def _do(self, command: Callable[[], None]) -> None:
        self._inbox.append(command)
        self._host.wake(self)

    def _check_sound(self) -> None:
        """Raise InvalidValue where the run has diverged and no other life is about to begin."""
        with self._lock:
            if self._run.stopped and not self._beginnings:
                raise InvalidValue(self._advice(self._run.diverged()[0]))

    def _advice(self, diverged: Diverged) -> str:
        return advice(diverged, type(self._knobs))

    # -- what takes more than a turn ---------------------------------------------------------------

    def _next_life(self) -> int:
        """The number of a life that is about to begin; those before it need not begin any more."""
        with self._lock:
            self._beginnings += 1
            self._lives += 1
            return self._lives

    def _begun(self) -> None:
        """A life that was about to begin has begun, or will not."""
        with self._lock:
            self._beginnings -= 1

    def _start_long(self, life: int, work: Callable[[], Iterator[float]]) -> None:
        """Begin what leads to another life, and drop it where a still later one is asked for."""

        def pieces() -> Iterator[float]:
            try:
                for due in work():
                    yield due
                    if life != self._lives:
                        return
            finally:
                self._begun()

        if life == self._lives:
            self._long = pieces()
        else:
            self._begun()

    def _built(self, build: Callable[[], Run]) -> Generator[float, None, Run]:
        """A run that is built aside, because its data may take seconds. Another one has to wait
        then, so that nobody who asks for one after the other keeps a core to himself.
        """
        while time.monotonic() < self._build_from:
            yield self._build_from
        cost = 0.0

        def timed() -> Run:
            nonlocal cost
            start = time.monotonic()
            run = build()
            cost = time.monotonic() - start
            return run

        future = self._host.aside(timed)
        future.add_done_callback(lambda _: self._host.wake(self))
        try:
            while not future.done():
                yield math.inf
        finally:
            future.cancel()
        self._build_from = time.monotonic() + BUILD_PACE * max(0.0, cost - BUILD_FREE)
        return future.result()

    def turn(self, deadline: float) -> float | None:
        if self._closed:
            return None
        try:
            return self._turn(deadline)
        except Exception as error:  # a run that fails stops with a message, and the others go on
            self.failure = f"{type(error).__name__}: {error}"
            self._long = None
            self.playing = False
            self._pending = 0
            if self._offer:
                self._offer(self._view(Frame(self._run.step, self._knobs.to_dict()), 0.0))
            return None

    def pressed(self, now: float) -> bool:
        return self._wanted and self.watched and not self._hidden and self._pacing.pressed(now)

    def _turn(self, deadline: float) -> float | None:
        pacing = self._pacing
        while self._long or self._inbox:
            if self._long:
                due = next(self._long, None)
                if due is None:
                    self._long = None
                elif due > time.monotonic():
                    return None if due == math.inf else due
            else:
                self._inbox.popleft()()
            if not self._long:
                pacing.after_command()
                self._rest()
            if time.monotonic() >= deadline:
                return 0.0  # the other jobs get their turn first, whatever still waits here
        self._answer()
        active = (self.playing or self._pending > 0) and self.watched and not self._hidden
        while (
            active and not self._inbox and not self._asked and pacing.next_step <= (now := time.monotonic()) < deadline
        ):
            self._advance()
            active = self.playing or self._pending > 0
            pacing.spent(now, self.speed if self.playing else 0)
            if self._wanted and pacing.frame_earned(self._knobs):
                break
        slow_at = pacing.slow_due(self._knobs, active)
        if pacing.frame_earned(self._knobs) or not active or self.speed:
            self._look(slow=slow_at is not None and slow_at <= time.monotonic())
        if self._inbox or self._asked:
            return 0.0
        if active:
            return pacing.next_step
        return slow_at if self._wanted and self.watched else None

    def _answer(self) -> None:
        """Answer the questions that wait. An error goes to whoever asked, and the run goes on."""
        with self._lock:
            asked = self._asked
            self._asked = {}
        for name, (values, future) in asked.items():
            settle(future, lambda name=name, values=values: self._run.method.ask(self._knobs, name, values))

    def _advance(self) -> None:
        turned = self._turned if self._pending and not self.playing else {}
        self._run.advance(self._knobs.with_values(turned) if turned else self._knobs)
        self._pending = max(0, self._pending - 1)
        self._pacing.after_step()
        self._rest()
        if self._timeline.due(self._run.step) and not any(self._run.diverged()):
            self._timeline.add(self._run)
        if self._run.stopped:
            self._stop()

    def _stop(self) -> None:
        """The run has diverged: pause, and show its last finite state."""
        self.playing = False
        self._pending = 0
        self._pacing.after_command()

    def _rest(self) -> None:
        """Pause where the method has nothing left to do under the present knobs."""
        if (self.playing or self._pending) and self._run.method.rests(self._knobs):
            self.playing = False
            self._pending = 0

    def _scene_changed(self) -> None:
        self._pacing.scene_due = True

    def _begin(self, run: Run, timeline: Timeline | None = None) -> None:
        """Put `run` in the place of the present one."""
        self._run = run
        self._timeline = timeline or Timeline([run.snapshot()])
        self._pacing.begin(run)
        self.generation += 1
        self.failure = None
        self._suspect = None
        self._pending = 0

    def _look(self, slow: bool) -> None:
        """Offer a frame where one is wanted and there is something new in it."""
        offer = self._offer
        if self._wanted and offer and self._pacing.something_new(slow):
            self._wanted = False
            look = self._pacing.look(self._knobs, self._layers, self.playing, slow)
            if look.sound and look.frame.metrics:
                self._suspect = None
            elif not look.sound and not self._run.stopped:
                look = self._unsound(look)
            offer(self._view(look.frame, look.seconds, look.scene))

    def _unsound(self, look: Look) -> Look:
        """Not all that a look at the run has shown is finite: find out since when, and look again
        where that has led back to an earlier state.

        Outputs overflow a few steps before the weights do. Those steps are waited for, since the
        weights' step is found exactly and does not depend on when was looked.
        """
        self._run.diverged()
        if self._suspect is None:
            self._suspect = look.frame.step
        if not self.playing or look.frame.step >= self._suspect + WAITED:
            self._run.note([look.frame.metrics])
        if not self._run.stopped:
            return look
        self._stop()
        if self._run.step == look.frame.step:
            return look
        again = self._pacing.look(self._knobs, self._layers, False, True)
        return again if look.scene is None else replace(again, scene=look.scene)

    def _view(self, frame: Frame, compute: float, scene: Mapping[str, Any] | None = None) -> View:
        rate = self._pacing.steps_per_second() if self.playing else 0.0
        diverged = self._run.diverged()[0] if self._run.stopped else None
        text = self._advice(diverged) if diverged else ""
        life = self.seed, self.generation, self.playing, self.speed
        return View(frame, *life, rate, compute, scene, self.failure, diverged, text)
