"""Steady: a watcher's desk that outlasts the process of its run.

Where that ends, the session's run goes on in another process. The watcher gets the text message
`{type: "resumed", reason}`, and then frames again, of the layers that it had asked for.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from app.live.desk import Give

if TYPE_CHECKING:
    from app.live.session import Session

log = logging.getLogger(__name__)
SHOWN = ("layers", "show", "want")  # what the watcher asked for, of each the latest
ENDED = "The process of this run ended"  # the page says from which step it goes on


class Ends(RuntimeError):
    """The server is about to end: no run is taken up any more."""


class Steady:
    """Has the functions of a desk (app/live/desk.py)."""

    def __init__(
        self, session: Session, give: Give, attach: Callable[[Any, Give], Any], resume: Callable[[Session], Any]
    ) -> None:
        """attach: makes a desk at a live run. resume: gives the live run of the session that goes
        on in place of one whose process has ended, None where there is none; raises Ends where the
        server is about to end.
        """
        self._session = session
        self._give = give
        self._attach_to = attach
        self._resume = resume
        self._shown: dict[str, Mapping[str, Any]] = {}
        self._lock = threading.Lock()  # of the desk
        self._closed = False
        with self._lock:
            self._desk = self._attach()
        session.come(self)

    def _attach(self) -> Any:
        live = self._live = self._session.live
        return self._attach_to(live, lambda kind, message: self._given(live, kind, message))

    def receive(self, message: Mapping[str, Any]) -> None:
        """Pass a message on."""
        if message["type"] in SHOWN:
            self._shown[message["type"]] = message
        self._session.note(message)
        self._desk.receive(message)

    def close(self) -> None:
        """The watcher has left."""
        with self._lock:
            self._closed = True
            self._desk.close()
        self._session.go(self)

    def give_way(self, why: str) -> None:
        """The run rests until the watcher comes back."""
        self._give("rests", why)

    def _given(self, live: Any, kind: Any, message: bytes | str) -> None:
        if kind == "gone":
            # To take a run up waits for another process, which this thread may have to hear of.
            threading.Thread(target=self._go_on, name="resume", daemon=True).start()
        elif live is self._live:  # nothing of a process that has ended comes after what is new
            self._give(kind, message)

    def _go_on(self) -> None:
        try:
            live = self._resume(self._session)
        except Ends:
            return  # the browser connects again to the server that comes after
        except Exception:
            log.exception("a run could not go on")
            live = None
        if live is None:
            return self._give("gone", "")
        with self._lock:
            if self._closed:
                return
            self._give("text", json.dumps({"type": "resumed", "reason": ENDED}))
            self._desk = self._attach()
            for message in self._shown.values():
                self._desk.receive(message)
