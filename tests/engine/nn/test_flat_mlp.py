"""A network whose weights are one vector: Adam, spectral normalisation."""

import pytest
import torch

from engine.core.streams import stream
from engine.nn.flat_mlp import FlatAdam, FlatMLP
from tests.draws import draw


def test_adam_is_torchs_and_a_new_rate_keeps_the_moments():
    vector = draw(30).float()
    theirs = vector.clone().requires_grad_()
    optimiser, mine = torch.optim.Adam([theirs], lr=1e-2, betas=(0.5, 0.9)), FlatAdam(30)
    for k in range(20):
        if k == 10:
            before = mine.mean.clone()
            optimiser.param_groups[0]["lr"] = 1e-3
        gradient = draw(30, seed=k, name="gradient").float()
        theirs.grad = gradient.clone()
        optimiser.step()
        mine.update(vector, gradient, 1e-2 if k < 10 else 1e-3, 0.5, 0.9)
        if k == 10:
            assert torch.allclose(mine.mean, 0.5 * before + 0.5 * gradient, atol=1e-7) and before.abs().max() > 0
    assert torch.allclose(vector, theirs.detach(), atol=1e-6)


def test_a_live_change_of_betas_keeps_the_step_at_the_rate():
    adam, vector = FlatAdam(1), torch.zeros(1)
    for beta1, beta2 in [(0.5, 0.9)] * 20 + [(0.95, 0.9999)] * 20:
        before = vector.clone()
        adam.update(vector, torch.ones(1), 0.01, beta1, beta2)
        assert (before - vector).item() == pytest.approx(
            0.01, rel=1e-4
        )  # under a constant gradient every step is the rate


@pytest.mark.parametrize("width", [2, 64, 256])
def test_spectral_norm_is_within_one_per_cent_before_the_first_step(width):
    for seed in range(12):
        net = FlatMLP((2, width, width, 1), "relu", stream(seed, "weights"), spectral=True)
        for w, (u, v) in zip(net.parameters[::2], net.singular):
            assert (u @ w @ v).item() == pytest.approx(torch.linalg.matrix_norm(w.detach(), 2).item(), rel=0.01)


def test_spectral_norm_holds_every_weight_at_one():
    net = FlatMLP((2, 32, 32, 1), "tanh", stream(0, "w"), spectral=True)
    for _ in range(50):
        net.iterate()
    for w, (u, v) in zip(net.parameters[::2], net.singular):
        assert (u @ w @ v).item() == pytest.approx(torch.linalg.matrix_norm(w.detach(), 2).item(), rel=1e-3)
    x = draw(500, 2).float()
    step = 1e-2 * draw(500, 2, seed=1).float()
    assert (
        (net(x + step) - net(x)).abs()[:, 0] <= step.norm(dim=1) * 1.01
    ).all()  # tanh and three weights of norm 1: slope at most 1
