"""PGD against many small networks at once.

It is the inner maximisation of adversarial training in the plane, and its networks are measured
with it. Madry et al. 2017 (arXiv 1706.06083, §2.1): δ ← project(δ + step_size·steepest(∇L)). The
norms are those of engine/attacks/norms.py; PGD on one model of images is in
engine/attacks/fgsm_pgd.py.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.attacks.norms import Norm
from engine.nn.batched_mlp import Layers, cross_entropy_gradient


def projected(norm: Norm, delta: Tensor, epsilon: float | Tensor) -> Tensor:
    """The nearest point of the ball of radius ε for each δ (..., D). epsilon: a number above 0, or
    one for each member, (M, 1, 1).
    """
    if isinstance(epsilon, Tensor):
        epsilon = epsilon.expand(*delta.shape[:-1], 1).reshape(-1, 1)
    return norm.project(delta.reshape(-1, delta.shape[-1]).clone(), epsilon).view(delta.shape)


def within(norm: Norm, delta: Tensor, epsilon: float) -> Tensor:
    """`norm.within` of each δ (..., D)."""
    return norm.within(delta.reshape(-1, delta.shape[-1]), epsilon).view(delta.shape)


def moved(norm: Norm, x: Tensor, delta: Tensor, epsilon: float) -> Tensor:
    """x + δ (..., D), at most ε from x as the floats have rounded it."""
    x = x.expand_as(delta).reshape(-1, delta.shape[-1])
    end = x + norm.within(delta.reshape(-1, delta.shape[-1]), epsilon)
    return norm.undo_rounding(x, end, epsilon).view(delta.shape)


def steepest(norm: Norm, gradient: Tensor) -> Tensor:
    """The steepest direction of norm 1 for each gradient (..., D)."""
    return norm.steepest(gradient.reshape(-1, gradient.shape[-1])).view(gradient.shape)


def pgd_step(norm: Norm, delta: Tensor, gradient: Tensor, step_size: float | Tensor, epsilon: float | Tensor) -> Tensor:
    """One step of PGD from δ (..., D) for a gradient (..., D): δ of the same shape.

    The step has the length step_size along the steepest direction; the result is projected to the
    ball of radius ε. Both are numbers, or one for each member, (M, 1, 1).
    """
    return projected(norm, delta + step_size * steepest(norm, gradient), epsilon)


def pgd_path(
    layers: Layers,
    x: Tensor,
    target: Tensor,
    norm: Norm,
    epsilon: float,
    step_size: float,
    steps: int,
    start: Tensor | None = None,
) -> list[Tensor]:
    """The K + 1 perturbations δ_0 … δ_K (M, N, D) of K steps of projected gradient ascent.

    x: inputs (M, N, D). target: labels (M, N, C). epsilon and step_size: in the unit of x. start:
    δ_0, 0 by default. Nothing is drawn at random. All are within ε to the last bit.
    """
    delta = torch.zeros_like(x) if start is None else start
    path = [delta]
    for _ in range(steps):
        delta = pgd_step(norm, delta, cross_entropy_gradient(layers, x + delta, target), step_size, epsilon)
        path.append(delta)
    return [within(norm, delta, epsilon) for delta in path]
