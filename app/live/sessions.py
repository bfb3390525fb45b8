"""Sessions: which run belongs to which visitor, how many there may be, how long they are kept."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.live.crew.crew import Crew, Source
from app.live.crew.far import FarLive
from app.live.crew.here import INITIAL, Here, Start
from app.live.crew.line import WorkerLost
from app.live.shelf import Shelf, Shelved
from app.operations.logs import note
from app.settings.reading import settings
from engine.core.declare import Setup
from engine.core.memory import collect
from engine.core.method import Method
from engine.core.snapshot import InvalidSnapshot, Snapshot
from engine.runs.live import Live

RUNS_PER_VISITOR = settings().runs_per_visitor  # in memory at once
KEPT_PER_VISITOR = settings().kept_per_visitor  # with those that rest
RUNS_PER_SERVER = settings().runs
DROP_AFTER = settings().drop_after  # seconds without a watcher
FORGET_AFTER = settings().forget_after  # seconds a resting run is kept

log = logging.getLogger(__name__)


class Full(RuntimeError):
    """The server has as many runs as it may have; the message tells what to do."""


@dataclass(eq=False)
class Session:
    """One run of one visitor.

    live: None while the run rests; `resting` and `knobs` are then its snapshots and its knobs, and
    `since` the time. query: the page's query as the Stage wrote it last, which Streamlit does not
    see; None until the Stage has written one. start: what it began from. told: called with a
    sentence for whoever watches the run when it is closed.
    """

    token: str
    visitor: str
    live: Live | FarLive | None
    query: str | None = None
    resting: Shelved | None = None
    method: str = ""  # its name
    start: Start = INITIAL
    knobs: Mapping[str, Any] = field(default_factory=dict)
    since: float = field(default_factory=time.monotonic)
    rested: tuple[str, Setup, int] | None = None  # `made_of` of a run that rests
    told: Callable[[str], None] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)  # of live and resting

    @property
    def made_of(self) -> tuple[str, Setup, int]:
        """Start, set-up and seed: what a link must describe to mean this run. One that was given
        another seed in the Stage is no longer the snapshot's.
        """
        if self.live is None:
            return self.rested
        from_start, setup, seed = self.live.made_of
        return self.start.name if from_start else "", setup, seed

    @property
    def mark(self) -> str:
        """What logs call it, from which its token cannot be found out."""
        return hashlib.sha256(self.token.encode()).hexdigest()[:8]

    @property
    def watched(self) -> bool:
        """Whether somebody has it on screen."""
        live = self.live
        return live is not None and live.watched


class Sessions:
    """All sessions of this server. Tokens are unguessable and each opens one session."""

    def __init__(self, crew: Crew | Here | None = None) -> None:
        self.crew = crew or Here()
        self._shelf = Shelf()
        self._sessions: dict[str, Session] = {}
        self._closed = False  # whether runs were closed since memory was last given back
        self._lock = threading.Lock()  # of the dictionary; never held while something is computed

    def open(
        self,
        visitor: str,
        method: type[Method],
        setup: Setup,
        seed: int,
        knobs: Mapping[str, Any],
        start: Snapshot | None = None,
        start_name: str = "",
    ) -> Session:
        """A new run for `visitor`, from its initial weights or from the snapshot `start`, which
        ships as `start_name`.

        Where the visitor has too many in memory, the one unwatched longest rests from now on; where
        all are watched, the oldest is closed and its watcher gets the reason. Raises Full where the
        server has too many and all are watched.
        """
        self._make_room_for(visitor)
        if self.count >= RUNS_PER_SERVER:
            self._make_room()
        begin = Start(start_name, None if start_name else start)
        live = self.crew.open(method, setup, seed, knobs, begin, visitor)
        session = Session(secrets.token_urlsafe(24), visitor, live, method=method.name, start=begin)
        with self._lock:
            self._sessions[session.token] = session
        note(log, "session opened", run=session.mark, method=method.name)
        return session

    def _make_room_for(self, visitor: str) -> None:
        mine = [s for s in self._all() if s.visitor == visitor]
        awake = [s for s in mine if s.live is not None]
        while len(awake) >= RUNS_PER_VISITOR:
            unwatched = sorted((s for s in awake if not s.watched), key=lambda s: s.live.left)
            longest = unwatched[0] if unwatched else awake[0]
            awake.remove(longest)
            if not unwatched:
                self._close(
                    longest,
                    f"This run was closed: a visitor has {RUNS_PER_VISITOR} runs on screen at most, and you have just "
                    "opened another. Close a lab elsewhere and reload this page to start it again.",
                )
            elif not self._rest(longest):
                self._close(longest)
        resting = sorted((s for s in mine if s.live is None), key=lambda s: s.since)
        for session in resting[: max(0, len(mine) - KEPT_PER_VISITOR)]:
            self._close(session)

    def _make_room(self) -> None:
        """Let the run rest that has been unwatched longest. Raises Full where all are watched."""
        unwatched = [s for s in self._all() if s.live is not None and not s.watched]
        if not unwatched:
            raise Full(
                f"All {RUNS_PER_SERVER} runs of this server are in use. Close a lab in another tab, or try again later."
            )
        longest = min(unwatched, key=lambda s: s.live.left)
        if not self._rest(longest):
            self._close(longest)

    def find(self, token: str) -> Session | None:
        """The session with a token; None for an unknown token, and where a resting run cannot be
        taken up again, because its file was damaged or all runs of the server are in use.
        """
        with self._lock:
            session = self._sessions.get(token)
        if session is None:
            return None
        try:
            if session.live is None and self.count >= RUNS_PER_SERVER:
                self._make_room()
        except Full:
            return None
        with session.lock:
            if session.live is None and not self._take_up(session):
                return None
            if not self.crew.alive(session.live):
                return self._forget(session)
            session.live.left = max(session.live.left, time.monotonic())  # somebody is about to watch it
        return session

    def _forget(self, session: Session) -> None:
        """A run is gone: its process has ended, or its file is damaged."""
        note(log, "run lost", logging.WARNING, run=session.mark, method=session.method)
        with self._lock:
            self._sessions.pop(session.token, None)

    def query_of(self, token: str) -> str | None:
        """The query that the Stage of a session wrote last; None where there is none. A run that
        rests goes on resting.
        """
        with self._lock:
            session = self._sessions.get(token)
        return session.query if session else None

    def describes(self, token: str, wanted: tuple[str, Setup, int]) -> bool:
        """Whether a session is of this start, set-up and seed. A run that rests goes on resting."""
        with self._lock:
            session = self._sessions.get(token)
        if session is None:
            return False
        try:
            with session.lock:
                return session.made_of == wanted
        except WorkerLost:
            return False

    def close(self, token: str) -> None:
        """End a run for good."""
        with self._lock:
            session = self._sessions.get(token)
        if session:
            self._close(session)

    def _close(self, session: Session, reason: str = "") -> None:
        with self._lock:
            self._sessions.pop(session.token, None)
            self._closed = True
        with session.lock:
            if session.live:
                self.crew.drop(session.live)
            if session.resting:
                self._shelf.forget(session.resting)
        note(log, "session closed", run=session.mark, method=session.method, reason="replaced" if reason else "left")
        if reason and session.told:
            session.told(reason)

    def _rest(self, session: Session, unwatched_for: float | None = None) -> bool:
        """Put a run away. Returns whether it rests now: not where it is watched again, nor where it
        does not end its turn in time.

        unwatched_for: seconds without a watcher that it must have had, None for any.
        """
        with session.lock:
            live = session.live
            if live is None:
                return True
            if live.watched or unwatched_for is not None and time.monotonic() - live.left <= unwatched_for:
                return False
            try:
                session.resting = self._shelf.put(self.crew, live)
            except TimeoutError:
                return False
            except WorkerLost:
                self._forget(session)
                return True
            session.knobs = live.knobs
            session.rested = session.made_of
            if not live.made_of[0]:
                session.start = INITIAL
            self.crew.drop(live)
            session.live = None
            session.since = time.monotonic()
            return True

    def _take_up(self, session: Session) -> bool:
        """Let a resting run go on; its lock is held. False where its file is damaged or gone."""
        try:
            session.live = self.crew.take_up(
                session.resting.rest, session.knobs, session.start, session.visitor, session.method
            )
        except (OSError, InvalidSnapshot) as error:
            log.warning("a resting run was lost: %s", error)
            self._forget(session)
            return False
        finally:
            self._shelf.forget(session.resting)
        session.resting = None
        return True

    def _all(self) -> list[Session]:
        with self._lock:
            return list(self._sessions.values())

    def end(self) -> None:
        """The server ends, and all runs with it."""
        self.crew.close()

    def tidy(self) -> None:
        """Put runs away that were unwatched for DROP_AFTER seconds, forget resting ones after
        FORGET_AFTER, and give their memory back.
        """
        before = self.count
        for session in self._all():
            if session.live is not None:
                self._rest(session, DROP_AFTER)
            elif time.monotonic() - session.since > FORGET_AFTER:
                self._close(session)
        if self.count < before or self._closed:
            self._closed = False
            collect()

    def listed(self) -> list[Session]:
        """All sessions."""
        return self._all()

    @property
    def count(self) -> int:
        """Runs in memory."""
        return sum(s.live is not None for s in self._all())


_sessions: Sessions | None = None
_making = threading.Lock()


def begin(loop: asyncio.AbstractEventLoop, source: Source | None) -> None:
    """The server begins: runs have workers of this source from now on; without one they are in this
    process. loop: the server's.
    """
    global _sessions
    with _making:
        _sessions = Sessions(Crew(source, source.count, loop) if source else Here())


def sessions() -> Sessions:
    """The sessions of this process, made at first use where the server has not begun."""
    global _sessions
    with _making:
        if _sessions is None:
            _sessions = Sessions()
        return _sessions
