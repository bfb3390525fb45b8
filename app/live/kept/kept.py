"""Kept: what is kept of one session: a record, and the last two snapshots of its run.

A snapshot counts once a record names it. The record before is kept too, with the snapshot that it
named, so that whatever file is damaged, there is an earlier one.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.live.kept.folder import Folder
from app.live.kept.record import Damaged, Record
from engine.core.snapshot import InvalidSnapshot

log = logging.getLogger(__name__)
SNAPSHOTS = 2  # of a run
MOST_IN_MEMORY = 64 * 2**20  # bytes of snapshots that the disk did not take
OURS = re.compile(r"([0-9a-f]{32})(\.session|\.before|\.new|\.rest|-\d+\.snapshot)")
MAGIC = b"saddle-kept-1\n\0\0"


class Memory:
    """The snapshots of all sessions that the disk did not take."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._data: dict[str, bytes] = {}

    def put(self, key: str, data: bytes) -> bool:
        """Keep a session's latest; False where there is no room for it."""
        with self._lock:
            others = sum(len(d) for k, d in self._data.items() if k != key)
            if others + len(data) > MOST_IN_MEMORY:
                return False
            self._data[key] = data
            return True

    def get(self, key: str) -> bytes | None:
        """A session's latest."""
        with self._lock:
            return self._data.get(key)

    def drop(self, key: str) -> None:
        """Forget a session's."""
        with self._lock:
            self._data.pop(key, None)


class Kept:
    """Of one session. Its functions are called by one thread at a time."""

    def __init__(self, folder: Folder, memory: Memory, key: str, record: Record, written: bool = False) -> None:
        """key: that names its files. written: whether the record is on disk."""
        self.key = key
        self.record = record
        self._folder = folder
        self._memory = memory
        self._written = record if written else None
        numbers = [int(name.rpartition("-")[2].partition(".")[0]) for name in record.snapshots]
        self._numbers = itertools.count(max(numbers, default=0) + 1)

    @property
    def trained(self) -> bool:
        """Whether a snapshot was ever taken: without one the run is as its set-up makes it."""
        return bool(_files(self.record)) or self._memory.get(self.key) is not None

    @property
    def rest(self) -> Path | None:
        """The file of the run as it was put away, where it has not trained since."""
        return self._folder.path / self.record.rest if self.record.rest else None

    def put(self, snapshot: bytes | None = None, sync: bool = False, **changes: Any) -> bool:
        """Keep what has changed. snapshot: a newer one than all there are, also than that of a
        rest. sync: wait until the disk has it. Where the disk does not take it, it stays in memory
        while there is room, and the last file stays. Returns whether the state is kept somewhere.
        """
        before = self.record
        self.record = replace(before, **changes)
        try:
            if snapshot is not None:
                name = f"{self.key}-{next(self._numbers)}.snapshot"
                self._folder.write(name, *_checked(snapshot), sync=sync)
                self.record = replace(self.record, snapshots=(name, *before.snapshots)[:SNAPSHOTS], rest="")
            self._write(sync)
            self._folder.remove(*_files(before) - _files(self.record))
            if snapshot is not None:
                self._memory.drop(self.key)
            self._folder.well()
        except OSError as error:
            in_memory = snapshot is not None and self._memory.put(self.key, snapshot)
            self._folder.ill(error, in_memory)
            if snapshot is not None and not in_memory:
                self.record = replace(self.record, life=before.life)  # it is asked for again
                return False
        return True

    def _write(self, sync: bool) -> None:
        if self.record == self._written:
            return
        new, now, before = (f"{self.key}{end}" for end in (".new", ".session", ".before"))
        self._folder.write(new, self.record.to_bytes(), sync=sync)
        self._folder.rename(now, before)
        self._folder.rename(new, now)
        self._written = self.record

    def sources(self) -> Iterator[bytes]:
        """The snapshots that are sound, the newest first. Those that are not are reported."""
        if data := self._memory.get(self.key):
            yield data
        for name in self.record.snapshots:
            try:
                yield _whole(self._folder.read(name))
            except (OSError, InvalidSnapshot) as error:
                log.warning("a kept snapshot cannot be used, an earlier one is tried: %s", error)

    def forget(self) -> None:
        """Remove all files."""
        self._memory.drop(self.key)
        self._folder.remove(*(name for name in self._folder.names if name.startswith(self.key)))


def found(folder: Folder, memory: Memory) -> Iterator[Kept]:
    """What a server before kept in a folder. Files that nothing refers to are removed; those of
    others are left alone.
    """
    ours = {name: match[1] for name in folder.names if (match := OURS.fullmatch(name))}
    needed: set[str] = set()
    for key in sorted(set(ours.values())):
        record = _record(folder, key, ours)
        if record is not None:
            needed |= {f"{key}.session", f"{key}.before"} | _files(record)
            yield Kept(folder, memory, key, record, written=True)
    folder.remove(*(ours.keys() - needed))


def _files(record: Record) -> set[str]:
    return {*record.snapshots, *filter(None, [record.rest])}


def _record(folder: Folder, key: str, names: dict[str, str]) -> Record | None:
    for name in (f"{key}.session", f"{key}.before"):
        if name in names:
            try:
                return Record.from_bytes(folder.read(name))
            except (OSError, Damaged) as error:
                log.warning("a kept session cannot be read, an earlier state is tried: %s", error)
    return None


def _header(snapshot: bytes) -> bytes:
    """The part of a snapshot's file that has the checksum of all others."""
    return snapshot[: 8 + int.from_bytes(snapshot[:8], "little")]


def _checked(snapshot: bytes) -> tuple[bytes, bytes]:
    """A snapshot with a checksum before it of that part which has no other."""
    return MAGIC + hashlib.blake2b(_header(snapshot), digest_size=16).digest(), snapshot


def _whole(data: bytes) -> bytes:
    """The snapshot in a file. Raises InvalidSnapshot; tensors are checked where it is opened."""
    size = len(MAGIC) + 16
    snapshot = data[size:]
    if not snapshot or data[:size] != _checked(snapshot)[0]:
        raise InvalidSnapshot("its checksum is another one")
    return snapshot
