"""Distributions in the plane that a GAN can learn, with exact samples and densities on a grid.

Every named shape is a mixture of equal round Gaussians (curves are mixtures of many), so that its
density is in closed form. On the grid all densities, real and generated, are blurred by a Gaussian
of one cell: then a set of points has a density too, and two samples of one distribution agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from engine.core.declare import InvalidValue
from engine.data.plane import VIEW

ROWS, COLUMNS = 48, 64  # of the grid over VIEW; its cells are squares
CELL = 2 * VIEW[0] / COLUMNS  # side of a cell and standard deviation of the blur, plane units
INK_SIDE = 32  # cells a side of a painted density, over the whole view
MODE_REACH = 3.0  # a point belongs to a mode within this many standard deviations
MODE_SHARE = 0.01  # a mode counts as covered when it holds more than this share of the points

XS = (torch.arange(COLUMNS) + 0.5) * CELL - VIEW[0]
YS = (torch.arange(ROWS) + 0.5) * CELL - VIEW[1]


def grid_points() -> Tensor:
    """Centres of the grid's cells, (ROWS·COLUMNS, 2), first row at the bottom."""
    y, x = torch.meshgrid(YS, XS, indexing="ij")
    return torch.stack([x, y], -1).reshape(-1, 2)


def blurred(points: Tensor, spread: float = CELL) -> Tensor:
    """Share of each cell in the mean of Gaussians at points (N, 2): (ROWS, COLUMNS), sum 1.

    spread: their standard deviation, plane units. Points outside the view count at its edge, and
    every point counts the same: what a kernel loses beyond the edge is given back to its other
    cells. NaN where a point is NaN. The kernel is a product, so N points cost N·(ROWS + COLUMNS)
    exponentials and one matrix product.
    """
    x, y = points.T.contiguous()
    scale = 0.5**0.5 / spread

    def kernel(at: Tensor, points: Tensor, half: float) -> Tensor:
        # Clamped at e⁻⁶⁰, which is too little to be seen: subnormal numbers would make everything
        # that follows ten times slower.
        gaps = (at.to(points.dtype)[:, None] - points.clamp(-half, half)) * scale
        return gaps.square_().neg_().clamp_min_(-60).exp_()

    across, up = kernel(XS, x, VIEW[0]), kernel(YS, y, VIEW[1])
    out = (up / up.sum(0)) @ (across / across.sum(0)).T
    return out / out.sum()


@dataclass(frozen=True)
class Mixture:
    """A mixture of equal round Gaussians.

    centres: (K, 2). sigma: their standard deviation in plane units, 0 for the centres themselves.
    modes: whether each centre is a mode that coverage counts.
    """

    centres: Tensor
    sigma: float
    modes: bool = False

    def sample(self, n: int, g: Generator) -> Tensor:
        """n draws (n, 2)."""
        chosen = self.centres[torch.randint(len(self.centres), (n,), generator=g)]
        return torch.randn(n, 2, generator=g).mul_(self.sigma).add_(chosen) if self.sigma else chosen

    def grid(self) -> Tensor:
        """The blurred density on the grid, (ROWS, COLUMNS) float64, sum 1."""
        return blurred(self.centres.double(), math.hypot(self.sigma, CELL))


