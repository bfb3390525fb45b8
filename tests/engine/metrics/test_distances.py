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


def test_mmd_of_a_single_point_is_not_a_number():
    """It has no pairs to compare, and its unbiased estimate divides by zero."""
    one, many = torch.zeros(1, 2), torch.randn(30, 2, generator=generator())
    assert math.isnan(mmd2(one, many)) and math.isnan(mmd2(many, one))


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


@pytest.mark.parametrize("dimensions", [2, 10, 15])
def test_a_shift_shows_in_sliced_w2_divided_by_the_root_of_the_dimension(dimensions):
    """What the pages say beside the number: 0.71 in the plane, 0.26 in 15 dimensions."""
    x = torch.randn(500, dimensions, generator=generator())
    shift = torch.zeros(dimensions)
    shift[0] = 1
    shown = [sliced_w2(x, x + shift, generator(seed)) for seed in range(20)]
    assert sum(shown) / 20 == pytest.approx(dimensions**-0.5, rel=0.03)


def test_mmd_of_clouds_far_out_is_that_of_the_same_clouds_at_the_origin():
    g = generator()
    x, y = 0.3 * torch.randn(400, 2, generator=g), 0.3 * torch.randn(400, 2, generator=g) + 0.4
    far = torch.tensor([1e4, -1e4])
    # The float32 coordinates themselves are rounded there, to a thousandth.
    rounded = [(z + far).double() - far.double() for z in (x, y)]
    assert mmd2(x + far, y + far) == pytest.approx(mmd2(*rounded), rel=1e-4) and mmd2(x, y) > 0.1


def test_sliced_w2_of_samples_of_different_size_is_exact():
    """A sample whose every point occurs k times is the same distribution; and 2 against 3 points by
    hand: quantile functions 0, 1 and 0, 0, 1 differ on (1/2, 2/3) alone.
    """
    g = generator()
    x, y = torch.randn(7, 3, generator=g), torch.randn(5, 3, generator=g)
    same = sliced_w2(x.repeat(5, 1), y.repeat(7, 1), generator(1))
    assert sliced_w2(x, y, generator(1)) == pytest.approx(same, rel=1e-5)
    line = [torch.tensor(v).view(-1, 1) for v in ([0.0, 1.0], [0.0, 0.0, 1.0])]
    assert sliced_w2(*line, generator(1)) == pytest.approx(math.sqrt(1 / 6), rel=1e-6)
