"""Wire: what carries the messages between the server and one worker, whole and in order.

Two kinds of workers differ in this alone: a forked one is at the other end of a socket, an actor of
Ray takes calls (app/live/ray/wire.py).
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Protocol

from app.live.crew.pieces import Reader, Sender
from engine.core.cores import cores

Take = Callable[[bytes], None]


class Wire(Protocol):
    """The server's end.

    ready: whether the worker is there; one that is not yet gets what was sent as soon as it is.
    cores: how many it may use at most. near: whether it sees the same files as the server.
    """

    ready: bool
    cores: int
    near: bool

    def begin(self, take: Take, ended: Callable[[], None]) -> None:
        """Give what comes to `take`, one message after the other, and call `ended` once where
        nothing more will come.
        """

    def send(self, data: bytes) -> None:
        """Send a message, without waiting. Nothing happens where the worker has ended."""

    def close(self) -> None:
        """End the worker."""


class SocketWire:
    """To a forked worker. Sends at once and receives in the event loop, because every thread in
    between makes a turned knob a little later.
    """

    ready = True
    near = True

    def __init__(self, connection: socket.socket, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """loop: the server's; without one a thread receives."""
        self.cores = cores()
        self._connection = connection
        self._sender = Sender(connection)
        self._reader = Reader(connection)
        self._loop = loop
        self._closed = False

    def begin(self, take: Take, ended: Callable[[], None]) -> None:
        """As Wire has it."""
        self._take, self._ended = take, ended
        if self._loop is not None:
            self._loop.add_reader(self._connection, self._read)
        else:
            threading.Thread(target=self._read_on, name="wire", daemon=True).start()

    def send(self, data: bytes) -> None:
        """As Wire has it."""
        self._sender.send(data)

    def close(self) -> None:
        """End the worker, which ends when nobody sends any more, once all is sent."""
        self._sender.close()

    def _read_on(self) -> None:
        while not self._closed:
            self._read()

    def _read(self) -> None:
        try:
            for data in self._reader.read():
                self._take(data)
        except (EOFError, OSError):
            self._closed = True
            if self._loop is not None:
                self._loop.remove_reader(self._connection)
            self._connection.close()
            self._sender.close()
            self._ended()
