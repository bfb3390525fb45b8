"""Sessions: which run belongs to which visitor, how many there may be, how long they are kept."""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from app.live.crew.crew import Crew, Source
from app.live.crew.here import INITIAL, Here, Start
from app.live.crew.line import WorkerLost
from app.live.desk import Give
from app.live.kept.folder import Folder
from app.live.kept.keeper import Keeper
from app.live.kept.kept import Kept, Memory
from app.live.kept.record import Record, key_of, seal
from app.live.protocol import BadMessage, obey
from app.live.session import Session
from app.live.shelf import Shelf
from app.live.steady import Ends, Steady
from app.operations.logs import note
from app.settings.reading import settings
from engine.core.declare import InvalidValue, Setup
from engine.core.memory import collect
from engine.core.method import Method
from engine.core.registry import find as find_method
from engine.core.snapshot import InvalidSnapshot, Snapshot

RUNS_PER_VISITOR = settings().runs_per_visitor  # in memory at once
KEPT_PER_VISITOR = settings().kept_per_visitor  # with those that rest
RUNS_PER_SERVER = settings().runs
DROP_AFTER = settings().drop_after  # seconds without a watcher
FORGET_AFTER = settings().forget_after  # seconds a resting run is kept
KEEP_WITHIN = 5.0  # seconds in which a run must give its state; else it is kept later
END_WITHIN = 1.5  # seconds in which all runs must give theirs when the server ends
LOSSES = 3  # processes that end one after the other with a run, until it is stopped
# Lives that a run may have begun since it was kept. A watcher that has seen them must not take
# those of the run that goes on for the same, so these have numbers far behind.
LATER = 2**20

log = logging.getLogger(__name__)


class Full(RuntimeError):
    """The server has as many runs as it may have; the message tells what to do."""


