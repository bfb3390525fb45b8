"""States of runs on disk, so that what a run may go back to takes no memory.

All are in one temporary file of the process, which has no name and goes with the process. Where the
disk does not take a state, it stays in memory.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import threading
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

log = logging.getLogger(__name__)
LEAST = 1 << 16  # bytes of a state that is worth writing down
ABLE = hasattr(os, "preadv")  # not on every system
ALIGNED = 4096  # bytes: a state begins at a multiple of them


def nbytes(state: Mapping[str, Tensor]) -> int:
    """Bytes that the tensors of a state take, wherever they are."""
    return state.size if isinstance(state, Stored) else sum(x.numel() * x.element_size() for x in state.values())


def stored(state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """The same state on disk, to the bit. A small one, one that is there already and one that the
    disk does not take are returned as they are.
    """
    if isinstance(state, Stored) or nbytes(state) < LEAST or not ABLE:
        return state
    try:
        return Stored(state, _file())
    except OSError as error:
        log.warning("a state of a run stays in memory: %s", error.strerror or error)
        return state


@dataclass(frozen=True)
class _Place:
    """Where a tensor's bytes begin in its state, and what they are."""

    at: int
    shape: torch.Size
    kind: torch.dtype


class Stored(Mapping[str, Tensor]):
    """A state on disk. Every access reads: each tensor is a new one."""

    def __init__(self, state: Mapping[str, Tensor], file: _File) -> None:
        """Raises OSError where the disk does not take it."""
        self.size = nbytes(state)
        self._file = file
        self._start = file.reserve(self.size)
        weakref.finalize(self, file.release, self._start, self.size).atexit = False
        self._places: dict[str, _Place] = {}
        at = 0
        for name, x in state.items():
            self._places[name] = _Place(at, x.shape, x.dtype)
            at += file.write(_bytes(x), self._start + at)

    def __getitem__(self, name: str) -> Tensor:
        place = self._places[name]
        x = torch.empty(place.shape, dtype=place.kind)
        self._file.read(_bytes(x), self._start + place.at)
        return x

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __reduce__(self) -> tuple[type, tuple[dict[str, Tensor]]]:
        return dict, (dict(self),)


def _bytes(x: Tensor) -> memoryview:
    """The bytes of a tensor; those of a contiguous one are its own."""
    return memoryview(x.detach().contiguous().reshape(-1).view(torch.uint8).numpy())


class _File:
    """A file without a name, of which parts are reserved and released. Raises OSError."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile(prefix="saddle-") as file:
            self._number = os.dup(file.fileno())
        self._lock = threading.RLock()  # a collection of garbage may release while a part is reserved
        self._taken: dict[int, int] = {}  # start → end

    def reserve(self, size: int) -> int:
        """The start of a part of so many bytes: the first gap that is large enough."""
        with self._lock:
            start = 0
            for begin, end in sorted(self._taken.items()):
                if begin - start >= size:
                    break
                start = max(start, -(-end // ALIGNED) * ALIGNED)
            self._taken[start] = start + size
            return start

    def release(self, start: int, size: int) -> None:
        """A part is needed no more. What lies behind the last one is given back to the disk."""
        with self._lock, contextlib.suppress(OSError):
            del self._taken[start]
            if all(end <= start for end in self._taken.values()):
                os.ftruncate(self._number, max(self._taken.values(), default=0))

    def write(self, data: memoryview, at: int) -> int:
        """Returns how many bytes these are."""
        done = 0
        while done < len(data):
            done += os.pwrite(self._number, data[done:], at + done)
        return done

    def read(self, data: memoryview, at: int) -> None:
        """Fill `data`."""
        done = 0
        while done < len(data):
            count = os.preadv(self._number, [data[done:]], at + done)
            if not count:
                raise OSError("the file of states was cut short")
            done += count


_opened: tuple[int, _File] | None = None
_opening = threading.Lock()


def _file() -> _File:
    """The file of this process, opened at first use: a forked process has its own."""
    global _opened
    with _opening:
        if _opened is None or _opened[0] != os.getpid():
            _opened = os.getpid(), _File()
        return _opened[1]
