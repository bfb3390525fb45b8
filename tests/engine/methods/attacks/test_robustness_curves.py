"""Error over ε."""

import pytest
import torch

from engine.core.declare import InvalidValue
from engine.data import mnist
from engine.nn.digit_classifiers import load
from tests.engine.methods.attacks.runs import digits, measured


def test_curves_start_at_the_clean_error_and_agree_with_the_attack():
    run, knobs = digits({"steps": 10})
    asked = {"models": ["linear", "dnn2"], "epsilons": [0.0, 0.05, 0.1], "count": 60}
    n = measured(run.method, knobs, "curves", asked).numbers
    rows = torch.arange(60) * 10_000 // 60
    x, y = mnist.images("test")[rows].float() / 255, mnist.labels("test")[rows]
    for model in asked["models"]:
        clean = 100 * float((load(model)(x).argmax(1) != y).float().mean())
        assert n["errors"][model]["fgsm"][0] == n["errors"][model]["pgd"][0] == pytest.approx(clean)
        assert n["errors"][model]["pgd"][2] >= n["errors"][model]["fgsm"][2] - 2 > clean
    for bad in ({"models": ["x"]}, {"attacks": []}, {"epsilons": [-1]}, {"count": 5}, {"count": 10**6}):
        with pytest.raises(InvalidValue):
            list(run.method.measure(knobs, "curves", bad))
