"""What a run is asked while it trains: questions, phases of a step, slow layers, paintings."""

import time

import pytest

from engine.core.declare import InvalidValue
from engine.runs.live import Live
from engine.runs.run import Run
from tests.engine.runs.watcher import PATIENCE, Watcher
from tests.walker import Walker


def test_a_question_is_answered_without_a_watcher_and_changes_nothing(live):
    before = live.snapshot().result(PATIENCE).state
    answer = live.ask("where", {"plus": 2}).result(PATIENCE)
    assert answer.numbers["x"] == before["place"][0].item() + 2
    assert all(before[k].equal(v) for k, v in live.snapshot().result(PATIENCE).state.items())


def test_bad_questions_say_what_is_wrong_and_leave_the_run_going(live):
    with pytest.raises(InvalidValue, match="known are where"):
        live.ask("x", {})
    with pytest.raises(InvalidValue, match="did you mean where"):
        live.ask("when", {})
    with pytest.raises(InvalidValue, match="give plus"):
        live.ask("where", {}).result(PATIENCE)
    with pytest.raises(InvalidValue, match="did you mean mean"):
        live.measure("median", {})
    assert live.failure is None


def test_a_newer_question_takes_the_place_of_one_that_waits(live):
    live._host.drop(live)
    live._closed = True  # nothing is answered meanwhile
    first, second = live.ask("where", {"plus": 1}), live.ask("where", {"plus": 2})
    live._closed = False
    live.want()
    assert second.result(PATIENCE).numbers and first.cancelled()


def test_explaining_pauses_and_shows_the_step_that_then_comes(live):
    watcher = Watcher(live, ("place",))
    live.play()
    watcher.until(lambda v: v.frame.step > 3)
    phases = live.explain().result(PATIENCE)
    assert not live.playing and [p.name for p in phases] == ["draw", "move"]
    step = live.snapshot().result(PATIENCE).step
    live.step(1)
    assert watcher.until(lambda v: v.frame.step == step + 1).frame.layers["place"][0] == pytest.approx(
        phases[1].numbers["x"]
    )


def test_a_step_of_one_part_turns_its_knob_for_that_step_alone_and_is_replayed(live):
    watcher = Watcher(live, ("place",))
    live.step(1, {"update": "x"})
    watcher.until(lambda v: v.frame.step == 1)
    first = live.snapshot().result(PATIENCE)
    assert first.state["place"][1] == 0 and first.state["place"][0] != 0
    live.step(1)
    watcher.until(lambda v: v.frame.step == 2)
    second = live.snapshot().result(PATIENCE)
    assert second.state["place"][1] != 0 and second.knobs["update"] == "both"
    again = Run(Walker, live.setup, 1)
    again.replay(second.log, second.step)
    assert again.method.place.equal(second.state["place"])
    with pytest.raises(InvalidValue):
        live.step(1, {"update": "z"})


def test_slow_layers_come_only_so_often_while_training_and_at_once_at_rest(live):
    watcher = Watcher(live, ("place", "trail"))
    live.play()
    start = watcher.until(lambda v: v.frame.step > 5)
    time.sleep(1.2)
    views = list(watcher.views)
    carried = [v for v in views if "trail" in v.frame.layers]
    assert start and 3 <= len(carried) <= 8 and len(carried) < len(views) / 2
    live.play(False)
    last = watcher.until(lambda v: not v.playing and "trail" in v.frame.layers)
    assert (last.frame.layers["trail"] == last.frame.layers["place"]).all()


def test_painting_changes_the_scene_and_no_ink_is_no_painting(live):
    watcher = Watcher(live, ("place",))
    painting = tuple([0] * 15 + [7])
    live.set_knobs({"density": painting})
    assert tuple(watcher.until(lambda v: v.scene and len(v.scene["ground"])).scene["ground"]) == painting
    live.set_knobs({"density": [0] * 16})
    assert live.knobs["density"] == ()
    with pytest.raises(InvalidValue, match="4 × 4"):
        live.set_knobs({"density": [1, 2, 3]})


def test_a_run_from_a_snapshot_is_reset_to_it_and_cannot_go_before_it(live):
    run = Run(Walker, live.setup, 1)
    run.advance(run.knobs, 20)
    start = run.snapshot()
    live = Live(live._host, Run.restore(start), start=start)
    watcher = Watcher(live, ("place",))
    live.step(5)
    watcher.until(lambda v: v.frame.step == 25)
    with pytest.raises(InvalidValue, match="from 20 to"):
        live.rewind(3)
    live.reset()
    now = live.snapshot().result(PATIENCE)
    assert now.step == 20 and now.state["place"].equal(start.state["place"])
    live.reset(seed=2)
    assert live.snapshot().result(PATIENCE).step == 0
    live.step(1)
    watcher.until(lambda v: v.frame.step == 1)
    live.reset()
    assert live.snapshot().result(PATIENCE).step == 0, "a new seed leaves the snapshot behind"
