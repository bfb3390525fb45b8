"""Audience: where a run serves all who watch it in a room, in the process that has the run.

Its frames are computed and compressed once, however many watch; the server passes the same bytes to
all. It sees what the run's owner sees and asks for no look of its own while the owner paints.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from app.live.rooms.questions import Questions
from app.live.rooms.thinned import Thinned
from engine.runs.live import Live
from engine.runs.view import View, merged

log = logging.getLogger(__name__)
GAP = 0.098  # seconds between two frames: ten a second
BYTES = 38_000.0  # a second, of all frames
BURST = 60_000.0  # bytes that may go at once: a picture of many digits
SETTLED = 0.3  # seconds without a new frame before pictures are sent exactly

# Takes what an audience gives: "frame" for those who have the one before, or "whole" for all
# others.
Give = Callable[[Any, bytes], None]


class Audience:
    """All who watch one run in a room. A thread of its own sends; the run is asked for a frame only
    when the next one may go.
    """

    def __init__(self, live: Live, give: Give) -> None:
        self._live = live
        self._give = give
        self._thinned = Thinned(live.scalar_knobs)
        self._changed = threading.Condition()  # of all below
        self._view: View | None = None  # to be sent
        self._last: View | None = None  # all that was sent so far
        self._questions = Questions(live, give, self._wake)
        self._asked = False
        self._whole_wanted = False
        self._closed = False
        self._due = self._sent_at = time.monotonic()  # when the next frame may be asked for, and the last one went
        self._left = BURST  # bytes that may go now
        self._thread = threading.Thread(target=self._serve, name="audience", daemon=True)
        live.gather(self._take)
        self._thread.start()

    def receive(self, message: Mapping[str, Any]) -> None:
        """Take {"type": "whole"}, because somebody has come who has no frame yet, or {"type":
        "ask", seat, id, name, values}, a question of the watcher `seat`.
        """
        if message["type"] == "whole":
            with self._changed:
                self._whole_wanted = True
                self._changed.notify()
        elif message["type"] == "ask":
            self._questions.put(message)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify()

    def close(self) -> None:
        """Nobody watches any more."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._live.disperse(self._take)

    def _take(self, view: View) -> None:
        """Called in the thread that computed the frame, which may be about to write the next one
        into the same memory.
        """
        layers = {name: array.copy() for name, array in view.frame.layers.items()}
        with self._changed:
            self._view = merged(self._view, replace(view, frame=replace(view.frame, layers=layers)))
            self._changed.notify()

    def _serve(self) -> None:
        try:
            while (act := self._next()) is not None:
                act()
        except Exception:
            log.exception("those who watch a run get no more frames")

    def _next(self) -> Callable[[], None] | None:
        """Wait for something to do; None at the end."""
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                if self._view is not None:
                    view, self._view = self._view, None
                    return lambda: self._send(view)
                if self._whole_wanted and self._last is not None:
                    self._whole_wanted = False
                    return self._send_whole
                if not self._asked and now >= self._due:
                    self._asked = True
                    return self._live.want_too
                if now >= self._questions.due:
                    return self._questions.ask
                settled = math.inf if self._last is None or self._thinned.exact else self._sent_at + SETTLED
                if now >= settled:
                    return lambda: self._send(replace(self._last, scene=None), exact=True)
                soon = min(settled, self._questions.due, math.inf if self._asked else self._due)
                self._changed.wait(None if soon == math.inf else soon - now)
        return None

    def _send(self, view: View, exact: bool = False) -> None:
        data = self._thinned.change(view, BYTES * GAP, exact)
        now = time.monotonic()
        # The first frame of photographs alone is ten seconds' worth: not all of that is waited for.
        self._left = max(-BURST, min(BURST, self._left + (now - self._sent_at) * BYTES) - len(data))
        self._sent_at = now
        self._last = merged(self._last, view)
        if not exact:
            self._asked = False
            self._due = max(now, self._due + GAP)
        self._due = max(self._due, now - min(0.0, self._left) / BYTES)
        self._give("frame", data)

    def _send_whole(self) -> None:
        data = self._thinned.whole()
        if data is not None:
            self._give("whole", data)
