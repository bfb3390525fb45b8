"""Line: the server's end of the connection to one worker."""

from __future__ import annotations

import asyncio
import itertools
import logging
import pickle
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from typing import Any

from app.live.crew.pieces import Reader, Sender
from app.live.desk import Give

log = logging.getLogger(__name__)
PATIENCE = 120.0  # seconds for an answer: a large corpus takes a while to be read
GIVE, ANSWER = b"g", b"a"  # first byte of a message from the worker: for a desk, or to a call
LARGE = 262_144  # bytes of an answer that the event loop should not read
LOST = "The process of this run has ended."


class WorkerLost(RuntimeError):
    """The worker has ended, and its runs with it."""


class Line:
    """Sends at once and receives in the event loop, because every thread in between makes a turned
    knob a little later.
    """

    def __init__(
        self, connection: socket.socket, lost: Callable[[Line], None], loop: asyncio.AbstractEventLoop | None = None
    ) -> None:
        """lost: called once where the worker has ended. loop: the server's; without one a thread
        receives.
        """
        self.lost = False
        self.name = ""  # of the worker, for metrics
        self._connection = connection
        self._sender = Sender(connection)
        self._reader = Reader(connection)
        self._large = ThreadPoolExecutor(1, "large")  # for answers that take long to read
        self._when_lost = lost
        self._numbers = itertools.count(1)  # of calls, objects and desks
        self._lock = threading.Lock()  # of the two below
        self._waiting: dict[int, Future[Any]] = {}  # calls that are not answered yet
        self._gives: dict[int, Give] = {}  # desk → whom it serves
        self._loop = loop
        if loop is not None:
            loop.add_reader(connection, self._read)
        else:
            threading.Thread(target=self._read_on, name="line", daemon=True).start()

    def number(self) -> int:
        """A number that nothing else has."""
        return next(self._numbers)

    def send(self, *message: Any) -> None:
        """Send a message without an answer."""
        self._sender.send(pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL))

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
        self._sender.close()

    def _read_on(self) -> None:
        while not self.lost:
            self._read()

    def _read(self) -> None:
        """Take what has come."""
        try:
            for data in self._reader.read():
                if data[:1] == GIVE or len(data) < LARGE:
                    self._take(data)
                else:
                    self._large.submit(self._take, data)
        except (EOFError, OSError):
            self._end()

    def _take(self, data: bytes) -> None:
        try:
            number, *rest = pickle.loads(memoryview(data)[1:])
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
        if self._loop is not None:
            self._loop.remove_reader(self._connection)
        self._connection.close()
        self._sender.close()
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
