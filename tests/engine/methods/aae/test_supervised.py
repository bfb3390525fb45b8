"""The supervised AAE and its measurement."""

import math

import pytest
import torch

from engine.core.declare import InvalidValue
from tests.engine.methods.aae.runs import start


def test_parzen_of_a_supervised_run_is_measured_beside_it():
    run, knobs = start("aae-supervised")
    run.method.test_x = run.method.test_x[:200]  # a few test images show the protocol
    before, shares, answer = run.method.state(), [], None
    for done in run.method.measure(knobs, "parzen", {}):
        if isinstance(done, float):
            shares.append(done)
        else:
            answer = done
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert set(answer.numbers) == {"sigma", "nats", "error"}
    assert math.isfinite(answer.numbers["nats"])
    assert all(torch.equal(v, before[k]) for k, v in run.method.state().items())
    with pytest.raises(InvalidValue):
        next(run.method.measure(knobs, "nonesuch", {}))
