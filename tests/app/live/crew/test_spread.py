"""Cells of a work on several workers: all come, the same bits, whatever ends meanwhile."""

import os
import signal
import threading
import time
from concurrent.futures import Future

import pytest

from app.live.crew import spread
from app.live.crew.crew import Crew
from app.live.crew.here import Here
from app.live.crew.line import LOST, WorkerLost
from app.live.crew.spread import Spread
from app.live.crew.zygote import ABLE, Zygote
from engine.runs.trained import train

SETUP = {"dataset": "ring8"}
ITEMS = [("gan", SETUP, (seed,), {"lr_g": lr}, 20, (), (), True) for seed in range(3) for lr in (1e-4, 1e-3)]


class Fake:
    """A place whose cells end as the test says."""

    def __init__(self):
        self.begun, self.dropped = [], []

    def start_cell(self, number, function, item):
        self.begun.append((number, item[0], future := Future()))
        return future

    def drop_cell(self, number):
        self.dropped.append(number)

    def lose(self):
        for _, _, future in self.begun:
            if not future.done():
                future.set_exception(WorkerLost(LOST))


def until(condition):
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    assert condition()


def states(outcomes):
    from engine.core.snapshot import Snapshot

    found = {o.index: Snapshot.from_bytes(o.result.snapshot).state for o in outcomes}
    return {k: {name: value.numpy().tobytes() for name, value in found[k].items()} for k in sorted(found)}


def test_a_worker_has_two_cells_at_once_and_outcomes_come_as_they_are_done():
    place = Fake()
    work = Spread(lambda: [place], train, [(k,) for k in range(4)])
    until(lambda: len(place.begun) == 2)
    place.begun[1][2].set_result("b")
    place.begun[0][2].set_exception(ValueError("wrong"))
    until(lambda: len(place.begun) == 4)
    place.begun[2][2].set_result("c")
    place.begun[3][2].set_result("d")
    found = [(o.index, o.result, o.error) for o in work]
    assert found == [(1, "b", ""), (0, None, "wrong"), (2, "c", ""), (3, "d", "")] and work.progress == 1 and work.ended


def test_a_cell_whose_worker_ends_is_given_to_another_one_and_one_that_ends_three_is_given_up():
    places = [Fake()]
    work = Spread(lambda: places, train, [("deadly",), ("good",)])
    orders = []
    for again in range(3):
        until(lambda wanted=1 if again == 2 else 2: len(places[0].begun) == wanted)
        orders.append([name for _, name, _ in places[0].begun])
        if again == 1:
            places[0].begun[0][2].set_result("fine")
        before, places[0] = places[0], Fake()
        before.lose()
    assert orders == [["deadly", "good"], ["good", "deadly"], ["deadly"]]
    found = {o.index: o for o in work}
    assert "3 processes" in found[0].error and found[1].result == "fine"


def test_what_is_cancelled_or_abandoned_computes_no_more(monkeypatch):
    place = Fake()
    work = Spread(lambda: [place], train, [(k,) for k in range(5)])
    until(lambda: len(place.begun) == 2)
    place.begun[0][2].set_result("kept")
    until(lambda: len(work.outcomes) == 1 and len(place.begun) == 3)
    work.cancel()
    until(lambda: work.ended)
    assert work.cancelled and len(list(work)) == 1 and sorted(place.dropped) == sorted(n for n, _, _ in place.begun[1:])
    monkeypatch.setattr(spread, "ABANDONED", 0.3)
    left = Spread(lambda: [Fake()], train, [(0,)])
    time.sleep(0.8)
    assert left.ended and left.cancelled


@pytest.mark.skipif(not ABLE, reason="runs have processes of their own on Linux only")
def test_workers_give_the_same_bits_as_one_process_though_one_of_them_is_killed():
    crew = Crew(Zygote.started(), 2)
    try:
        victim = crew.do("", os.getpid)
        work = crew.spread(train, ITEMS)
        killer = threading.Timer(0.3, os.kill, (victim, signal.SIGKILL))
        killer.start()
        there = list(work)
        here = list(Here().spread(train, ITEMS))
    finally:
        crew.close()
    assert len(there) == len(ITEMS) and not any(o.error for o in there)
    assert states(there) == states(here)
