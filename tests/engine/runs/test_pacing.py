"""When a run is looked at, alone and where many share a core."""

from types import SimpleNamespace

import pytest

from engine.methods.vat.vat import GLANCED, VAT
from engine.runs import pacing as pacing_module
from engine.runs.pacing import CROWDED_PACE, EARLY, QUICK_A_SECOND, SLOW_PACE, Pacing
from engine.runs.run import Run
from tests.engine.runs.watcher import Second, Watcher, make

COST = 0.5  # seconds of a look


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved, and a look that takes COST by it."""
    found = SimpleNamespace(now=100.0)
    found.monotonic = found.perf_counter = lambda: found.now
    monkeypatch.setattr(pacing_module, "time", found)
    return found


@pytest.fixture
def paced(walker, clock, monkeypatch):
    """A function that gives the pacing of a Walker beside others, and what was looked at."""
    monkeypatch.setattr(walker, "slow_metrics", ("y",))
    monkeypatch.setattr(walker, "pace", 4.0)
    looks = []

    def metrics(self, knobs, names=None):
        looks.append(names)
        clock.now += COST
        return [dict.fromkeys(names, 0.0)]

    monkeypatch.setattr(walker, "metrics", metrics)

    def make(crowd):
        run = Run(walker, walker.make_setup({}), 1)
        run.step = EARLY
        return Pacing(run, lambda: float(crowd)), run.knobs, looks

    return make


@pytest.mark.parametrize("crowd", [1, 15, 30])
def test_all_slow_looks_together_take_a_bounded_share_of_a_core(paced, clock, crowd):
    pacing, knobs, _ = paced(crowd)
    pacing.look(knobs, (), True, True)
    pacing._run.step += 1
    wait = pacing.slow_due(knobs, True) - clock.now
    assert crowd * COST / (wait + COST) <= 1 / SLOW_PACE + 1e-9
    assert wait == pytest.approx(SLOW_PACE * COST * crowd)


@pytest.mark.parametrize(("crowd", "pace"), [(1, 4), (2, 4), (4, 2.4), (8, 1.2), (30, 1.2)])
def test_frames_keep_a_share_of_a_core_that_many_runs_have(paced, clock, crowd, pace):
    pacing, knobs, _ = paced(crowd)
    pacing.look(knobs, (), False, False)

    def trained(seconds):
        clock.now += seconds
        pacing.spent(clock.now - seconds, 0)

    trained(0.99 * pace * COST)
    assert not pacing.frame_earned(knobs)
    trained(0.02 * pace * COST)
    assert pacing.frame_earned(knobs)
    assert CROWDED_PACE <= pace


def test_a_pace_that_is_small_anyway_stays(paced, clock, walker, monkeypatch):
    monkeypatch.setattr(walker, "pace", 1.0)
    pacing, knobs, _ = paced(30)
    pacing.look(knobs, (), False, False)
    clock.now += 1.01 * COST
    pacing.spent(clock.now - 1.01 * COST, 0)
    assert pacing.frame_earned(knobs)


@pytest.mark.parametrize("crowd", [1, 30])
def test_quick_metrics_are_looked_at_only_so_often_for_a_core(paced, clock, crowd):
    pacing, knobs, looks = paced(crowd)
    every = max(0.2, crowd / QUICK_A_SECOND)
    for wait in (1000, 0.9 * every - COST, every):
        clock.now += wait
        pacing.look(knobs, (), True, False)
    assert looks == [("x",), (), ("x",)]


def test_slow_metrics_are_never_looked_at_twice_for_the_same_weights_and_knobs(paced, walker, monkeypatch):
    monkeypatch.setattr(walker, "slow_knobs", ("update",))
    pacing, knobs, _ = paced(1)
    pacing.look(knobs, (), True, True)
    for active in (True, False):
        assert pacing.slow_due(knobs, active) is None
        assert pacing.slow_due(knobs.with_values({"stride": 3}), active) is None
        assert pacing.slow_due(knobs.with_values({"update": "x"}), active) is not None
    pacing._run.step += 1
    assert pacing.slow_due(knobs, True) is not None


def test_who_comes_gets_no_slow_number_of_other_knobs(paced):
    pacing, knobs, _ = paced(1)
    pacing.look(knobs, (), False, True)
    name, value = next(iter(knobs.to_dict().items()))
    pacing.new_watcher()
    assert "y" in pacing.look(knobs, (), False, False).frame.metrics
    pacing.new_watcher()
    assert "y" not in pacing.look(knobs.with_values({name: value / 2}), (), False, False).frame.metrics


def test_a_glance_in_motion_is_followed_by_a_whole_look_at_rest(paced, walker, monkeypatch):
    monkeypatch.setattr(walker, "glance", lambda self, knobs, names: [{}])
    pacing, knobs, looks = paced(1)
    assert pacing.look(knobs, (), True, True).sound
    assert not looks and pacing.slow_due(knobs, True) is None and pacing.slow_due(knobs, False) is not None
    pacing.look(knobs, (), False, True)
    assert looks and pacing.slow_due(knobs, False) is pacing.slow_due(knobs, True) is None


def test_lds_is_of_few_test_points_while_vat_trains_and_of_all_at_rest_and_in_reports(host, monkeypatch):
    measured, lds = [], VAT.lds
    monkeypatch.setattr(VAT, "lds", lambda self, z: measured.append(len(z[0])) or lds(self, z))
    live = make(host, test=1000)
    watcher = Watcher(live)
    live.play()
    watcher.until(lambda v: v.playing and v.frame.step > 5 and "lds_test.vat" in v.frame.metrics)
    assert {16, GLANCED} <= set(measured)
    live.play(False)
    step = live.snapshot().result(20).step
    measured.clear()
    seen = len(watcher.views)
    watcher.until(lambda v: v in watcher.views[seen:] and not v.playing and "lds_test.vat" in v.frame.metrics)
    assert measured == [16, 1000]
    shown = watcher.views[-1].frame.metrics["lds_test.vat"]
    oracle = Run(VAT, live.setup, 1)
    oracle.advance(oracle.knobs, step)
    assert shown == oracle.metrics()[0]["lds_test.vat"]
    measured.clear()
    live.set_knobs({"epsilon_vat": 1.0})  # enters no LDS
    watcher.until(lambda v: v.frame.knobs["epsilon_vat"] == 1.0)
    live.set_knobs({"points": ((0.0, 0.0, 1), (1.0, 0.0, 0))})
    watcher.until(lambda v: v.frame.knobs["points"] and "lds_train.vat" in v.frame.metrics)
    assert measured == [2, 1000]


def test_who_comes_to_a_run_that_rests_sees_all_its_numbers(host):
    """A lab that one comes back to, and a room that joins: the slow metrics are not looked at again
    where nothing has changed, and yet they are shown.
    """
    live = make(host)
    first = Watcher(live).until(lambda view: "lds_test.vat" in view.frame.metrics)
    again = Watcher(live).until(lambda view: "lds_test.vat" in view.frame.metrics)
    room = Watcher(Second(live)).until(lambda view: "lds_test.vat" in view.frame.metrics)
    assert first.frame.metrics == again.frame.metrics == room.frame.metrics
