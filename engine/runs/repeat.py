"""Repeat: the same set-up and knobs over many seeds, on a Host, several seeds a batched run."""

from __future__ import annotations

import math
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from engine.core.declare import Knobs, Setup
from engine.core.diverged import Diverged
from engine.core.method import Method
from engine.runs.host import Host, Job
from engine.runs.run import Run

ABANDONED = 30.0  # seconds without a look at the progress, after which a repetition ends itself


class _Block(Job):
    """Some of the seeds, as one batched run."""

    background = True

    def __init__(self, repeat: Repeat, seeds: Sequence[int]) -> None:
        self.repeat = repeat
        self.seeds = seeds
        self.done = 0  # steps
        self.metrics: list[dict[str, float]] = []
        self.diverged: tuple[Diverged | None, ...] = ()
        self._run: Run | None = None

    def turn(self, deadline: float) -> float | None:
        repeat = self.repeat
        if time.monotonic() - repeat.looked_at > ABANDONED:
            repeat.cancel()
        if repeat.cancelled or self.metrics:
            return None
        try:
            self._run = self._run or Run(repeat.method, repeat.setup, self.seeds)
            while self.done < repeat.steps and not repeat.cancelled:
                self._run.advance(repeat.knobs)
                self.done += 1
                if self._run.stopped:
                    self.done = repeat.steps  # the others go on without it
                if time.monotonic() >= deadline:
                    return 0.0
            if not repeat.cancelled:
                found = self._run.metrics(knobs=repeat.knobs)
                self.diverged = self._run.diverged()
                self.metrics = found
                repeat.finish()
        except Exception as error:  # must not end the host's worker thread
            repeat.fail(error)
        self._run = None
        return None


class Repeat:
    """Trains `method` with the same set-up and knobs for every seed. Starts at once."""

    def __init__(
        self,
        host: Host,
        method: type[Method],
        setup: Setup,
        knobs: Knobs,
        seeds: Sequence[int],
        steps: int,
        blocks: int = 2,
    ):
        """steps: training steps of each seed. blocks: parts that the seeds are divided into, each
        one batched run; where the method does not train batches, each seed is a part.
        """
        self.method = method
        self.setup = setup
        self.knobs = knobs
        self.seeds = tuple(seeds)
        self.steps = steps
        self.cancelled = False
        self.failure = ""
        self.started = time.monotonic()
        self.seconds = 0.0  # that all of it took; 0 until the end
        self.looked_at = self.started  # when somebody last looked at the progress, or waited
        self._ended = threading.Event()
        size = math.ceil(len(self.seeds) / max(1, min(blocks, len(self.seeds)))) if method.batches else 1
        self._blocks = [_Block(self, self.seeds[i : i + size]) for i in range(0, len(self.seeds), size)]
        for block in self._blocks:
            host.wake(block)

    @property
    def progress(self) -> float:
        """Share of the steps done, 0 to 1."""
        self.looked_at = time.monotonic()
        if not self.steps:
            return 1.0
        return sum(b.done * len(b.seeds) for b in self._blocks) / (self.steps * len(self.seeds))

    @property
    def ended(self) -> bool:
        """Whether nothing more will come: finished, cancelled or failed."""
        return self._ended.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end; False where it has not come within `seconds`."""
        end = None if seconds is None else time.monotonic() + seconds
        while not self._ended.wait(1.0 if end is None else max(0.0, min(1.0, end - time.monotonic()))):
            self.looked_at = time.monotonic()
            if end is not None and self.looked_at >= end:
                return False
        return True

    def cancel(self) -> None:
        """Stop after the step under way."""
        self.cancelled = True
        self._ended.set()

    def fail(self, error: Exception) -> None:
        """Called by a block that cannot go on."""
        self.failure = f"{type(error).__name__}: {error}"
        self.cancel()

    def finish(self) -> None:
        """Called by a block that is done."""
        if all(b.metrics for b in self._blocks):
            self.seconds = time.monotonic() - self.started
            self._ended.set()

    @property
    def metrics(self) -> list[dict[str, float]]:
        """The final metrics, a dict for each seed; empty until the end."""
        return [m for b in self._blocks for m in b.metrics] if self.ended and not self.cancelled else []

    @property
    def diverged(self) -> list[Diverged | None]:
        """Where each seed diverged, None where it has not; empty until the end."""
        return [d for b in self._blocks for d in b.diverged] if self.ended and not self.cancelled else []


@dataclass(frozen=True)
class Summary:
    """One metric over seeds. sd: standard deviation, n − 1 in the denominator. difference and
    error: mean of the paired differences to a baseline, and its standard error.
    """

    mean: float
    sd: float
    median: float
    difference: float
    error: float


def summary(values: Sequence[float], baseline: Sequence[float]) -> Summary:
    """Summarise values that are paired, seed by seed, with a baseline's.

    Raises ValueError where the two differ in length or have fewer than two values.
    """
    differences = [v - b for v, b in zip(values, baseline, strict=True)]
    return Summary(
        mean=statistics.fmean(values),
        sd=statistics.stdev(values),
        median=statistics.median(values),
        difference=statistics.fmean(differences),
        error=statistics.stdev(differences) / math.sqrt(len(differences)),
    )
