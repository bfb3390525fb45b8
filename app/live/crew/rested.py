"""The file of a run that rests: its snapshots, the earliest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from engine.core.snapshot import Snapshot

SIZE = 8  # bytes of the length that stands before each snapshot


def parts(snapshots: Sequence[Snapshot], room: int) -> Iterator[bytes]:
    """What the file holds, in parts. Where all snapshots would take more than `room` bytes, it is
    the last one alone, which is all that the run needs to go on.
    """
    *_, last = snapshots
    if len(snapshots) * len(last.to_bytes()) > room:
        snapshots = [last]
    for snapshot in snapshots:
        data = snapshot.to_bytes()
        yield len(data).to_bytes(SIZE, "little")
        yield data


def write(path: Path, data: Iterable[bytes]) -> int:
    """Write the parts of a file. Returns its size. Raises OSError, and leaves no file then."""
    try:
        with path.open("wb") as file:
            for part in data:
                file.write(part)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return path.stat().st_size


def read(data: bytes) -> list[Snapshot]:
    """The snapshots in a file. Raises InvalidSnapshot where it was damaged."""
    found, at = [], 0
    while at < len(data):
        end = at + SIZE + int.from_bytes(data[at : at + SIZE], "little")
        found.append(Snapshot.from_bytes(data[at + SIZE : end]))
        at = end
    return found
