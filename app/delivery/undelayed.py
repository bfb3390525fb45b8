"""What the server sends goes out at once.

Of two small pieces TCP holds back the second until the other side has acknowledged the first, which
that side puts off for 40 ms in the hope of something to send along. Every answer is two pieces, its
head and its body, and a frame is often one. asyncio turns that off for sockets that name their
protocol; Streamlit's names none.
"""

from __future__ import annotations

import contextlib
import gc
import socket


def send_at_once() -> None:
    """Turn the delay off for all connections that this process will accept: they take it over from
    the socket that listens.
    """
    for found in gc.get_objects():
        # By its type: some objects of torch warn where they are asked for their class.
        if issubclass(type(found), socket.socket) and found.family in (socket.AF_INET, socket.AF_INET6):
            with contextlib.suppress(OSError):  # one that is closed, or does not stream
                if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
