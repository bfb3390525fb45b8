"""Losses and gradient penalties of the games against their formulas."""

import math

import pytest
import torch
from torch import nn

from engine.core.streams import stream
from engine.nn.gan_losses import (
    LOSSES,
    accuracy,
    between,
    discriminator_loss,
    generator_loss,
    gradient_norm_penalty,
    probability,
    r1_penalty,
    value,
)
from tests.draws import draw, generator


def test_losses_are_their_formulas():
    real, fake = draw(50, name="real"), draw(50, name="fake")
    d_real, d_fake = torch.sigmoid(real), torch.sigmoid(fake)
    cross_entropy = -(d_real.log().mean() + (1 - d_fake).log().mean())
    for kind in ("ns", "minimax"):
        assert discriminator_loss(kind, real, fake).item() == pytest.approx(cross_entropy.item(), rel=1e-12)
        assert value(kind, real, fake).item() == pytest.approx(-cross_entropy.item(), rel=1e-12)
    assert torch.allclose(generator_loss("ns", fake), -d_fake.log())
    assert torch.allclose(generator_loss("minimax", fake), (1 - d_fake).log())
    assert discriminator_loss("lsgan", real, fake).item() == pytest.approx(
        0.5 * ((real - 1) ** 2).mean().item() + 0.5 * (fake**2).mean().item()
    )
    assert torch.allclose(generator_loss("lsgan", fake), 0.5 * (fake - 1) ** 2)
    for kind in ("wgan", "wgan_gp"):
        assert value(kind, real, fake).item() == pytest.approx((real.mean() - fake.mean()).item())
        assert torch.equal(generator_loss(kind, fake), -fake)


def test_minimax_is_flat_where_d_is_sure_and_non_saturating_is_not():
    """d/ds of log(1 − σ(s)) is −σ(s), that of −log σ(s) is σ(s) − 1: at D = e⁻¹⁰ the one has
    vanished and the other is almost 1.
    """
    s = torch.tensor([-10.0], dtype=torch.float64, requires_grad=True)
    slope = {kind: torch.autograd.grad(generator_loss(kind, s).sum(), s)[0].item() for kind in ("minimax", "ns")}
    assert slope["minimax"] == pytest.approx(-1 / (1 + math.exp(10)), rel=1e-9)
    assert slope["ns"] == pytest.approx(-1 / (1 + math.exp(-10)), rel=1e-9)


@pytest.mark.parametrize("kind", LOSSES)
def test_the_losses_oppose_each_other(kind):
    """Where D's output on fakes rises, D's loss does not fall and G's does not rise (least squares
    between its two targets).
    """
    fake = torch.linspace(0.1, 0.9, 9, dtype=torch.float64, requires_grad=True)
    (of_d,) = torch.autograd.grad(discriminator_loss(kind, torch.ones(9, dtype=torch.float64), fake), fake)
    (of_g,) = torch.autograd.grad(generator_loss(kind, fake).sum(), fake)
    assert (of_d > 0).all() and (of_g < 0).all()


def test_accuracy_counts_both_sides_and_critics_have_none():
    real, fake = torch.tensor([1.0, -1.0, 2.0, 0.6]), torch.tensor([-1.0, -2.0, 0.4, 3.0])
    assert accuracy("ns", real, fake).item() == (3 / 4 + 2 / 4) / 2
    assert accuracy("lsgan", real, fake).item() == (3 / 4 + 3 / 4) / 2
    assert accuracy("wgan", real, fake) is None and accuracy("wgan_gp", real, fake) is None
    assert probability("ns", torch.zeros(1)).item() == 0.5 and probability("wgan", torch.tensor(3.0)).item() == 3


def test_gradient_penalty_of_a_linear_critic_by_hand():
    """A critic wᵀx + b has the gradient w everywhere: penalty (‖w‖ − 1)², its gradient 2(‖w‖ −
    1)·w/‖w‖; R1 is ½‖w‖² with gradient w.
    """
    w, x = torch.tensor([3.0, -4.0], dtype=torch.float64, requires_grad=True), draw(20, 2)
    penalty = gradient_norm_penalty(lambda at: at @ w + 7, x)
    assert penalty.item() == pytest.approx(16.0, rel=1e-10)
    assert torch.allclose(torch.autograd.grad(penalty, w)[0], 2 * 4 * w.detach() / 5)
    flat = r1_penalty(lambda at: at @ w + 7, x)
    assert flat.item() == pytest.approx(12.5) and torch.allclose(torch.autograd.grad(flat, w)[0], w.detach())


def test_points_between_lie_on_the_segment():
    real, fake, share = (
        draw(30, 2, name="a"),
        draw(30, 2, name="b"),
        torch.rand(30, 1, generator=stream(0, "share"), dtype=torch.float64),
    )
    x = between(real, fake, share)
    assert torch.allclose((x - real).norm(dim=1) + (x - fake).norm(dim=1), (real - fake).norm(dim=1))
    assert torch.equal(between(real, fake, torch.zeros(30, 1)), fake)
    assert torch.allclose(between(real, fake, torch.ones(30, 1)), real)


@pytest.mark.parametrize("batch", (1, 2, 64))
def test_the_penalty_of_a_linear_critic_is_known_whatever_the_batch(batch):
    """f(c) = w·c + b has ‖∇f‖ = ‖w‖ everywhere, so the penalty is (‖w‖ − 1)². A critic that returns
    its batch mean would be seen with ∇f/B.
    """
    critic = nn.Linear(6, 1).double()
    with torch.no_grad():
        critic.weight.copy_(torch.randn(1, 6, generator=generator(), dtype=torch.float64) * 2)
    real, fake = (torch.randn(batch, 6, generator=generator(k), dtype=torch.float64) for k in (1, 2))
    share = torch.rand(batch, 1, generator=generator(3), dtype=torch.float64)
    penalty = gradient_norm_penalty(lambda c: critic(c)[:, 0], between(real, fake, share))
    norm = critic.weight.norm().item()
    assert penalty.item() == pytest.approx((norm - 1) ** 2, rel=1e-9)
    (slope,) = torch.autograd.grad(penalty, critic.weight)
    assert slope.flatten().tolist() == pytest.approx((2 * (norm - 1) / norm * critic.weight[0]).tolist(), rel=1e-6)
