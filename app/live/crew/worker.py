"""Worker: the runs of one process, which does what the server asks of it over one wire.

Messages are pickled tuples. From the server: ("call", id, object, name, arguments) and ("make", id,
object, name, arguments, new object), answered by ANSWER and (id, whether it went well, result or
error); ("free", object); ("attach", desk, live, "attach" for a watcher or "gather" for an
audience), ("receive", desk, message), ("leave", desk); ("allot", cores); ("end",). From here
besides: GIVE and (desk, kind, message). Objects are named by numbers that the server chooses;
object 0 is all runs of the process (app/live/crew/here.py).
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import pickle
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from app.live.crew.here import Here
from app.live.crew.line import ANSWER, GIVE
from app.live.crew.pieces import LENGTH, Reader
from app.live.desk import Desk
from app.live.rooms.audience import Audience
from engine.core.memory import collect, share_heaps
from engine.core.parallel import set_threads
from engine.runs.host import Host

log = logging.getLogger(__name__)
HEAPS = 2  # of glibc's allocator, for all threads
SWITCH = 0.001  # seconds a thread computes in Python before another may: messages come in between
COLLECT_AFTER = 2.0  # seconds from the end of a run until its memory is given back
THREADS = 2  # for what takes long and cannot be cut into turns
SLOW = {"open", "take_up", "put_away", "pack", "repeat", "do", "take", "warm"}


@dataclass(frozen=True)
class Object:
    """Stands in a message for the object with this number."""

    number: int


class Worker:
    """The objects of this process, by their numbers."""

    def __init__(self, send: Callable[[bytes], None], cores: int | None = None) -> None:
        """send: sends a message to the server, from any thread. cores: to compute on at first, all
        by default.
        """
        self._to_server = send
        self._here = Here(Host(cores))
        self._objects: dict[int, Any] = {0: self._here}
        self._desks: dict[int, Desk | Audience] = {}
        self._collecting: threading.Timer | None = None
        self._slow = ThreadPoolExecutor(THREADS, "slow", set_threads, (1,))
        self._keeping = ThreadPoolExecutor(1, "keeping", set_threads, (1,))

    def obey(self, data: bytes) -> bool:
        """Do what a message says. False where it says to end."""
        kind, *rest = pickle.loads(data)
        if kind == "end":
            return False
        try:
            getattr(self, f"_{kind}")(*rest)
        except Exception:
            log.exception("a message of the server could not be carried out")
        return True

    # -- calls -------------------------------------------------------------------------------------

    def _call(self, ident: int, number: int, name: str, arguments: tuple[Any, ...]) -> None:
        self._do(name, ident, lambda: self._found(number, name, arguments))

    def _make(self, ident: int, number: int, name: str, arguments: tuple[Any, ...], new: int) -> None:
        def work() -> None:
            self._objects[new] = self._found(number, name, arguments)

        self._do(name, ident, work)

    def _found(self, number: int, name: str, arguments: tuple[Any, ...]) -> Any:
        found = getattr(self._objects[number], name)
        if not callable(found):
            return found
        return found(*(self._objects[a.number] if isinstance(a, Object) else a for a in arguments))

    def _do(self, name: str, ident: int, work: Callable[[], Any]) -> None:
        if name in SLOW:
            self._slow.submit(self._answer, ident, work)
        elif name == "keep":  # waits for the turn of a run, and must not wait for what is slow
            self._keeping.submit(self._answer, ident, work)
        else:
            self._answer(ident, work)

    def _answer(self, ident: int, work: Callable[[], Any]) -> None:
        try:
            result = work()
            if isinstance(result, Future):
                result.add_done_callback(lambda done: self._answer(ident, lambda: done.result(0)))
            else:
                self._send(ANSWER, ident, True, result)
        except Exception as error:
            self._fail(ident, error)

    def _fail(self, ident: int, error: Exception) -> None:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:  # an error of a library that does not allow for being sent
            error = RuntimeError(f"{type(error).__name__}: {error}")
        self._send(ANSWER, ident, False, error)

    def _free(self, number: int) -> None:
        found = self._objects.pop(number, None)
        end = getattr(found, "close", None) or getattr(found, "cancel", None)
        if end:
            end()
        if self._collecting is None or not self._collecting.is_alive():  # once for all that end now
            self._collecting = threading.Timer(COLLECT_AFTER, collect)
            self._collecting.daemon = True
            self._collecting.start()

    def _allot(self, cores: int) -> None:
        self._here.allot(cores)

    # -- desks -------------------------------------------------------------------------------------

    def _attach(self, desk: int, number: int, way: str) -> None:
        if (live := self._objects.get(number)) is None:
            return self._send(GIVE, desk, "gone", "")
        give = functools.partial(self._send, GIVE, desk)
        self._desks[desk] = self._here.gather(live, give) if way == "gather" else self._here.attach(live, give)

    def _receive(self, desk: int, message: Mapping[str, Any]) -> None:
        if found := self._desks.get(desk):
            found.receive(message)

    def _leave(self, desk: int) -> None:
        if found := self._desks.pop(desk, None):
            found.close()

    def _send(self, first: bytes, *message: Any) -> None:
        self._to_server(first + pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL))


def set_up() -> None:
    """Set a process up for runs alone."""
    share_heaps(HEAPS)
    set_threads(1)
    sys.setswitchinterval(SWITCH)


def main(connection: socket.socket) -> None:
    """Serve over a socket, and end this process with it, whatever its threads do then."""
    sending = threading.Lock()

    def send(data: bytes) -> None:
        try:
            with sending:
                connection.sendall(LENGTH.pack(len(data)) + data)
        except OSError:
            os._exit(0)  # the server has gone, and there is nobody to train for

    try:
        set_up()
        worker, reader = Worker(send), Reader(connection)
        with contextlib.suppress(EOFError, OSError):
            while all(map(worker.obey, reader.read())):
                pass
    finally:
        os._exit(0)
