"""Shelf: where runs rest that nobody watches, on disk, so that they take no memory."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from app.live.crew.here import PATIENCE, Here
from app.live.kept.folder import Folder
from engine.core.snapshot import Snapshot
from engine.runs.live import Live

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Shelved:
    """One resting run: its file, or its last snapshot in memory where the disk did not take it."""

    rest: Path | Snapshot

    @property
    def name(self) -> str:
        """Of the file; "" for none."""
        return self.rest.name if isinstance(self.rest, Path) else ""


class Shelf:
    """The resting runs in a folder."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def put(self, crew: Here, live: Live, key: str) -> Shelved:
        """Write a run down: with the snapshots that a rewind needs while there is room for them.
        Where the disk is full, its last snapshot stays in memory. key: names the file. Raises
        TimeoutError where the run does not end its turn in time.
        """
        path = self._folder.path / f"{key}.rest"
        try:
            size = crew.put_away(live, path, self._folder.room)
        except TimeoutError:  # an OSError, too
            raise
        except OSError as error:
            log.warning("a run that nobody watches stays in memory: %s", error.strerror or error)
            return Shelved(live.snapshot().result(PATIENCE))
        self._folder.note(path.name, size)
        return Shelved(path)
