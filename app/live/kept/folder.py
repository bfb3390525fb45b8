"""Folder: where a server keeps runs on disk. It is the server's own, and no other one's.

Everything that is written appears whole or not at all: a file is written beside its place and then
renamed. Where a process is killed, the system has what was written; where the power fails, a file
may be cut short, which its checksum shows. So nothing waits for the disk but what is written when
the server ends.
"""

from __future__ import annotations

import contextlib
import logging
import os
import stat
import tempfile
import threading
from pathlib import Path

from app.settings.reading import settings

log = logging.getLogger(__name__)
MOST_BYTES = int(settings().disk * 2**30)  # on disk, of all that a server keeps
LOCK = "lock"  # the file that shows that a server has this folder
UNFINISHED = ".part"  # ends the names of files that are being written


class Taken(OSError):
    """Another server has this folder, or somebody else may write into it."""


class Folder:
    """A folder of files with names that nobody else chooses."""

    def __init__(self, path: Path | None = None) -> None:
        """path: of a folder that outlasts the server, made where there is none; None for one that
        goes with the process. Raises OSError where it cannot be had, Taken where another server
        has it.
        """
        self._lock = threading.Lock()
        self._sizes: dict[str, int] = {}
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._held: int | None = None  # the descriptor of the lock, which goes with the process
        self._full = False  # whether the last file could not be written
        self.lasting = path is not None
        if path is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="saddle-", ignore_cleanup_errors=True)
            self.path = Path(self._temporary.name)
        else:
            self.path = path
            self._take()

    def _take(self) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self.path.lstat()
        if not stat.S_ISDIR(found.st_mode) or hasattr(os, "getuid") and found.st_uid != os.getuid():
            raise Taken(f"{self.path} belongs to somebody else")
        with contextlib.suppress(NotImplementedError):
            self.path.chmod(0o700)
        self._held = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._held)
        except OSError as error:
            os.close(self._held)
            raise Taken(f"another server has {self.path}") from error
        for path in self.path.iterdir():
            if path.suffix == UNFINISHED:
                path.unlink(missing_ok=True)
            elif path.name != LOCK and path.is_file():
                self._sizes[path.name] = path.stat().st_size

    def release(self) -> None:
        """Let another server have it: this one has ended."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    @property
    def room(self) -> int:
        """Bytes that may still be written."""
        with self._lock:
            return MOST_BYTES - sum(self._sizes.values())

    @property
    def names(self) -> list[str]:
        """Names of its files, those of others too."""
        with self._lock:
            return sorted(self._sizes)

    def write(self, name: str, *parts: bytes, sync: bool = False) -> None:
        """Write a file, in place of one of that name. sync: wait until the disk has it. Raises
        OSError, and leaves what was there.
        """
        size = sum(map(len, parts))
        if size > self.room:
            raise OSError(f"{MOST_BYTES >> 20} MB of runs are kept already")
        part = self.path / (name + UNFINISHED)
        try:
            with open(part, "wb", opener=_private) as file:
                for data in parts:
                    file.write(data)
                if sync:
                    file.flush()
                    os.fsync(file.fileno())
            os.replace(part, self.path / name)
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        self.note(name, size)

    def note(self, name: str, size: int) -> None:
        """A file was written by somebody else."""
        with self._lock:
            self._sizes[name] = size

    def ill(self, error: OSError, in_memory: bool) -> None:
        """A file could not be written: say so once, until it goes well again."""
        if not self._full:
            where = "its state stays in memory" if in_memory else "its last state on disk stays"
            log.warning("a run could not be kept on disk (%s): it trains on, %s", error.strerror or error, where)
        self._full = True

    def well(self) -> None:
        """A file was written."""
        if self._full:
            log.warning("runs can be kept on disk again")
        self._full = False

    def rename(self, name: str, other: str) -> None:
        """Put a file in the place of another. Nothing happens where there is none."""
        with contextlib.suppress(FileNotFoundError):
            os.replace(self.path / name, self.path / other)
        with self._lock:
            if name in self._sizes:
                self._sizes[other] = self._sizes.pop(name)

    def read(self, name: str) -> bytes:
        """What is in a file. Raises OSError."""
        return (self.path / name).read_bytes()

    def remove(self, *names: str) -> None:
        """Remove files."""
        for name in names:
            with contextlib.suppress(OSError):
                (self.path / name).unlink(missing_ok=True)
            with self._lock:
                self._sizes.pop(name, None)


def lasting(path: Path | None) -> Folder:
    """The folder at a path, or where that cannot be had one that goes with the process."""
    try:
        return Folder(path)
    except OSError as error:
        log.warning("runs do not outlast this server, because their folder cannot be used: %s", error)
        return Folder()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _lock(descriptor: int) -> None:
    """Lock a file until this process ends. Raises OSError where another one has."""
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
