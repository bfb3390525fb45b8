"""Zygote: a process that has imported the engine and does nothing but fork workers from itself.

A worker that imported torch anew would take 160 MB and two seconds; a forked one shares those
pages. `python -m app` forks the zygote before it has a thread or a socket, because a process with
threads must not be forked; elsewhere the zygote is started as a program.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from app.live.crew.line import Line
from app.live.crew.wire import SocketWire
from app.operations import logs
from app.settings.reading import settings

ROOT = Path(__file__).parents[3]
ORDER = b"w"  # with the end of a new worker's connection
ABLE = sys.platform == "linux"  # elsewhere a process that has torch must not be forked

_prepared: Zygote | None = None


class Zygote:
    """The server's line to it. It ends when the server does."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    @classmethod
    def forked(cls) -> Zygote:
        """A zygote forked from this process, whose memory it shares. This process must not have
        threads, nor have computed anything.
        """
        ours, its = socket.socketpair()
        main = _worker_main()
        gc.collect()
        gc.freeze()  # a collection would write to pages that are shared
        if os.fork() == 0:
            try:
                ours.close()
                _fork_on_demand(its, main)
            finally:
                os._exit(0)
        its.close()
        return cls(ours)

    @classmethod
    def started(cls) -> Zygote:
        """A zygote that imports the engine itself: for a process that must not be forked."""
        ours, its = socket.socketpair()
        command = [sys.executable, "-m", "app.live.crew.zygote", str(its.fileno())]
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        subprocess.Popen(command, pass_fds=[its.fileno()], env={**os.environ, "PYTHONPATH": path})
        its.close()
        return cls(ours)

    @property
    def count(self) -> int:
        """How many workers there should be."""
        return settings().workers

    def close(self) -> None:
        """End it. Workers end with their own connections."""
        self._line.close()

    def worker(self) -> socket.socket:
        """A connection to a new worker. Raises OSError where the zygote has ended."""
        ours, its = socket.socketpair()
        try:
            socket.send_fds(self._line, [ORDER], [its.fileno()])
        except OSError:
            ours.close()
            raise
        finally:
            its.close()
        return ours

    def line(self, lost: Callable[[Line], None], loop: asyncio.AbstractEventLoop | None) -> Line:
        """The line to a new worker. Where the zygote has ended by itself, it is started again."""
        try:
            connection = self.worker()
        except OSError:
            self._line = Zygote.started()._line
            connection = self.worker()
        return Line(SocketWire(connection, loop), lost)


def _worker_main() -> Callable[[socket.socket], None]:
    """The main function of workers. To import it is to import all that they share."""
    from app.live.crew.worker import main

    return main


def _fork_on_demand(line: socket.socket, main: Callable[[socket.socket], None]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended workers leave nothing behind
    _outlast_signals()
    while True:
        order, ends, _, _ = socket.recv_fds(line, len(ORDER), 1)
        if not order:
            return
        if os.fork() == 0:
            line.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            main(socket.socket(fileno=ends[0]))
        os.close(ends[0])


def _outlast_signals() -> None:
    """Signals to end are for the server, with which all end; some send them to everybody."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)


def prepare() -> None:
    """Fork the zygote, where this system can and workers are wanted. Called before anything has
    started a thread.
    """
    global _prepared
    if wanted() and _prepared is None:
        _prepared = Zygote.forked()


def zygote() -> Zygote | None:
    """The zygote that was prepared, or else one that is started now; None where all runs are to be
    in the server's own process.
    """
    return _prepared or (Zygote.started() if wanted() else None)


def wanted() -> bool:
    """Whether runs get processes of their own."""
    return ABLE and settings().workers > 0


if __name__ == "__main__":
    _outlast_signals()  # before torch is imported, which takes a while
    logs.begin()
    _fork_on_demand(socket.socket(fileno=int(sys.argv[1])), _worker_main())
