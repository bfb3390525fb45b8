"""Challenge: who brings a metric furthest within a budget of steps, from the same start.

What counts is what the server measures of the run that it forked for a member. Who hands in is on
the board by name only where they want that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.live.rooms.words import Refusal, text_of
from app.live.rooms.words import field as given
from app.live.sessions import Shown
from engine.core.snapshot import Snapshot

MOST_STEPS = 100_000
BOARD = 20  # rows


@dataclass(frozen=True)
class Result:
    """The best that one member has handed in."""

    value: float
    steps: int
    named: bool


@dataclass(eq=False)
class Challenge:
    """A metric, whether low values are better, a budget of steps, the run that all start from, and
    how its page shows it.

    results: number of a member → result.
    """

    number: int
    title: str
    metric: str
    lower: bool
    steps: int
    start: Snapshot
    shown_as: Shown
    results: dict[int, Result] = field(default_factory=dict)
    ended: bool = False

    @classmethod
    def of(
        cls,
        number: int,
        message: Mapping[str, Any],
        start: Snapshot,
        shown_as: Shown,
        metrics: Mapping[str, float],
    ) -> Challenge:
        """From a message of the presenter. metrics: what the run has now. Raises Refusal."""
        metric = given(message, "metric", str)
        if metric not in metrics:
            raise Refusal(f"This run has no such metric; it has {', '.join(sorted(metrics)[:12])}.")
        steps = given(message, "steps", int)
        if not 1 <= steps <= MOST_STEPS:
            raise Refusal(f"Give a budget of 1 to {MOST_STEPS} steps.")
        lower = given(message, "lower", bool, True)
        return cls(number, text_of(message, "title"), metric, lower, steps, start, shown_as)

    def hand_in(self, member: int, step: int, seed: int, metrics: Mapping[str, float], named: bool) -> Result:
        """Take what the server has measured. Of several the best counts. Raises Refusal."""
        if self.ended:
            raise Refusal("This challenge is over.")
        used = step - self.start.step
        if seed != self.start.seeds[0]:
            raise Refusal("This run has another seed than the challenge: begin it again by Take part.")
        if used < 0 or used > self.steps:
            raise Refusal(
                f"This run has used {used} steps, and the budget is {self.steps}. Go back on its timeline, or press R."
            )
        value = metrics.get(self.metric)
        if value is None or not math.isfinite(value):
            raise Refusal("The metric has no value now: train on, or go back to where it had one.")
        before = self.results.get(member)
        found = Result(value, used, named)
        if before is not None and self._place(before) <= self._place(found):
            found = Result(before.value, before.steps, named)
        self.results[member] = found
        return found

    def _place(self, result: Result) -> tuple[float, int]:
        """What results are ordered by: the best value first, of equal ones that of fewer steps."""
        return (result.value if self.lower else -result.value), result.steps

    def ranked(self) -> list[tuple[int, int, Result]]:
        """Rank, member and result, the first first. Equal results have the same rank."""
        places = sorted(map(self._place, self.results.values()))
        found = [(1 + places.index(self._place(r)), member, r) for member, r in self.results.items()]
        return sorted(found, key=lambda each: each[0])

    def shown(self, names: Mapping[int, str]) -> dict[str, Any]:
        """What all see of it: those on the board who wanted to be."""
        board = [
            {"rank": rank, "name": names.get(member, ""), "value": r.value, "steps": r.steps}
            for rank, member, r in self.ranked()
            if r.named
        ]
        return {
            "id": self.number,
            "title": self.title,
            "metric": self.metric,
            "lower": self.lower,
            "steps": self.steps,
            "from": self.start.step,
            "ended": self.ended,
            "handed": len(self.results),
            "board": board[:BOARD],
        }
