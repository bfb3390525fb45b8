"""Pacing: when a live run trains and when it is looked at, so that neither starves the other.

Many runs may share a core. What each does by its own clock, they then do together many times as
often, so looks at metrics become rarer with the runs that are awake for each core (Host.crowd).
Frames do not become fewer: they are what a visitor sees, so that runs which give most of their time
to training give some of it to frames.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.core.declare import Knobs
from engine.core.diverged import odd_metrics, pictures
from engine.core.frame import Frame
from engine.core.method import Method
from engine.runs.run import Run

QUICK_EVERY = 0.2  # seconds between looks at the quick metrics: nobody reads numbers faster
QUICK_A_SECOND = 20.0  # looks at the quick metrics of all runs that share a core, at most
SLOW_EVERY = 1.5  # seconds between looks at metrics that cost more than a step
EARLY = 500  # steps that change most
EARLY_EVERY = 0.3  # seconds between looks at the slow metrics during those
# So many times as long as the last look at the slow metrics took must pass before the next, times
# the runs that share a core: together such looks then take a seventh of its time at most.
SLOW_PACE = 6.0
CROWD = 8.0  # runs a core from which on looking gets as much time as it may have
CROWDED_PACE = 1.2  # the most that a method's pace counts where so many or more share a core
PRESSED = 0.25  # seconds that a watcher waits for a frame before the run has its turn ahead of others
SETTLED = 0.15  # seconds without a command before the slow metrics are looked at
BEHIND = 0.1  # seconds of training that a limited speed makes up for at most


@dataclass(frozen=True)
class Look:
    """A frame, how many seconds it took, the layers of the scene where they have changed, whether
    all that was looked at is finite, and the layers that are left out because they are not.
    """

    frame: Frame
    seconds: float
    scene: Mapping[str, Any] | None
    sound: bool = True
    left_out: tuple[str, ...] = ()


class Pacing:
    """The clocks of one live run. Its functions are called in the run's turns alone, except
    `new_watcher`, which may be called from any thread.
    """

    def __init__(self, run: Run, crowd: Callable[[], float] = lambda: 1.0) -> None:
        """crowd: how many runs are awake for each core, at least 1."""
        self.next_step = 0.0  # when a limited speed allows the next step (time.monotonic)
        self.scene_due = True
        self._run = run
        self._crowd = crowd
        self._dirty = True  # whether anything has changed since the last frame
        self._touched = 0.0  # when the last command came
        self._shown: Knobs | None = None  # the knobs of the last frame
        self._trained = 0.0  # seconds of training since the last frame
        self._cost = 0.0  # seconds that the last frame took
        self._looked = 0.0  # when the last frame was taken
        self._slow_cost = 0.0  # seconds that the last look at the slow metrics took
        self._quick_at = 0.0  # when the quick metrics were last looked at
        self._slow_at = 0.0  # when the slow metrics were last looked at
        # Step, knobs and whether on all points: what that look showed.
        self._slow_of: tuple[int, tuple[Any, ...], bool] | None = None
        self._slow_numbers: dict[str, float] = {}  # those of that look
        self._newcomer = False  # whether somebody watches who has seen no numbers yet
        self._layers_at: dict[str, float] = {}  # when each slow layer was last looked at
        self._stale: set[str] = set()  # slow layers that something has changed since
        self._marks: deque[tuple[float, int]] = deque(maxlen=64)  # (time, step), to measure the rate

    # -- what has happened -----------------------------------------------------------------------

    def begin(self, run: Run) -> None:
        """Another run takes the place of the present one."""
        self._run = run
        self._slow_of = None
        self._layers_at = {}
        self._stale = set(run.method.slow_layers)
        self.scene_due = True
        self._slow_cost = 0.0
        self._marks.clear()

    def new_watcher(self) -> None:
        """Somebody watches who has seen no layer and no number yet."""
        self._layers_at = {}
        self._newcomer = True

    def restart_clock(self) -> None:
        """The run starts, pauses or changes its speed."""
        self.next_step = 0.0
        self._marks.clear()

    def after_command(self) -> None:
        """A command was carried out, whatever it changed."""
        self._dirty = True
        self._touched = time.monotonic()
        self._stale = set(self._run.method.slow_layers)

    def after_step(self) -> None:
        """The run has done a step."""
        self._dirty = True
        self._stale = set(self._run.method.slow_layers)
        self._marks.append((time.monotonic(), self._run.step))

    def spent(self, start: float, speed: int) -> None:
        """The step begun at `start` and all that belongs to it are over. speed: steps a second, 0
        without a limit.
        """
        self._trained += time.monotonic() - start
        self.next_step = max(self.next_step, start - BEHIND) + 1 / speed if speed else 0.0

    # -- what is due -----------------------------------------------------------------------------

    def steps_per_second(self) -> float:
        """Measured over the last 64 steps; 0 before there are two."""
        if len(self._marks) < 2:
            return 0.0
        (first_time, first_step), (last_time, last_step) = self._marks[0], self._marks[-1]
        return (last_step - first_step) / max(last_time - first_time, 1e-9)

    def frame_earned(self, knobs: Knobs) -> bool:
        """Whether a frame is due: a knob was just turned, or training has had as much time as the
        last frame took, times the pace.

        So a lone run paints as often as the browser asks, and where many share a core looking never
        takes more than half of it.
        """
        return knobs is not self._shown or self._trained >= self._pace() * self._cost

    def _pace(self) -> float:
        """The method's pace; the more runs share a core the less, down to CROWDED_PACE."""
        return min(self._run.method.pace, CROWDED_PACE * max(1.0, CROWD / self._crowd()))

    def pressed(self, now: float) -> bool:
        """Whether the last frame was taken too long ago."""
        return now - self._looked > PRESSED

    def slow_due(self, knobs: Knobs, active: bool) -> float | None:
        """When to look at the slow metrics next (time.monotonic), or None where they are up to
        date. Never while a knob is on the move. active: whether the run trains.
        """
        *of, all_points = self._slow_of or (None, None, False)
        if of == [self._run.step, self._slow_values(knobs)] and (all_points or active):
            return None
        early = EARLY_EVERY if self._run.step < EARLY else SLOW_EVERY
        every = max(early, SLOW_PACE * self._slow_cost * self._crowd())
        return max(self._slow_at + every if active else 0.0, self._touched + SETTLED)

    def _slow_values(self, knobs: Knobs) -> tuple[Any, ...]:
        """The values of the knobs that the slow metrics depend on."""
        names = self._run.method.slow_knobs
        return (knobs,) if names is None else tuple(getattr(knobs, name) for name in names)

    def something_new(self, slow: bool) -> bool:
        """Whether a frame would show something that the last one did not."""
        return self._dirty or slow

    def look(self, knobs: Knobs, layers: Sequence[str], playing: bool, slow: bool) -> Look:
        """Take a frame with those of `layers` that are due. slow: whether with the slow metrics."""
        self._dirty = False
        start = time.perf_counter()
        method = self._run.method
        quick_every = max(QUICK_EVERY, self._crowd() / QUICK_A_SECOND)
        quick = not playing or slow or time.monotonic() - self._quick_at > quick_every
        if quick:
            self._quick_at = time.monotonic()
        groups = (method.quick_metrics if quick else ()) + (method.slow_metrics if slow else ())
        due = self._layers_due(layers, playing)
        found, whole = pictures(method, knobs, due)
        numbers = (method.glance if playing else method.metrics)(knobs, groups)[0]
        if self._newcomer and self._slow_of and self._slow_of[:2] == (self._run.step, self._slow_values(knobs)):
            numbers = self._slow_numbers | numbers
        self._newcomer = False
        frame = Frame(self._run.step, knobs.to_dict(), numbers, found)
        if slow:
            self._slow_numbers = numbers
            self._slow_at = time.monotonic()
            all_points = not playing or type(method).glance is Method.glance
            self._slow_of = frame.step, self._slow_values(knobs), all_points
        scene = method.layers(knobs, method.scene_layers) if self.scene_due else None
        self.scene_due = False
        self._shown = knobs
        self._trained = 0.0
        self._looked = time.monotonic()
        seconds = time.perf_counter() - start
        if slow:
            self._slow_cost = seconds
        else:
            self._cost = seconds
        left_out = () if whole else tuple(name for name in due if name not in found)
        return Look(frame, seconds, scene, whole and not odd_metrics(frame.metrics, method.undefined), left_out)

    def _layers_due(self, layers: Sequence[str], playing: bool) -> list[str]:
        """The watcher's layers: slow ones only so often, when something has changed since, and at
        once where the run rests.
        """
        due = []
        now = time.monotonic()
        looked_at = self._layers_at  # `new_watcher` may put another in its place meanwhile
        for name in layers:
            every = self._run.method.slow_layers.get(name)
            if every is None:
                due.append(name)
                continue
            changed = name in self._stale and (not playing or now - looked_at.get(name, now) >= every)
            if changed or name not in looked_at:
                looked_at[name] = now
                self._stale.discard(name)
                due.append(name)
        return due
