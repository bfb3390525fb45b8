"""Independent pieces of one work on all cores.

Threads are enough: torch lets go of Python's lock while it computes. Each computes with one thread
of torch's own, so that a piece's numbers do not depend on how many cores there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_parallel(work: Callable[[Piece], Result], pieces: Iterable[Piece], workers: int = 0) -> Iterator[Result]:
    """The results of `work` on each piece, in order. workers: threads; 0 for one a core.

    At most one piece more than there are workers is begun ahead of the result that is taken.
    """
    count = workers or cores()
    pool = ThreadPoolExecutor(count, "parallel", initializer=torch.set_num_threads, initargs=(1,))
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
