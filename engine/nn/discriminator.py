"""The discriminator of an adversarial autoencoder: a network over codes, perhaps with labels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from engine.nn.dense import dense

LEAK = 0.2  # slope of the leaky ReLU
PITCH = 2.0  # of the waves, radians a code unit


class Discriminator(nn.Module):
    """D(z, label) as logits (N,): positive where z looks like a draw from the prior.

    Makhzani et al. 2015 (arXiv 1511.05644), §2.3: the label is a one-hot vector beside z. Its
    product with the first layer's weights is one more bias of that layer for each label, which is
    how it is computed here.
    """

    def __init__(self, dimension: int, hidden: int, labels: int, generator: Generator, waves: int = 0) -> None:
        """Two hidden layers of `hidden` units over codes (N, dimension).

        labels: how many labels there are; 0: D is not conditioned. waves: how many fixed random
        features sin(wᵀz), cos(wᵀz), w ~ N(0, PITCH²), D sees beside z (Tancik et al. 2020, arXiv
        2006.10739). A plain dense D hardly learns petals a tenth of a unit wide; with waves it does
        within 200 steps (measured: correlation with the ideal log ratio .77 against .2 between
        petals of s = .1 and .2).
        """
        super().__init__()
        self.register_buffer("waves", PITCH * torch.randn(dimension, waves, generator=generator) if waves else None)
        width = dimension + 2 * waves
        self.body = dense((width, hidden, hidden, 1), generator, LEAK)
        # The first layer's bias for each label (labels, hidden). Snapshots call this tensor "told".
        self.told = None
        if labels:
            bias = torch.randn(labels, hidden, generator=generator) * (2 / (width + labels)) ** 0.5
            self.told = nn.Parameter(bias)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Logits (N,) of codes z (N, dimension), for labels (N,) where D is conditioned."""
        first, *rest = self.body
        if self.waves is not None:
            phase = z @ self.waves
            z = torch.cat([z, phase.sin(), phase.cos()], 1)
        h = first(z)
        if self.told is not None:
            h = h + self.told[labels]
        for layer in rest:
            h = layer(h)
        return h.squeeze(-1)

    def loss(self, real: Tensor, fake: Tensor, penalty: float, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """D's loss −½·mean log D(real) − ½·mean log(1 − D(fake)) + γ·mean ‖∇_z logit‖², and logits.

        real and fake: (N, dimension), both with the same labels (N,). penalty: γ ≥ 0. The logits
        (2N,) are detached. The zero-centred penalty (Mescheder et al. 2018, arXiv 1801.04406) is
        taken at both; without it a strong game swings about and finds no petals (measured:
        tests/benchmarks/aae/presets.py).
        """
        z = torch.cat([real, fake]).requires_grad_(penalty > 0)
        out = self(z, None if labels is None else torch.cat([labels, labels]))
        loss = discriminator_loss(out)
        if penalty:
            (slope,) = torch.autograd.grad(out.sum(), z, create_graph=True)
            loss = loss + penalty * slope.square().sum(1).mean()
        return loss, out.detach()


def discriminator_loss(out: Tensor) -> Tensor:
    """Cross-entropy, in nats, of logits (2N,): the first half should be 1, the second half 0.

    log 2 where D finds no difference.
    """
    real, fake = out.chunk(2)
    return (F.softplus(-real).mean() + F.softplus(fake).mean()) / 2


def generator_loss(out: Tensor) -> Tensor:
    """What the encoder minimises: the non-saturating mean −log D(Enc(x)), from logits (N,)."""
    return F.softplus(-out).mean()
