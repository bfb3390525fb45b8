"""Line: calls, objects and desks of one worker, over the wire to it."""

from __future__ import annotations

import itertools
import logging
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from typing import Any

from app.live.crew.wire import Wire
from app.live.desk import Give

log = logging.getLogger(__name__)
PATIENCE = 120.0  # seconds for an answer: a large corpus takes a while to be read
# The first byte of a message from the worker: for a desk, to a call, or for the log.
GIVE, ANSWER, LOG = b"g", b"a", b"l"
LARGE = 262_144  # bytes of an answer that the event loop should not read, where that receives
LOST = "The process of this run has ended."


class WorkerLost(RuntimeError):
    """The worker has ended, and its runs with it."""


class Line:
    """What the server asks of one worker, and what comes back from it."""

    def __init__(self, wire: Wire, lost: Callable[[Line], None]) -> None:
        """lost: called once where the worker has ended."""
        self.lost = False
        self.name = ""  # of the worker, for metrics
        self._wire = wire
        self._large = ThreadPoolExecutor(1, "large")  # for answers that take long to read
        self._when_lost = lost
        self._numbers = itertools.count(1)  # of calls, objects and desks
        self._lock = threading.Lock()  # of the two below
        self._waiting: dict[int, Future[Any]] = {}  # calls that are not answered yet
        self._gives: dict[int, Give] = {}  # desk → whom it serves
        wire.begin(self._came, self._end)

    @property
    def ready(self) -> bool:
        """Whether the worker is there."""
        return self._wire.ready

    @property
    def cores(self) -> int:
        """How many cores the worker may use at most."""
        return self._wire.cores

    @property
    def near(self) -> bool:
        """Whether the worker sees the same files as the server."""
        return self._wire.near

    def number(self) -> int:
        """A number that nothing else has."""
        return next(self._numbers)

    def send(self, *message: Any) -> None:
        """Send a message without an answer."""
        self._wire.send(pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL))

    def ask(self, number: int, name: str, *arguments: Any) -> Future[Any]:
        """What the attribute or function `name` of an object gives, or the error it raises;
        WorkerLost where the worker has ended.
        """
        return self._ask("call", number, name, arguments)

    def call(self, number: int, name: str, *arguments: Any) -> Any:
        """Like `ask`, waiting for the result. Raises TimeoutError besides."""
        return self.ask(number, name, *arguments).result(PATIENCE)

    def make(self, number: int, name: str, *arguments: Any) -> int:
        """The number of an object that a function of another makes, and that stays in the worker.
        Raises as `call` does.
        """
        new = self.number()
        self._ask("make", number, name, arguments, new).result(PATIENCE)
        return new

    def _ask(self, kind: str, number: int, name: str, arguments: tuple[Any, ...], *more: Any) -> Future[Any]:
        future: Future[Any] = Future()
        ident = self.number()
        with self._lock:
            if self.lost:
                future.set_exception(WorkerLost(LOST))
                return future
            self._waiting[ident] = future
        self.send(kind, ident, number, name, arguments, *more)
        return future

    def attach(self, live: int, give: Give, way: str = "attach") -> int:
        """The number of a new desk at the run `live`. way: "gather" for an audience's."""
        desk = self.number()
        with self._lock:
            gone = self.lost
            self._gives[desk] = give
        if gone:
            give("gone", "")
        else:
            self.send("attach", desk, live, way)
        return desk

    def leave(self, desk: int) -> None:
        """Close a desk."""
        with self._lock:
            self._gives.pop(desk, None)
        self.send("leave", desk)

    def close(self) -> None:
        """End the worker."""
        self.send("end")
        self._wire.close()

    def _came(self, data: bytes) -> None:
        if data[:1] == GIVE or len(data) < LARGE:
            self._take(data)
        else:
            self._large.submit(self._take, data)

    def _take(self, data: bytes) -> None:
        try:
            number, *rest = message = pickle.loads(memoryview(data)[1:])
            if data[:1] == LOG:
                (record,) = message
                if (there := logging.getLogger(record.name)).isEnabledFor(record.levelno):
                    there.handle(record)
                return
            if data[:1] == GIVE:
                with self._lock:
                    give = self._gives.get(number)
                if give:
                    give(*rest)
                return
            with self._lock:
                future = self._waiting.pop(number)
            done, result = rest
            future.set_result(result) if done else future.set_exception(result)
        except InvalidStateError:  # nobody waits for it any more
            log.debug("an answer came too late")
        except Exception:
            log.exception("a message of a worker could not be taken")

    def _end(self) -> None:
        self._large.shutdown(wait=False)
        with self._lock:
            self.lost = True
            waiting, gives = list(self._waiting.values()), list(self._gives.values())
            self._waiting, self._gives = {}, {}
        for future in waiting:
            if not future.done():
                future.set_exception(WorkerLost(LOST))
        try:
            self._when_lost(self)  # before the desks hear of it, which look for another worker
        finally:
            for give in gives:
                give("gone", "")
