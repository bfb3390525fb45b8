"""Restoring: what a server takes over from the one before, and which browser it belongs to."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from app.live.crew.here import INITIAL, Start
from app.live.kept import uploaded
from app.live.kept.folder import Folder
from app.live.kept.kept import Memory, found
from app.live.kept.record import key_of, unseal
from app.live.session import Session
from engine.core.declare import InvalidValue
from engine.core.registry import UnknownMethod, find

RESTARTED = "The server was started again"  # the page says from which step it goes on

log = logging.getLogger(__name__)


def restored(folder: Folder, memory: Memory) -> Iterator[Session]:
    """The sessions that a server before has kept. None is loaded until it is looked for."""
    uploaded.load(folder)
    for kept in found(folder, memory):
        record = kept.record
        try:
            setup = find(record.method).make_setup(dict(record.setup))
        except (UnknownMethod, InvalidValue) as error:
            log.warning("a kept run is of another version and is forgotten: %s", error)
            kept.forget()
            continue
        start = Start(record.start) if record.start else INITIAL
        session = Session("", record.visitor, None, kept, record.query, method=record.method, start=start)
        session.rested = record.start, setup, record.seed
        session.page, session.tab, session.slot = record.page, record.tab, record.slot
        session.order = record.order
        session.news = RESTARTED
        yield session


def adopted(sessions: Iterable[Session], before: str, owner: str) -> list[Session]:
    """Those sessions whose browser has come back in another Streamlit session, in the order in
    which pages showed them. before: its Streamlit session until then, which none but the browser
    knows, "" for none. owner: that of now.
    """
    digest, mine = key_of(before), []
    for session in sessions if before else ():
        if digest not in (session.kept.record.owner, key_of(session.owner)):
            continue
        token = session.token or unseal(session.kept.record.sealed, before)
        if key_of(token) == session.kept.key:
            session.token, session.owner = token, owner
            with session.lock:
                session.kept.put(**session.kept_as())
            mine.append(session)
    return sorted(mine, key=lambda session: session.order)