class Painting:
    """A density painted by hand, uniform inside each of its cells.

    levels: INK_SIDE², row by row from the bottom. Raises InvalidValue where nothing is painted.
    """

    modes = False

    def __init__(self, levels: Sequence[int]) -> None:
        if not any(levels):
            raise InvalidValue("The painted density has no ink: paint at least one spot.")
        self._levels = torch.tensor(levels, dtype=torch.float64).reshape(INK_SIDE, INK_SIDE)
        self._filled = self._levels.flatten().nonzero()[:, 0]
        self._upto = (self._levels.flatten()[self._filled] / self._levels.sum()).cumsum(0)
        self._size = torch.tensor(VIEW) * (2 / INK_SIDE)

    def sample(self, n: int, g: Generator) -> Tensor:
        """n draws (n, 2)."""
        at = torch.searchsorted(self._upto, torch.rand(n, generator=g, dtype=torch.float64))
        cell = self._filled[at.clamp_max_(len(self._filled) - 1)]
        corner = torch.stack([cell % INK_SIDE, cell // INK_SIDE], 1)
        return (torch.rand(n, 2, generator=g) + corner) * self._size - torch.tensor(VIEW)

    def grid(self) -> Tensor:
        """The blurred density on the grid, (ROWS, COLUMNS) float64, sum 1.

        Each painted cell is a box, whose blur is in closed form.
        """
        out = _boxes(YS, VIEW[1]) @ self._levels @ _boxes(XS, VIEW[0]).T
        return out / out.sum()


def _boxes(at: Tensor, half: float) -> Tensor:
    """Density at coordinates `at` of each of INK_SIDE equal boxes over [−half, half], blurred.

    Shape (len(at), INK_SIDE).
    """
    edges = torch.linspace(-half, half, INK_SIDE + 1, dtype=torch.float64)
    below = torch.special.ndtr((edges - at.double()[:, None]) / CELL)
    boxes = below[:, 1:] - below[:, :-1]
    return boxes / boxes.sum(0)  # as in `blurred`, every box counts the same


Density = Mixture | Painting


def _curve(n: int, point: Callable[[Tensor], tuple[Tensor, Tensor]]) -> Tensor:
    """n points (n, 2) of a curve, at the middles of n equal steps of its parameter in (0, 1)."""
    return torch.stack(point((torch.arange(n) + 0.5) / n), 1)


def _ring(n: int, radius: float) -> Tensor:
    angle = torch.arange(n) * (2 * math.pi / n)
    return radius * torch.stack([angle.cos(), angle.sin()], 1)


def _half_moons() -> Tensor:
    arc = _curve(100, lambda t: (torch.cos(math.pi * t), torch.sin(math.pi * t)))
    shift = torch.tensor([0.5, 0.25])
    return 1.2 * torch.cat([arc - shift, shift - arc])


def _spiral() -> Tensor:
    def point(t: Tensor) -> tuple[Tensor, Tensor]:
        root = t.sqrt()  # spreads the points evenly along the arm
        radius, angle = 0.1 + 1.4 * root, 3.5 * math.pi * root
        return radius * torch.cos(angle), radius * torch.sin(angle)

    return _curve(300, point)


SHAPES: dict[str, tuple[str, Callable[[], Mixture]]] = {
    "gaussian": ("One Gaussian", lambda: Mixture(torch.tensor([[0.6, 0.4]]), 0.35, modes=True)),
    "two": ("Two Gaussians", lambda: Mixture(torch.tensor([[-1.0, 0.0], [1.0, 0.0]]), 0.2, modes=True)),
    "ring8": ("Ring of 8 Gaussians", lambda: Mixture(_ring(8, 1.35), 0.07, modes=True)),
    "grid25": (
        "Grid of 25 Gaussians",
        lambda: Mixture(torch.cartesian_prod(*[torch.arange(-2, 3) * 0.65] * 2), 0.06, modes=True),
    ),
    "line": ("Line", lambda: Mixture(_curve(200, lambda t: (3.2 * t - 1.6, 1.8 * t - 0.9)), 0.05)),
    "ring": ("Ring", lambda: Mixture(_ring(200, 1.2), 0.06)),
    "half_moons": ("Half moons", lambda: Mixture(_half_moons(), 0.08)),
    "spiral": ("Spiral", lambda: Mixture(_spiral(), 0.05)),
    "disjoint": (
        "Disjoint: a strip far from where G starts",
        lambda: Mixture(_curve(100, lambda t: (1.5 + 0 * t, 1.6 * t - 0.8)), 0.04),
    ),
}
"""value → (label, its distribution)."""

OWN = "Your own points"
STARTS = {"disjoint": (-1.5, 0.0)}  # where the generator's samples lie at first; the origin for all others


def make(dataset: str, rows: Sequence[Sequence[float]] = ()) -> Density:
    """The distribution called `dataset`: one of SHAPES, or "own" with its `rows` of (x, y, ...).

    Raises InvalidValue where these have fewer than two different points.
    """
    if dataset != "own":
        return SHAPES[dataset][1]()
    table = torch.tensor([row[:2] for row in rows], dtype=torch.float32).reshape(-1, 2)
    if len(table.unique(dim=0)) < 2:
        raise InvalidValue(
            "Your own points need at least two different ones: a single point has no distribution to learn."
        )
    return Mixture(table, 0.0)


def near_modes(points: Tensor, mixture: Mixture) -> Tensor:
    """Whether each of points (N, 2) lies within MODE_REACH · σ of each mode: (N, K), bool."""
    gaps = torch.cdist(points, mixture.centres, compute_mode="donot_use_mm_for_euclid_dist")
    return gaps <= MODE_REACH * mixture.sigma
