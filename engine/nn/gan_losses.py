"""The losses of D and G, as functions of the discriminator's raw output s.

D = σ(s) for the first two kinds, D = s for the others.

minimax   D: −log σ(s_real) − log(1 − σ(s_fake))     G: log(1 − σ(s_fake))
          Goodfellow et al. 2014 (arXiv 1406.2661), eq. 1
ns        D: as minimax                              G: −log σ(s_fake)
          the same, §3: the non-saturating choice
lsgan     D: ½(s_real − 1)² + ½·s_fake²              G: ½(s_fake − 1)²
          Mao et al. 2016 (arXiv 1611.04076), eq. 9
wgan      D: s_fake − s_real, weights clipped to ±c  G: −s_fake
          Arjovsky et al. 2017 (arXiv 1701.07875), algorithm 1
wgan_gp   D: s_fake − s_real + λ(‖∇ₓ s(x̂)‖ − 1)²     G: −s_fake
          Gulrajani et al. 2017 (arXiv 1704.00028), algorithm 1

All are means over the batch, in nats where D is a probability.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import softplus

LOSSES = {
    "ns": "Non-saturating",
    "minimax": "Minimax",
    "lsgan": "Least squares",
    "wgan": "WGAN, clipped weights",
    "wgan_gp": "WGAN, gradient penalty",
}
"""value of the choice, which is the `kind` below → label."""
PROBABILITY = ("ns", "minimax")  # D(x) = σ(s) is a probability
CRITICS = ("wgan", "wgan_gp")  # D(x) = s has no scale of its own


def discriminator_loss(kind: str, real: Tensor, fake: Tensor) -> Tensor:
    """What D minimises, without penalty, from its outputs (B,) on real and on fake samples: ()."""
    if kind in PROBABILITY:
        return softplus(-real).mean() + softplus(fake).mean()
    if kind == "lsgan":
        return ((real - 1).square().mean() + fake.square().mean()) / 2
    return fake.mean() - real.mean()


def generator_loss(kind: str, fake: Tensor) -> Tensor:
    """What G minimises, a loss a sample (B,), from D's outputs (B,) on fake samples."""
    if kind == "ns":
        return softplus(-fake)
    if kind == "minimax":
        return -softplus(fake)
    if kind == "lsgan":
        return (fake - 1).square() / 2
    return -fake


def probability(kind: str, s: Tensor) -> Tensor:
    """D(x) from the raw output s of any shape: σ(s) where D is a probability, else s itself."""
    return torch.sigmoid(s) if kind in PROBABILITY else s


def value(kind: str, real: Tensor, fake: Tensor) -> Tensor:
    """V(D, G), what D maximises, from its outputs (B,) on real and on fake samples.

    E log D + E log(1 − D) for the first two kinds, else minus D's loss; for a critic that is its
    estimate of W₁.
    """
    return -discriminator_loss(kind, real, fake)


def accuracy(kind: str, real: Tensor, fake: Tensor) -> Tensor | None:
    """Share (0 to 1) of samples on the right side of D = ½; the real ones (B,) weigh a half.

    None for critics, which have no such line. NaN where an output is NaN: that is on no side.
    """
    if kind in CRITICS:
        return None
    if torch.cat([real, fake]).isnan().any():
        return real.new_full((), torch.nan)
    line = 0.0 if kind in PROBABILITY else 0.5
    return ((real > line).double().mean() + (fake <= line).double().mean()) / 2


def gradient_norm_penalty(critic: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """mean (‖∇ₓ critic(x)‖₂ − 1)² at x (B, ...), differentiable in the critic's parameters.

    Gulrajani et al. 2017 (arXiv 1704.00028), eq. 3 without its weight λ.
    """
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    # The small number keeps the derivative of the root finite where the gradient is exactly zero.
    return ((gradient.flatten(1).square().sum(1) + 1e-12).sqrt() - 1).square().mean()


def between(real: Tensor, fake: Tensor, share: Tensor) -> Tensor:
    """x̂ = share·real + (1 − share)·fake of samples (B, ...), for share (B, 1, ...) in [0, 1]."""
    return fake + share * (real - fake)


def r1_penalty(critic: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """½·mean ‖∇ₓ critic(x)‖² at real samples x (B, ...), differentiable in the critic's parameters.

    Mescheder, Geiger, Nowozin 2018 (arXiv 1801.04406), eq. 9 without its weight γ.
    """
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return gradient.flatten(1).square().sum(1).mean() / 2
