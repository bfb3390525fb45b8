"""Stream: the frames of one run on their way to all who watch it in a room.

A watcher gets whole frames first, then the changes, the same bytes as all others. Who has not
acknowledged several of them gets none until that has happened, and then a whole one: nothing queues
for a slow watcher, and nobody waits for one.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any, Protocol

MOST_UNSEEN = 6  # frames on their way to a watcher: more than half a second of them
CAUGHT_UP = 1  # so many are still on their way when a slow watcher gets a whole frame


class Desk(Protocol):
    """An audience, here or in a worker."""

    def receive(self, message: dict[str, Any]) -> None:
        """Take a message."""

    def close(self) -> None:
        """End it."""


_numbers = itertools.count(1)


class Seat:
    """One watcher's place in a stream."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        """send: takes a frame that is to go out; must not wait."""
        self.send = send
        self.number = next(_numbers)
        self.unseen = 0  # frames that were sent and not acknowledged
        self.follows = False  # whether it has the frame before


class Stream:
    """One run's frames for many seats. Its functions are called in the event loop."""

    def __init__(self, attach: Callable[[Callable[[Any, bytes], None]], Desk], gone: Callable[[], None]) -> None:
        """attach: makes the audience, which gives its frames to the function. gone: called where
        the run has ended with its process.
        """
        self._loop = asyncio.get_running_loop()
        self._gone = gone
        self._seats: set[Seat] = set()
        self._asked = False  # for a whole frame
        self._closed = False
        self._desk = attach(self._give)

    @property
    def empty(self) -> bool:
        """Whether nobody sits here."""
        return not self._seats

    def join(self, seat: Seat) -> None:
        """A watcher has come, and gets a whole frame soon."""
        seat.unseen, seat.follows = 0, False
        self._seats.add(seat)
        self._ask()

    def leave(self, seat: Seat) -> None:
        """A watcher has gone."""
        self._seats.discard(seat)

    def seen(self, seat: Seat) -> None:
        """A watcher has painted a frame."""
        seat.unseen = max(0, seat.unseen - 1)
        if seat in self._seats and not seat.follows and seat.unseen <= CAUGHT_UP:
            self._ask()

    def ask(self, seat: Seat, ident: int, name: Any, values: Any) -> None:
        """A watcher asks the run something that only looks."""
        if seat in self._seats:
            self._desk.receive({"type": "ask", "seat": seat.number, "id": ident, "name": name, "values": values})

    def close(self) -> None:
        """End it."""
        if not self._closed:
            self._closed = True
            self._seats.clear()
            self._desk.close()

    def _ask(self) -> None:
        if not self._asked and not self._closed:
            self._asked = True
            self._desk.receive({"type": "whole"})

    def _give(self, kind: Any, message: bytes) -> None:
        """Called by the audience, from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._take, kind, message)

    def _take(self, kind: Any, message: bytes) -> None:
        if self._closed:
            return
        if kind == "gone":
            return self._gone()
        if isinstance(kind, tuple):
            for seat in self._seats:
                if seat.number == kind[1]:
                    seat.send(message)
            return
        if kind == "whole":
            self._asked = False
        for seat in tuple(self._seats):
            if kind == "frame" and seat.follows:
                if seat.unseen >= MOST_UNSEEN:
                    seat.follows = False
                    continue
            elif kind == "whole" and not seat.follows and seat.unseen <= CAUGHT_UP:
                seat.follows = True
            else:
                continue
            seat.unseen += 1
            seat.send(message)
