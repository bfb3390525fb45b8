"""The linear explanation of adversarial examples: growth with the number of inputs."""

import pytest

from engine.core.streams import stream
from engine.methods.attacks.linear_explanation import growth
from engine.nn.digit_classifiers import load
from tests.engine.methods.attacks.runs import digits


def test_the_linear_explanation_within_one_per_cent_at_a_hundred_thousand():
    run, knobs = digits()
    for n in (10_000, 100_000):
        found = run.method.ask(knobs, "linear", {"n": n, "epsilon": 0.007, "m": 0.02}).numbers
        assert found["measured"] == pytest.approx(found["predicted"], rel=0.01 if n == 100_000 else 0.04)
        assert found["linf"] == pytest.approx(0.007) and abs(found["random"]) < 0.1 * found["measured"]
    # Not one lucky seed: the spread is .76/√n.
    errors = [growth(100_000, 0.1, 1.0, stream(s, "linear"))["measured"] / 10_000 - 1 for s in range(20)]
    assert max(map(abs, errors)) < 0.01 and max(errors) > 0 > min(errors)


def test_on_the_real_softmax_weights_the_growth_is_exact():
    run, knobs = digits()
    for weights in ("linear", "linear-robust"):
        found = run.method.ask(knobs, "linear", {"n": 784, "epsilon": 0.1, "weights": weights}).numbers
        w = load(weights)[-1].weight
        assert found["measured"] == pytest.approx(
            0.1 * float((w[found["rival"]] - w[found["label"]]).abs().sum()), rel=1e-6
        )
        assert found["measured"] == pytest.approx(found["predicted"], rel=1e-6)
