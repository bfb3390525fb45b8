"""Divergence, held against every registered method: the step, what is kept, what is shown."""

import math

import pytest
import torch

from engine.core.diverged import pictures
from engine.core.registry import methods
from engine.runs.run import Run
from tests.engine.core.test_contract import same, start

METHODS = list(methods().values())
every_method = pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)


def spoilt(method_state):
    """A state all of whose floating-point numbers are NaN."""
    return {k: torch.full_like(t, math.nan) if t.is_floating_point() else t for k, t in method_state.items()}


@every_method
def test_nothing_is_counted_or_drawn_from_numbers_that_are_not_finite(method):
    (run, knobs), (other, _) = start(method), start(method)
    run.advance(knobs, 2)
    other.advance(knobs, 4)
    if method.name.startswith("attack"):
        pytest.skip("its networks ship and do not train")
    groups = tuple(dict.fromkeys(method.quick_metrics + method.slow_metrics))
    (well,), (later,) = (r.method.metrics(knobs, groups) for r in (run, other))
    drawn, _ = pictures(run.method, knobs, method.frame_layers)
    assert set(drawn) == set(method.frame_layers)
    run.method.load(spoilt(run.method.state()))
    for names, healthy in ((groups, well), (None, None)):
        (found,) = run.method.metrics(knobs, names)
        counted = {n: v for n, v in found.items() if not math.isnan(v)}
        constant = {n for n in counted if healthy is None or healthy[n] == later[n] == counted[n]}
        assert set(counted) <= constant | {
            n for n in counted if n.endswith("_null") or n in ("noise_now", "danskin.points")
        }, counted
        assert healthy is None or set(found) == set(healthy)
    left, whole = pictures(run.method, knobs, method.frame_layers)
    assert not whole and not left, set(left)


def break_at(run, step):
    """Let the run's method come out of this step, and of later ones, with a NaN in every part."""
    proper = run.method.step

    def step_and_break(knobs, done):
        proper(knobs, done)
        if done + 1 >= step:
            state = {k: t.clone() for k, t in run.method.state().items()}
            for t in state.values():
                if t.is_floating_point() and t.numel():
                    t.view(-1)[-1] = math.nan
            run.method.load(state)

    run.method.step = step_and_break


@every_method
def test_the_step_is_found_whatever_the_chunks_and_the_last_finite_state_is_kept(method):
    if method.name.startswith("attack"):
        pytest.skip("its networks ship and do not train")
    before, knobs = start(method)
    before.advance(knobs, 6)
    for chunks in ((30,), (1,) * 12, (5, 2, 9)):
        run, _ = start(method)
        run._watch._due = math.inf  # no look until one asks, whatever the machine
        break_at(run, 7)
        for steps in chunks:
            run.advance(knobs, steps)
        (found,) = run.diverged()
        assert found.step == 7 and found.what.startswith(("weights of ", "moments of ")) and run.stopped
        assert same(run, before) and run.log == before.log and run.knobs == before.knobs
        run.advance(knobs, 5)
        assert same(run, before)
        assert Run.restore(run.snapshot()).step == 6
        assert any(math.isnan(v) for v in run.metrics()[0].values()) and same(run, before)


@every_method
def test_a_sound_run_is_never_taken_for_diverged(method):
    run, knobs = start(method)
    run.advance(knobs, 3)
    names = tuple(dict.fromkeys(method.quick_metrics + method.slow_metrics))
    run.metrics(names)
    assert run.diverged() == (None,) and not run.stopped
