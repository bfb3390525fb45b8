"""Rooms: which live run belongs to which browser session, how many there may be, and how long they
are kept.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.core.declare import Setup
from engine.core.method import Method
from engine.core.snapshot import Snapshot
from engine.runs.host import Host
from engine.runs.live import Live
from engine.runs.run import Run

RUNS_PER_SESSION = 4
RUNS_PER_SERVER = int(os.environ.get("SADDLE_RUNS", "64"))
DROP_AFTER = float(os.environ.get("SADDLE_DROP_AFTER", "600"))  # seconds without a watcher
FORGET_AFTER = 7200.0  # seconds a dropped run's snapshot is kept


class Full(RuntimeError):
    """The server has as many runs as it can carry; the message says what to do."""


@dataclass
class Room:
    """One run of one session. `saved` is set while the run itself is dropped.

    query: the page's query as the Stage wrote it last, which Streamlit does not see; None until it
    has written one.
    """

    token: str
    session: str
    live: Live | None
    query: str | None = None
    saved: Snapshot | None = None
    start: Snapshot | None = None
    knobs: Mapping[str, Any] = field(default_factory=dict)
    since: float = field(default_factory=time.monotonic)


class Rooms:
    """All rooms of this server. Tokens are unguessable and each opens one room."""

    def __init__(self, host: Host | None = None) -> None:
        self.host = host or Host()
        self._rooms: dict[str, Room] = {}
        self._lock = threading.Lock()

    def open(
        self,
        session: str,
        method: type[Method],
        setup: Setup,
        seed: int,
        knobs: Mapping[str, Any],
        start: Snapshot | None = None,
    ) -> Room:
        """A new run for `session`, from its initial weights or from the snapshot `start`. The
        session's oldest unwatched run makes way; raises Full where the server has no room.
        """
        self.tidy()
        with self._lock:
            mine = [r for r in self._rooms.values() if r.session == session]
            resting = [r for r in mine if r.live is None or not r.live.watched]
            while len(mine) >= RUNS_PER_SESSION:
                leaving = resting.pop(0) if resting else mine[0]
                mine.remove(leaving)
                self._close(leaving)
            if sum(r.live is not None for r in self._rooms.values()) >= RUNS_PER_SERVER:
                self._make_way()
        run = Run(method, setup, seed) if start is None else Run.restore(start)
        room = Room(secrets.token_urlsafe(24), session, Live(self.host, run, knobs, start), start=start)
        with self._lock:
            self._rooms[room.token] = room
        return room

    def _make_way(self) -> None:
        unwatched = [r for r in self._rooms.values() if r.live is not None and not r.live.watched]
        if not unwatched:
            raise Full(
                f"All {RUNS_PER_SERVER} runs of this server are in use. Close a lab in another tab, or try again later."
            )
        self._close(min(unwatched, key=lambda r: r.live.left))

    def find(self, token: str) -> Room | None:
        """The room behind a token, its run taken up again from its snapshot where it had been
        dropped. None for an unknown token.
        """
        with self._lock:
            room = self._rooms.get(token)
            if room is None:
                return None
            if room.live is None:
                room.live = Live(self.host, Run.restore(room.saved), room.knobs, room.start)
                room.saved = None
            return room

    def close(self, token: str) -> None:
        """End a run for good."""
        with self._lock:
            if room := self._rooms.get(token):
                self._close(room)

    def _close(self, room: Room) -> None:
        if room.live:
            room.live.close()
        self._rooms.pop(room.token, None)

    def tidy(self) -> None:
        """Drop runs that nobody has watched for a while, keeping their snapshots, and forget old
        snapshots.
        """
        now = time.monotonic()
        with self._lock:
            for room in list(self._rooms.values()):
                if room.live is None:
                    if now - room.since > FORGET_AFTER:
                        self._close(room)
                elif not room.live.watched and now - room.live.left > DROP_AFTER:
                    room.saved, room.knobs = room.live.snapshot().result(timeout=10), room.live.knobs
                    room.live.close()
                    room.live, room.since = None, now

    @property
    def count(self) -> int:
        """Runs in memory."""
        return sum(r.live is not None for r in self._rooms.values())


_rooms: Rooms | None = None
_making = threading.Lock()


def rooms() -> Rooms:
    """The rooms of this process, made at first use."""
    global _rooms
    with _making:
        if _rooms is None:
            _rooms = Rooms()
        return _rooms
