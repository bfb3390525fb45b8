"""Independent pieces of one work on all cores.

Threads are enough: torch lets go of Python's lock while it computes. Each computes with one thread
of torch's own, so that a piece's numbers do not depend on how many cores there are.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch

from engine.core.cores import cores

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def set_threads(count: int) -> None:
    """Have the calling thread of Python compute with `count` threads of torch's from now on.

    torch keeps a count for each thread of Python, and one of the process: what was set last, in
    whichever thread. A thread that computes for the first time takes that one over, even if it has
    set its own before. So the count is read first, which counts as a first use, and that of the
    process is always 1.
    """
    torch.get_num_threads()
    torch.set_num_threads(count)
    if count != 1:
        _elsewhere().submit(torch.set_num_threads, 1).result()


@functools.cache
def _elsewhere() -> ThreadPoolExecutor:
    """A thread in which nothing is computed."""
    return ThreadPoolExecutor(1, "threads")


@contextlib.contextmanager
def threads(count: int) -> Iterator[None]:
    """Compute with `count` threads of torch's meanwhile."""
    before = torch.get_num_threads()
    if count == before:
        yield
        return
    set_threads(count)
    try:
        yield
    finally:
        set_threads(before)


def in_parallel(work: Callable[[Piece], Result], pieces: Iterable[Piece], workers: int = 0) -> Iterator[Result]:
    """The results of `work` on each piece, in order. workers: threads; 0 for one a core.

    At most one piece more than there are workers is begun ahead of the result that is taken.
    """
    count = workers or cores()
    pool = ThreadPoolExecutor(count, "parallel", initializer=set_threads, initargs=(1,))
    waiting: list[Future[Result]] = []
    try:
        for piece in pieces:
            waiting.append(pool.submit(work, piece))
            if len(waiting) > count:
                yield waiting.pop(0).result()
        while waiting:
            yield waiting.pop(0).result()
    finally:
        pool.shutdown(cancel_futures=True)
