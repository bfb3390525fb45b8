"""Resuming: a run that is in no process goes on, from the best of what is kept of it."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

from app.live.crew.crew import Crew
from app.live.crew.here import Here
from app.live.crew.line import WorkerLost
from app.live.kept.record import NO_LIFE
from app.live.protocol import BadMessage, obey
from app.live.session import Session
from app.live.steady import Ends
from app.operations.logs import note
from engine.core.declare import InvalidValue
from engine.core.registry import find
from engine.core.snapshot import InvalidSnapshot

LOSSES = 3  # processes that end one after the other with a run, until it is stopped
# Lives that a run may have begun since it was kept. A watcher that has seen them must not take
# those of the run that goes on for the same, so these have numbers far behind.
LATER = 2**20

log = logging.getLogger(__name__)


class Resuming:
    """Lets the runs of a server go on."""

    def __init__(self, crew: Crew | Here, close: Callable[[Session], None]) -> None:
        """close: ends a session."""
        self._crew = crew
        self._close = close
        self._ends = False

    def end(self) -> None:
        """The server is about to end: what loses its process now goes on in the next server."""
        self._ends = True

    def resume(self, session: Session) -> Any:
        """The live run of a session, which is taken up where it is in no process or where that has
        ended. None where it cannot go on; its watcher is told why. Raises Ends.
        """
        with session.lock:
            live = session.live
            while live is None or not self._crew.alive(live):
                if self._ends:
                    raise Ends
                if live is not None:
                    self._crew.drop(live)
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
        """The process of a run has ended. After many times in a row the run rests, with all that is
        kept of it, until somebody tries again: it may end its process each time, and other runs in
        the same one are not to blame. Raises Ends.
        """
        if self._ends:
            raise Ends
        if (losses := session.lose()) < LOSSES:
            return False
        note(log, "run stopped", logging.ERROR, run=session.mark, method=session.method, losses=losses)
        session.stopped = True
        session.give_way(
            f"The process of this run ended {losses} times in a row, so it rests at step "
            f"{session.kept.record.life[1]}. "
            "Click or press a key here to try again. If it needs more memory than there is, choose a smaller set-up."
        )
        return True

    def _take_up(self, session: Session) -> bool:
        """Let a run go on that is in no process; its lock is held. False where nothing sound is
        kept of it. Raises WorkerLost.
        """
        record = session.kept.record
        for rest in _sources(session):
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
        session.since_awake = time.monotonic()
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

    def _begin(self, session: Session, rest: Any) -> Any:
        record, (_, setup, seed) = session.kept.record, session.rested
        if rest is None:
            return self._crew.open(find(record.method), setup, seed, record.knobs, session.start, session.visitor)
        return self._crew.take_up(rest, record.knobs, session.start, session.visitor, record.method, setup.to_dict())


def _sources(session: Session) -> Iterator[Any]:
    """What a run can be taken up from, the best first; None is its set-up."""
    kept = session.kept
    if session.resting and not session.resting.name:
        yield session.resting.rest
    if kept.rest is not None:
        yield kept.rest
    yield from kept.sources()
    made_again = kept.record.life != NO_LIFE or session.start.snapshot is not None
    if made_again and not kept.trained and not session.resting:
        yield None
