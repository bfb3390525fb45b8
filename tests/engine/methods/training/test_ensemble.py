"""The six members: their perturbations, and what each costs."""

import pytest
import torch

from engine.attacks.norms import NORMS
from engine.methods.training import ensemble
from engine.methods.training.ensemble import Draws, RobustEnsemble, RobustTerms
from engine.nn.batched_mlp import forward, pick
from engine.nn.losses import cross_entropy
from tests.engine.methods.training.runs import started


def problem(widths, n=32, norm="linf", seed=0, **changed):
    """Networks of the given widths with random weights, points with labels, draws and settings, in
    float64.
    """
    g = torch.Generator().manual_seed(seed)
    nets = RobustEnsemble(1, widths, torch.float64)
    with torch.no_grad():
        for p in nets.parameters():
            p.copy_(torch.randn(p.shape[1:], generator=g, dtype=torch.float64))
    x = torch.randn(n, widths[0], generator=g, dtype=torch.float64).expand(6, -1, -1).contiguous()
    y = torch.randint(0, 2, (n,), generator=g)
    target = torch.eye(2, dtype=torch.float64)[y].expand(6, -1, -1).contiguous()
    like = x[0]
    draws = Draws(
        *(NORMS[norm].random(like, 1.0, g)[None] for _ in range(2)),
        torch.randn(like.shape, generator=g, dtype=torch.float64)[None],
    )
    default = dict(
        norm=NORMS[norm],
        epsilon=0.3,
        alpha=0.5,
        step_size=0.1,
        steps=7,
        lam=1.0,
        smoothing=0.1,
        rate=1.0,
        random_start=False,
    )
    return nets, x, y, target, draws, RobustTerms(**{**default, **changed})


def own(nets, kind):
    return pick(nets.layers(), nets.span(kind))


@pytest.mark.parametrize("norm, dual", [("linf", 1), ("l2", 2)])
def test_fgsm_of_a_logistic_regression_is_softplus_of_the_margin_less_epsilon_times_the_dual_norm(norm, dual):
    nets, x, y, target, draws, s = problem((10, 2), norm=norm, alpha=0.0)
    r = nets.perturbations(x, target, draws, s)[nets.span("fgsm")]
    loss = cross_entropy(target[:1], forward(own(nets, "fgsm"), x[:1] + r)).mean()
    (w, b), sign = own(nets, "fgsm")[0], 2 * y.double() - 1
    w, b = w[0, :, 1] - w[0, :, 0], b[0, 0, 1] - b[0, 0, 0]
    expected = torch.nn.functional.softplus(0.3 * torch.linalg.vector_norm(w, dual) - sign * (x[0] @ w + b)).mean()
    assert loss.item() == pytest.approx(expected.item(), abs=1e-6)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_one_step_of_pgd_as_long_as_epsilon_is_fgsm(norm):
    nets, x, _, target, draws, s = problem((2, 16, 2), norm=norm, steps=1, step_size=0.3)
    r = nets.perturbations(x, target, draws, s)
    assert torch.allclose(r[nets.span("pgd")], r[nets.span("fgsm")], atol=1e-12)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("start", [False, True])
def test_no_perturbation_leaves_its_ball_and_pgd_raises_the_loss(norm, start):
    nets, x, _, target, draws, s = problem((2, 16, 16, 2), norm=norm, random_start=start, steps=20, step_size=0.05)
    r = nets.perturbations(x, target, draws, s)
    assert NORMS[norm].size(r.reshape(-1, 2)).max() <= 0.3 * (1 + 1e-9)
    assert torch.equal(r[nets.span("standard", "smoothing")], torch.zeros_like(r[:2]))
    assert torch.allclose(
        torch.linalg.vector_norm(r[nets.span("vat")], dim=-1), torch.full((1, 32), 0.3, dtype=torch.float64)
    )
    layers, at = own(nets, "pgd"), nets.span("pgd")
    assert (
        cross_entropy(target[at], forward(layers, x[at] + r[at])).mean()
        > cross_entropy(target[at], forward(layers, x[at])).mean() + 0.05
    )


def test_members_without_inner_steps_do_not_pay_for_them(monkeypatch):
    paid = []
    real = ensemble.cross_entropy_gradient
    monkeypatch.setattr(
        ensemble, "cross_entropy_gradient", lambda layers, x, target: (paid.append(len(x)), real(layers, x, target))[1]
    )
    run, knobs = started()
    for values, expected in (
        ({}, [3] + [1] * 6),
        ({"alpha": 1}, [2] + [1] * 6),
        ({"alpha": 1, "lam": 0, "steps": 3}, [1, 1, 1]),
        ({"epsilon": 0}, []),
    ):
        paid.clear()
        run.advance(knobs.with_values(values))
        assert paid == expected, values
