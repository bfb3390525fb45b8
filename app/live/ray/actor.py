"""Actor: a worker that Ray has placed somewhere. Imported after Ray is set up (cluster.py)."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator
from logging.handlers import QueueHandler
from queue import SimpleQueue
from typing import Any

import ray

from app.live.crew.line import LOG
from app.live.crew.worker import Worker, set_up
from app.operations.logs import OWN

PIECE = 10_000  # batches of one stream: Ray keeps a few bytes for each until the stream ends


class Actor:
    """Takes messages as calls, which Ray carries out one after the other in the order in which they
    were made, and gives its own as a stream beside them.
    """

    def __init__(self, cores: int) -> None:
        """cores: how many it may use."""
        set_up()
        self._out: SimpleQueue[bytes] = SimpleQueue()
        _log_to(self._out)
        self._worker = Worker(self._out.put, cores)

    def obey(self, message: bytes) -> None:
        """Do what a message says."""
        self._worker.obey(message)

    @ray.method(concurrency_group="messages")
    def messages(self) -> Iterator[list[bytes]]:
        """Messages for the server, all that are ready at once. The first batch is empty and says
        that the actor is there.
        """
        yield []
        for _ in range(PIECE):
            batch = [self._out.get()]
            while not self._out.empty():
                batch.append(self._out.get())
            yield batch


class _Handler(QueueHandler):
    """Has the server log what is logged here: what an actor prints stays on its machine."""

    def enqueue(self, record: logging.LogRecord) -> None:
        self.queue.put(LOG + pickle.dumps((record,)))


def _log_to(queue: SimpleQueue[Any]) -> None:
    for name in OWN:
        log = logging.getLogger(name)
        log.handlers, log.propagate = [_Handler(queue)], False
        log.setLevel(logging.INFO)  # the server may want less
