"""The semi-supervised AAE learns from the labels it is given, and from no others."""

import pytest
import torch

from engine.runs.run import Run
from tests.engine.methods.aae.runs import start


def test_semi_learns_digits_from_its_labels_alone():
    """A few hundred steps on 100 labels read most test digits; the labels of other images do not
    matter.
    """
    run, knobs = start("aae-semi", rate_classification=2e-3)
    chance = run.method.metrics(knobs, ["test_error"])[0]["test_error"]
    other = Run(type(run.method), run.setup, 0)
    other.method.y = other.method.y.clone()
    hidden = other.method.order[100:]
    other.method.y[hidden] = other.method.y[hidden].roll(1)
    for r in (run, other):
        r.advance(knobs, 150)
    a, b = run.method.state(), other.method.state()
    assert all(torch.equal(a[k], b[k]) for k in a)
    assert chance > 70 and run.method.metrics(knobs, ["test_error"])[0]["test_error"] < 45
    confusion = run.method.layers(knobs, ("confusion",))["confusion"]
    assert confusion.sum(1) == pytest.approx([100] * 10, abs=1e-3)
