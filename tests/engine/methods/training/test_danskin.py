"""The check of Danskin's theorem."""

import math

import pytest
import torch

from engine.attacks.batched_pgd import pgd_path
from engine.core.streams import stream
from engine.methods.training import danskin
from engine.nn.batched_mlp import forward, pick
from engine.nn.losses import cross_entropy
from tests.engine.methods.training.runs import started


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("seed", range(4))
def test_danskins_theorem_holds_where_the_maximiser_is_on_no_kink(norm, seed):
    run, knobs = started(seed, {"norm": norm, "hidden": "32"})
    run.advance(knobs, 200)
    x, target = run.method.plane_task.training_batch(knobs.points)
    m = run.method.nets.span("pgd").start
    found = danskin.check(
        pick(run.method.nets.layers(), slice(m, m + 1)),
        x[m],
        target[m],
        run.method.norm,
        knobs.epsilon,
        stream(seed, "test"),
    )
    assert found.points >= 5 and found.of == 24 and abs(found.slope) > 1e-6
    assert found.error <= 1e-3
    numbers = run.method.metrics(knobs, ("danskin",))[0]
    assert set(numbers) == {f"danskin.{n}" for n in ("slope", "difference", "error", "points", "of")}
    assert numbers["danskin.error"] <= 1e-3


def test_danskins_theorem_fails_for_a_perturbation_that_is_no_maximiser():
    """The check can tell: at the points themselves the gradient is another one. And δ* is a
    maximum, as good as a long PGD's.
    """
    run, knobs = started(1)
    run.advance(knobs, 100)
    x, target = run.method.plane_task.training_batch(knobs.points)
    layers = [(w.double(), b.double()) for w, b in pick(run.method.nets.layers(), slice(5, 6))]
    at, toward = x[5:6].double(), target[5:6].double()
    wrong = danskin.check(
        layers, at[0], toward[0], run.method.norm, knobs.epsilon, stream(1, "test"), held=torch.zeros_like(at[0])
    )
    assert wrong.points >= 5 and wrong.error > 1e-2
    best = danskin.maximise(layers, at, toward, run.method.norm, knobs.epsilon)
    longest = pgd_path(layers, at, toward, run.method.norm, knobs.epsilon, 0.05, 60)[-1]
    assert (
        cross_entropy(toward, forward(layers, at + best)).mean()
        >= cross_entropy(toward, forward(layers, at + longest)).mean() - 1e-9
    )


def test_where_no_point_can_be_checked_danskins_theorem_is_not_called_true():
    run, knobs = started(1)
    dead = [(w * 0, b * 0) for w, b in pick(run.method.nets.layers(), slice(5, 6))]
    x, target = run.method.plane_task.training_batch(knobs.points)
    found = danskin.check(dead, x[5], target[5], run.method.norm, knobs.epsilon, stream(1, "test"))
    assert found.points == 0 and math.isnan(found.error)
