"""A live run: knobs while it trains, speed, rewinding, resets, failures."""

import time

import pytest
import torch

from engine.core.declare import InvalidValue
from engine.methods.attacks.digits import DigitAttack
from engine.methods.vat.vat import VAT
from engine.runs.live import Live
from engine.runs.run import Run
from tests.engine.runs.watcher import PATIENCE, Watcher, make


def test_it_trains_only_while_watched_and_visible(host):
    live = make(host)
    live.play()
    time.sleep(0.1)
    assert live.snapshot().result(PATIENCE).step == 0
    watcher = Watcher(live)
    watcher.until(lambda v: v.frame.step > 5)
    live.show(False)
    resting = live.snapshot().result(PATIENCE).step
    time.sleep(0.1)
    assert live.snapshot().result(PATIENCE).step == resting
    live.show(True)
    watcher.until(lambda v: v.frame.step > resting + 5)
    live.leave(watcher.offer)
    resting = live.snapshot().result(PATIENCE).step
    time.sleep(0.1)
    assert live.snapshot().result(PATIENCE).step == resting
    Watcher(live).until(lambda v: v.frame.step > resting + 5)  # it goes on where it was


def test_a_knob_acts_in_the_next_frame_without_a_restart(host):
    live = make(host)
    watcher = Watcher(live)
    live.play()
    before = watcher.until(lambda v: v.frame.step > 20)
    live.set_knobs({"epsilon_vat": 1.5})
    after = watcher.until(lambda v: v.frame.knobs["epsilon_vat"] == 1.5)
    assert after.generation == before.generation and after.frame.step > before.frame.step
    with pytest.raises(InvalidValue, match="0 to 4"):
        live.set_knobs({"epsilon_vat": 9, "lam": 2})
    assert live.knobs["lam"] == 1  # all or nothing


def test_single_steps_and_limited_speed(host):
    live = make(host)
    watcher = Watcher(live)
    live.step(3)
    assert watcher.until(lambda v: v.frame.step == 3).playing is False
    live.set_speed(50)
    live.play()
    start, first = time.monotonic(), watcher.until(lambda v: v.frame.step > 3).frame.step
    watcher.until(lambda v: v.frame.step >= first + 25)
    assert 0.3 < time.monotonic() - start < 5
    with pytest.raises(InvalidValue):
        live.set_speed(7)


def test_a_session_with_turned_knobs_rewinds_exactly(host):
    live = make(host)
    watcher = Watcher(live)
    live.step(30)
    watcher.until(lambda v: v.frame.step == 30)
    live.set_knobs({"lam": 3})
    live.step(300)
    watcher.until(lambda v: v.frame.step == 330)
    live.rewind(300)
    view = watcher.until(lambda v: v.generation == 1 and v.frame.step == 300)
    assert view.frame.knobs["lam"] == 3
    oracle = Run(VAT, live.setup, 1)
    oracle.advance(VAT.make_knobs(live.setup), 30)
    oracle.advance(VAT.make_knobs(live.setup, {"lam": 3}), 270)
    state, expected = live.snapshot().result(PATIENCE).state, oracle.method.state()
    assert all(torch.equal(state[k], expected[k]) for k in expected)
    live.rewind(0)
    assert watcher.until(lambda v: v.generation == 2 and v.frame.step == 0).frame.knobs["lam"] == 1
    with pytest.raises(InvalidValue):
        live.rewind(10**6)


def test_a_rewind_to_the_start_keeps_knobs_and_points_that_were_set_before_it(host):
    points = [[0.5, 0.5, 1], [-0.5, -0.5, 0]]
    live = Live(host, Run(VAT, VAT.make_setup({"test": 50}), 1), {"lam": 2, "points": points})
    watcher = Watcher(live)
    live.step(20)
    watcher.until(lambda v: v.frame.step == 20)
    live.rewind(0)
    view = watcher.until(lambda v: v.generation == 1)
    assert view.frame.knobs["lam"] == 2 and len(view.scene["points"]) == 2
    live.set_knobs({"lam": 3})
    live.rewind(0)  # nowhere to go: nothing changes
    live.step(1)
    assert watcher.until(lambda v: v.generation == 1 and v.frame.step == 1).frame.knobs["lam"] == 3


