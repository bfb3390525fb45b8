"""Rooms: all rooms of this server."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.live.rooms.member import Member
from app.live.rooms.password import Password
from app.live.rooms.room import MINUTE, Room
from app.live.rooms.words import Refusal
from app.operations import metrics
from app.settings.reading import settings

MOST_ROOMS = settings().rooms
UNKNOWN_CODES = 240  # a minute, of all who try


class Rooms:
    """All rooms by their codes. pages: the labs by their names in addresses, with their titles.
    cards: what a presenter may send, each page, title and query.
    """

    def __init__(self) -> None:
        self.pages: Mapping[str, str] = {}
        self.cards: Callable[[], Sequence[Mapping[str, Any]]] = list
        self._rooms: dict[str, Room] = {}
        self._unknown: list[float] = []

    def __iter__(self):
        return iter(tuple(self._rooms.values()))

    def __len__(self) -> int:
        return len(self._rooms)

    def open(self, name: str, password: Password | None) -> Room:
        """A new room. Raises Refusal."""
        self.tidy()
        if len(self._rooms) >= MOST_ROOMS:
            raise Refusal(f"This server has {MOST_ROOMS} rooms, which is the most. Try again when one has ended.")
        room = Room(name, password)
        while room.code in self._rooms:
            room = Room(name, password)
        self._rooms[room.code] = room
        return room

    def find(self, code: str) -> Room:
        """The room with a code. Raises Refusal."""
        if (room := self._rooms.get(code)) is not None:
            return room
        now = time.monotonic()
        self._unknown = [at for at in self._unknown if now - at < MINUTE]
        if len(self._unknown) >= UNKNOWN_CODES:
            raise Refusal("Too many codes of no room were tried on this server. Wait a minute, then try again.")
        self._unknown.append(now)
        raise Refusal(f"There is no room {code}. Look at the code again; a room that has ended is gone.")

    def known(self, code: str, secret: str) -> tuple[Room, Member] | None:
        """The room and the member of a browser that comes back; None where either is gone."""
        room = self._rooms.get(code)
        member = room.member(secret) if room else None
        return (room, member) if room and member else None

    def end(self, room: Room, reason: str) -> None:
        """End a room."""
        self._rooms.pop(room.code, None)
        room.end(reason)

    def tidy(self) -> list[Room]:
        """End the rooms whose rule says so, and return them."""
        over = [(room, reason) for room in self if (reason := room.overdue())]
        for room, reason in over:
            self.end(room, reason)
        return [room for room, _ in over]


_rooms = Rooms()
metrics.rooms.set_function(lambda: len(_rooms))


def rooms() -> Rooms:
    """The rooms of this process."""
    return _rooms
