"""A live run and a repetition that diverge: paused, shown as it last was, played on only after it
was put right.
"""

import math

import pytest

from engine.core.declare import InvalidValue
from engine.core.registry import find
from engine.methods.gan.plane import GAN
from engine.methods.vat.vat import VAT
from engine.runs.live import Live
from engine.runs.repeat import Repeat
from engine.runs.run import Run
from tests.engine.runs.watcher import PATIENCE, Watcher

# A game whose numbers overflow within a few dozen steps.
HOT = {"loss": "lsgan", "lr_d": 0.05, "lr_g": 0.05, "beta1": 0.95, "beta2": 0.5}
RELU = {"activation": "relu"}


def diverging(host, layers=("field", "fake")):
    """A live game that diverges, and the step that a run alone finds."""
    setup = GAN.make_setup(RELU)
    alone = Run(GAN, setup, 0)
    alone.advance(GAN.make_knobs(setup, HOT), 300)
    live = Live(host, Run(GAN, setup, 0), HOT)
    return live, Watcher(live, layers=layers), alone


def test_it_pauses_at_the_last_finite_state_and_says_what_to_lower(host):
    live, watcher, alone = diverging(host)
    (found,) = alone.diverged()
    live.play()
    view = watcher.until(lambda v: v.diverged)
    assert view.diverged == found and not view.playing and view.frame.step == found.step - 1 == alone.step
    assert f"step {found.step}" in view.advice and "η_D" in view.advice and "timeline" in view.advice
    assert {"field", "fake"} <= set(view.frame.layers)  # of the last finite state
    snapshot = live.snapshot().result(PATIENCE)
    assert snapshot.step == alone.step
    assert all(t.isfinite().all() for t in snapshot.state.values() if t.is_floating_point())
    for again in (live.play, live.step):
        with pytest.raises(InvalidValue, match=f"iverged at step {found.step}"):
            again()
    assert watcher.views[-1].frame.step == alone.step
    live.set_knobs({"lr_d": 1e-3, "lr_g": 1e-3})  # alone they do not bring it back
    with pytest.raises(InvalidValue, match="iverged"):
        live.play()


def test_rewinding_or_resetting_lets_it_play_on(host):
    live, watcher, alone = diverging(host)
    live.play()
    watcher.until(lambda v: v.diverged)
    watcher.views.clear()
    live.rewind(5)
    live.play()  # at once, before the rewind was carried out
    assert watcher.until(lambda v: v.diverged and v.generation == 1).diverged == alone.diverged()[0]
    live.rewind(5)
    watcher.until(lambda v: v.generation == 2)
    live.set_knobs({"lr_d": 1e-4, "lr_g": 1e-4})
    live.play()
    view = watcher.until(lambda v: v.frame.step > alone.step + 20)
    assert view.diverged is None and view.playing
    watcher.views.clear()
    live.set_knobs(HOT)
    assert watcher.until(lambda v: v.diverged).diverged.step > alone.step
    live.reset()
    reset = watcher.until(lambda v: v.frame.step == 0 and v.generation == 3)
    assert reset.diverged is None
    live.play()
    assert watcher.until(lambda v: v.diverged and v.generation == 3).diverged == alone.diverged()[0]


def overflowing():
    """A run with finite weights and outputs that are not."""
    setup = VAT.make_setup({"hidden": 4, "dimension": 2, "test": 20})
    run = Run(VAT, setup, 0)
    run.advance(VAT.make_knobs(setup))
    for net in (run.method.nets.plain, run.method.nets.moved):
        for weight in net.weights:
            weight.data.fill_(1e25)
    return Run.restore(run.snapshot())


def test_a_metric_alone_that_overflows_is_left_out_and_ends_nothing(host):
    live = Live(host, overflowing())
    watcher = Watcher(live)
    view = watcher.until(lambda v: v.advice)
    assert view.diverged is None and math.isnan(view.frame.metrics["test_error.mle"])
    assert "field" not in view.frame.layers and view.left_out == ("field",)
    assert "not finite, and are left out" in view.advice and "η" in view.advice
    live.set_knobs({"learning_rate": 0.02})
    live.play()
    view = watcher.until(lambda v: v.diverged or v.frame.step > 5)  # it trains, until the weights go


@pytest.mark.parametrize("looks", [0, 1, 5])
def test_where_it_diverged_does_not_depend_on_who_looks_when(looks):
    """In this run the test error is NaN some steps before the weights are."""
    setup = VAT.make_setup({"test": 50})
    hot = {"learning_rate": 10, "l2": 0.1, "decay": 1, "points": ((10, 10, 1), (10, 10, 0))}
    alone, seen = Run(VAT, setup, 0), Run(VAT, setup, 0)
    knobs = VAT.make_knobs(setup, hot)
    alone.advance(knobs, 400)
    (found,) = alone.diverged()
    odd = 0
    for step in range(400):
        seen.advance(knobs)
        if looks and step % looks == 0:
            odd += any(math.isnan(v) for v in seen.metrics(("test_error",))[0].values()) and not seen.stopped
    assert seen.diverged() == (found,) and seen.step == alone.step == found.step - 1
    assert bool(odd) == bool(looks), "the outputs overflow before"


def test_the_step_is_that_of_the_weights_though_outputs_overflow_before(host):
    """Here the test error is NaN some steps earlier, which a look may or may not see."""
    setup = VAT.make_setup({})
    hot = {"learning_rate": 10, "l2": 0.1, "decay": 1, "points": ((10, 10, 1), (10, 10, 0))}
    alone = Run(VAT, setup, 0)
    alone.advance(VAT.make_knobs(setup, hot), 400)
    for speed in (0, 200):
        live = Live(host, Run(VAT, setup, 0), hot)
        watcher = Watcher(live)
        live.set_speed(speed)
        live.play()
        assert watcher.until(lambda v: v.diverged).diverged == alone.diverged()[0]


def test_a_margin_without_a_boundary_in_view_is_no_divergence(host):
    method = find("training")
    setup = method.make_setup({"train": 2, "test": 20})
    live = Live(host, Run(method, setup, 0), {"points": ((0.1, 0.2, 1),)})
    watcher = Watcher(live)
    live.step(60)
    view = watcher.until(lambda v: v.frame.step == 60 and "margin.standard" in v.frame.metrics)
    assert view.diverged is None


def test_sets_that_diverge_are_named_and_the_others_are_what_they_would_be_alone(host):
    setup = VAT.make_setup({"hidden": 8, "dimension": 10, "test": 50})
    knobs = VAT.make_knobs(setup, {"learning_rate": 10, "decay": 1, "points": ((9, 9, 1), (-9, 9, 0), (9, -9, 1))})
    repeat = Repeat(host, VAT, setup, knobs, range(6), 150, blocks=2)
    assert repeat.wait(PATIENCE) and len(repeat.diverged) == len(repeat.metrics) == 6
    assert any(repeat.diverged)
    for seed, (found, metrics) in enumerate(zip(repeat.diverged, repeat.metrics)):
        bad = {n.split(".")[1] for n, v in metrics.items() if math.isnan(v)}
        alone = Run(VAT, setup, seed)
        alone.advance(knobs, 150)
        assert (found is None) == (not bad) and alone.diverged() == (found,)
        assert found is None or any(
            kind in bad for kind in ("mle", "l2", "dropout", "adv_linf", "adv_l2", "vat", "random")
        )
