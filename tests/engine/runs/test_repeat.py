"""Repeat over many seeds: the numbers of single runs, progress, cancelling, statistics."""

import time

import numpy as np
import pytest
from scipy import stats

from engine.methods.vat.vat import VAT
from engine.runs import repeat as repeat_module
from engine.runs.repeat import Repeat, summary
from engine.runs.run import Run


def test_it_is_the_runs_of_each_seed(host):
    setup = VAT.make_setup({"precision": "float64", "test": 100})
    knobs = VAT.make_knobs(setup)
    repeat = Repeat(host, VAT, setup, knobs, range(5), 40)
    assert repeat.wait(60) and repeat.progress == 1 and not repeat.failure
    for seed, metrics in enumerate(repeat.metrics):
        run = Run(VAT, setup, seed)
        run.advance(knobs, 40)
        assert metrics == pytest.approx(run.method.metrics(knobs)[0], rel=1e-6)


def test_cancel_is_quick_and_keeps_nothing(host):
    setup = VAT.make_setup({})
    repeat = Repeat(host, VAT, setup, VAT.make_knobs(setup), range(50), 100_000)
    deadline = time.monotonic() + 60
    while repeat.progress == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    repeat.cancel()
    assert repeat.ended and repeat.metrics == []
    done = repeat.progress
    time.sleep(1.0)  # at most the step under way is still finished
    resting = repeat.progress
    assert resting - done < 0.001
    time.sleep(0.2)
    assert repeat.progress == resting


def test_one_that_nobody_asks_for_any_more_ends_itself(host, monkeypatch):
    monkeypatch.setattr(repeat_module, "ABANDONED", 0.3)
    setup = VAT.make_setup({})
    repeat = Repeat(host, VAT, setup, VAT.make_knobs(setup), range(4), 10**7)
    assert not repeat.wait(1.0) or repeat.cancelled
    deadline = time.monotonic() + 30
    while not repeat.ended and time.monotonic() < deadline:
        time.sleep(0.05)
    assert repeat.ended and repeat.cancelled


def test_a_failure_ends_it_with_a_message(host):
    class Broken(VAT):
        def step(self, knobs, step):
            raise FloatingPointError("on purpose")

    setup = VAT.make_setup({})
    repeat = Repeat(host, Broken, setup, VAT.make_knobs(setup), range(4), 10)
    assert repeat.wait(30) and "on purpose" in repeat.failure and repeat.metrics == []


def test_the_paired_error_is_that_of_the_differences():
    g = np.random.default_rng(0)
    base = g.normal(10, 5, 30)
    values = base + g.normal(-1, 0.5, 30)
    s = summary(values.tolist(), base.tolist())
    assert s.difference == pytest.approx((values - base).mean()) and s.error == pytest.approx(stats.sem(values - base))
    assert (s.mean, s.sd, s.median) == pytest.approx((values.mean(), values.std(ddof=1), np.median(values)))
    assert s.error < 0.2 * s.sd  # pairing is what makes small differences visible
