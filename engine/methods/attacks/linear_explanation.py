"""The linear explanation of adversarial examples: why many tiny changes add up.

Goodfellow, Shlens, Szegedy 2014 (arXiv 1412.6572, §3): wᵀ(x + η) = wᵀx + wᵀη; with ‖η‖_∞ = ε the
largest gain is at η = ε·sign(w), namely ε‖w‖₁ = ε·m·n for mean |w| = m in n dimensions: it grows
with n while no pixel moves by more than ε. (The slide of S. Ryu's "Survey on adversarial training"
has η = sign(w), without ε.)
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

MOST = 100_000  # dimensions


def growth(n: int, epsilon: float, m: float, generator: torch.Generator) -> dict[str, float]:
    """Growth of a linear unit with n random weights at a random x in [0, 1]ⁿ, in float64.

    The weights are w ~ N(0, πm²/2), so that E|w| = m. measured: wᵀ(x + η) − wᵀx by two dot
    products. predicted: ε·m·n. before: wᵀx. random: wᵀη for η = ±ε at random. typical: the root
    mean square of that over all such η, ε‖w‖₂, which grows only as √n. linf, rms: of η. n: as
    given.
    """
    w = torch.randn(n, generator=generator, dtype=torch.float64) * (m * math.sqrt(math.pi / 2))
    x = torch.rand(n, generator=generator, dtype=torch.float64)
    return _measure(w, x, epsilon, generator) | {"predicted": epsilon * m * n, "n": n}


def on_weights(w: Tensor, x: Tensor, n: int, epsilon: float, generator: torch.Generator) -> dict[str, float]:
    """The same for given weights w (D,) and a given image x (D,), m being the mean |w|.

    Only n pixels may change, chosen at random.
    """
    m = float(w.double().abs().mean())  # of all D, so that the formula predicts what n of them do
    chosen = torch.randperm(len(w), generator=generator)[:n]
    w, x = w[chosen].double(), x[chosen].double()
    return _measure(w, x, epsilon, generator) | {"predicted": epsilon * m * n, "n": n, "m": m}


def _measure(w: Tensor, x: Tensor, epsilon: float, generator: torch.Generator) -> dict[str, Any]:
    eta = epsilon * w.sign()
    signs = torch.randint(0, 2, w.shape, generator=generator) * 2 - 1
    before = float(w @ x)
    return {
        "before": before,
        "measured": float(w @ (x + eta)) - before,
        "random": float(w @ (x + epsilon * signs)) - before,
        "typical": epsilon * float(w.norm()),
        "linf": float(eta.abs().max()),
        "rms": float(eta.square().mean().sqrt()),
    }
