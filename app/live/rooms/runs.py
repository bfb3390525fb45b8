"""What a room does with runs: fork one, measure one, hold many. All of it may wait for a worker, so
none of it is called in the event loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from app.live.crew.line import WorkerLost
from app.live.rooms.words import Refusal
from app.live.sessions import Full, Session, Shown, sessions
from engine.core.declare import InvalidValue
from engine.core.registry import find
from engine.core.snapshot import Snapshot

PATIENCE = 20.0  # seconds for an answer of a run
HELD = "The presenter has paused all runs. Yours goes on when they let it."


def _session(token: str) -> Session:
    """The session of a token, taken up where it rested. Raises Refusal."""
    session = sessions().find(token)
    if session is None:
        raise Refusal("This run is no longer on the server.")
    return session


def moment(token: str) -> tuple[Snapshot, Mapping[str, Any], Shown]:
    """A run as it is now: its snapshot, its knobs and how its page shows it. Raises Refusal."""
    session = _session(token)
    if session.shown is None:
        raise Refusal("The page of this run has not opened yet. Try again in a moment.")
    try:
        return session.live.snapshot().result(PATIENCE), session.live.knobs, session.shown
    except (TimeoutError, WorkerLost) as error:
        raise Refusal("The run is busy. Try again in a moment.") from error


def fork(snapshot: Snapshot, knobs: Mapping[str, Any], shown: Shown, visitor: str) -> Session:
    """A run of a visitor's own that goes on from a snapshot. Raises Refusal."""
    method = find(snapshot.method)
    try:
        setup = method.Setup.of(snapshot.setup)
        session = sessions().open(visitor, method, setup, snapshot.seeds[0], knobs, snapshot)
    except (Full, InvalidValue, WorkerLost) as error:
        raise Refusal(str(error)) from error
    session.shown = replace(shown, stage={})
    return session


def measured(token: str, start: Snapshot | None = None) -> tuple[int, int, Mapping[str, float]]:
    """Step, seed and metrics of a run. start: what it must have begun from. All are then measured
    under the knobs of `start`: attacks, say, have the same radius for everybody, whatever was
    trained with. Raises Refusal, also for a run that began elsewhere.
    """
    session = _session(token)
    if start is not None and session.replaced:
        raise Refusal("A file was opened in this run, so it does not count. Begin it again by Take part.")
    if start is not None and not session.live.made_of[0]:
        raise Refusal("This run was begun anew with another seed. Begin it again by Take part.")
    try:
        return session.live.numbers(start and start.knobs).result(PATIENCE)
    except (TimeoutError, WorkerLost) as error:
        raise Refusal("The run is busy. Try again in a moment.") from error


def hold(tokens: Iterable[str], on: bool) -> None:
    """Pause runs and keep them paused, or let those play on that had played."""
    for token in tokens:
        session = sessions().known(token)
        if session is None or bool(session.held) == on:
            continue
        session.held = HELD if on else ""
        live = session.live
        try:
            if live is not None and on:
                session.paused = live.playing
                live.play(False)
            elif live is not None and session.paused and live.watched:
                live.play()
        except (InvalidValue, WorkerLost, TimeoutError):
            continue  # it has diverged, or has ended: there is nothing to pause
