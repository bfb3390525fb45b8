"""Sessions: which run belongs to which visitor, how many there may be, how long they are kept."""

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

RUNS_PER_VISITOR = 4
RUNS_PER_SERVER = int(os.environ.get("SADDLE_RUNS", "64"))
DROP_AFTER = float(os.environ.get("SADDLE_DROP_AFTER", "600"))  # seconds without a watcher
FORGET_AFTER = 7200.0  # seconds a dropped run's snapshot is kept


class Full(RuntimeError):
    """The server has as many runs as it may have; the message tells what to do."""


@dataclass
class Session:
    """One run of one visitor.

    live: None while the run is dropped; `saved` and `knobs` are then its snapshot and its knobs,
    and `since` the time. query: the page's query as the Stage wrote it last, which Streamlit does
    not see; None until the Stage has written one. start: the shipped snapshot it began from.
    """

    token: str
    visitor: str
    live: Live | None
    query: str | None = None
    saved: Snapshot | None = None
    start: Snapshot | None = None
    knobs: Mapping[str, Any] = field(default_factory=dict)
    since: float = field(default_factory=time.monotonic)


class Sessions:
    """All sessions of this server. Tokens are unguessable and each opens one session."""

    def __init__(self, host: Host | None = None) -> None:
        self.host = host or Host()
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def open(
        self,
        visitor: str,
        method: type[Method],
        setup: Setup,
        seed: int,
        knobs: Mapping[str, Any],
        start: Snapshot | None = None,
    ) -> Session:
        """A new run for `visitor`, from its initial weights or from the snapshot `start`.

        Where the visitor has too many, the oldest unwatched one is closed. Raises Full where the
        server has too many and all are watched.
        """
        self.tidy()
        with self._lock:
            mine = [r for r in self._sessions.values() if r.visitor == visitor]
            unwatched = [r for r in mine if r.live is None or not r.live.watched]
            while len(mine) >= RUNS_PER_VISITOR:
                oldest = unwatched.pop(0) if unwatched else mine[0]
                mine.remove(oldest)
                self._close(oldest)
            if sum(r.live is not None for r in self._sessions.values()) >= RUNS_PER_SERVER:
                self._make_room()
        run = Run(method, setup, seed) if start is None else Run.restore(start)
        session = Session(secrets.token_urlsafe(24), visitor, Live(self.host, run, knobs, start), start=start)
        with self._lock:
            self._sessions[session.token] = session
        return session

    def _make_room(self) -> None:
        """Close the run that has been unwatched longest. Raises Full where all are watched."""
        unwatched = [r for r in self._sessions.values() if r.live is not None and not r.live.watched]
        if not unwatched:
            raise Full(
                f"All {RUNS_PER_SERVER} runs of this server are in use. Close a lab in another tab, or try again later."
            )
        self._close(min(unwatched, key=lambda r: r.live.left))

    def find(self, token: str) -> Session | None:
        """The session with a token; None for an unknown token.

        A run that had been dropped is restored from its snapshot.
        """
        with self._lock:
            session = self._sessions.get(token)
            if session is None:
                return None
            if session.live is None:
                session.live = Live(self.host, Run.restore(session.saved), session.knobs, session.start)
                session.saved = None
            return session

    def close(self, token: str) -> None:
        """End a run for good."""
        with self._lock:
            if session := self._sessions.get(token):
                self._close(session)

    def _close(self, session: Session) -> None:
        if session.live:
            session.live.close()
        self._sessions.pop(session.token, None)

    def tidy(self) -> None:
        """Drop runs unwatched for DROP_AFTER seconds, forget snapshots after FORGET_AFTER.

        A dropped run leaves the memory; its snapshot is kept until then.
        """
        now = time.monotonic()
        with self._lock:
            for session in list(self._sessions.values()):
                if session.live is None:
                    if now - session.since > FORGET_AFTER:
                        self._close(session)
                elif not session.live.watched and now - session.live.left > DROP_AFTER:
                    session.saved = session.live.snapshot().result(timeout=10)
                    session.knobs = session.live.knobs
                    session.live.close()
                    session.live = None
                    session.since = now

    @property
    def count(self) -> int:
        """Runs in memory."""
        return sum(r.live is not None for r in self._sessions.values())


_sessions: Sessions | None = None
_making = threading.Lock()


def sessions() -> Sessions:
    """The sessions of this process, made at first use."""
    global _sessions
    with _making:
        if _sessions is None:
            _sessions = Sessions()
        return _sessions