def test_reset_brings_back_the_same_weights_or_those_of_another_seed(host):
    live = make(host)
    watcher = Watcher(live)
    first = live.snapshot().result(PATIENCE).state
    live.step(10)
    watcher.until(lambda v: v.frame.step == 10)
    live.reset()
    view = watcher.until(lambda v: v.generation == 1)
    assert view.frame.step == 0 and view.scene is not None
    assert all(torch.equal(v, first[k]) for k, v in live.snapshot().result(PATIENCE).state.items())
    live.reset(7)
    assert watcher.until(lambda v: v.generation == 2).seed == 7 == live.seed
    assert not torch.equal(live.snapshot().result(PATIENCE).state["plain.weights.0"], first["plain.weights.0"])


def test_points_placed_by_hand_change_the_scene_and_the_course(host):
    live = make(host)
    watcher = Watcher(live)
    live.set_knobs({"points": [[0.5, 0.5, 1], [-0.5, -0.5, 0]]})
    view = watcher.until(lambda v: v.scene is not None and len(v.scene["points"]) == 2)
    assert view.generation == 0
    live.step(1)
    watcher.until(lambda v: v.frame.step == 1)
    live.set_knobs({"points": []})
    assert len(watcher.until(lambda v: v.scene is not None and len(v.scene["points"]) == 16).scene["points"]) == 16


def test_a_failing_run_says_so_and_others_do_not_notice(host):
    broken, sound = make(host), make(host)

    def fail(*_):
        raise ZeroDivisionError("on purpose")

    broken._run.method.step = fail
    bad, good = Watcher(broken), Watcher(sound)
    broken.play()
    sound.play()
    assert "on purpose" in bad.until(lambda v: v.failure).failure
    good.until(lambda v: v.frame.step > 20)
    broken.reset()
    broken.play()
    assert bad.until(lambda v: v.generation == 1 and v.frame.step > 3).failure is None


def test_a_slow_watcher_never_makes_frames_queue(host):
    live = make(host)
    views = []
    live.watch(views.append, ("field",))
    live.want()
    live.play()
    deadline = time.monotonic() + PATIENCE
    while live.snapshot().result(PATIENCE).step < 100 and time.monotonic() < deadline:
        pass
    assert len(views) == 1  # one want, one frame, however far the run has come
    live.want()
    while len(views) < 2 and time.monotonic() < deadline:
        pass
    assert views[1].frame.step >= 100


def test_a_run_that_has_nothing_left_to_do_pauses_by_itself(host):
    views = []
    live = Live(host, Run(DigitAttack, DigitAttack.make_setup({}), 0), {"steps": 5})
    live.watch(views.append, ())
    live.play()
    deadline = time.monotonic() + 30
    while not (views and views[-1].frame.metrics.get("rests")) and time.monotonic() < deadline:
        live.want()
        time.sleep(0.02)
    assert not live.playing and views[-1].frame.step == 5
    live.step(3)
    live.play()
    assert live.snapshot().result(10).step == 5 and not live.playing
    live.set_knobs({"steps": 8})
    live.play()
    while live.snapshot().result(10).step < 8 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert live.snapshot().result(10).step == 8


def test_a_reset_to_the_present_seed_goes_back_to_the_snapshot_it_came_from(host):
    run = Run(VAT, VAT.make_setup({}), 4)
    run.advance(VAT.make_knobs(run.setup), 7)
    live = Live(host, Run.restore(run.snapshot()), None, run.snapshot())
    watcher = Watcher(live)
    live.reset(4)
    watcher.until(lambda v: v.generation == 1 and v.frame.step == 7)
    live.reset(5)
    watcher.until(lambda v: v.generation == 2 and v.frame.step == 0 and v.seed == 5)


def test_a_layer_named_many_times_is_looked_at_once(host):
    live = make(host)
    live.look(["field"] * 2000)
    assert live._layers == ("field",)
