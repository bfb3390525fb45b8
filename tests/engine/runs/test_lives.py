"""Lives of a live run: the last one asked for begins, in pieces, and knobs turned after it stay."""

import threading
import time

import pytest

from engine.runs.host import Host, Job
from engine.runs.live import Live
from engine.runs.run import Run
from tests.engine.runs.watcher import PATIENCE, Watcher, make


def test_many_resets_in_a_row_build_one_run(host, monkeypatch):
    live = make(host)
    watcher = Watcher(live)
    built = []
    monkeypatch.setattr("engine.runs.live.Run", lambda *given: built.append(given[-1]) or Run(*given))
    gate = live.snapshot()  # a command before the resets
    for seed in range(1, 11):
        live.reset(seed)
    gate.result(PATIENCE)
    watcher.until(lambda v: v.seed == 10)
    assert built[-1] == 10 and len(built) <= 3


def test_a_new_seed_that_takes_long_to_build_keeps_nobody_waiting(walker, monkeypatch):
    host = Host(1)
    try:
        slow, other = (Live(host, Run(walker, walker.make_setup({}), 1)) for _ in range(2))
        building, let_go = threading.Event(), threading.Event()

        def build(*given):
            building.set()
            let_go.wait(PATIENCE)
            return Run(*given)

        monkeypatch.setattr("engine.runs.live.Run", build)
        watcher, beside = Watcher(slow, ("place",)), Watcher(other, ("place",))
        slow.reset(5)
        assert building.wait(PATIENCE)
        other.play()
        beside.until(lambda v: v.frame.step > 100)
        slow.set_knobs({"stride": 2})  # and what is turned meanwhile stays turned
        let_go.set()
        assert watcher.until(lambda v: v.seed == 5).frame.knobs["stride"] == 2
    finally:
        host.close()


def test_a_rewind_is_trained_in_turns_and_a_knob_turned_right_after_it_stays_turned(walker, monkeypatch):
    host = Host(1)
    try:
        long, other = (Live(host, Run(walker, walker.make_setup({}), 1)) for _ in range(2))
        watcher, beside = Watcher(long, ("place",)), Watcher(other, ("place",))
        long.step(240)
        before = watcher.until(lambda v: v.frame.step == 240)
        step = walker.step
        monkeypatch.setattr(walker, "step", lambda self, *given: time.sleep(0.01) or step(self, *given))
        long.rewind(239)  # 2.4 seconds of training
        long.set_knobs({"stride": 3})
        seen = len(beside.views)
        other.step(20)
        beside.until(lambda v: v.frame.step == 20)
        assert not [v for v in watcher.views if v.generation] and len(beside.views) > seen
        assert watcher.until(lambda v: v.generation == 1 and v.frame.step == 239).frame.knobs["stride"] == 3
        long.set_knobs({"stride": 1})
        long.step()
        after = watcher.until(lambda v: v.generation == 1 and v.frame.step == 240)
        assert (after.frame.layers["place"] == before.frame.layers["place"]).all()
    finally:
        host.close()


def test_a_reset_ends_a_rewind_under_way(walker, monkeypatch):
    host = Host(1)
    try:
        live = Live(host, Run(walker, walker.make_setup({}), 1))
        watcher = Watcher(live, ("place",))
        live.step(240)
        watcher.until(lambda v: v.frame.step == 240)
        monkeypatch.setattr(walker, "step", lambda *given: time.sleep(1))
        live.rewind(239)
        live.reset()
        watcher.until(lambda v: v.generation == 1 and v.frame.step == 0)
    finally:
        host.close()


def at_step(host, walker, steps=20):
    """A live Walker that has gone some steps with a stride of 1 and then as many with 2."""
    live = Live(host, Run(walker, walker.make_setup({}), 1))
    watcher = Watcher(live, ("place",))
    for stride in (1, 2):
        live.set_knobs({"stride": stride})
        live.step(steps)
        watcher.until(lambda v: v.frame.step == stride * steps)  # noqa: B023
    return live, watcher


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a_knob_turned_after_a_rewind_wins_whatever_it_was_before(host, walker, stride):
    """2 is what it was when the rewind was asked for, 1 what it was at the step gone back to."""
    live, watcher = at_step(host, walker)
    live.rewind(10)
    live.set_knobs({"stride": stride})
    assert watcher.until(lambda v: v.generation == 1 and v.frame.step == 10).frame.knobs["stride"] == stride
    assert live.knobs["stride"] == stride


def test_a_rewind_after_a_knob_wins(host, walker):
    live, watcher = at_step(host, walker)
    live.rewind(30)
    live.set_knobs({"stride": 3})
    live.rewind(10)
    view = watcher.until(lambda v: v.generation and v.frame.step == 10)
    assert view.frame.knobs["stride"] == live.knobs["stride"] == 1


def test_an_opened_run_ends_a_rewind_under_way_and_keeps_its_own_knobs(walker, monkeypatch):
    host = Host(1)
    try:
        live, watcher = at_step(host, walker, 100)
        other = Run(walker, walker.make_setup({"origin": 4}), 1)
        other.advance(walker.make_knobs(other.setup, {"stride": 7}))
        step = walker.step
        monkeypatch.setattr(walker, "step", lambda self, *given: time.sleep(0.01) or step(self, *given))
        live.rewind(199)
        held, let_go = threading.Event(), threading.Event()

        class Gate(Job):
            def turn(self, deadline):
                held.set()
                assert let_go.wait(PATIENCE)

        host.wake(Gate())
        assert held.wait(PATIENCE)  # so that neither is carried out before both are asked for
        live.take(other.snapshot())
        live.rewind(150)  # allowed by what is there now, and past the end of what comes
        let_go.set()
        view = watcher.until(lambda v: v.generation and v.frame.step == 1)
        assert view.frame.knobs["stride"] == live.knobs["stride"] == 7 and live.setup.origin == 4
    finally:
        host.close()
