"""The snapshots of a run: how much memory they take, and that every step can be gone back to."""

import numpy as np
import pytest

from engine.core import stored as stored_module
from engine.runs import timeline as timeline_module
from engine.runs.run import Run
from engine.runs.timeline import Timeline, bytes_in_all, size


@pytest.fixture(params=["in memory", "on disk"])
def played(walker, monkeypatch, request):
    """A function that trains a Walker so many steps beside a timeline: (run, timeline, place at
    each step).
    """
    monkeypatch.setattr(timeline_module, "_timelines", type(timeline_module._timelines)())
    monkeypatch.setattr(timeline_module, "EVERY", 2)
    monkeypatch.setattr(stored_module, "LEAST", 1 if request.param == "on disk" else 1 << 30)

    def play(steps, seed=1):
        run = Run(walker, walker.make_setup({}), seed)
        timeline, places = Timeline([run.snapshot()], 2), [run.method.place]
        for step in range(steps):
            run.advance(walker.make_knobs(run.setup, {"stride": 1 + step // 50}))
            places.append(run.method.place)
            if timeline.due(run.step):
                timeline.add(run)
        return run, timeline, places

    return play


def test_a_run_keeps_no_more_than_its_bytes_evenly_and_goes_back_to_every_step(played, monkeypatch):
    one = size(played(0)[0].snapshot())
    monkeypatch.setattr(timeline_module, "MOST_BYTES", 9 * one + 1)
    run, timeline, places = played(200)
    kept = [s.step for s in timeline.snapshots]
    assert sum(map(size, timeline.snapshots)) <= 9 * one and kept[0] == 0
    assert len(kept) >= 5 and len(set(np.diff(kept))) == 1
    for step in (0, 1, 37, 64, 99, 150, 199):
        part = timeline.before(step)
        again = Run.restore(part.snapshots[-1])
        again.replay(run.log, step)
        assert (again.method.place == places[step]).all(), step
        assert all(s.step <= step for s in part.snapshots)


def test_all_runs_together_keep_no_more_than_the_server_may(played, monkeypatch):
    one = size(played(0)[0].snapshot())
    monkeypatch.setattr(timeline_module, "MOST_BYTES_IN_ALL", 30 * one)
    every = [played(60, seed) for seed in range(8)]
    assert bytes_in_all() <= 30 * one
    assert all(timeline.first_step == 0 for _, timeline, _ in every)
    del every
    assert bytes_in_all() <= one  # what a run has kept goes with it


def test_the_limits_hold_a_room_of_runs():
    assert timeline_module.MOST_BYTES <= 100 * 2**20 and timeline_module.MOST_BYTES_IN_ALL <= 400 * 2**20
