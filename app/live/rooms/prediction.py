"""Prediction: a question to all in a room, answered before one sees what happens.

An answer is the number of an option, a number, or a boundary: places of a plane in shares of its
half width and half height, from −1 to 1, one after the other.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.live.rooms.words import TEXT_LENGTH, Refusal, line, text_of
from app.live.rooms.words import field as given

KINDS = ("choice", "number", "boundary")
OPTIONS = (2, 6)  # of a choice, least and most
OPTION_LENGTH = 60
PLACES = (2, 64)  # of a boundary
LARGEST = 1e12
RIGHT = 10  # points
# Of the truth, or of the range of the middle half of all answers: full points, half of them. A
# single answer that is far off changes that range little.
NEAR, CLOSE = 0.05, 0.15


@dataclass(eq=False)
class Prediction:
    """A question and its answers. answers: number of a member → answer. truth: what was right, None
    where that was not said.
    """

    number: int
    kind: str
    question: str
    options: tuple[str, ...] = ()
    panel: str = ""
    answers: dict[int, Any] = field(default_factory=dict)
    revealed: bool = False
    truth: Any = None

    @classmethod
    def of(cls, number: int, message: Mapping[str, Any]) -> Prediction:
        """From a message of the presenter. Raises Refusal."""
        kind = given(message, "kind", str)
        if kind not in KINDS:
            raise Refusal(f"A prediction is one of {', '.join(KINDS)}.")
        options: tuple[str, ...] = ()
        if kind == "choice":
            texts = [line(o, OPTION_LENGTH) if isinstance(o, str) else "" for o in given(message, "options", list)[:20]]
            options = tuple(dict.fromkeys(t for t in texts if t))
            if not OPTIONS[0] <= len(options) <= OPTIONS[1]:
                raise Refusal(f"Give {OPTIONS[0]} to {OPTIONS[1]} different options, one a line.")
        panel = line(given(message, "panel", str, ""), TEXT_LENGTH) if kind == "boundary" else ""
        return cls(number, kind, text_of(message, "question"), options, panel)

    def check(self, value: Any) -> Any:
        """An answer, or the truth, as it is kept. Raises Refusal."""
        if self.kind == "choice":
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < len(self.options):
                raise Refusal("Choose one of the options.")
            return value
        if self.kind == "number":
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= LARGEST:
                raise Refusal("Give a number.")
            return float(value)
        if not isinstance(value, list) or not PLACES[0] <= len(value) <= PLACES[1]:
            raise Refusal(f"Draw a line of {PLACES[0]} to {PLACES[1]} places.")
        return [self._place(place) for place in value]

    @staticmethod
    def _place(place: Any) -> list[float]:
        numbers = place if isinstance(place, list) and len(place) == 2 else [None, None]
        if any(isinstance(v, bool) or not isinstance(v, (int, float)) or not abs(v) <= 1 for v in numbers):
            raise Refusal("Every place of the line lies in the panel.")
        return [round(float(v), 3) for v in numbers]

    def answer(self, member: int, value: Any) -> None:
        """Take an answer, which may be changed until all are shown. Raises Refusal."""
        if self.revealed:
            raise Refusal("The answers are on show already: this one comes too late.")
        self.answers[member] = self.check(value)

    def reveal(self, truth: Any = None) -> dict[int, int]:
        """Show all answers. Returns the points that each member gets, where the truth is given.
        Raises Refusal.
        """
        already = self.revealed and self.truth is not None
        if truth is not None and self.kind != "boundary":
            self.truth = self.check(truth)
        self.revealed = True
        if self.truth is None or already:
            return {}
        return {member: points for member, value in self.answers.items() if (points := self._points(value))}

    def _points(self, value: Any) -> int:
        if self.kind == "choice":
            return RIGHT if value == self.truth else 0
        low, _, high = statistics.quantiles([*self.answers.values(), self.truth], method="inclusive")
        spread = max(abs(self.truth), high - low)
        away = abs(value - self.truth) / spread if spread else 0.0 if value == self.truth else math.inf
        return RIGHT if away <= NEAR else RIGHT // 2 if away <= CLOSE else 0

    def shown(self) -> dict[str, Any]:
        """What all see of it: the answers, without names, once they are revealed."""
        answers = [v for v in self.answers.values() if not isinstance(v, float) or math.isfinite(v)]
        return {
            "id": self.number,
            "kind": self.kind,
            "question": self.question,
            "options": self.options,
            "panel": self.panel,
            "count": len(self.answers),
            "revealed": self.revealed,
            "truth": self.truth,
            "answers": answers if self.revealed else None,
        }
