"""Distances between two samples."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from engine.metrics.gaussian_sums import gaussian_sums, pays

ROWS = 256  # points at a time, so that what is computed stays in the processor's cache


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
    share = torch.diff(steps, prepend=steps.new_zeros(1)).to(a.dtype) / (n * m)
    gaps = (a[(steps - 1) // m] - b[(steps - 1) // n]).square()
    return (share @ gaps).mean().sqrt().item()


def mmd2(x: Tensor, y: Tensor, widths: Sequence[float] = (0.1, 0.3, 1.0)) -> float:
    """Unbiased squared maximum mean discrepancy of x (N, D) and y (M, D).

    Gretton et al. 2012 (JMLR 13, eq. 3): zero on average where both samples have one distribution,
    so it can be below zero. The mean over RBF kernels exp(−d²/2σ²) with the given widths σ. NaN
    where a sample has fewer than two points.
    """
    n, m = len(x), len(y)
    if min(n, m) < 2:
        return math.nan
    if pays(x, y, widths):
        within_x, within_y, across = zip(*(gaussian_sums(x, y, width) for width in widths))
    else:
        within_x, within_y, across = (_kernel_sums(a, b, widths) for a, b in ((x, x), (y, y), (x, y)))
    # The diagonal is each point with itself, exactly 1; leaving it out is what makes the estimate
    # unbiased.
    parts = zip(within_x, within_y, across)
    total = sum((a - n) / (n * (n - 1)) + (b - m) / (m * (m - 1)) - 2 * c / (n * m) for a, b, c in parts)
    return total / len(widths)


def _kernel_sums(x: Tensor, y: Tensor, widths: Sequence[float]) -> list[float]:
    """The sum of the RBF kernel of each width over all pairs of x and y."""
    sums = [0.0] * len(widths)
    for at in range(0, len(x), ROWS):
        rows = x[at : at + ROWS]
        # The kernel is symmetric: within one sample each pair is computed once, and counts twice.
        others = y[at:] if x is y else y
        # By differences: by a product of matrices they would lose their digits far from the origin.
        gap = torch.cdist(rows, others, compute_mode="donot_use_mm_for_euclid_dist").square_()
        for k, width in enumerate(widths):
            # e⁻⁸⁰ is nothing beside the diagonal, which is 1 for each point. Smaller numbers would
            # become subnormal, with which the processor is many times as slow.
            kernel = (gap * (-1 / (2 * width**2))).clamp_(min=-80).exp_()
            if x is y:
                kernel[:, len(rows) :] *= 2
            sums[k] += kernel.sum(1).sum(dtype=torch.float64).item()
    return sums
