"""Sums of a Gaussian kernel over all pairs of two large samples in the plane, without the pairs.

The kernel is its own Fourier integral, e^(−d²/2σ²) = ∫ σ/√(2π) e^(−σ²ω²/2) e^(iωd) dω in each
coordinate. The trapezoidal rule turns that into a sum over a grid of frequencies, and the sum over
pairs into a product of two sums over points:

    Σ_jk e^(−|x_j − y_k|²/2σ²) = Σ_ω w(ω) S_x(ω) conj S_y(ω),   S_x(ω) = Σ_j e^(iω·x_j).

For a Gaussian the rule is exact but for two errors, both below PRECISION of the largest value here
(Trefethen and Weideman 2014, SIAM Review 56, §5): frequencies beyond the last one, and copies of
the kernel at multiples of 2π/h for frequencies h apart, which lie beyond the samples' extent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

PRECISION = 1e-12
TAIL = math.sqrt(-2 * math.log(PRECISION))  # standard deviations at which a Gaussian is that small
ROWS = 2000  # points at a time
FREQUENCY = 0.15  # the time of one frequency of one point, as a share of that of one kernel value


def _frequencies(extent: float, width: float) -> tuple[int, float]:
    """How many frequencies above 0 a coordinate needs, and how far apart they are."""
    apart = 2 * math.pi / (extent + TAIL * width)
    return math.ceil(TAIL / width / apart), apart


def pays(x: Tensor, y: Tensor, widths: Sequence[float]) -> bool:
    """Whether `gaussian_sums` is quicker than all pairs: for large samples in the plane whose
    extent is not too many widths.
    """
    if x.shape[1] != 2 or not math.isfinite(extent := _extent(x, y)):
        return False
    frequencies = sum(2 * (_frequencies(extent, width)[0] + 1) ** 2 for width in widths)
    pairs = (len(x) + len(y)) ** 2 / 2
    return (len(x) + len(y)) * frequencies * FREQUENCY < pairs * len(widths)


def _extent(x: Tensor, y: Tensor) -> float:
    """The larger side of the box around both samples."""
    low, high = torch.cat([x, y]).double().aminmax(dim=0)
    return float((high - low).max())


def gaussian_sums(x: Tensor, y: Tensor, width: float) -> tuple[float, float, float]:
    """The sums of e^(−d²/2σ²) over all pairs within x (N, 2), within y (M, 2), and of x with y.

    A point with itself is a pair. width: σ, in units of x.
    """
    count, apart = _frequencies(_extent(x, y), width)
    centre = torch.cat([x, y]).double().mean(0)
    s_x, s_y = (_transform(z.double() - centre, count, apart) for z in (x, y))
    at = apart * torch.arange(-count, count + 1, dtype=torch.float64)
    weight = apart * width / math.sqrt(2 * math.pi) * torch.exp(-((width * at) ** 2) / 2)
    # The sums at −ω are the conjugates of those at ω: half of the grid is enough.
    half = 2 * weight[count:]
    half[0] /= 2
    grid = weight[:, None] * half

    def product(a: Tensor, b: Tensor) -> float:
        return float((grid * (a.real * b.real + a.imag * b.imag)).sum())

    return product(s_x, s_x), product(s_y, s_y), product(s_x, s_y)


def _transform(z: Tensor, count: int, apart: float) -> Tensor:
    """Σ_j e^(iω·z_j) for z (N, 2) at frequencies from −count to count, and from 0 to count, times
    `apart`: (2·count + 1, count + 1).
    """
    total = torch.zeros(2 * count + 1, count + 1, dtype=torch.complex128)
    index = torch.arange(-count, count + 1, dtype=torch.float64)
    for part in z.split(ROWS):
        angle = apart * part
        first = torch.polar(torch.ones((), dtype=torch.float64), angle[:, 0, None] * index)
        second = torch.polar(torch.ones((), dtype=torch.float64), angle[:, 1, None] * index[count:])
        total += first.T @ second
    return total
