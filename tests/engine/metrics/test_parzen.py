"""Parzen windows against densities that are known."""

import math

import pytest
import torch

from engine.core.streams import stream
from engine.metrics.parzen import log_likelihoods, parzen


def test_parzen_of_one_sample_is_its_gaussian():
    x, sample, sigma = (
        torch.randn(5, 7, generator=stream(0, "x"), dtype=torch.float64),
        torch.zeros(1, 7, dtype=torch.float64),
        0.3,
    )
    expected = torch.distributions.Normal(0.0, sigma).log_prob(x).sum(1)
    assert torch.allclose(log_likelihoods(sample, x, (sigma,))[0], expected)


def test_parzen_of_many_agrees_with_a_mixture_and_chooses_the_best_width():
    g = stream(0, "x")
    samples, validation, test = (torch.randn(n, 3, generator=g) * 0.5 for n in (400, 250, 150))
    normal = torch.distributions.Normal(samples[None].double(), 0.2)
    expected = normal.log_prob(test[:, None].double()).sum(-1).logsumexp(1) - math.log(400)
    assert torch.allclose(log_likelihoods(samples.double(), test.double(), (0.2,))[0], expected)
    *shares, best = parzen(samples, validation, test, (0.01, 0.2, 3.0))
    assert shares == sorted(shares) and shares[-1] == 1
    assert best["sigma"] == 0.2 and best["nats"] == pytest.approx(expected.mean().item()) and best["error"] > 0
