"""Line: the server's end of the connection to one worker."""

from __future__ import annotations

import itertools
import logging
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

from app.live.desk import Give

log = logging.getLogger(__name__)
PATIENCE = 120.0  # seconds for an answer: a large corpus takes a while to be read
LOST = "The process of this run has ended."


class WorkerLost(RuntimeError):
    """The worker has ended, and its runs with it."""


class Line:
    """Sends and receives in threads of its own, so that only who asks for a result waits for it."""

    def __init__(self, connection: Connection, lost: Callable[[Line], None]) -> None:
        """lost: called once where the worker has ended."""
        self.lost = False
        self._connection = connection
        self._when_lost = lost
        self._numbers = itertools.count(1)  # of calls, objects and desks
        self._lock = threading.Lock()  # of the two below
        self._waiting: dict[int, Future[Any]] = {}  # calls that are not answered yet
        self._gives: dict[int, Give] = {}  # desk → whom it serves
        self._out: SimpleQueue[bytes | None] = SimpleQueue()
        for work in (self._write, self._read):
            threading.Thread(target=work, name="line", daemon=True).start()

    def number(self) -> int:
        """A number that nothing else has."""
        return next(self._numbers)

    def send(self, *message: Any) -> None:
        """Send a message without an answer."""
        self._out.put(pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL))

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

    def attach(self, live: int, give: Give) -> int:
        """The number of a new desk at the run `live`."""
        desk = self.number()
        with self._lock:
            gone = self.lost
            self._gives[desk] = give
        if gone:
            give("gone", "")
        else:
            self.send("attach", desk, live)
        return desk

    def leave(self, desk: int) -> None:
        """Close a desk."""
        with self._lock:
            self._gives.pop(desk, None)
        self.send("leave", desk)

    def close(self) -> None:
        """End the worker."""
        self.send("end")
        self._out.put(None)

    def _write(self) -> None:
        while (data := self._out.get()) is not None:
            try:
                self._connection.send_bytes(data)
            except OSError:
                return

    def _read(self) -> None:
        while True:
            try:
                kind, number, *rest = pickle.loads(self._connection.recv_bytes())
            except (EOFError, OSError):
                self._connection.close()
                self._out.put(None)
                return self._end()
            try:
                self._take(kind, number, *rest)
            except Exception:
                log.exception("a message of a worker could not be taken")

    def _take(self, kind: str, number: int, *rest: Any) -> None:
        if kind == "give":
            with self._lock:
                give = self._gives.get(number)
            if give:
                give(*rest)
            return
        with self._lock:
            future = self._waiting.pop(number)
        try:
            future.set_result(rest[0]) if kind == "done" else future.set_exception(rest[0])
        except InvalidStateError:  # nobody waits for it any more
            log.debug("an answer came too late")

    def _end(self) -> None:
        with self._lock:
            self.lost = True
            waiting, gives = list(self._waiting.values()), list(self._gives.values())
            self._waiting, self._gives = {}, {}
        for future in waiting:
            if not future.done():
                future.set_exception(WorkerLost(LOST))
        for give in gives:
            give("gone", "")
        self._when_lost(self)
