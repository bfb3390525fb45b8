"""Shipped snapshots: trained runs that come with Saddle, to look at and to train on from.

assets/snapshots/NAME.snapshot holds each in its slim form. assets/snapshots.json maps NAME to the
method, a description (under the key "says") and the command that trained it.
"""

from __future__ import annotations

import functools
import json
import os
from dataclasses import dataclass
from pathlib import Path

from engine.core.assets import ASSETS
from engine.core.declare import brief, nearest, offer
from engine.core.snapshot import InvalidSnapshot, Snapshot

INDEX = ASSETS / "snapshots.json"
FOLDER = ASSETS / "snapshots"


@dataclass(frozen=True)
class Shipped:
    """An entry of the index. description: what one sees, in brief. command: what trained it."""

    name: str
    method: str
    description: str
    command: str


def shipped(method: str | None = None) -> tuple[Shipped, ...]:
    """All shipped snapshots, or those of one method, in the order of the index."""
    found = (Shipped(name, e["method"], e["says"], e["command"]) for name, e in _entries().items())
    return tuple(s for s in found if method in (None, s.method))


def _entries() -> dict[str, dict[str, str]]:
    return json.loads(INDEX.read_text(encoding="utf-8")) if INDEX.exists() else {}


@functools.lru_cache(maxsize=8)
def open_shipped(name: str) -> Snapshot:
    """The snapshot called `name`. Raises InvalidSnapshot."""
    known = [s.name for s in shipped()]
    if name not in known:
        raise InvalidSnapshot(f"There is no snapshot {brief(name)}: {offer(name, known, 'the included ones are')}")
    return Snapshot.open(FOLDER / f"{name}.snapshot")


def open_named(name: str) -> Snapshot:
    """The snapshot called `name` among those that ship, else of the file `name`. Raises
    InvalidSnapshot.
    """
    known = [s.name for s in shipped()]
    if name in known:
        return open_shipped(name)
    if not name.strip():
        raise InvalidSnapshot(f"Its name is empty: give a snapshot file, or an included one such as {known[0]}")
    if not os.path.exists(name):
        near = nearest(name, known)
        hint = f"did you mean {' or '.join(near)}?" if near else f"included are {', '.join(known[:6])} and others"
        raise InvalidSnapshot(f"Cannot read the snapshot {name[:200]}: there is no such file; {hint}")
    return Snapshot.open(Path(name))


def ship(snapshot: Snapshot, name: str, description: str, command: str) -> None:
    """Put a snapshot among those that ship, in its slim form, in place of one of the same name."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    snapshot.slim().save(FOLDER / f"{name}.snapshot")
    entries = _entries()
    entries[name] = {"method": snapshot.method, "says": description, "command": command}
    INDEX.write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
