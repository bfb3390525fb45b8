"""OnStage: the run that a room's presenter shows, and its frames for all who watch."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from app.live.crew.line import WorkerLost
from app.live.rooms.stream import Seat, Stream
from app.live.sessions import Session, Shown, sessions

log = logging.getLogger(__name__)
AGAIN = 2.0  # seconds until a run that has gone with its process is looked for again


class OnStage:
    """What one room watches. Its functions are called in the event loop."""

    def __init__(self) -> None:
        self.token = ""
        self.shown: Shown | None = None
        self._stream: Stream | None = None
        self._seats: set[Seat] = set()
        self._later: asyncio.TimerHandle | None = None

    def take(self, session: Session) -> None:
        """Show this run from now on."""
        self.token, self.shown = session.token, session.shown
        self._begin(session)

    def clear(self) -> None:
        """Show nothing."""
        self.token, self.shown = "", None
        self._end()

    def join(self, seat: Seat) -> None:
        """A watcher has come."""
        self._seats.add(seat)
        if self._stream is not None:
            self._stream.join(seat)
        elif self.token:
            self._find()

    def leave(self, seat: Seat) -> None:
        """A watcher has gone. Without any, the run makes no frames for the room."""
        self._seats.discard(seat)
        if self._stream is not None:
            self._stream.leave(seat)
        if not self._seats:
            self._end()

    def seen(self, seat: Seat) -> None:
        """A watcher has painted a frame."""
        if self._stream is not None:
            self._stream.seen(seat)

    def ask(self, seat: Seat, ident: int, name: Any, values: Any) -> None:
        """A watcher asks the run something that only looks."""
        if self._stream is not None:
            self._stream.ask(seat, ident, name, values)

    def _begin(self, session: Session) -> None:
        self._end()
        if not self._seats:
            return
        crew, live, token = sessions().crew, session.live, session.token
        self._stream = Stream(lambda give: crew.gather(live, give), lambda: self._gone(token))
        for seat in self._seats:
            self._stream.join(seat)

    def _end(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _gone(self, token: str) -> None:
        """The run's process has ended; the run may be found again in another one."""
        if token == self.token:
            self._end()
            self._later = asyncio.get_running_loop().call_later(AGAIN, self._find)

    def _find(self) -> None:
        self._later = None
        token = self.token
        task = asyncio.get_running_loop().create_task(self._found(token))
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)

    async def _found(self, token: str) -> None:
        try:
            session = await asyncio.to_thread(sessions().find, token)
        except WorkerLost:
            session = None
        if session is not None and token == self.token and self._stream is None:
            self._begin(session)


_tasks: set[asyncio.Task[Any]] = set()  # an event loop alone does not keep them alive
