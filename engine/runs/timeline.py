"""Timeline: snapshots of a live run, one every so many steps, that a rewind starts from."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.snapshot import Snapshot
from engine.runs.run import Log, Run

EVERY = 250  # steps between two snapshots
MOST = 40  # snapshots; beyond them every second one is dropped, and the distance doubles


class Timeline:
    """The snapshots of one life of a run. The first is where the life began."""

    def __init__(self, snapshots: Sequence[Snapshot]) -> None:
        self._snapshots = list(snapshots)
        self._every = EVERY

    @property
    def first_step(self) -> int:
        """The earliest step that one can go back to."""
        return self._snapshots[0].step

    def due(self, step: int) -> bool:
        """Whether a snapshot is due after this step."""
        return step % self._every == 0

    def add(self, run: Run) -> None:
        """Add a snapshot of `run`, whose state must be finite."""
        self._snapshots.append(run.snapshot())
        if len(self._snapshots) > MOST:
            self._snapshots = self._snapshots[::2]
            self._every *= 2

    def back_to(self, step: int, log: Log) -> tuple[Run, Timeline]:
        """The run as it was at `step`, trained again from the last snapshot before it under the
        knobs of `log`, and the timeline that goes on from there.
        """
        before = [s for s in self._snapshots if s.step <= step]
        run = Run.restore(before[-1])
        run.replay(log, step)
        return run, Timeline(before)
