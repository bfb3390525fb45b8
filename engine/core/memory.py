"""How glibc's allocator keeps what is freed. Nothing here does anything without glibc.

A command and a server want the opposite of each other. A command is alone and soon over, so what it
frees may stay for the next step. A server has many threads and lasts, so it should hold little.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import threading
from pathlib import Path

M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
M_ARENA_MAX = -8
LARGEST = 32 << 20  # bytes of a block that glibc can keep; larger ones always come from the kernel
AFTER = 1.5  # seconds in which a page that was opened has computed its first pictures
KEPT = 64 << 20  # bytes at the end of the heap that are kept; a program between two steps needs no more


_timer: threading.Timer | None = None
_timing = threading.Lock()


def held(pid: int | None = None) -> int:
    """Bytes that a process, by default this one, holds in memory, with what it shares with others
    counted in part (PSS); 0 where the system has no /proc, or the process has ended.
    """
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid or os.getpid()}/smaps_rollup").read_text(encoding="utf-8").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def keep_freed_memory() -> None:
    """Keep freed blocks for the next ones.

    By default glibc gives a large block back to the kernel as soon as it is freed, and every new
    one is faulted in again, page by page. A convolution of a hundred digits needs blocks of 10 MB
    for every layer, forwards and backwards: attacks then spend a fifth of their time in the kernel.
    """
    _mallopt((M_MMAP_THRESHOLD, LARGEST), (M_TRIM_THRESHOLD, KEPT))


def share_heaps(heaps: int) -> None:
    """Have all threads share so many heaps; by default there are eight a core.

    Each keeps what it had at its worst.
    """
    _mallopt((M_ARENA_MAX, heaps))


def give_back() -> None:
    """Give the memory of all that has been freed back to the system, whichever thread had it."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def collect() -> None:
    """Free what is held in circles, as runs are through their callbacks, and give all back."""
    gc.collect()
    give_back()


def give_back_soon() -> None:
    """Do `give_back` in a while, in a thread of its own; once for all who ask until then.

    It takes a millisecond for 10 MB. A server gives back what a page has computed with when the
    next one is opened, and not as soon as it is freed: the next step needs it again.
    """
    global _timer
    with _timing:
        if _timer is None or not _timer.is_alive():
            _timer = threading.Timer(AFTER, give_back)
            _timer.daemon = True
            _timer.start()


def _mallopt(*settings: tuple[int, int]) -> None:
    with contextlib.suppress(OSError, AttributeError, TypeError):
        for name, value in settings:
            ctypes.CDLL(None).mallopt(name, value)