class Sessions:
    """All sessions of this server. Tokens are unguessable and each opens one session."""

    def __init__(self, crew: Crew | Here | None = None, folder: Folder | None = None) -> None:
        """folder: where runs are kept; by default one that goes with the process."""
        self.crew = crew or Here()
        self._folder = folder or Folder()
        self._memory = Memory()
        self._shelf = Shelf(self._folder)
        self._sessions: dict[str, Session] = {}  # key of the token → session
        self._closed = False  # whether runs were closed since memory was last given back
        self._ends = False  # whether the server is about to end
        self._lock = threading.Lock()  # of the dictionary; never held while something is computed
        self._keeper = Keeper(self._to_keep, self._keep)

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
        token = secrets.token_urlsafe(24)
        life = 0, start.step if start else 0
        record = Record(visitor, method.name, setup.to_dict(), seed, start_name, dict(knobs), life=life)
        kept = Kept(self._folder, self._memory, key_of(token), record)
        session = Session(token, visitor, live, kept, method=method.name, start=begin)
        session.rested = start_name, setup, seed
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

    # -- finding -----------------------------------------------------------------------------------

    def _known(self, token: str) -> Session | None:
        with self._lock:
            session = self._sessions.get(key_of(token))
        if session is not None:
            session.token = token
        return session

    def find(self, token: str) -> Session | None:
        """The session with a token; None for an unknown token, and where a run that is in no
        process cannot be taken up again, because its files were damaged or all runs of the server
        are in use.
        """
        session = self._known(token)
        if session is None:
            return None
        try:
            if session.live is None and self.count >= RUNS_PER_SERVER:
                self._make_room()
        except Full:
            return None
        try:
            live = self.resume(session)
        except Ends:
            live = None
        if live is None:
            return None
        session.touched = live.left = max(live.left, time.monotonic())  # somebody is about to watch it
        return session

    def query_of(self, token: str) -> str | None:
        """The query that the Stage of a session wrote last; None where there is none. A run that
        rests goes on resting.
        """
        session = self._known(token)
        return session.query if session else None

    def describes(self, token: str, wanted: tuple[str, Setup, int]) -> bool:
        """Whether a session is of this start, set-up and seed. A run that rests goes on resting."""
        session = self._known(token)
        if session is None:
            return False
        with session.lock:
            try:
                return session.made_of == wanted
            except WorkerLost:
                return session.rested == wanted

    def attach(self, session: Session, give: Give) -> Steady:
        """A watcher of a session's run, wherever that goes on."""
        return Steady(session, give, self.crew.attach, self.resume)

    # -- closing and resting -----------------------------------------------------------------------

    def close(self, token: str) -> None:
        """End a run for good."""
        if session := self._known(token):
            self._close(session)

    def _close(self, session: Session, reason: str = "") -> None:
        with self._lock:
            self._sessions.pop(session.kept.key, None)
            self._closed = True
        with session.lock:
            if session.live:
                self.crew.drop(session.live)
            session.kept.forget()
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
            mark = session.wishes.mark()
            try:
                session.resting = self._shelf.put(self.crew, live, session.kept.key)
                session.rested = start, setup, seed = session.made_of
                run = {"setup": setup.to_dict(), "seed": seed, "start": start, "knobs": live.knobs}
                session.kept.put(
                    rest=session.resting.name, playing=live.playing, speed=live.speed, query=session.query, **run
                )
                session.wishes.forget(mark)
            except TimeoutError:
                return False
            except WorkerLost:  # it can be taken up from what is kept
                session.lose()
            if not session.rested[0]:
                session.start = INITIAL
            self.crew.drop(live)
            session.live = None
            session.since = time.monotonic()
            return True

    # -- going on ----------------------------------------------------------------------------------

    def resume(self, session: Session) -> Any:
        """The live run of a session, which is taken up where it is in no process or where that has
        ended. None where it cannot go on; its watcher is told why. Raises Ends.
        """
        with session.lock:
            live = session.live
            while live is None or not self.crew.alive(live):
                if self._ends:
                    raise Ends
                if live is not None:
                    self.crew.drop(live)
                    session.live = live = None
                    if self._too_often(session):
                        return None
                try:
                    if not self._take_up(session):
                        return None
                    live = session.live
                except WorkerLost:
                    if self._too_often(session):
                        return None
            return live

    def _too_often(self, session: Session) -> bool:
        """The process of a run has ended. Closes the run where that was the last of many times.
        Raises Ends.
        """
        if self._ends:
            raise Ends
        if (losses := session.lose()) < LOSSES:
            return False
        note(log, "run stopped", logging.ERROR, run=session.mark, method=session.method, losses=losses)
        self._close(
            session,
            f"The process of this run ended {losses} times in a row, so it was stopped at step "
            f"{session.kept.record.life[1]}. It may need more memory than there is: choose a smaller set-up, or reload "
            "this page to begin again.",
        )
        return True

    def _take_up(self, session: Session) -> bool:
        """Let a run go on that is in no process; its lock is held. False where nothing sound is
        kept of it. Raises WorkerLost.
        """
        record = session.kept.record
        for rest in self._sources(session):
            try:
                live = self._begin(session, rest)
                break
            except (OSError, InvalidSnapshot, InvalidValue) as error:
                log.warning("what is kept of a run cannot be used, an earlier state is tried: %s", error)
        else:
            note(log, "run lost", logging.WARNING, run=session.mark, method=session.method)
            self._close(session)
            return False
        session.live = live
        generation = 0 if session.resting else record.life[0] + LATER + secrets.randbelow(LATER)
        if not session.resting:
            note(log, "run goes on", run=session.mark, method=session.method, step=record.life[1])
        session.resting = None
        live.resume(generation, record.speed, record.playing)
        for message in session.wishes.again(record.life[1]):
            try:
                obey(live, message)
            except BadMessage as problem:
                log.debug("not set again: %s", problem)
        return True

    @staticmethod
    def _sources(session: Session) -> Iterator[Any]:
        """What a run can be taken up from, the best first; None is its set-up."""
        kept = session.kept
        if session.resting and not session.resting.name:
            yield session.resting.rest
        if kept.rest is not None:
            yield kept.rest
        yield from kept.sources()
        if not kept.trained and not session.resting:
            yield None

    def _begin(self, session: Session, rest: Any) -> Any:
        record, (_, setup, seed) = session.kept.record, session.rested
        if rest is None:
            method = find_method(record.method)
            return self.crew.open(method, setup, seed, record.knobs, session.start, session.visitor)
        return self.crew.take_up(rest, record.knobs, session.start, session.visitor, record.method, setup.to_dict())

    # -- keeping -----------------------------------------------------------------------------------

    def _to_keep(self) -> list[Session]:
        """The sessions of which something new may have to be kept."""
        return [s for s in self._all() if s.stirred]

    def _keep(self, session: Session, within: float = KEEP_WITHIN, sync: bool = False) -> tuple[float, int]:
        """Keep a session. Returns the seconds that took, of all processes, and the bytes written.
        Raises nothing: what could not be kept is kept later.
        """
        live, record = session.live, session.kept.record
        now, mark = time.monotonic(), session.wishes.mark()
        if live is None:
            return 0.0, 0
        try:
            moment = self.crew.keep(live, record.life, within)
        except (TimeoutError, WorkerLost) as error:
            log.debug("a run is kept later: %s", error)
            return 0.0, 0
        start = time.thread_time()
        with session.lock:
            if session.live is not live:
                return 0.0, 0
            from_start, setup, seed = moment.made_of
            session.rested = session.start.name if from_start else "", setup, seed
            life = moment.life if moment.snapshot is not None else record.life
            session.kept.put(
                moment.snapshot,
                sync,
                setup=setup.to_dict(),
                seed=seed,
                start=session.rested[0],
                knobs=moment.knobs,
                playing=moment.playing,
                speed=moment.speed,
                life=life,
                query=session.query,
                owner=key_of(session.owner) if session.owner else "",
                sealed=seal(session.token, session.owner),
                slot=session.slot,
                page=session.page,
            )
        session.wishes.forget(mark)
        session.kept_at = now
        session.moving = moment.playing or moment.life != record.life
        return moment.seconds + time.thread_time() - start, len(moment.snapshot or b"")

    def keep_on(self) -> None:
        """Keep runs from now on while they train."""
        self._keeper.start()

    def keep_all(self, within: float = END_WITHIN) -> int:
        """Keep all runs as they are now, because the server is about to end. Returns how many could
        not be kept in time; those have the state of some seconds before.
        """
        self._keeper.stop()
        until = time.monotonic() + within
        awake = [s for s in self._all() if s.live is not None]

        def one(session: Session) -> bool:
            before = session.kept_at
            self._keep(session, max(0.05, until - time.monotonic()), sync=True)
            return session.kept_at > before

        with ThreadPoolExecutor(16, "keep") as threads:
            return sum(not done for done in threads.map(one, awake))

    def end(self) -> None:
        """The server ends: keep all runs where they outlast it, and end their processes."""
        self._ends = True
        if self._folder.lasting:
            self.keep_all()
        self._keeper.stop()
        self.crew.close()
        self._folder.release()

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
        _sessions.keep_on()


def sessions() -> Sessions:
    """The sessions of this process, made at first use where the server has not begun."""
    global _sessions
    with _making:
        if _sessions is None:
            _sessions = Sessions()
        return _sessions
