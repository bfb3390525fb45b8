"""Distances between two samples."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor


def sliced_w2(x: Tensor, y: Tensor, generator: Generator, projections: int = 200) -> float:
    """Sliced Wasserstein-2 distance √E_θ W₂²(θᵀx, θᵀy) of x (N, D) and y (M, D), in units of x.

    Rabin, Peyré, Delon, Bernot 2011. θ: `projections` random directions. In one dimension W₂² is
    the mean squared difference of the quantile functions, which are steps: exact, also for samples
    of different size.
    """
    theta = torch.randn(x.shape[1], projections, generator=generator, dtype=x.dtype)
    theta /= theta.norm(dim=0)
    a, b = (x @ theta).sort(0).values, (y @ theta).sort(0).values
    if len(a) == len(b):
        return (a - b).square().mean().sqrt().item()
    # Both quantile functions are constant between the steps of either, which lie at multiples of
    # 1/N and of 1/M; counted in units of 1/(N·M) these are whole numbers.
    n, m = len(a), len(b)
    steps = torch.cat([torch.arange(1, n + 1) * m, torch.arange(1, m + 1) * n]).unique()
    share = torch.diff(steps, prepend=steps.new_zeros(1)) / (n * m)
    gaps = (a[(steps - 1) // m] - b[(steps - 1) // n]).square()
    return (share.to(gaps.dtype) @ gaps).mean().sqrt().item()


def mmd2(x: Tensor, y: Tensor, widths: Sequence[float] = (0.1, 0.3, 1.0)) -> float:
    """Unbiased squared maximum mean discrepancy of x (N, D) and y (M, D).

    Gretton et al. 2012 (JMLR 13, eq. 3): zero on average where both samples have one distribution,
    so it can be below zero. The mean over RBF kernels exp(−d²/2σ²) with the given widths σ.
    """
    # By differences: by a product of matrices they would lose their digits far from the origin.
    pairs = ((x, x), (y, y), (x, y))
    gaps = [torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist").square_() for a, b in pairs]
    n, m, total = len(x), len(y), 0.0
    for width in widths:
        kxx, kyy, kxy = ((-gap / (2 * width**2)).exp_() for gap in gaps)
        # The diagonal is each point with itself, exactly 1; leaving it out is what makes the
        # estimate unbiased.
        within = (kxx.sum() - kxx.diagonal().sum()) / (n * (n - 1)) + (kyy.sum() - kyy.diagonal().sum()) / (m * (m - 1))
        total += (within - 2 * kxy.mean()).item()
    return total / len(widths)
