"""Pieces: messages of any length over a socket, each after its length."""

from __future__ import annotations

import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator

LENGTH = struct.Struct("<Q")
AT_ONCE = 262_144  # bytes read at once


class Sender:
    """Sends messages in order. `send` never waits: what the socket does not take at once is sent by
    a thread. So the event loop can send, and a small message takes no detour.
    """

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._changed = threading.Condition()
        self._left: deque[memoryview] = deque()  # what the thread has to send
        self._closed = False
        threading.Thread(target=self._send_left, name="sender", daemon=True).start()

    def send(self, data: bytes) -> None:
        """Send a message. Nothing happens where the other side has gone."""
        view = memoryview(LENGTH.pack(len(data)) + data)
        with self._changed:
            if not self._left:
                try:
                    view = view[self._line.send(view, socket.MSG_DONTWAIT) :]
                except BlockingIOError:
                    pass
                except OSError:
                    return
            if view:
                self._left.append(view)
                self._changed.notify()

    def close(self) -> None:
        """End the thread once all is sent."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _send_left(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._left or self._closed)
                if not self._left:
                    return
                view = self._left[0]
            try:
                self._line.sendall(view)
            except OSError:
                return
            with self._changed:
                self._left.popleft()


class Reader:
    """Reads messages, whole ones as they come."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._data = bytearray()

    def read(self) -> Iterator[bytes]:
        """Wait for something to come, and give the messages that are complete then. Raises EOFError
        and OSError where nothing more will come.
        """
        came = self._line.recv(max(AT_ONCE, min(self._missing(), 64 * AT_ONCE)))
        if not came:
            raise EOFError
        self._data += came
        while not self._missing():
            end = LENGTH.size + LENGTH.unpack_from(self._data)[0]
            message = bytes(memoryview(self._data)[LENGTH.size : end])
            del self._data[:end]
            yield message

    def _missing(self) -> int:
        """Bytes that the first message lacks."""
        if len(self._data) < LENGTH.size:
            return LENGTH.size - len(self._data)
        return max(0, LENGTH.size + LENGTH.unpack_from(self._data)[0] - len(self._data))
