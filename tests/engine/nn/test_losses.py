"""Cross-entropy and the Kullback-Leibler divergence of logits."""

import torch

from engine.nn.losses import cross_entropy, kl

D64 = torch.float64


def test_kl_of_a_distribution_with_itself_is_zero_with_zero_gradient():
    logits = torch.randn(5, 3, dtype=D64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    value = kl(logits.detach(), logits)
    assert value.abs().max() < 1e-15
    (gradient,) = torch.autograd.grad(cross_entropy(logits.detach().softmax(-1), logits).sum(), logits)
    assert gradient.abs().max() < 1e-15


def test_kl_agrees_with_torch_and_is_not_symmetric():
    g = torch.Generator().manual_seed(1)
    a, b = torch.randn(7, 4, dtype=D64, generator=g), torch.randn(7, 4, dtype=D64, generator=g)
    oracle = torch.distributions.kl_divergence(
        torch.distributions.Categorical(logits=a), torch.distributions.Categorical(logits=b)
    )
    assert torch.allclose(kl(a, b), oracle, atol=1e-14)
    assert (kl(a, b) - kl(b, a)).abs().max() > 0.01
