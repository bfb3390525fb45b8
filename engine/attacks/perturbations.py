"""Perturbations: directions in which a small step changes a network's output most.

Inputs are (..., D): the last axis is the input space, all others are samples.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

# The squares of a vector whose norm is above this did not underflow.
FLOOR = {kind: 1e3 * torch.finfo(kind).tiny ** 0.5 for kind in (torch.float32, torch.float64)}


def unit(d: Tensor, instead: Tensor | None = None) -> Tensor:
    """d/‖d‖₂ of each sample of d (..., D); where d is exactly 0, `instead` (..., D), or 0."""
    norm = torch.linalg.vector_norm(d, dim=-1, keepdim=True)
    if not d.numel() or float(norm.min()) > FLOOR[d.dtype]:
        return d / norm
    # Squares of such small entries underflow: scale the largest entry to 1 first.
    largest = d.abs().amax(-1, keepdim=True)
    scaled = d / torch.where(largest > 0, largest, 1)
    scaled = scaled / torch.linalg.vector_norm(scaled, dim=-1, keepdim=True).clamp_min(1)
    return scaled if instead is None else torch.where(largest > 0, scaled, instead)


def sign_step(gradient: Tensor, epsilon: Tensor | float) -> Tensor:
    """r = ε·sign(g), the maximiser of gᵀr over ‖r‖_∞ ≤ ε.

    The step of FGSM (Goodfellow et al. 2014, arXiv 1412.6572, §4).
    """
    return epsilon * gradient.sign()


def l2_step(gradient: Tensor, epsilon: Tensor | float) -> Tensor:
    """r = ε·g/‖g‖₂, the maximiser of gᵀr over ‖r‖₂ ≤ ε."""
    return epsilon * unit(gradient)


def virtual_adversarial_direction(
    gradient: Callable[[Tensor], Tensor], x: Tensor, d: Tensor, xi: float, iterations: int
) -> Tensor:
    """Unit direction (..., D) of the largest KL(p(·|x) ‖ p(·|x + r)), by power iteration.

    Miyato et al. 2015 (arXiv 1507.00677, §2.2): I_p times, d ← ∇_d KL(p(·|x) ‖ p(·|x + ξd)), scaled
    to length 1.

    gradient: x' ↦ ∇ Σ KL(p(·|x) ‖ p(·|x')), clean side fixed. d: start direction, any length, shape
    of x. xi: the finite-difference step ξ. iterations: I_p; 0 returns d/‖d‖, which makes VAT random
    perturbation training. Where a gradient is exactly 0 (ξ below the resolution of the floats, or a
    saturated output), the last direction is kept.
    """
    d = unit(d)
    for _ in range(iterations):
        d = unit(gradient(x + xi * d), instead=d)
    return d
