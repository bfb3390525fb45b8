"""Distances of two samples: MMD² and the sliced Wasserstein distance."""

import math

import pytest
import torch

from engine.data.priors import Prior
from engine.metrics.distances import mmd2, sliced_w2
from tests.draws import generator


def test_mmd_is_unbiased_under_the_null():
    """Mean over 200 pairs of samples within 3 standard errors of 0; the biased estimate would be 20
    times that off.
    """
    prior, g = Prior("petals"), generator()
    values = torch.tensor([mmd2(prior.sample(60, g), prior.sample(60, g)) for _ in range(200)])
    assert abs(values.mean()) < 3 * values.std() / math.sqrt(200)
    assert mmd2(prior.sample(60, g), prior.sample(60, g) * 0.5) > 5 * values.std()


def test_sliced_w2_has_its_closed_form():
    """Between N(0, I) and N(m, 4 I) in the plane, every projection has W₂² = (θᵀm)² + 1, so the
    mean is |m|²/2 + 1.
    """
    g = generator()
    x, m = torch.randn(2000, 2, generator=g), torch.tensor([2.0, -1.0])
    moved = sliced_w2(x, x + m, generator(1), 1000)  # a shift of the same points: exactly |θᵀm| along each direction
    assert moved == pytest.approx(math.sqrt(m.square().sum().item() / 2), rel=0.04)
    y = 2 * torch.randn(2000, 2, generator=g) + m
    assert sliced_w2(x, y, generator(2), 500) == pytest.approx(math.sqrt(m.square().sum().item() / 2 + 1), rel=0.06)
