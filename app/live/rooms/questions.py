"""Questions: what those who watch a run in a room ask it. They only look; one is answered at a
time, and the pauses between them leave the run most of its time, however many ask.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from typing import Any

from app.live.protocol import BadMessage, pack, shortened, value
from app.live.rooms.thinned import deflated
from engine.core.declare import InvalidValue
from engine.core.frame import Answer
from engine.runs.live import Live

log = logging.getLogger(__name__)
PACE = 4.0  # so many times as long as the last answer took must pass before the next question
GAP = 0.03  # seconds between an answer and the next question at least
MOST_WAITING = 200  # of all watchers
FITS_NOT = "This question could not be answered: a value in it does not fit."


class Questions:
    """The questions of one audience. Of those of a watcher with the same name the latest counts, in
    the place of the first.
    """

    def __init__(self, live: Live, give: Callable[[Any, bytes], None], changed: Callable[[], None]) -> None:
        """give: takes ("reply", seat) and the reply. changed: called where `due` has changed."""
        self._live = live
        self._give = give
        self._changed = changed
        self._lock = threading.Lock()
        self._waiting: dict[tuple[int, str], tuple[int, Mapping[str, Any]]] = {}
        self._asked_at = 0.0  # of the question under way
        self._under_way = False
        self._next = 0.0

    def put(self, message: Mapping[str, Any]) -> None:
        """Take a question: seat, id, name and values."""
        seat, ident = message["seat"], message["id"]
        try:
            key = seat, value(message, "name", str)
            found = ident, value(message, "values", dict)
        except BadMessage as problem:
            return self._reply(seat, ident, "failed", message=str(problem))
        with self._lock:
            before = self._waiting.get(key)
            full = before is None and len(self._waiting) >= MOST_WAITING
            if not full:
                self._waiting[key] = found  # else the page hears nothing, and puts it again
        if before:
            self._reply(seat, before[0], "dropped")
        self._changed()

    @property
    def due(self) -> float:
        """When to ask next (time.monotonic), infinity where there is nothing to ask."""
        return math.inf if self._under_way or not self._waiting else self._next

    def ask(self) -> None:
        """Put the question that has waited longest to the run."""
        with self._lock:
            if not self._waiting or self._under_way:
                return
            (seat, name), (ident, values) = next(iter(self._waiting.items()))
            del self._waiting[seat, name]
            self._under_way = True
            self._asked_at = time.monotonic()
        try:
            future = self._live.ask(name, values, "audience")
        except InvalidValue as problem:
            self._reply(seat, ident, "failed", message=str(problem))
            self._over()
        else:
            future.add_done_callback(lambda done: self._answered(seat, ident, done))

    def _answered(self, seat: int, ident: Any, done: Future[Answer]) -> None:
        try:
            self._reply(seat, ident, "done", done.result())
        except CancelledError:
            self._reply(seat, ident, "dropped")
        except InvalidValue as error:
            self._reply(seat, ident, "failed", message=str(error))
        except Exception:
            log.exception("a watcher's question could not be answered")
            self._reply(seat, ident, "failed", message=FITS_NOT)
        finally:
            self._over()

    def _over(self) -> None:
        now = time.monotonic()
        with self._lock:
            self._under_way = False
            self._next = now + max(GAP, PACE * (now - self._asked_at))
        self._changed()

    def _reply(self, seat: int, ident: Any, state: str, answer: Answer | None = None, **more: Any) -> None:
        if "message" in more:
            more["message"] = shortened(more["message"])
        header = {"reply": ident, "state": state, "numbers": answer.numbers if answer else {}, **more}
        self._give(("reply", seat), deflated(pack(header, layers=answer.layers if answer else {})))
