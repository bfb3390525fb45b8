"""Turned: how long a turned knob takes to be seen, as the server sees it.

The time runs from the arrival of a message that turns a knob to the sending of the first frame
under its value, or under a later one, since a dragged slider turns on. Frames say in their header
under which knobs they were computed; headers are read only while a knob waits to be seen.
"""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable, Mapping
from typing import Any

GIVE_UP = 10.0  # seconds; a value that the run has refused is never seen
MOST = 100  # values that are waited for


class Turned:
    """The knob of one watcher that waits to be seen, if there is one."""

    def __init__(self, seen: Callable[[float], None]) -> None:
        """seen: called with the seconds."""
        self._seen = seen
        self._name = ""  # of the knob that waits; "" while none does
        self._values: list[Any] = []  # that it was turned to since
        self._since = 0.0

    def came(self, message: Mapping[str, Any]) -> None:
        """A message of the type "knobs" has arrived."""
        values = message.get("values")
        if not isinstance(values, dict):
            return
        now = time.perf_counter()
        if self._name and now - self._since > GIVE_UP:
            self._name = ""
        if not self._name:
            # Points and paintings are in no header.
            self._name = next((k for k, v in values.items() if isinstance(v, (int, float, str))), "")
            self._values, self._since = [], now
        if self._name in values and len(self._values) < MOST:
            self._values.append(values[self._name])

    def sent(self, frame: bytes) -> None:
        """A frame has been sent."""
        if not self._name:
            return
        (length,) = struct.unpack_from("<I", frame)
        if json.loads(frame[4 : 4 + length])["knobs"].get(self._name) in self._values:
            self._name = ""
            self._seen(time.perf_counter() - self._since)
