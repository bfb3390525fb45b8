"""Sums of a Gaussian kernel over all pairs, by frequencies, against the pairs themselves."""

import pytest
import torch

from engine.metrics.distances import mmd2
from engine.metrics.gaussian_sums import gaussian_sums, pays
from tests.draws import generator


def _pairs(x, y, width):
    gaps = ((a[:, None] - b).square().sum(-1) for a, b in ((x, x), (y, y), (x, y)))
    return tuple(float((-gap / (2 * width**2)).exp().sum()) for gap in gaps)


@pytest.mark.parametrize("width", [0.1, 0.3, 1.0, 40.0])
@pytest.mark.parametrize("shape", ["clouds", "far out", "line", "one place", "apart", "two points"])
def test_they_are_the_sums_over_all_pairs(shape, width):
    g = generator()
    x = torch.randn(400, 2, generator=g, dtype=torch.float64)
    y = 0.5 * torch.randn(300, 2, generator=g, dtype=torch.float64) + 1
    x, y = {
        "clouds": (x, y),
        "far out": (x + 1e5, y + 1e5),
        "line": (x * torch.tensor([3.0, 0.0]), y * torch.tensor([1.0, 0.0])),
        "one place": (torch.ones_like(x), torch.ones_like(y)),
        "apart": (x, y + 15),
        "two points": (x[:1], y[:1]),
    }[shape]
    found, wanted = gaussian_sums(x, y, width), _pairs(x, y, width)
    # Against as many kernel values of 1 as there are pairs: the estimate divides by their number.
    for a, b, pairs in zip(found, wanted, (len(x) ** 2, len(y) ** 2, len(x) * len(y))):
        assert abs(a - b) < 1e-11 * pairs


def test_mmd_is_the_same_by_frequencies_and_by_pairs(monkeypatch):
    g = generator()
    x = torch.randn(2500, 2, generator=g)
    y = 1.1 * torch.randn(2200, 2, generator=g) + 0.1
    assert pays(x, y, (0.1, 0.3, 1.0))
    quick = mmd2(x, y)
    monkeypatch.setattr("engine.metrics.distances.pays", lambda *_: False)
    assert quick == pytest.approx(mmd2(x, y), abs=2e-8) and quick > 1e-3


def test_pairs_are_summed_where_frequencies_would_be_too_many():
    x = torch.randn(2000, 2, generator=generator())
    assert pays(x, x + 1, (0.1, 0.3, 1.0))
    assert not pays(x[:100], x[:100] + 1, (0.1, 0.3, 1.0))  # few points
    assert not pays(x, x + 1e4, (0.1, 0.3, 1.0))  # far apart
    assert not pays(x[:, :1], x[:, :1], (1.0,)) and not pays(x.repeat(1, 2), x.repeat(1, 2), (1.0,))
    assert not pays(x * torch.inf, x, (1.0,)) and not pays(x * torch.nan, x, (1.0,))
