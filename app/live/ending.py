"""Ending: how the server ends when it is told to, by SIGTERM or Ctrl-C.

Pages are told first, so that they show a sentence in place of an error and come back by themselves;
then uvicorn closes what is open, and runs are put away. None of that may take longer than the
setting `end_within`. A second signal does not wait for the pages.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from app.operations.logs import note
from app.operations.state import ENDING, state
from app.settings.reading import settings

TOLD = "stopping", "The server is being restarted. This page goes on by itself when it is back.", 1012
TELL_WITHIN = 1.0  # seconds for the pages to take the sentence
LOOK = 0.02  # seconds between two looks whether all have
CLOSING = 0.4  # of `end_within`, for requests that are still being answered
SIGNALS = (signal.SIGINT, signal.SIGTERM)

log = logging.getLogger(__name__)


class Ending:
    """The end of this server."""

    def __init__(self) -> None:
        self._tell: set[Callable[..., None]] = set()
        self._before: dict[int, Any] = {}  # signal → what had handled it
        self._task: asyncio.Task[None] | None = None

    def add(self, finish: Callable[..., None]) -> None:
        """A page is watching. finish: called in the event loop with type, text and code of the last
        message.
        """
        self._tell.add(finish)

    def discard(self, finish: Callable[..., None]) -> None:
        """It has left."""
        self._tell.discard(finish)

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take the signals from uvicorn. Only the main thread can."""
        if threading.current_thread() is not threading.main_thread():
            return

        def begin(number: int, frame: Any) -> None:
            if state.phase == ENDING:
                return self._before[number](number, frame)
            state.phase = ENDING
            loop.call_soon_threadsafe(self._begin, number)

        for number in SIGNALS:
            if callable(handler := signal.getsignal(number)):
                self._before[number] = handler
                signal.signal(number, begin)

    def _begin(self, number: int) -> None:
        self._task = asyncio.get_running_loop().create_task(self._end(number))

    async def _end(self, number: int) -> None:
        note(log, "ending", signal=signal.Signals(number).name, watchers=len(self._tell))
        limit = threading.Timer(settings().end_within, _give_up, (number,))
        limit.daemon = True
        limit.start()
        for finish in tuple(self._tell):
            finish(*TOLD)
        for _ in range(int(TELL_WITHIN / LOOK)):
            if not self._tell:
                break
            await asyncio.sleep(LOOK)
        server = getattr(self._before[number], "__self__", None)
        if hasattr(server, "should_exit") and hasattr(server, "config"):
            # By itself uvicorn would wait for requests for ever, and end as if the signal had
            # killed it.
            server.config.timeout_graceful_shutdown = max(1, int(CLOSING * settings().end_within))
            server.should_exit = True
        else:
            self._before[number](number, None)


def _give_up(number: int) -> None:
    """Not all has ended in time: end without it. Processes of runs end with this one."""
    note(log, "ended late", logging.ERROR, seconds=settings().end_within)
    sys.stderr.flush()
    os._exit(128 + number)


ending = Ending()
