"""Divergences on a grid: the theory of the minimax game, closed forms, and limits."""

import math

import pytest
import torch

from engine.data import density as plane
from engine.metrics import divergences as dv
from tests.draws import draw


def distributions(cells=40):
    p, q = (draw(cells, name=n).softmax(0) for n in "pq")
    q[:5] = 0
    p[3:9] = 0
    return p / p.sum(), q / q.sum()


def test_the_cost_is_twice_js_minus_log_4():
    p, q = distributions()
    assert dv.cost(p, q) == pytest.approx(2 * dv.js(p, q) - dv.LOG4, abs=1e-12)
    assert dv.cost(p, q) != pytest.approx(dv.js(p, q) - dv.LOG4, abs=1e-3)  # the survey's version, without the 2
    assert dv.cost(p, p) == pytest.approx(-dv.LOG4, abs=1e-12)
    apart = torch.tensor([1.0, 0.0], dtype=torch.float64), torch.tensor([0.0, 1.0], dtype=torch.float64)
    assert dv.js(*apart) == pytest.approx(math.log(2), abs=1e-12) and dv.cost(*apart) == pytest.approx(0, abs=1e-12)


def test_the_cost_is_finite_where_one_side_is_next_to_nothing():
    """1 − D* rounds to 0 where q/p is below 1e-16; q/(p + q) does not."""
    p = torch.tensor([1 - 1e-300, 1e-300], dtype=torch.float64)
    for tiny in (1e-17, 1e-100, 1e-300):
        q = torch.tensor([tiny, 1 - tiny], dtype=torch.float64)
        assert dv.cost(p, q) == pytest.approx(2 * dv.js(p, q) - dv.LOG4, abs=1e-12)
        assert dv.cost(q, p) == pytest.approx(dv.cost(p, q), abs=1e-12)


SMALLEST = 5e-324  # (p + q)/2 of it and 0 rounds to 0


@pytest.mark.parametrize(
    "a, b, kl, js",
    [
        (SMALLEST, 0.0, math.inf, 0.0),
        (0.0, SMALLEST, 0.0, 0.0),
        (SMALLEST, SMALLEST, 0.0, 0.0),
        (SMALLEST, 1e-310, 0.0, 0.0),
        (1e-310, SMALLEST, 0.0, 0.0),
        (2.3e-308, SMALLEST, 0.0, 0.0),
        (0.0, 0.0, 0.0, 0.0),
        (SMALLEST, 1.0, math.inf, math.log(2)),
        (1.0, SMALLEST, 744.44, math.log(2)),
        (1.0, 0.0, math.inf, math.log(2)),
        (0.25, 0.25, 0.0, 0.0),
    ],
)
def test_divergences_have_their_limits_where_a_cell_is_next_to_nothing(a, b, kl, js):
    """a and b are one cell's, the other has the rest."""
    p, q = (torch.tensor([1 - x, x], dtype=torch.float64) for x in (a, b))
    assert dv.js(p, q) == pytest.approx(js, abs=1e-12) and dv.js(q, p) == dv.js(p, q) >= 0
    assert dv.kl(p, q) == pytest.approx(kl, abs=1e-2)
    assert dv.cost(p, q) == pytest.approx(2 * js - dv.LOG4, abs=1e-12)
    assert 0 <= dv.smoothed_kl(p, q) < 13
    best = dv.optimal_discriminator(p, q)
    assert ((0 <= best) & (best <= 1)).all()


def test_a_divergence_of_what_is_not_a_number_is_none():
    p, q = torch.tensor([math.nan, 1.0]), torch.tensor([0.5, 0.5])
    assert all(math.isnan(f(*pair)) for f in (dv.kl, dv.js, dv.cost) for pair in ((p, q), (q, p)))


def test_no_discriminator_beats_the_optimal_one():
    p, q = distributions()
    best = dv.optimal_discriminator(p, q)
    for k in range(20):
        other = (torch.logit(best.clamp(1e-6, 1 - 1e-6)) + 0.3 * draw(40, seed=k)).sigmoid()
        assert (p * other.log() + q * (1 - other).log()).sum().item() < dv.cost(p, q)


def test_gradient_ascent_on_v_finds_the_optimal_discriminator():
    """Free logits, one a cell, trained on V of two full distributions reach D* = p/(p + q) and the
    value 2·JS − log 4 to 1e-6.
    """
    p, q = (draw(12, name=n).softmax(0) for n in "pq")
    s = torch.zeros(12, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [s], max_iter=300, tolerance_grad=1e-12, tolerance_change=1e-16, line_search_fn="strong_wolfe"
    )

    def loss():
        optimiser.zero_grad()
        out = (p * torch.nn.functional.softplus(-s) + q * torch.nn.functional.softplus(s)).sum()
        out.backward()
        return out

    optimiser.step(loss)
    assert torch.allclose(s.detach().sigmoid(), dv.optimal_discriminator(p, q), atol=1e-5)
    assert -loss().item() == pytest.approx(2 * dv.js(p, q) - dv.LOG4, abs=1e-6)


def test_js_and_kl_of_gaussians_against_closed_forms():
    """KL of two round Gaussians of one width is gap²/2σ². JS against a fine quadrature of the same
    two densities along their line.
    """
    a, b, sigma = torch.tensor([[-0.2, 0.1]]), torch.tensor([[0.3, 0.1]]), 0.3
    p, q = (plane.Mixture(c, sigma).grid() for c in (a, b))
    width = math.hypot(sigma, plane.CELL)
    assert dv.kl(p, q) == pytest.approx(0.5**2 / (2 * width**2), rel=2e-3)
    assert dv.smoothed_kl(p, q) == pytest.approx(dv.kl(p, q), rel=0.01)
    x = torch.linspace(-3, 3, 20001, dtype=torch.float64)
    one, two = (torch.exp(-((x - c) ** 2) / (2 * width**2)) for c in (-0.2, 0.3))
    assert dv.js(p, q) == pytest.approx(dv.js(one / one.sum(), two / two.sum()), rel=2e-3)
