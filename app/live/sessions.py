"""Sessions: which run belongs to which visitor, how many there may be, how long they are kept."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from app.live.crew.crew import Crew, Source
from app.live.crew.here import INITIAL, Here, Start
from app.live.crew.line import WorkerLost
from app.live.desk import Give
from app.live.keeping import Keeping
from app.live.kept import uploaded
from app.live.kept.folder import Folder
from app.live.kept.kept import Kept
from app.live.kept.place import own_folder
from app.live.kept.record import NO_LIFE, Record, key_of
from app.live.queue import Queue
from app.live.restoring import adopted, restored
from app.live.resuming import Resuming
from app.live.session import Session, Shown
from app.live.shelf import Shelf
from app.live.steady import Ends, Steady
from app.live.usher import Usher
from app.operations.logs import note
from app.settings.reading import settings
from engine.core.declare import Setup
from engine.core.memory import collect
from engine.core.method import Method
from engine.core.snapshot import Snapshot

RUNS_PER_VISITOR = settings().runs_per_visitor  # in memory at once
KEPT_PER_VISITOR = settings().kept_per_visitor  # with those that rest
RUNS_PER_SERVER = settings().runs
DROP_AFTER = settings().drop_after  # seconds without a watcher
FORGET_AFTER = settings().forget_after  # seconds a resting run is kept
GAVE_WAY = "Others were waiting for a place, so this run rests. It goes on when you come back to this page."

log = logging.getLogger(__name__)


class Full(RuntimeError):
    """The server has as many runs as it may have; the message tells what to do."""


class Sessions:
    """All sessions of this server. Tokens are unguessable and each opens one session."""

    def __init__(self, crew: Crew | Here | None = None, folder: Folder | None = None) -> None:
        """folder: where runs are kept; by default one that goes with the process. The sessions that
        a server before has kept there go on when their pages come back.
        """
        self.crew = crew or Here()
        self.folder = folder or Folder()
        self.keeping = Keeping(self.crew, self.folder, self._all)
        self._resuming = Resuming(self.crew, self._close)
        self._shelf = Shelf(self.folder)
        self.queue = Queue()
        self.usher = Usher(self.queue, lambda: RUNS_PER_SERVER, self._room)
        self._coming = 0  # runs that are about to be in a process
        self._door = threading.Lock()  # of that number, with those of the queue
        self._closed = False  # whether runs were closed since memory was last given back
        self._lock = threading.Lock()  # of the dictionary; never held while something is computed
        # Key of the token → session.
        self._sessions = {session.kept.key: session for session in restored(self.folder, self.keeping.memory)}
        self._orders = itertools.count(max((s.order for s in self._all()), default=0) + 1)

    def open(
        self,
        visitor: str,
        method: type[Method],
        setup: Setup,
        seed: int,
        knobs: Mapping[str, Any],
        start: Snapshot | None = None,
        start_name: str = "",
        ticket: str = "",
    ) -> Session:
        """A new run for `visitor`, from its initial weights or from the snapshot `start`, which
        ships as `start_name`.

        Where the visitor has too many in memory, the one unwatched longest rests from now on; where
        all are watched, the oldest is closed and its watcher gets the reason. ticket: the visitor's
        place in the queue. Raises Full where the server has no place for it.
        """
        self._make_room_for(visitor)
        begin = Start(start_name, None if start_name else start)
        with self._place(visitor, ticket):
            return self._open(visitor, method, setup, seed, knobs, begin, start.step if start else 0)

    def _open(
        self,
        visitor: str,
        method: type[Method],
        setup: Setup,
        seed: int,
        knobs: Mapping[str, Any],
        begin: Start,
        step: int,
    ) -> Session:
        live = self.crew.open(method, setup, seed, knobs, begin, visitor)
        token = secrets.token_urlsafe(24)
        life = (0, step) if begin.snapshot is None else NO_LIFE
        record = Record(visitor, method.name, setup.to_dict(), seed, begin.name, dict(knobs), life=life)
        kept = Kept(self.folder, self.keeping.memory, key_of(token), record)
        session = Session(token, visitor, live, kept, method=method.name, start=begin)
        session.rested = begin.name, setup, seed
        uploaded.put(self.folder, record.setup, record.knobs)
        with self._lock:
            self._sessions[kept.key] = session
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

    # -- places ------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _place(self, visitor: str, ticket: str) -> Iterator[None]:
        """A place for one more run: that of a ticket whose turn it is, or a free one where nobody
        waits, or that of a run which the visitor has left. Raises Full.
        """
        if not self.queue.waiting:
            self._room()
        with self._door:
            if not self.queue.take(ticket):
                free = not self.queue.waiting and self._free > 0
                if not free and not self._swap(visitor):
                    raise Full(f"All {RUNS_PER_SERVER} places of this server are taken.")
                self.queue.leave(ticket)
            self._coming += 1
        try:
            yield
        finally:
            with self._door:
                self._coming -= 1

    @property
    def _free(self) -> int:
        """Places that nobody has, and that are kept for nobody."""
        return RUNS_PER_SERVER - self.count - self._coming - self.queue.reserved

    def _swap(self, visitor: str) -> bool:
        """Put a run away that the visitor has left for another one."""
        left = [s for s in self._all() if s.visitor == visitor and s.live is not None and not s.watched]
        return bool(left) and self._rest(min(left, key=lambda s: s.live.left))

    def _room(self) -> bool:
        """Whether there is a free place, for which the run gives way that has been needed least."""
        if self._free > 0:
            return True
        now = time.monotonic()
        idle = [(since, s) for s in self._all() if (since := s.gives_way(now)) is not None]
        for _, session in sorted(idle, key=lambda pair: pair[0]):
            if self._rest(session, even_watched=True):
                session.give_way(GAVE_WAY)
                note(log, "run gave way", run=session.mark, method=session.method)
                return True
        return False

    # -- finding -----------------------------------------------------------------------------------

    def known(self, token: str) -> Session | None:
        """The session with a token, as it is. A run that rests goes on resting."""
        with self._lock:
            session = self._sessions.get(key_of(token))
        if session is not None:
            session.token = token  # a run of a server before had none yet
        return session

    def find(self, token: str) -> Session | None:
        """The session with a token; None for an unknown token, and where a run that is in no
        process cannot be taken up again, because its files were damaged, all places are taken, or
        it ended its process too often.
        """
        session = self.known(token)
        try:
            return None if session is None or session.stopped else self.claim(token)
        except Full:
            return None

    def claim(self, token: str, ticket: str = "") -> Session | None:
        """What `find` does, for a page that can wait. ticket: as for `open`. Raises Full where the
        run rests and the server has no place for it.
        """
        session = self.known(token)
        if session is None:
            return None
        session.stopped = False
        with self._place(session.visitor, ticket) if session.live is None else contextlib.nullcontext():
            try:
                live = self._resuming.resume(session)
            except Ends:
                live = None
        if live is None:
            return None
        session.touched = live.left = max(live.left, time.monotonic())  # somebody is about to watch it
        return session

    def replace(self, token: str) -> None:
        """A file took the place of a session's run."""
        if session := self.known(token):
            session.replaced = True

    def show(self, token: str, shown: Shown) -> None:
        """A page shows a session's run."""
        if session := self.known(token):
            session.shown = shown

    def query_of(self, token: str) -> str | None:
        """The query that the Stage of a session wrote last; None where there is none. A run that
        rests goes on resting.
        """
        session = self.known(token)
        return session.query if session else None

    def describes(self, token: str, wanted: tuple[str, Setup, int]) -> bool:
        """Whether a session is of this start, set-up and seed. A run that rests goes on resting."""
        session = self.known(token)
        if session is None:
            return False
        with session.lock:
            try:
                return session.made_of == wanted
            except WorkerLost:
                return session.rested == wanted

    def attach(self, session: Session, give: Give) -> Steady:
        """A watcher of a session's run, wherever that goes on."""
        return Steady(session, give, self.crew.attach, self._resuming.resume)

    # -- closing and resting -----------------------------------------------------------------------

    def close(self, token: str) -> None:
        """End a run for good."""
        if session := self.known(token):
            self._close(session)

    def _close(self, session: Session, reason: str = "") -> None:
        with self._lock:
            self._sessions.pop(session.kept.key, None)
            self._closed = True
        with session.lock:
            if session.live:
                self.crew.drop(session.live)
                self.queue.held(time.monotonic() - session.since_awake)
            session.kept.forget()
        note(log, "session closed", run=session.mark, method=session.method, reason="replaced" if reason else "left")
        if reason and session.told:
            session.told(reason)

    def _rest(self, session: Session, unwatched_for: float | None = None, even_watched: bool = False) -> bool:
        """Put a run away. Returns whether it rests now: not where it is watched again, nor where it
        does not end its turn in time.

        unwatched_for: seconds without a watcher that it must have had, None for any. even_watched:
        put it away with its watchers.
        """
        with session.lock:
            live = session.live
            if live is None:
                return True
            if (
                live.watched
                and not even_watched
                or unwatched_for is not None
                and time.monotonic() - live.left <= unwatched_for
            ):
                return False
            mark = session.wishes.mark()
            try:
                session.resting = self._shelf.put(self.crew, live, session.kept.key)
                session.rested = start, setup, seed = session.made_of
                run = {"setup": setup.to_dict(), "seed": seed, "start": start, "knobs": live.knobs}
                going = {"rest": session.resting.name, "playing": live.playing, "speed": live.speed}
                session.kept.put(**going, **run, **session.kept_as())
                session.wishes.forget(mark)
                if not live.made_of[0]:
                    session.start = INITIAL
            except TimeoutError:
                return False
            except WorkerLost:  # it can be taken up from what is kept
                session.lose()
            self.crew.drop(live)
            session.live = None
            session.since = time.monotonic()
            self.queue.held(session.since - session.since_awake)
            return True

    # -- pages and servers -------------------------------------------------------------------------

    def shown(self, session: Session, owner: str, page: str, tab: str, slot: str) -> None:
        """A page shows a session. owner: the Streamlit session that has the page. page, tab, slot:
        where the run belongs there.
        """
        before = session.owner, session.page, session.tab, session.slot
        session.order = next(self._orders)
        session.owner, session.page, session.tab, session.slot = owner, page, tab, slot
        if before != (owner, page, tab, slot):
            session.touch()

    def adopt(self, before: str, owner: str) -> list[Session]:
        """As app/live/restoring.py does, of all sessions."""
        return adopted(self._all(), before, owner)

    def end(self) -> None:
        """The server ends: keep all runs where they outlast it, and end their processes."""
        self._resuming.end()
        if self.folder.lasting:
            self.keeping.keep_all()
        self.keeping.stop()
        self.crew.close()
        self.folder.release()

    # -- tidying -----------------------------------------------------------------------------------

    def _all(self) -> list[Session]:
        with self._lock:
            return list(self._sessions.values())

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
        uploaded.forget(self.folder, (v for s in self._all() for v in (s.kept.record.setup, s.kept.record.knobs)))
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


def begin(loop: asyncio.AbstractEventLoop, source: Source | None, port: int) -> None:
    """The server begins: runs have workers of this source from now on; without one they are in this
    process. loop, port: the server's.
    """
    global _sessions
    with _making:
        crew = Crew(source, source.count, loop) if source else Here()
        _sessions = Sessions(crew, own_folder(port))
        _sessions.keeping.begin()


def sessions() -> Sessions:
    """The sessions of this process, made at first use where the server has not begun."""
    global _sessions
    with _making:
        if _sessions is None:
            _sessions = Sessions()
        return _sessions
