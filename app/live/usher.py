"""Usher: makes room for those who wait. It works only while somebody does."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from app.live.queue import Queue

log = logging.getLogger(__name__)
EVERY = 0.5  # seconds between two looks whether there is room


class Usher:
    """Calls those who wait in a queue, one after the other."""

    def __init__(self, queue: Queue, places: Callable[[], int], room: Callable[[], bool]) -> None:
        """places: that the server has. room: whether there is a free place, which is made where a
        run can give way.
        """
        self._queue = queue
        self._places = places
        self._room = room
        self._lock = threading.Lock()
        self._working = False

    def wake(self) -> None:
        """Somebody waits."""
        with self._lock:
            if not self._working:
                self._working = True
                threading.Thread(target=self._work, name="usher", daemon=True).start()

    def _work(self) -> None:
        pause = threading.Event()
        while True:
            try:
                self._queue.tidy()
                while self._queue.waiting and self._room() and self._queue.call():
                    pass
                self._queue.tell(self._places())
            except Exception:
                log.exception("nobody could be called")
            with self._lock:
                if not self._queue.waiting + self._queue.reserved:
                    self._working = False
                    return
            pause.wait(EVERY)
