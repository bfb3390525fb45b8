"""The inner maximisation: projected gradient ascent on the loss of batched networks, inside balls
around the inputs.

Madry et al. 2017 (arXiv 1706.06083, §2.1): δ ← project(δ + step_size·steepest(∇L)). The norms are
those of engine/attacks/norms.py.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.attacks.norms import Norm
from engine.nn.batched_mlp import Layers, input_gradient


def projected(norm: Norm, delta: Tensor, epsilon: float) -> Tensor:
    """The nearest point of the ball for each δ (..., D)."""
    return norm.project(delta.reshape(-1, delta.shape[-1]).clone(), epsilon).view(delta.shape)


def moved(norm: Norm, delta: Tensor, gradient: Tensor, step_size: float, epsilon: float) -> Tensor:
    """One step from δ (..., D) along the steepest direction of a gradient of the same shape, back
    into the ball.
    """
    step = norm.steepest(gradient.reshape(-1, gradient.shape[-1])).view(delta.shape)
    return projected(norm, delta + step_size * step, epsilon)


def ascend(
    layers: Layers,
    x: Tensor,
    target: Tensor,
    norm: Norm,
    epsilon: float,
    step_size: float,
    steps: int,
    start: Tensor | None = None,
) -> list[Tensor]:
    """The K + 1 places δ_0 … δ_K (M, N, D) of projected gradient ascent at x (M, N, D) against
    labels target (M, N, C).

    start: δ_0, 0 by default. Nothing is drawn.
    """
    delta = torch.zeros_like(x) if start is None else start
    path = [delta]
    for _ in range(steps):
        delta = moved(norm, delta, input_gradient(layers, x + delta, target), step_size, epsilon)
        path.append(delta)
    return path
