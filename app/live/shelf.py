"""Shelf: where runs rest that nobody watches, on disk, so that they take no memory."""

from __future__ import annotations

import contextlib
import logging
import secrets
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from app.live.crew.here import PATIENCE, Here
from engine.core.snapshot import Snapshot
from engine.runs.live import Live

log = logging.getLogger(__name__)
MOST_BYTES = 2 * 2**30  # on disk, of all resting runs


@dataclass(frozen=True, eq=False)
class Shelved:
    """One resting run: its file, or its last snapshot in memory where the disk did not take it."""

    rest: Path | Snapshot
    size: int = 0  # bytes of the file

    def forget(self) -> None:
        """Remove the file."""
        if isinstance(self.rest, Path):
            self.rest.unlink(missing_ok=True)


class Shelf:
    """A folder of resting runs, which goes with the process."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._lock = threading.Lock()
        self._files: list[Shelved] = []

    def put(self, crew: Here, live: Live) -> Shelved:
        """Write a run down: with the snapshots that a rewind needs while there is room for them.
        Where the disk is full, its last snapshot stays in memory. Raises TimeoutError where the run
        does not end its turn in time.
        """
        try:
            with self._lock:
                self._folder = self._folder or tempfile.TemporaryDirectory(prefix="saddle-", ignore_cleanup_errors=True)
                path = Path(self._folder.name) / secrets.token_hex(8)
                room = MOST_BYTES - sum(s.size for s in self._files)
            shelved = Shelved(path, crew.put_away(live, path, room))
        except TimeoutError:  # an OSError, too
            raise
        except OSError as error:
            log.warning("a run that nobody watches stays in memory: %s", error.strerror or error)
            return Shelved(live.snapshot().result(PATIENCE))
        with self._lock:
            self._files.append(shelved)
        return shelved

    def forget(self, shelved: Shelved) -> None:
        """Remove a run that has been taken up, or that nobody will come back to."""
        with self._lock:
            if shelved in self._files:
                self._files.remove(shelved)
        with contextlib.suppress(OSError):
            shelved.forget()
