"""Desk: where a run serves one watcher, in the process that has the run.

It takes the watcher's messages and gives frames, replies and errors, ready for the wire. What it
gives arrives in order and whole: a picture is sent as the change of the one before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from app.live.protocol import BadMessage, Sent, encode, error, obey
from app.live.replies import Replies
from engine.runs.live import Live, View

log = logging.getLogger(__name__)

# Takes what a desk gives: what it is, and the message. "frame" and "reply" are bytes, a reply's
# kind is ("reply", id), and "error" is a text. Called from any thread.
Give = Callable[[Any, bytes | str], None]


class Desk:
    """One watcher of a run. It replaces the run's watcher before."""

    def __init__(self, live: Live, give: Give) -> None:
        self._live = live
        self._give = give
        self._sent = Sent()
        self._knob_names = live.scalar_knobs
        self._replies = Replies(live, give)
        live.watch(self._offer, live.default_layers)

    def receive(self, message: Mapping[str, Any]) -> None:
        """Carry out a message; what is wrong with it is given as an error."""
        try:
            if not self._replies.receive(message):
                obey(self._live, message)
        except BadMessage as problem:
            self._give("error", error(problem))
        except Exception:  # must not end the thread that reads for all
            log.exception("a message could not be carried out")
            self._give("error", error(BadMessage("This could not be done: a value in it does not fit.")))

    def close(self) -> None:
        """The watcher has left."""
        self._live.leave(self._offer)
        self._replies.close()

    def _offer(self, view: View) -> None:
        """Called in the thread that computed the frame."""
        self._give("frame", encode(view, self._knob_names, self._sent))
