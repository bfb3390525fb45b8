"""The file of a run that rests: its snapshots, the earliest first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.core.snapshot import Snapshot

SIZE = 8  # bytes of the length that stands before each snapshot


def write(path: Path, snapshots: Sequence[Snapshot], room: int) -> int:
    """Write a run's snapshots. Where all would take more than `room` bytes, write the last one
    alone, which is all that the run needs to go on.

    Returns the file's size. Raises OSError, and leaves no file then.
    """
    *_, last = snapshots
    if len(snapshots) * len(last.to_bytes()) > room:
        snapshots = [last]
    try:
        with path.open("wb") as file:
            for snapshot in snapshots:
                data = snapshot.to_bytes()
                file.write(len(data).to_bytes(SIZE, "little"))
                file.write(data)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return path.stat().st_size


def read(path: Path) -> list[Snapshot]:
    """The snapshots in a file. Raises InvalidSnapshot where it was damaged, OSError where it is
    gone.
    """
    data = path.read_bytes()
    found, at = [], 0
    while at < len(data):
        end = at + SIZE + int.from_bytes(data[at : at + SIZE], "little")
        found.append(Snapshot.from_bytes(data[at + SIZE : end]))
        at = end
    return found
