"""Autoencoders of digits with a two-dimensional code: encoder, decoder, reconstruction loss, and
the VAE's objective.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from engine.data.mnist import PIXELS
from engine.data.priors import Prior
from engine.nn.dense import dense

CODE = 2
NATS = ("reconstruction", "kl")


class Autoencoder(nn.Module):
    """Encoder 784-H-H-`out` and decoder `into`-H-H-784; images are rows of 784 grey levels in [0,
    1], outputs are logits of them.
    """

    def __init__(self, hidden: int, into: int, out: int, generator: Generator) -> None:
        super().__init__()
        self.encoder = dense((PIXELS, hidden, hidden, out), generator)
        self.decoder = dense((into, hidden, hidden, PIXELS), generator)


class Spread(nn.Module):
    """The VAE's second head: log σ² of q(z|x) from the encoder's last hidden layer, 0 at the start."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.zeros(CODE, hidden)), nn.Parameter(torch.zeros(CODE))

    def forward(self, h: Tensor) -> Tensor:
        return F.linear(h, self.weight, self.bias)


def reconstruction_loss(logits: Tensor, x: Tensor) -> Tensor:
    """Mean over the batch of −log p(x|z) with Bernoulli pixels, in nats an image."""
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)


def posterior(coder: Autoencoder, spread: Spread, x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and log σ² (N, 2) of the VAE's q(z|x)."""
    h = coder.encoder[:-1](x)
    return coder.encoder[-1](h), spread(h)


def kl_to_prior(mean: Tensor, log_var: Tensor, z: Tensor, prior: Prior) -> Tensor:
    """KL(q(z|x) ‖ p(z)) in nats, mean over the batch (Kingma, Welling 2013, arXiv 1312.6114, eq. 10
    and appendix B).

    Closed form for N(0, I). Else Monte Carlo at one draw z (N, 2) of q: the entropy of q is exact,
    E log p(z) is estimated.
    """
    if prior.kind == "gaussian":
        return 0.5 * (mean.square() + log_var.exp() - 1 - log_var).sum(1).mean()
    entropy = 0.5 * (log_var + 1 + math.log(2 * math.pi)).sum(1)
    return (-entropy - prior.log_density(z)).mean()


def grey(logits: Tensor) -> Tensor:
    """Decoder outputs (N, 784) as images, uint8 (N, 28, 28)."""
    return (torch.sigmoid(logits).nan_to_num(0.5) * 255).round().to(torch.uint8).reshape(-1, 28, 28)
