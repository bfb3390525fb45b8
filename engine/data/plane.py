"""Two classes of points in the plane, which can be embedded in many dimensions.

x = z·B, the rows of B being orthonormal. Moons and circles follow the synthetic sets of Miyato et
al. 2015 (arXiv 1507.00677, §4.1): the moons are 270° arcs of radius 1, other than scikit-learn's,
which are here as `half_moons`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from engine.core.streams import stream

Row = tuple[float, float, int]
VIEW = (2.4, 1.8)  # fields are drawn over [−2.4, 2.4] × [−1.8, 1.8]


@dataclass(frozen=True)
class PlaneData:
    """One seed's data. z: plane points (N, 2), float64. y: labels (N,), int64. basis: (2, D)."""

    train_z: Tensor
    train_y: Tensor
    unlabelled_z: Tensor
    test_z: Tensor
    test_y: Tensor
    basis: Tensor


def _arc(n: int, low: float, high: float, g: Generator) -> Tensor:
    """n points of the unit circle, uniform over the angles from low to high degrees."""
    angle = torch.deg2rad(low + (high - low) * torch.rand(n, generator=g, dtype=torch.float64))
    return torch.stack([angle.cos(), angle.sin()], 1)


def _moon(label: int, n: int, g: Generator) -> Tensor:
    if label:
        return _arc(n, -90, 180, g) + torch.tensor([0.5, -0.25])
    return _arc(n, 90, 360, g) + torch.tensor([-0.5, 0.25])


def _circle(label: int, n: int, g: Generator) -> Tensor:
    return _arc(n, 0, 360, g) * (1.0 if label else 0.25)


def _half_moon(label: int, n: int, g: Generator) -> Tensor:
    if label:
        return torch.tensor([0.5, 0.25]) - _arc(n, 0, 180, g)
    return _arc(n, 0, 180, g) - torch.tensor([0.5, 0.25])


def _spiral(label: int, n: int, g: Generator) -> Tensor:
    t = torch.rand(n, generator=g, dtype=torch.float64).sqrt()
    angle = 3 * math.pi * t + math.pi * label
    return (0.1 + 1.4 * t)[:, None] * torch.stack([angle.cos(), angle.sin()], 1)


def _xor(label: int, n: int, g: Generator) -> Tensor:
    side = torch.randint(2, (n,), generator=g) * 2.0 - 1
    other = side if label else -side
    return 0.8 * torch.stack([side, other], 1).double()


def _thin(label: int, n: int, g: Generator) -> Tensor:
    """Two features: y separates the classes without error but by ±.3 only; x is wide.

    x has the wrong sign for one point in ten. After Tsipras et al. 2018, "Robustness may be at odds
    with accuracy" (arXiv 1805.12152, §2.1).
    """
    side = 2.0 * label - 1
    along = side * (0.6 + 1.4 * torch.rand(n, generator=g, dtype=torch.float64))
    along = torch.where(torch.arange(n) % 10 == 9, -along, along)
    return torch.stack([along, torch.full_like(along, 0.3 * side)], 1)


# Value → (label, sampler of noise-free points of a class, default sd of the noise).
SHAPES: dict[str, tuple[str, Callable[[int, int, Generator], Tensor], float]] = {
    "moons": ("Moons (270° arcs)", _moon, 0.1),
    "circles": ("Circles", _circle, 0.05),
    "half_moons": ("Half moons (scikit-learn's shape)", _half_moon, 0.1),
    "spirals": ("Two spirals", _spiral, 0.05),
    "xor": ("XOR", _xor, 0.25),
    "thin": ("Thin margin", _thin, 0.06),
}


def sample(dataset: str, per_class: Sequence[int], noise: float, g: Generator) -> tuple[Tensor, Tensor]:
    """Draw per_class[0] points of class 0, then per_class[1] of class 1.

    z (N, 2), float64, and y (N,). noise: standard deviation, plane units. Raises KeyError for a
    dataset that is not in SHAPES.
    """
    _, shape, _ = SHAPES[dataset]
    z = torch.cat([shape(label, n, g) for label, n in enumerate(per_class)])
    z = z + noise * torch.randn(z.shape, generator=g, dtype=torch.float64)
    y = torch.repeat_interleave(torch.arange(2), torch.tensor(list(per_class)))
    return z, y


def embedding(dimension: int, g: Generator) -> Tensor:
    """B (2, dimension), float64: two orthonormal rows of a uniformly random orientation."""
    q, r = torch.linalg.qr(torch.randn(dimension, 2, generator=g, dtype=torch.float64))
    return (q * r.diagonal().sign()).T.contiguous()


def halves(n: int) -> tuple[int, int]:
    """n split between classes 0 and 1; of an odd n class 0 has one more."""
    return n - n // 2, n // 2


def make(
    dataset: str,
    rows: Sequence[Row],
    seed: int,
    *,
    noise: float,
    train: int,
    unlabelled: int,
    test: int,
    dimension: int,
) -> PlaneData:
    """The data of one seed: `rows` for the dataset "own", a sample for all others.

    noise: standard deviation, plane units. train, unlabelled, test: how many points. dimension: D
    of the basis. Each part is drawn from a stream of its own.
    """
    basis = embedding(dimension, stream(seed, "embedding"))
    if dataset == "own":
        return _split(rows, seed, train, unlabelled, test, basis)
    train_z, train_y = sample(dataset, halves(train), noise, stream(seed, "train"))
    unlabelled_z, _ = sample(dataset, halves(unlabelled), noise, stream(seed, "unlabelled"))
    test_z, test_y = sample(dataset, halves(test), noise, stream(seed, "test"))
    return PlaneData(train_z, train_y, unlabelled_z, test_z, test_y, basis)


def _split(rows: Sequence[Row], seed: int, train: int, unlabelled: int, test: int, basis: Tensor) -> PlaneData:
    """The data of own rows: a training sample with both classes in halves, and the rest.

    Of the rest at most half are unlabelled points; what is left are test points.
    """
    table = torch.tensor(rows, dtype=torch.float64).reshape(-1, 3)
    table = table[torch.randperm(len(table), generator=stream(seed, "train"))]
    z, y = table[:, :2].contiguous(), table[:, 2].long()
    chosen = torch.zeros(len(table), dtype=torch.bool)
    for label, n in enumerate(halves(train)):
        chosen[(y == label).nonzero()[:n, 0]] = True
    rest_z, rest_y = z[~chosen], y[~chosen]
    u = min(unlabelled, len(rest_z) // 2)
    return PlaneData(z[chosen], y[chosen], rest_z[:u], rest_z[u : u + test], rest_y[u : u + test], basis)
