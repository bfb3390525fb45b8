"""Shelf: where runs rest that nobody watches, on disk, so that they take no memory."""

from __future__ import annotations

import contextlib
import gc
import logging
import secrets
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from engine.core import memory
from engine.core.snapshot import Snapshot

log = logging.getLogger(__name__)
MOST_BYTES = 2 * 2**30  # on disk, of all resting runs
SIZE = 8  # bytes of the length that stands before each snapshot in a file


class Shelved:
    """The snapshots of one resting run, the earliest first: in a file, or in memory where the disk
    did not take them.
    """

    def __init__(self, path: Path | None, kept: Sequence[Snapshot], size: int = 0) -> None:
        self.size = size
        self._path = path
        self._kept = list(kept)

    def snapshots(self) -> list[Snapshot]:
        """The snapshots. Raises InvalidSnapshot where the file was damaged, OSError where it is
        gone.
        """
        if self._path is None:
            return self._kept
        data = self._path.read_bytes()
        found, at = [], 0
        while at < len(data):
            end = at + SIZE + int.from_bytes(data[at : at + SIZE], "little")
            found.append(Snapshot.from_bytes(data[at + SIZE : end]))
            at = end
        return found

    def forget(self) -> None:
        """Remove the file."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


class Shelf:
    """A folder of resting runs, which goes with the process."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._lock = threading.Lock()
        self._files: list[Shelved] = []

    def put(self, snapshots: Sequence[Snapshot]) -> Shelved:
        """Write a run's snapshots down. Where the shelf is full, the last one alone, which is all
        that the run needs to go on; where the disk is full, that one stays in memory.
        """
        *_, last = snapshots
        try:
            return self._write(snapshots if self._room(len(snapshots) * len(last.to_bytes())) else [last])
        except OSError as error:
            log.warning("a run that nobody watches stays in memory: %s", error.strerror or error)
            return Shelved(None, [last])

    def take(self, shelved: Shelved) -> list[Snapshot]:
        """A run's snapshots, which leave the shelf."""
        try:
            return shelved.snapshots()
        finally:
            self.forget(shelved)

    def forget(self, shelved: Shelved) -> None:
        """Remove a run that nobody will come back to."""
        with self._lock:
            if shelved in self._files:
                self._files.remove(shelved)
        with contextlib.suppress(OSError):
            shelved.forget()

    def _room(self, size: int) -> bool:
        with self._lock:
            return sum(s.size for s in self._files) + size <= MOST_BYTES

    def _write(self, snapshots: Sequence[Snapshot]) -> Shelved:
        with self._lock:
            self._folder = self._folder or tempfile.TemporaryDirectory(prefix="saddle-", ignore_cleanup_errors=True)
            path = Path(self._folder.name) / secrets.token_hex(8)
        try:
            with path.open("wb") as file:
                for snapshot in snapshots:
                    data = snapshot.to_bytes()
                    file.write(len(data).to_bytes(SIZE, "little"))
                    file.write(data)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        shelved = Shelved(path, (), path.stat().st_size)
        with self._lock:
            self._files.append(shelved)
        return shelved


def give_back() -> None:
    """Give the memory of what has been dropped back to the system.

    Runs hold themselves in circles, through their callbacks.
    """
    gc.collect()
    memory.give_back()
