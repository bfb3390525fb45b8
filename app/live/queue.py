"""Queue: who waits for a place, where a server has as many runs as it may.

Who comes first is served first. A place in line belongs to a page as long as somebody has it open,
and a little longer, so that a cut connection costs nothing. When there is room the first in line
has a place to itself for a while, in which its page must come.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ABSENT = 15.0  # seconds that a place in line is kept for a page without a connection
COME_WITHIN = 20.0  # seconds in which the page whose turn it is must come
MOST_HELD = 50  # of the latest runs it is known how long each had its place
ROUND = ((90, 10), (600, 60), (float("inf"), 300))  # a time below the first is rounded up to the second

Tell = Callable[[dict[str, Any]], None]  # takes a message for a page that waits


@dataclass(eq=False)
class _Ticket:
    """One page in line. tell: None while it has no connection, since `left`. turn: since when it
    may come, None while it may not.
    """

    tell: Tell | None = None
    left: float = field(default_factory=time.monotonic)
    turn: float | None = None
    told: dict[str, Any] | None = None  # what its page was told last


class Queue:
    """The line of a server. All functions may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._tickets: dict[str, _Ticket] = {}  # in the order in which they came
        self._held: deque[float] = deque(maxlen=MOST_HELD)  # seconds

    def join(self, key: str = "") -> str:
        """The name of a place in line: `key` where that is one, else of a new one at the end."""
        with self._lock:
            if key not in self._tickets:
                key = secrets.token_urlsafe(24)
                self._tickets[key] = _Ticket()
            return key

    def watch(self, key: str, tell: Tell) -> bool:
        """A page shows its place. Returns False where there is none of that name."""
        with self._lock:
            ticket = self._tickets.get(key)
            if ticket is None:
                return False
            ticket.tell, ticket.told = tell, None
            return True

    def unwatch(self, key: str, tell: Tell) -> None:
        """The page has lost its connection, or was closed."""
        with self._lock:
            ticket = self._tickets.get(key)
            if ticket is not None and ticket.tell == tell:
                ticket.tell, ticket.left = None, time.monotonic()

    def leave(self, key: str) -> None:
        """Give a place in line up."""
        with self._lock:
            self._tickets.pop(key, None)

    def take(self, key: str) -> bool:
        """Whether it is the turn of a page; it leaves the line then."""
        with self._lock:
            ticket = self._tickets.get(key)
            if ticket is None or ticket.turn is None:
                return False
            del self._tickets[key]
            return True

    @property
    def waiting(self) -> int:
        """Pages whose turn it is not yet."""
        with self._lock:
            return sum(t.turn is None for t in self._tickets.values())

    @property
    def reserved(self) -> int:
        """Places that are kept for pages whose turn it is."""
        with self._lock:
            return sum(t.turn is not None for t in self._tickets.values())

    def call(self) -> bool:
        """There is a place: it is the turn of the first that has a connection. Returns whether
        there was one.
        """
        with self._lock:
            first = next((t for t in self._tickets.values() if t.turn is None and t.tell), None)
            if first is None:
                return False
            first.turn = time.monotonic()
            return True

    def tidy(self) -> None:
        """Give up the places in line of pages that were closed, and of those that did not come."""
        now = time.monotonic()
        with self._lock:
            for key, ticket in list(self._tickets.items()):
                absent = ticket.tell is None and now - ticket.left > ABSENT
                late = ticket.turn is not None and now - ticket.turn > COME_WITHIN
                if absent or late:
                    del self._tickets[key]

    def held(self, seconds: float) -> None:
        """A run had its place for so long."""
        with self._lock:
            self._held.append(seconds)

    def tell(self, places: int) -> None:
        """Tell every page its place where that has changed. places: that the server has."""
        with self._lock:
            each = sum(self._held) / len(self._held) / places if self._held else None
            messages, place = [], 0
            for ticket in self._tickets.values():
                place += ticket.turn is None
                seconds = None if each is None else _rounded(place * each)
                message = {"type": "place", "place": place, "seconds": seconds} if ticket.turn is None else COME
                if ticket.tell and message != ticket.told:
                    ticket.told = message
                    messages.append((ticket.tell, message))
        for tell, message in messages:
            tell(message)


COME = {"type": "come"}


def _rounded(seconds: float) -> int:
    """A time that looks no more exact than it is."""
    step = next(step for below, step in ROUND if seconds < below)
    return max(step, round(seconds / step) * step)
