"""Keeping: the runs of a server are kept on disk, while they train and when it ends."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from app.live.crew.crew import Crew
from app.live.crew.here import INITIAL, Here
from app.live.crew.line import WorkerLost
from app.live.kept.folder import Folder
from app.live.kept.keeper import Keeper
from app.live.kept.kept import Memory
from app.live.session import Session

KEEP_WITHIN = 5.0  # seconds in which a run must give its state; else it is kept later
END_WITHIN = 1.5  # seconds in which all runs must give theirs when the server ends
AT_ONCE = 16  # runs that are kept at once when the server ends

log = logging.getLogger(__name__)


class Keeping:
    """Keeps the sessions of a server in its folder."""

    def __init__(self, crew: Crew | Here, folder: Folder, every: Callable[[], Iterable[Session]]) -> None:
        """every: all sessions."""
        self.folder = folder
        self.memory = Memory()
        self._crew = crew
        self._every = every
        self._keeper = Keeper(lambda: [s for s in every() if s.stirred], self.keep)

    def begin(self) -> None:
        """Keep runs from now on while they train."""
        self._keeper.start()

    def stop(self) -> None:
        """Keep them no more."""
        self._keeper.stop()

    def keep(self, session: Session, within: float = KEEP_WITHIN, sync: bool = False) -> tuple[float, int]:
        """Keep a session. Returns the seconds that took, of all processes, and the bytes written.
        Raises nothing: what could not be kept is kept later.

        within: seconds to wait for the run. sync: wait until the disk has it.
        """
        live, record = session.live, session.kept.record
        now, mark = time.monotonic(), session.wishes.mark()
        if live is None:
            return 0.0, 0
        try:
            moment = self._crew.keep(live, record.life, within)
        except (TimeoutError, WorkerLost) as error:
            log.debug("a run is kept later: %s", error)
            return 0.0, 0
        start = time.thread_time()
        with session.lock:
            if session.live is not live:
                return 0.0, 0
            from_start, setup, seed = moment.made_of
            if not from_start:
                session.start = INITIAL
            session.rested = session.start.name if from_start else "", setup, seed
            run = {"setup": setup.to_dict(), "seed": seed, "start": session.rested[0], "knobs": moment.knobs}
            going = {"playing": moment.playing, "speed": moment.speed}
            life = moment.life if moment.snapshot is not None else record.life
            if session.kept.put(moment.snapshot, sync, life=life, **run, **going, **session.kept_as()):
                session.wishes.forget(mark)
        session.kept_at = now
        session.moving = moment.playing or moment.life != record.life
        return moment.seconds + time.thread_time() - start, len(moment.snapshot or b"")

    def keep_all(self, within: float = END_WITHIN) -> int:
        """Keep all runs as they are now, because the server is about to end. Returns how many could
        not be kept in time; those have the state of some seconds before.
        """
        self.stop()
        until = time.monotonic() + within

        def one(session: Session) -> bool:
            before = session.kept_at
            self.keep(session, max(0.05, until - time.monotonic()), sync=True)
            return session.kept_at > before

        with ThreadPoolExecutor(AT_ONCE, "keep") as threads:
            return sum(not done for done in threads.map(one, [s for s in self._every() if s.live is not None]))
