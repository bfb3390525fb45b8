"""Live: a run that somebody watches. It takes commands while it trains and offers its latest frame.

engine/runs/pacing.py decides when it trains and when it is looked at, engine/runs/timeline.py keeps
the snapshots that a rewind starts from, engine/runs/lives.py carries out what begins another life.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import torch

from engine.core.declare import InvalidValue, Setup, brief, offer
from engine.core.diverged import Diverged, advice
from engine.core.frame import Answer, Frame, Phase
from engine.core.snapshot import Snapshot
from engine.runs.gain import Gain
from engine.runs.host import Host, Job, settle
from engine.runs.lives import Lives
from engine.runs.measurement import Measurement
from engine.runs.moment import Moment
from engine.runs.pacing import Look, Pacing
from engine.runs.run import Run
from engine.runs.timeline import Timeline
from engine.runs.view import Looker, View

SPEEDS = (1, 10, 50, 200, 0)  # steps a second; 0 is as fast as it goes


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
        self._pacing = Pacing(run, lambda: host.crowd)
        self._gain = Gain()
        self._timeline = timeline or Timeline([run.snapshot()])
        self.playing = False
        self.speed = 0
        self.generation = 0
        self.failure: str | None = None
        self.left = time.monotonic()  # when the last watcher went away
        self._lock = threading.Lock()
        self._inbox: deque[Callable[[], None]] = deque()
        self._lives = Lives(host, lambda: host.wake(self))
        # Who asks and the name of the question → the latest such question.
        self._asked: dict[tuple[str, str], tuple[Mapping[str, Any], Future[Answer]]] = {}
        self._owner = Looker()
        self._audience = Looker()  # all who watch in a room
        self._layers = self.default_layers
        self._closed = False
        self._odd = False  # whether not all was finite when last looked at, though the state is
        self._pending = 0  # single steps still to do
        self._turned_since: dict[str, Any] = {}  # knobs turned since the latest rewind was asked for
        self._turned: Mapping[str, Any] = {}  # knobs that those steps alone are trained under
        host.tally.add(self)

    # -- commands ----------------------------------------------------------------------------------

    @property
    def method(self) -> str:
        """The name of its method."""
        return self._run.method.name

    @property
    def closed(self) -> bool:
        """Whether it has been stopped for good."""
        return self._closed

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
    def made_of(self) -> tuple[bool, Setup, int]:
        """Whether a reset goes back to a snapshot, the set-up and the seed."""
        return self._start is not None, self.setup, self.seed

    @property
    def megabytes(self) -> float:
        """What a snapshot of the run takes, in MB (2²⁰ bytes)."""
        return self._timeline.snapshots[-1].megabytes

    @property
    def threads(self) -> int:
        """The most of torch's threads that its steps gain from, as far as can be told now."""
        return self._run.method.threads if self._gain.expected else 1

    @property
    def watched(self) -> bool:
        """Whether somebody receives frames."""
        return any(looker.there for looker in self._lookers)

    @property
    def _lookers(self) -> tuple[Looker, Looker]:
        return self._owner, self._audience

    @property
    def _wanted(self) -> bool:
        """Whether somebody waits for a frame."""
        return any(looker.waits for looker in self._lookers)

    @property
    def seen(self) -> bool:
        """Whether somebody can see the frames: it trains only then."""
        return any(looker.sees for looker in self._lookers)

    def watch(self, offer: Callable[[View], None], layers: Sequence[str]) -> None:
        """Send frames to `offer`, called from a worker thread once for each `want`. A new watcher
        replaces the old one.
        """
        with self._lock:
            self._owner = Looker(offer)
            self._layers = tuple(layers)
            self._pacing.new_watcher()
        self._do(self._scene_changed)

    def gather(self, offer: Callable[[View], None]) -> None:
        """Send frames to an audience as well, one for each `want_too`, with the layers that the
        watcher has chosen: it sees what the watcher sees, and the run goes on for it where the
        watcher is away. A new audience replaces the old one.
        """
        with self._lock:
            self._audience = Looker(offer)
            self._pacing.new_watcher()
        self._do(self._scene_changed)

    def disperse(self, offer: Callable[[View], None]) -> None:
        """Stop sending to the audience `offer`."""
        with self._lock:
            if self._audience.offer == offer:
                self._audience = Looker()
                self.left = time.monotonic()

    def leave(self, offer: Callable[[View], None]) -> None:
        """Stop sending to `offer`; the run rests until it is watched again."""
        with self._lock:
            if self._owner.offer == offer:
                self._owner = Looker()
                self._lives.drop()
                self.left = time.monotonic()

    def want(self) -> None:
        """Request one frame, as soon as there is something new to see."""
        self._owner.wanted = True
        self._host.wake(self)

    def want_too(self) -> None:
        """Request one frame for the audience."""
        self._audience.wanted = True
        self._host.wake(self)

    def show(self, visible: bool) -> None:
        """Whether the frames can be seen. The run rests while they cannot."""
        self._owner.hidden = not visible
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
            self._turned_since |= values
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

        mine = self._lives.ask()

        def work() -> Iterator[float]:
            if seed in (None, self.seed) and self._start is not None:
                run = yield from self._lives.built(lambda: Run.restore(self._start))
            else:
                setup, number = self._run.setup, self.seed if seed is None else seed
                run = yield from self._lives.built(lambda: Run(type(self._run.method), setup, number))
                self._start = None  # from now on a reset goes back to initial weights
            run.begin_log(self._knobs)
            self._begin(run)

        self._do(lambda: self._lives.start(mine, work))

    def rewind(self, step: int) -> None:
        """Go back to an earlier step, exactly, and go on from there with the knobs it had.

        Raises InvalidValue for a step before the first snapshot or after the present one.
        """
        first = self._timeline.first_step
        if not first <= step <= self._run.step:
            raise InvalidValue(f"step = {step} is not allowed: give a step from {first} to {self._run.step}")
        mine = self._lives.ask()
        with self._lock:
            self._turned_since = {}

        def work() -> Iterator[float]:
            # Another run may have taken the place of the one that this was asked of.
            at = min(max(step, self._timeline.first_step), self._run.step)
            if at == self._run.step:
                self._run.forgive()
                return
            timeline = self._timeline.before(at)
            run = yield from self._lives.built(lambda: Run.restore(timeline.snapshots[-1]))
            for _ in run.replaying(self._run.log, at, self._run.threads):
                yield 0.0
            self._begin(run, timeline)
            with self._lock:
                # What was turned after the command stays turned.
                self._knobs = run.knobs.with_values(self._turned_since)

        self._do(lambda: self._lives.start(mine, work))

    def take(self, snapshot: Snapshot) -> None:
        """Go on from a snapshot, in place of the present run. Raises InvalidSnapshot."""
        run = Run.restore(snapshot)
        self._lives.ask()  # resets and rewinds under way end here, and leave its knobs alone
        with self._lock:
            self._knobs = run.knobs

        def command() -> None:
            self._begin(run)
            self._lives.begun()

        self._do(command)

    def snapshot(self) -> Future[Snapshot]:
        """A snapshot of the present moment."""
        future: Future[Snapshot] = Future()
        self._do(lambda: future.set_result(self._run.snapshot()))
        return future

    def numbers(self, knobs: Mapping[str, Any] | None = None) -> Future[tuple[int, int, dict[str, float]]]:
        """The present step, the seed, and all metrics, looked at now. knobs: values that they are
        measured under, in place of those that are turned now.
        """
        future: Future[tuple[int, int, dict[str, float]]] = Future()

        def command() -> None:
            method = self._run.method
            settle(
                future,
                lambda: (
                    self._run.step,
                    self.seed,
                    method.metrics(self._knobs.with_values(knobs or {}), method.quick_metrics + method.slow_metrics)[0],
                ),
            )

        self._do(command)
        return future

    def moment(self, since: tuple[int, int] | None = None) -> Future[Moment]:
        """The present moment. since: the life of an earlier one, whose snapshot is not needed
        again.
        """
        future: Future[Moment] = Future()

        def command() -> None:
            settle(future, lambda: self._moment(since))

        self._do(command)
        return future

    def _moment(self, since: tuple[int, int] | None) -> Moment:
        start = time.perf_counter()
        life = self.generation, self._run.step
        snapshot = self._run.snapshot() if life != since else None
        if snapshot is not None and any(self._run.method.not_finite(snapshot.state)):
            snapshot = None
        seconds = time.perf_counter() - start
        return Moment(snapshot, life, self.knobs, self.playing, self.speed, self.made_of, seconds)

    def resume(self, generation: int, speed: int, playing: bool) -> None:
        """Go on as an earlier run did whose process has ended. generation: one that a watcher of
        that run has not seen yet.
        """
        self.generation = generation
        self.speed = speed
        if playing:
            self.play()

    def ask(self, name: str, values: Mapping[str, Any], who: str = "") -> Future[Answer]:
        """Put a question to the run, which is answered between two steps. One of the same name that
        still waits is cancelled, where the same one asks.

        Raises InvalidValue for an unknown question; the future raises it for one without an answer.
        """
        if name not in self._run.method.questions:
            raise InvalidValue(f"there is no question {brief(name)}: {offer(name, self._run.method.questions)}")
        future: Future[Answer] = Future()
        with self._lock:
            _, waiting = self._asked.pop((who, name), (None, None))
            self._asked[who, name] = (values, future)
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
        if self._run.stopped and not self._lives.waiting:
            raise InvalidValue(self._advice(self._run.diverged()[0]))

    def _advice(self, diverged: Diverged | None) -> str:
        return advice(diverged, type(self._knobs))

    def turn(self, deadline: float) -> float | None:
        if self._closed:
            return None
        try:
            return self._turn(deadline)
        except Exception as error:  # a run that fails stops with a message, and the others go on
            self.failure = f"{type(error).__name__}: {error}"
            self._lives.stop()
            self.playing = False
            self._pending = 0
            for looker in self._lookers:
                looker.wanted = True
                looker.take(self._view(Frame(self._run.step, self._knobs.to_dict()), 0.0))
            return None

    def pressed(self, now: float) -> bool:
        return any(looker.waits and looker.sees for looker in self._lookers) and self._pacing.pressed(now)

    def _turn(self, deadline: float) -> float | None:
        pacing, lives = self._pacing, self._lives
        while lives.under_way or self._inbox:
            if lives.under_way:
                due = lives.go_on()
                if due is not None and due > time.monotonic():
                    return None if due == math.inf else due
            else:
                self._inbox.popleft()()
            if not lives.under_way:
                pacing.after_command()
                self._rest()
            if time.monotonic() >= deadline:
                return 0.0  # the other jobs get their turn first, whatever still waits here
        self._answer()
        active = (self.playing or self._pending > 0) and self.seen
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
        return slow_at if self._wanted else None

    def _answer(self) -> None:
        """Answer the questions that wait. An error goes to whoever asked, and the run goes on."""
        with self._lock:
            asked = self._asked
            self._asked = {}
        for (_, name), (values, future) in asked.items():
            settle(future, lambda name=name, values=values: self._run.method.ask(self._knobs, name, values))

    def _advance(self) -> None:
        turned = self._turned if self._pending and not self.playing else {}
        start = time.perf_counter()
        self._run.advance(self._knobs.with_values(turned) if turned else self._knobs)
        self._host.tally.step(self.method)
        if self._run.method.threads > 1:
            self._gain.note(torch.get_num_threads(), time.perf_counter() - start)
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
        self._odd = False
        self._pending = 0

    def _look(self, slow: bool) -> None:
        """Offer a frame where one is wanted and there is something new in it."""
        for looker in self._lookers:
            looker.catch_up()
        if self._wanted and self._pacing.something_new(slow):
            look = self._pacing.look(self._knobs, self._layers, self.playing and self.seen, slow)
            if not look.sound and not self._run.stopped:
                look = self._unsound(look)
            if look.frame.metrics or not look.sound:
                self._odd = not look.sound
            view = self._view(look.frame, look.seconds, look.scene, look.left_out)
            for looker in self._lookers:
                looker.take(view)

    def _unsound(self, look: Look) -> Look:
        """Not all that a look at the run has shown is finite: find out whether its state is, and
        look again where that has led back to an earlier one.

        Outputs overflow before the weights do. The run then trains on, until the weights' step is
        found, exactly and whenever was looked.
        """
        self._run.diverged()
        if not self._run.stopped:
            return look
        self._stop()
        again = self._pacing.look(self._knobs, self._layers, False, True)
        return again if look.scene is None else replace(again, scene=look.scene)

    def _view(
        self, frame: Frame, compute: float, scene: Mapping[str, Any] | None = None, left_out: Sequence[str] = ()
    ) -> View:
        rate = self._pacing.steps_per_second() if self.playing else 0.0
        diverged = self._run.diverged()[0] if self._run.stopped else None
        text = self._advice(diverged) if diverged or self._odd else ""
        life = self.seed, self.generation, self.playing, self.speed
        return View(frame, *life, rate, compute, scene, self.failure, diverged, tuple(left_out), text)
