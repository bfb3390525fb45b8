"""Directions of perturbations: the virtual adversarial one, unit vectors, steps of L2 and L∞."""

import pytest
import torch

from engine.attacks.perturbations import l2_step, sign_step, unit, virtual_adversarial_direction
from engine.methods.vat.vat import VAT
from engine.nn.batched_mlp import cross_entropy_gradient, forward
from engine.nn.losses import kl
from engine.runs.run import Run
from tests.engine.nn.networks import network
from tests.gradients import autograd_gradient

D64 = torch.float64


def power(net, x, d, xi, iterations):
    p = net(x).softmax(-1).detach()
    return virtual_adversarial_direction(lambda at: cross_entropy_gradient(net.layers(), at, p), x, d, xi, iterations)


def hessian(net, x):
    """∇²_r KL(p(x) ‖ p(x + r)) at r = 0 for one member and one point, by autograd."""
    clean = net(x).detach()
    return torch.autograd.functional.hessian(
        lambda r: kl_unclamped(clean, net(x + r.view_as(x))), torch.zeros(x.numel(), dtype=D64)
    )


def kl_unclamped(clean, moved):
    log_p, log_q = clean.log_softmax(-1), moved.log_softmax(-1)
    return (log_p.exp() * (log_p - log_q)).sum()


def test_one_power_iteration_is_the_hessian_vector_direction():
    net, g = network(1)
    for _ in range(5):
        x, d = torch.randn(1, 1, 20, dtype=D64, generator=g), torch.randn(1, 1, 20, dtype=D64, generator=g)
        exact = unit((hessian(net, x) @ d.flatten()).view_as(d))
        assert torch.cosine_similarity(power(net, x, d, 1e-3, 1), exact, dim=-1).min() >= 0.999
        assert torch.cosine_similarity(power(net, x, d, 1.0, 1), exact, dim=-1).min() < 0.9999  # ξ matters


def test_more_power_iterations_reach_the_top_eigenvector():
    net, g = network(1)
    x, d = torch.randn(1, 1, 20, dtype=D64, generator=g), torch.randn(1, 1, 20, dtype=D64, generator=g)
    values, vectors = torch.linalg.eigh(hessian(net, x))
    assert (vectors[:, -1] @ power(net, x, d, 1e-4, 60).flatten()).abs() > 0.9999
    # and the divergence there is ½ λ₁ ε² for small ε
    r = 1e-3 * vectors[:, -1].view_as(x)
    assert kl(net(x), net(x + r)).item() == pytest.approx(0.5 * values[-1].item() * 1e-6, rel=0.02)


@pytest.mark.parametrize(("classes", "low", "high"), [(2, 0.9999, 1.0), (10, 0.3, 0.8)])
def test_one_power_iteration_is_enough_for_two_classes_and_not_for_ten(classes, low, high):
    """The Hessian of KL has rank K − 1 at most: 1 for two classes."""
    net, g = network(1, widths=(30, 16, classes))
    cosines = []
    for _ in range(20):
        x, d = torch.randn(1, 1, 30, dtype=D64, generator=g), torch.randn(1, 1, 30, dtype=D64, generator=g)
        values, vectors = torch.linalg.eigh(hessian(net, x))
        assert int((values > 1e-9 * values[-1]).sum()) <= classes - 1
        cosines.append((vectors[:, -1] @ power(net, x, d, 1e-3, 1).flatten()).abs())
    assert low <= torch.stack(cosines).mean() <= high


def test_the_lab_finds_the_exact_direction_at_the_default_xi():
    run = Run(VAT, VAT.make_setup({"precision": "float64"}), 0)
    knobs = VAT.make_knobs(run.setup)
    run.advance(knobs, 200)
    nets = run.method.nets
    x, target = run.method.plane_task.training_batch(knobs.points)
    split, layers = nets.plain.members, nets.moved.layers()
    d = torch.randn(2, 16, 100, dtype=D64, generator=torch.Generator().manual_seed(0))
    r = nets.perturbations(x[split:], target[split:], d, run.method.terms(knobs))[2:3]
    vat = [(w[2:3].detach(), b[2:3].detach()) for w, b in layers]
    for i in range(16):
        point = x[-2:-1, i : i + 1]
        exact = hessian(lambda at: forward(vat, at), point) @ unit(d)[0, i]
        assert torch.cosine_similarity(r[0, i], exact, dim=0) >= 0.999
        assert r[0, i].norm().item() == pytest.approx(knobs.epsilon_vat, rel=1e-9)


def test_no_iteration_is_random_perturbation_and_a_lost_gradient_keeps_the_direction():
    net, g = network(1)
    x, d = torch.randn(1, 4, 20, dtype=D64, generator=g), torch.randn(1, 4, 20, dtype=D64, generator=g)
    assert torch.equal(power(net, x, d, 1e-3, 0), unit(d))
    assert torch.equal(virtual_adversarial_direction(torch.zeros_like, x, d, 1e-3, 3), unit(d))
    assert torch.equal(unit(torch.zeros(2, 3)), torch.zeros(2, 3))


@pytest.mark.parametrize("size", [1e-15, 1e-20, 1e-24, 1e-30, 1e-37])
def test_directions_of_tiny_gradients_have_unit_length(size):
    d = size * torch.randn(4, 100, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(unit(d).norm(dim=-1), torch.ones(4), atol=1e-5)
    mixed = torch.cat([d, torch.ones(1, 100), torch.zeros(1, 100)])
    assert torch.allclose(l2_step(mixed, 0.4).norm(dim=-1), torch.tensor([0.4] * 5 + [0.0]), atol=1e-5)


def test_steps_on_a_linear_logit_move_the_margin_exactly():
    g = torch.Generator().manual_seed(2)
    w, x, b = torch.randn(50, dtype=D64, generator=g), torch.randn(9, 50, dtype=D64, generator=g), 0.3
    y = torch.tensor([1, -1, 1, 1, -1, -1, 1, -1, 1])
    loss = lambda at: torch.nn.functional.softplus(-y * (at @ w + b)).sum()  # noqa: E731
    gradient, margin = autograd_gradient(loss, x), y * (x @ w + b)
    assert torch.allclose(
        margin - y * ((x + sign_step(gradient, 0.1)) @ w + b), 0.1 * w.abs().sum().expand(9), atol=1e-12
    )
    assert torch.allclose(margin - y * ((x + l2_step(gradient, 0.1)) @ w + b), 0.1 * w.norm().expand(9), atol=1e-12)
    attacked = torch.nn.functional.softplus(0.1 * w.abs().sum() - margin).sum()
    assert loss(x + sign_step(gradient, 0.1)).item() == pytest.approx(attacked.item(), rel=1e-12)
