"""Perturbations: where to move an input so that a network's answer changes most.

Every function takes a differentiable `loss(x) -> scalar` summed over samples, so that one gradient serves all of them.
Inputs are (..., D): the last axis is the input space, all others are samples.
"""

from __future__ import annotations

from typing import Callable

import torch
from torch import Tensor

Loss = Callable[[Tensor], Tensor]


def input_gradient(loss: Loss, x: Tensor) -> Tensor:
    """∇ₓ loss at x, same shape as x. Uses `autograd.grad`, so parameter gradients are left alone."""
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(x), x)
    return gradient


def unit(d: Tensor, instead: Tensor | None = None) -> Tensor:
    """d/‖d‖₂ for each sample; where d = 0 exactly, `instead` (or 0).

    Scaled by the largest entry first: a gradient of 1e-30 is small, not zero, and its square would underflow.
    """
    largest = d.abs().amax(-1, keepdim=True)
    safe = d / largest.clamp_min(torch.finfo(d.dtype).tiny)
    safe = safe / torch.linalg.vector_norm(safe, dim=-1, keepdim=True).clamp_min(0.5)
    return safe if instead is None else torch.where(largest > 0, safe, instead)


def sign_step(gradient: Tensor, epsilon: Tensor | float) -> Tensor:
    """r = ε·sign(g), the maximiser of gᵀr over ‖r‖_∞ ≤ ε (FGSM, Goodfellow et al. 2014, arXiv 1412.6572, §4)."""
    return epsilon * gradient.sign()


def l2_step(gradient: Tensor, epsilon: Tensor | float) -> Tensor:
    """r = ε·g/‖g‖₂, the maximiser of gᵀr over ‖r‖₂ ≤ ε."""
    return epsilon * unit(gradient)


def virtual_adversarial_direction(divergence: Loss, x: Tensor, d: Tensor, xi: float, iterations: int) -> Tensor:
    """Unit direction of largest KL(p(·|x) ‖ p(·|x + r)) by power iteration (Miyato et al. 2015, arXiv 1507.00677, §2.2).

    divergence: x' ↦ Σ KL(p(·|x) ‖ p(·|x')), clean side fixed. d: start direction, any length, shape of x. xi: the finite-difference
    step ξ. iterations: I_p; 0 returns d/‖d‖, which is random perturbation training.

    A gradient that vanishes exactly (ξ below the resolution of the floats, or a saturated output) keeps the last direction.
    """
    d = unit(d)
    for _ in range(iterations):
        d = unit(input_gradient(divergence, x + xi * d), instead=d)
    return d
