"""Priors over the code plane: densities, samplers, components."""

import math

import pytest
import torch

from engine.data.priors import CLASSES, KINDS, SIDE, THREE_SIGMA, UNLABELLED, Prior
from tests.draws import generator

INK = tuple(
    15 if 4 <= k // SIDE < 22 and 6 <= k % SIDE < 20 else 5 if (k // SIDE, k % SIDE) == (24, 24) else 0
    for k in range(SIDE**2)
)
PRIORS = [Prior(kind, s, 10, INK) for kind in KINDS for s in (0.1, 0.3)] + [
    Prior("petals", 0.15, modes) for modes in (2, 7, 16)
]
every_prior = pytest.mark.parametrize("prior", PRIORS, ids=lambda p: f"{p.kind}-{p.s}-{p.modes}")


def fine_grid(half=5.4, side=361):
    at = torch.linspace(-half, half, side, dtype=torch.float64)
    y, x = torch.meshgrid(at, at, indexing="ij")
    return torch.stack([x, y], -1).reshape(-1, 2), (at[1] - at[0]).item() ** 2


@every_prior
def test_density_integrates_to_one(prior):
    z, cell = fine_grid()
    total = sum(prior.log_density(part).exp().sum().item() for part in z.split(20000)) * cell
    assert total == pytest.approx(1, abs=2e-3)


@every_prior
def test_density_is_the_samplers(prior):
    """Shares of 40,000 draws in coarse cells against the integral of the density over them."""
    z, cell = fine_grid(half=4.0, side=201)
    p = torch.cat([prior.log_density(part).exp() for part in z.split(20000)]) * cell
    draws = prior.sample(40000, generator())
    bins = torch.linspace(-4, 4, 9)[1:-1] + 0.02  # between two points of the fine grid

    def place(at):
        x, y = (torch.bucketize(at[:, k].contiguous().to(bins.dtype), bins) for k in (0, 1))
        return x * 8 + y

    expected = torch.zeros(64, dtype=torch.float64).index_add_(0, place(z), p)
    found = place(draws).bincount(minlength=64) / len(draws)
    spread = (expected * (1 - expected) / len(draws)).sqrt()
    # The grid's own error at the cells' edges is a share of a thousandth or two.
    assert ((found - expected).abs() < 5 * spread + 4e-3).all()
    mean = (p[:, None] * z).sum(0)
    assert torch.allclose(draws.double().mean(0), mean, atol=0.04)


@every_prior
def test_components_hold_equal_mass_and_come_back_by_label(prior):
    z = prior.sample(20000, generator())
    share = prior.component(z).bincount(minlength=prior.components) / len(z)
    assert len(share) == prior.components and (share - 1 / prior.components).abs().max() < 0.05
    if prior.components == CLASSES:
        y = torch.arange(5000) % CLASSES
        same = (prior.component(prior.sample_of(y, generator(1))) == y).double().mean().item()
        assert same > (0.8 if prior.s < 0.2 else 0.6)  # noise carries some across a border


@every_prior
def test_all_labels_together_are_the_whole_prior(prior):
    parts = prior.sample_of(torch.arange(20000) % CLASSES, generator(2))
    whole = prior.sample(20000, generator(3))
    assert torch.allclose(parts.mean(0), whole.mean(0), atol=0.06)
    assert prior.log_density(parts).mean().item() == pytest.approx(prior.log_density(whole).mean().item(), abs=0.05)


@every_prior
def test_three_sigma_holds_what_it_should(prior):
    z = prior.sample(20000, generator(4))
    share = prior.within(z).double().mean().item()
    # Where petals overlap, a draw of one may lie within 3σ of another.
    assert share == pytest.approx(THREE_SIGMA, abs=6e-3) or prior.kind == "petals" and THREE_SIGMA - 6e-3 < share <= 1
    assert prior.covered(z) == prior.components
    assert prior.covered(z[prior.component(z) > 0]) == prior.components - 1


@every_prior
def test_density_and_its_slope_are_finite_far_away(prior):
    z = torch.tensor([[0.0, 0.0], [30.0, -20.0], [-200.0, 5.0]], requires_grad=True)
    log_p = prior.log_density(z)
    log_p.sum().backward()
    assert log_p.isfinite().all() and z.grad.isfinite().all()
    assert (z.grad[1:] * z[1:]).sum(1).max() < 0  # it points back to the middle


@pytest.mark.parametrize("s", [0.03, 0.1, 0.6])
def test_a_density_painted_in_a_corner_calls_from_everywhere(s):
    """Single precision has the same density and slope as double, and the slope points at the ink,
    however far away it is.
    """
    ink = [0] * SIDE**2
    ink[25 * SIDE + 25] = 15
    prior, corner = Prior("painted", s, 10, tuple(ink)), torch.tensor([25.5, 25.5], dtype=torch.float64) * 0.25 - 3.5
    far = torch.tensor([[-3.2, -3.2], [0.0, 0.0], [1.5, -3.0], [2.0, 2.5], [200.0, -30.0]], dtype=torch.float64)
    found = {}
    for kind in (torch.float32, torch.float64):
        z = far.to(kind).requires_grad_()
        log_p = prior.log_density(z)
        log_p.sum().backward()
        found[kind] = log_p.detach().double(), z.grad.double()
    for single, double in zip(found[torch.float32], found[torch.float64]):
        assert torch.allclose(single, double, rtol=1e-5)
    # A cell is .25 wide, so that beyond a few s its nearest edge is what calls.
    to_ink = corner - far
    slope = found[torch.float64][1]
    assert (torch.cosine_similarity(slope, to_ink, dim=1) > 0.98).all()
    assert torch.allclose(slope.norm(dim=1) * s**2, to_ink.norm(dim=1), atol=0.2)


def test_closed_forms():
    z = torch.randn(50, 2, generator=generator(), dtype=torch.float64)
    normal = torch.distributions.MultivariateNormal(
        torch.zeros(2, dtype=torch.float64), torch.eye(2, dtype=torch.float64)
    )
    assert torch.allclose(Prior("gaussian").log_density(z), normal.log_prob(z))
    terms = []
    for l in range(10):
        c, s = math.cos(2 * math.pi * l / 10), math.sin(2 * math.pi * l / 10)
        turn = torch.tensor([[c, -s], [s, c]], dtype=torch.float64)
        cov = turn @ torch.diag(torch.tensor([0.25, 0.01], dtype=torch.float64)) @ turn.T
        terms.append(
            torch.distributions.MultivariateNormal(turn @ torch.tensor([1.4, 0.0], dtype=torch.float64), cov).log_prob(
                z
            )
            - math.log(10)
        )
    assert torch.allclose(Prior("petals").log_density(z), torch.stack(terms).logsumexp(0))
    assert Prior("petals").log_density(Prior("petals").sample(20000, generator())).mean().item() == pytest.approx(
        -2.10, abs=0.03
    )


def test_draws_leave_the_stream_at_the_same_place_whatever_prior_and_label():
    states = []
    for prior in PRIORS:
        for labels in (torch.full((9,), UNLABELLED), torch.arange(9)):
            g = generator()
            prior.sample_of(labels, g)
            states.append(g.get_state())
    assert all(torch.equal(s, states[0]) for s in states)


def test_one_painted_cell_is_where_it_was_painted():
    ink = [0] * SIDE**2
    ink[20 * SIDE + 3] = 7  # row 20 from below, column 3
    z = Prior("painted", 0.03, 10, tuple(ink)).sample(500, generator())
    assert torch.allclose(z.mean(0), torch.tensor([3.5, 20.5]) * 0.25 - 3.5, atol=0.03)
