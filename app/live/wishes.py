"""Wishes: what a visitor has set in a run since it was kept last.

Where the run's process ends, they are set again in the run that goes on in its place.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

KINDS = {"knobs", "play", "pause", "speed", "reset", "rewind"}
ONCE = {"play": "playing", "pause": "playing", "speed": "speed"}  # of these the latest counts
MOST = 500  # messages; the oldest are forgotten


class Wishes:
    """Those of one session. All functions may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._first = 0  # the number of the first message in the list
        self._messages: list[Mapping[str, Any]] = []
        self._marked = 0  # messages up to this one stay as they are

    def note(self, message: Mapping[str, Any]) -> None:
        """A message has gone to the run."""
        if message["type"] not in KINDS:
            return
        with self._lock:
            last = self._messages[-1] if self._first + len(self._messages) > self._marked else {}
            if last.get("type") == message["type"] == "knobs" and _tables(last, message):
                self._messages[-1] = {**message, "values": {**last["values"], **message["values"]}}
                return
            self._messages.append(message)
            if len(self._messages) > MOST:
                del self._messages[0]
                self._first += 1

    def mark(self) -> int:
        """A mark behind all messages up to now, to be given to `forget`."""
        with self._lock:
            self._marked = self._first + len(self._messages)
            return self._marked

    def forget(self, mark: int) -> None:
        """The run was kept after the messages before this mark."""
        with self._lock:
            count = max(0, mark - self._first)
            self._messages = self._messages[count:]
            self._first += count

    def again(self, step: int) -> list[Mapping[str, Any]]:
        """The messages to carry out in a run that goes on from `step`."""
        with self._lock:
            found = list(self._messages)
        latest = {ONCE[m["type"]]: m for m in found if m["type"] in ONCE}
        return [
            m
            for m in found
            if (m["type"] not in ONCE or latest[ONCE[m["type"]]] is m)
            and not (m["type"] == "rewind" and not _within(m.get("step"), step))
        ]


def _tables(*messages: Mapping[str, Any]) -> bool:
    return all(isinstance(m.get("values"), Mapping) for m in messages)


def _within(value: Any, step: int) -> bool:
    return isinstance(value, int) and value <= step
