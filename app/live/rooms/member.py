"""Member: one person in a room, who may leave and come back."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.live.rooms.words import Refusal

MOST_LINES = 4  # tabs of one person


@dataclass(eq=False)
class Member:
    """One person. secret: what their browser proves itself by. lines: take a message to one of
    their tabs each. at: the page they look at, and own: whether they have a run of their own there.
    run, fork: tokens of the run they look at and of the one that they forked, "" for none.
    """

    number: int
    name: str
    presents: bool = False
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    lines: set[Callable[[Mapping[str, Any]], None]] = field(default_factory=set)
    at: str = ""
    own: bool = False
    run: str = ""
    fork: str = ""
    forked_at: int = 0  # the step at which it was forked
    challenged: bool = False  # whether the fork was made for the challenge of now
    points: int = 0
    left: float = field(default_factory=time.monotonic)

    @property
    def present(self) -> bool:
        """Whether one of their tabs is connected."""
        return bool(self.lines)

    def come(self, line: Callable[[Mapping[str, Any]], None]) -> None:
        """A tab has connected. Raises Refusal where there are too many."""
        if len(self.lines) >= MOST_LINES:
            raise Refusal(f"You are in this room in {MOST_LINES} tabs already: close one of them.")
        self.lines.add(line)

    def go(self, line: Callable[[Mapping[str, Any]], None]) -> None:
        """A tab has gone."""
        self.lines.discard(line)
        self.left = time.monotonic()

    def tell(self, message: Mapping[str, Any]) -> None:
        """Send a message to all of their tabs."""
        for line in tuple(self.lines):
            line(message)

    def row(self, answered: bool) -> dict[str, Any]:
        """What the presenter sees of them."""
        return {
            "id": self.number,
            "name": self.name,
            "present": self.present,
            "at": self.at,
            "own": self.own,
            "points": self.points,
            "answered": answered,
        }
