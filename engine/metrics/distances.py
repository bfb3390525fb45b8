"""Distances between two samples."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor


def sliced_w2(x: Tensor, y: Tensor, generator: Generator, projections: int = 200) -> float:
    """Sliced Wasserstein-2 distance √E_θ W₂²(θᵀx, θᵀy) of x (N, D) and y (M, D), in units of x.

    Rabin, Peyré, Delon, Bernot 2011. θ: `projections` random directions. In one dimension W₂² is
    the mean squared difference of the quantile functions; samples of different size are compared at
    max(N, M) quantiles.
    """
    theta = torch.randn(x.shape[1], projections, generator=generator, dtype=x.dtype)
    theta /= theta.norm(dim=0)
    a, b = (x @ theta).sort(0).values, (y @ theta).sort(0).values
    n = max(len(a), len(b))
    a, b = _quantiles(a, n), _quantiles(b, n)
    return (a - b).square().mean().sqrt().item()


def _quantiles(ordered: Tensor, n: int) -> Tensor:
    """The quantile function of a sorted sample (N, P) at the middles of n equal steps: (n, P)."""
    if len(ordered) == n:
        return ordered
    return ordered[((torch.arange(n) + 0.5) * len(ordered) / n).long()]


def mmd2(x: Tensor, y: Tensor, widths: Sequence[float] = (0.1, 0.3, 1.0)) -> float:
    """Unbiased squared maximum mean discrepancy of x (N, D) and y (M, D).

    Gretton et al. 2012 (JMLR 13, eq. 3): zero on average where both samples have one distribution,
    so it can be below zero. The mean over RBF kernels exp(−d²/2σ²) with the given widths σ.
    """
    gaps = [torch.cdist(a, b).square_() for a, b in ((x, x), (y, y), (x, y))]
    n, m, total = len(x), len(y), 0.0
    for width in widths:
        kxx, kyy, kxy = ((-gap / (2 * width**2)).exp_() for gap in gaps)
        # The diagonal is each point with itself, exactly 1; leaving it out is what makes the
        # estimate unbiased.
        within = (kxx.sum() - kxx.diagonal().sum()) / (n * (n - 1)) + (kyy.sum() - kyy.diagonal().sum()) / (m * (m - 1))
        total += (within - 2 * kxy.mean()).item()
    return total / len(widths)
