"""SSIM: how similar two pictures look.

Wang, Bovik, Sheikh, Simoncelli 2004, "Image quality assessment: from error visibility to structural
similarity" (IEEE Transactions on Image Processing 13), eq. 13.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv2d

SIGMA = 1.5  # of the Gaussian window, pixels
WINDOW = 11  # a side of it
# For values in [0, 1].
C1 = 0.01**2
C2 = 0.03**2


def ssim(a: Tensor, b: Tensor) -> float:
    """Mean structural similarity of two pictures (C, H, W) in [0, 1]; 1 for equal ones.

    Gaussian windows of 11 × 11 with σ = 1.5, wholly inside the picture, each channel by itself. For
    smaller pictures the window is the largest odd one that fits.
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
