"""Cache: cells that were trained before, on disk, by what they depend on.

One SQLite file with a row a cell. Several processes may read and write it at once; where it cannot
be used, nothing is kept and everything is trained.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from engine.atlas.cells import Result

log = logging.getLogger(__name__)
MOST_BYTES = 256 * 2**20
FULL = 0.9  # share of MOST_BYTES that is left when the cells unused longest are forgotten
PATIENCE = 10.0  # seconds to wait for another process
AT_ONCE = 500  # keys in one query
TABLE = """CREATE TABLE IF NOT EXISTS cells (
    key TEXT PRIMARY KEY, used REAL NOT NULL, size INTEGER NOT NULL, numbers TEXT NOT NULL, pictures BLOB NOT NULL)"""


class Cache:
    """Results by key, in the file `path`, which is made with its folder where it is missing."""

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        self._path = Path(path)
        self._most = most_bytes

    def find(self, keys: Sequence[str]) -> dict[str, Result]:
        """Those of the results that are kept. They count as used now."""
        found: dict[str, Result] = {}
        with self._safely(), self._open() as connection:
            for at in range(0, len(keys), AT_ONCE):
                some = keys[at : at + AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = connection.execute(f"SELECT key, numbers, pictures FROM cells WHERE key IN ({marks})", some)
                found |= {key: _read(numbers, pictures) for key, numbers, pictures in rows}
                connection.execute(f"UPDATE cells SET used = ? WHERE key IN ({marks})", [time.time(), *some])
        return found

    def put(self, results: Mapping[str, Result]) -> None:
        """Keep results, and forget the ones unused longest where there are too many."""
        rows = [(key, time.time(), *_row(result)) for key, result in results.items()]
        with self._safely(), self._open() as connection:
            connection.executemany("INSERT OR REPLACE INTO cells VALUES (?, ?, ?, ?, ?)", rows)
            (size,) = connection.execute("SELECT COALESCE(SUM(size), 0) FROM cells").fetchone()
            if size > self._most:
                self._forget(connection, size - FULL * self._most)

    def _forget(self, connection: sqlite3.Connection, surplus: float) -> None:
        old = []
        for key, size in connection.execute("SELECT key, size FROM cells ORDER BY used"):
            if surplus <= 0:
                break
            old.append((key,))
            surplus -= size
        connection.executemany("DELETE FROM cells WHERE key = ?", old)

    @contextlib.contextmanager
    def _safely(self) -> Iterator[None]:
        """Go on without what cannot be kept or read. A damaged file is put aside."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            log.warning("the atlas cannot use its cache %s: %s", self._path, error)
            if not isinstance(error, sqlite3.OperationalError):  # no database, or a damaged one
                with contextlib.suppress(OSError):
                    self._path.replace(self._path.with_suffix(".damaged"))
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            log.warning("the atlas cannot use its cache %s: %s", self._path, error)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection with a transaction that writes, which other processes wait for."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=PATIENCE, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(TABLE)
            yield connection
            connection.execute("COMMIT")
        finally:
            connection.close()


def _row(result: Result) -> tuple[int, str, bytes]:
    """Size, numbers and pictures of a result. NaN is null, which JSON has."""
    metrics = {name: value if math.isfinite(value) else None for name, value in result.metrics.items()}
    numbers = json.dumps({"metrics": metrics, "diverged": result.diverged})
    pictures = save({name: np.ascontiguousarray(a) for name, a in result.miniatures.items()})
    return len(numbers) + len(pictures), numbers, pictures


def _read(numbers: str, pictures: bytes) -> Result:
    kept = json.loads(numbers)
    metrics = {name: math.nan if value is None else value for name, value in kept["metrics"].items()}
    return Result(metrics, kept["diverged"], load(pictures))
