"""Memory that stays: what glibc's allocator keeps of what is freed.

By default glibc gives a large block back to the kernel as soon as it is freed, and every new one is
faulted in again, page by page. A convolution of a hundred digits needs blocks of 10 MB for every
layer, forwards and backwards: attacks then spend a fifth of their time in the kernel.
"""

from __future__ import annotations

import contextlib
import ctypes

M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
LARGEST = 32 << 20  # bytes of a block that glibc can keep; larger ones always come from the kernel
KEPT = 64 << 20  # bytes at the end of the heap that are kept; a program between two steps needs no more


def keep_freed_memory() -> None:
    """Have the allocator keep freed blocks for the next ones. Does nothing without glibc."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_THRESHOLD, LARGEST)
        mallopt(M_TRIM_THRESHOLD, KEPT)
