"""Cells: work in pieces that yields to whoever is watched."""

import time

import pytest
import torch

from engine.core.snapshot import Snapshot
from engine.methods.vat.vat import VAT
from engine.runs.cells import Cells
from engine.runs.host import Host, Job
from engine.runs.run import Run
from engine.runs.trained import train


@pytest.fixture
def host():
    host = Host(1)
    yield host
    host.close()


def counted(upto, seen):
    for k in range(upto):
        time.sleep(0.002)
        seen.append(k)
        yield
    return upto


def broken():
    yield
    raise ValueError("no such thing")


class Busy(Job):
    """One that always wants its next turn."""

    def __init__(self):
        self.turns = 0

    def turn(self, deadline):
        self.turns += 1
        time.sleep(max(0.0, deadline - time.monotonic()))
        return 0.0


def test_a_cell_trains_to_the_same_bits_as_a_run(host):
    cells = Cells(host)
    arguments = "vat", {"test": 50}, (3,), {"lam": 2}, 12, ("loss", "error"), ("field",), True
    (first, again) = (cells.start(k, train, arguments).result(30) for k in (1, 2))
    setup = VAT.make_setup({"test": 50})
    run = Run(VAT, setup, 3)
    run.advance(VAT.make_knobs(setup, {"lam": 2}), 12)
    for trained in (first, again):
        snapshot = Snapshot.from_bytes(trained.snapshot)
        assert trained.step == snapshot.step == 12 and trained.diverged == (None,)
        assert all(torch.equal(snapshot.state[name], value) for name, value in run.snapshot().state.items())
    assert first.layers["field"].ndim >= 2 and first.metrics == again.metrics


def test_cells_are_done_one_after_the_other_and_an_error_is_one_cells_alone(host):
    cells, seen = Cells(host), []
    futures = [cells.start(1, counted, (3, seen)), cells.start(2, broken, ()), cells.start(3, counted, (2, seen))]
    assert futures[0].result(10) == 3 and futures[2].result(10) == 2 and seen == [0, 1, 2, 0, 1]
    with pytest.raises(ValueError, match="no such thing"):
        futures[1].result(10)


def test_a_cell_that_is_dropped_ends_within_its_turn(host):
    cells, seen = Cells(host), []
    cells.start(1, counted, (10**6, seen))
    after = cells.start(2, counted, (1, []))
    while not seen:
        time.sleep(0.001)
    cells.drop(1)
    assert after.result(10) == 1 and (before := len(seen)) < 1000
    time.sleep(0.05)
    assert len(seen) == before


def test_cells_leave_most_turns_to_others_and_still_get_on(host):
    busy, cells = Busy(), Cells(host)
    turns = []
    cells.turn = lambda deadline, turn=cells.turn: (turns.append(busy.turns), turn(deadline))[1]
    host.wake(busy)
    done = cells.start(1, counted, (20, []))
    assert done.result(10) == 20
    host.drop(busy)
    between = [b - a for a, b in zip(turns, turns[1:])]
    assert len(between) > 1 and all(gap == 7 for gap in between), between
