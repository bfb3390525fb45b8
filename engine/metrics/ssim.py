"""SSIM: how alike two pictures look."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv2d

SIGMA, WINDOW = 1.5, 11
C1, C2 = 0.01**2, 0.03**2  # for values in [0, 1]


def ssim(a: Tensor, b: Tensor) -> float:
    """Mean structural similarity of two pictures (C, H, W) in [0, 1], 1 for equal ones (Wang,
    Bovik, Sheikh, Simoncelli 2004, eq. 13).

    Gaussian windows of 11 × 11 with σ = 1.5, wholly inside the picture, each channel by itself.
    Pictures smaller than a window use as large an odd window as fits.
    """
    size = min(WINDOW, *(s if s % 2 else s - 1 for s in a.shape[-2:]))
    at = torch.arange(size, dtype=torch.float64) - size // 2
    window = (-at.square() / (2 * SIGMA**2)).exp()
    window /= window.sum()

    def mean(x: Tensor) -> Tensor:  # a Gaussian window is a row times a column
        return conv2d(conv2d(x, window.view(1, 1, 1, -1)), window.view(1, 1, -1, 1))

    a, b = a.double()[:, None], b.double()[:, None]
    ma, mb = mean(a), mean(b)
    va, vb, vab = mean(a * a) - ma * ma, mean(b * b) - mb * mb, mean(a * b) - ma * mb
    return float((((2 * ma * mb + C1) * (2 * vab + C2)) / ((ma * ma + mb * mb + C1) * (va + vb + C2))).mean())
