"""Timeline: snapshots of a live run, one every so many steps, that a rewind starts from.

They would be the greatest part of what a long run holds in memory: a snapshot of an autoencoder has
6 to 15 MB. So they are on disk (engine/core/stored.py), which takes 1 ms more for 2 MB. To compress
them would take thirty times as long and save a tenth of it. There is a limit for a run and one for
all runs of the process. Where one is reached, every second snapshot is dropped: they stay evenly
spread, and going back to a step in between trains a little longer, to the same bits.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from dataclasses import replace

from engine.core.memory import give_back_soon
from engine.core.snapshot import Snapshot
from engine.core.stored import nbytes, stored
from engine.runs.run import Run

EVERY = 250  # steps between two snapshots
MOST = 40  # snapshots; beyond them every second one is dropped, and the distance doubles
MOST_BYTES = 96 * 2**20  # of the snapshots of one run
MOST_BYTES_IN_ALL = 384 * 2**20  # of those of all runs of this process

_lock = threading.Lock()  # of all timelines and the snapshots in them
_timelines: weakref.WeakSet[Timeline] = weakref.WeakSet()


def size(snapshot: Snapshot) -> int:
    """Bytes that the tensors of a snapshot take."""
    return nbytes(snapshot.state)


def spacing(snapshots: Sequence[Snapshot]) -> int:
    """Steps between the latest two, from which a timeline goes on."""
    return max(EVERY, snapshots[-1].step - snapshots[-2].step) if len(snapshots) > 1 else EVERY


def bytes_in_all() -> int:
    """Bytes that the snapshots of all runs take."""
    with _lock:
        return _total()


class Timeline:
    """The snapshots of one life of a run. The first is where the life began, and is always kept."""

    def __init__(self, snapshots: Sequence[Snapshot], every: int = EVERY) -> None:
        self._snapshots = list(map(_put_away, snapshots))
        self._every = every
        self._bytes = sum(map(size, snapshots))
        with _lock:
            _timelines.add(self)
            _fit()
        give_back_soon()  # a life begins: another may have ended, and data were read

    @property
    def first_step(self) -> int:
        """The earliest step that one can go back to."""
        return self._snapshots[0].step

    @property
    def snapshots(self) -> list[Snapshot]:
        """The snapshots, the earliest first."""
        with _lock:
            return list(self._snapshots)

    def due(self, step: int) -> bool:
        """Whether a snapshot is due after this step."""
        return step % self._every == 0

    def add(self, run: Run) -> None:
        """Add a snapshot of `run`, whose state must be finite; thin them out where there are too
        many.
        """
        snapshot = _put_away(run.snapshot())
        with _lock:
            self._snapshots.append(snapshot)
            self._bytes += size(snapshot)
            while len(self._snapshots) > MOST or self._bytes > MOST_BYTES and len(self._snapshots) > 1:
                self._thin()
            _fit()

    def before(self, step: int) -> Timeline:
        """The timeline up to a step, which goes on from there."""
        return Timeline([s for s in self.snapshots if s.step <= step], self._every)

    def _thin(self) -> None:
        """Drop every second snapshot. The lock is held."""
        self._snapshots = self._snapshots[::2]
        self._every *= 2
        self._bytes = sum(map(size, self._snapshots))


def _put_away(snapshot: Snapshot) -> Snapshot:
    state = stored(snapshot.state)
    return snapshot if state is snapshot.state else replace(snapshot, state=state)


def _total() -> int:
    """A snapshot that two timelines share counts once. The lock is held."""
    return sum(map(size, {id(s): s for t in _timelines for s in t._snapshots}.values()))


def _fit() -> None:
    """Thin out the largest timelines until all are within the limit. The lock is held."""
    while _total() > MOST_BYTES_IN_ALL:
        large = [t for t in _timelines if len(t._snapshots) > 1]
        if not large:
            return  # a first snapshot each, which is not more than the runs themselves take
        max(large, key=lambda t: t._bytes)._thin()
