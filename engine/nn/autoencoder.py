"""Autoencoders of digits: encoder, decoder, reconstruction loss, the KL term of a VAE."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from engine.core.diverged import drawable
from engine.data.mnist import PIXELS
from engine.data.priors import Prior
from engine.nn.dense import dense

CODE = 2  # dimensions of a code in the plane


class Autoencoder(nn.Module):
    """Encoder 784-H-H-`out` and decoder `into`-H-H-784, dense with ReLU.

    Images are rows of 784 grey levels in [0, 1]; the decoder's outputs are logits of them. `into`
    and `out` differ where the decoder is given more than the code, such as a digit.
    """

    def __init__(self, hidden: int, into: int, out: int, generator: Generator) -> None:
        super().__init__()
        self.encoder = dense((PIXELS, hidden, hidden, out), generator)
        self.decoder = dense((into, hidden, hidden, PIXELS), generator)


class Spread(nn.Module):
    """A VAE encoder's second head: log σ² (N, 2) of q(z|x) from its last hidden layer (N, H).

    It is 0 at the start, so that σ = 1.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(CODE, hidden))
        self.bias = nn.Parameter(torch.zeros(CODE))

    def forward(self, h: Tensor) -> Tensor:
        return F.linear(h, self.weight, self.bias)


def reconstruction_loss(logits: Tensor, x: Tensor) -> Tensor:
    """Mean over the batch of −log p(x|z) with Bernoulli pixels, in nats an image.

    logits and x, which is in [0, 1]: (N, 784).
    """
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)


def posterior(autoencoder: Autoencoder, spread: Spread, x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and log σ², both (N, 2), of the VAE's q(z|x) for images x (N, 784)."""
    h = autoencoder.encoder[:-1](x)
    return autoencoder.encoder[-1](h), spread(h)


def kl_to_prior(mean: Tensor, log_var: Tensor, z: Tensor, prior: Prior) -> Tensor:
    """KL(q(z|x) ‖ p(z)) in nats, mean over the batch; mean and log_var of q, (N, 2).

    Kingma, Welling 2013 (arXiv 1312.6114), eq. 10 and appendix B: in closed form for N(0, I). For
    the other priors by Monte Carlo from one draw z (N, 2) of q: the entropy of q is exact, E log
    p(z) is estimated.
    """
    if prior.kind == "gaussian":
        return 0.5 * (mean.square() + log_var.exp() - 1 - log_var).sum(1).mean()
    entropy = 0.5 * (log_var + 1 + math.log(2 * math.pi)).sum(1)
    return (-entropy - prior.log_density(z)).mean()


def grey(logits: Tensor) -> Tensor:
    """Decoder outputs (N, 784) as images, uint8 (N, 28, 28). Raises NotFinite."""
    return (torch.sigmoid(drawable(logits)) * 255).round().to(torch.uint8).reshape(-1, 28, 28)
