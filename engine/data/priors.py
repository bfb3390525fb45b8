"""Priors over a two-dimensional code space: sampler, exact log density, ten components.

Makhzani et al. 2015, "Adversarial autoencoders" (arXiv 1511.05644), §2.3: N(0, I), a mixture of ten
Gaussians set like petals, a Swiss roll; here also a ring, a uniform square and a density painted by
hand. Every prior is cut into components of equal mass, so that each digit can have its own part
(§2.3, label information).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Generator, Tensor

from engine.core.declare import InvalidValue

KINDS = {
    "petals": "Mixture of Gaussians (petals)",
    "gaussian": "Gaussian N(0, I)",
    "swiss": "Swiss roll",
    "ring": "Ring",
    "square": "Uniform square",
    "painted": "Painted by you",
}
VIEW = 3.5  # code planes are drawn over [-VIEW, VIEW]²
SIDE = 28  # cells along a side of a painted density, which covers the view
CLASSES = 10
UNLABELLED = CLASSES  # the label of a sample drawn from the whole prior
PETAL_AT, PETAL_LONG = 1.4, 0.5  # mean and standard deviation along a petal
RADIUS = 2.0  # of the ring
HALF = 2.0  # half a side of the square
ROLL_POINTS = 768  # of the midpoint rule along the roll
THREE_SIGMA = -math.expm1(-4.5)  # mass of a two-dimensional Gaussian within 3σ, .9889
LOG_2PI = math.log(2 * math.pi)


@dataclass(frozen=True)
class Prior:
    """One prior p(z) in the plane.

    kind: one of KINDS. s: its noise in code units, > 0. modes: petals of the mixture. ink: SIDE²
    levels of a painted density, row by row from the bottom. Raises InvalidValue for a painted prior
    without ink.

    The bare Swiss roll is a curve, without a density, and the square's density falls to 0 at its
    sides. Both carry noise N(0, s²), and so do painted cells, so that a density and its gradient,
    which a VAE needs, exist everywhere.
    """

    kind: str = "petals"
    s: float = 0.1
    modes: int = 10
    ink: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.kind == "painted" and not any(self.ink):
            raise InvalidValue(
                "prior = painted has nothing painted yet: paint a density on the code plane first, or choose "
                "another prior"
            )

    @property
    def components(self) -> int:
        """Number of parts of equal mass: the petals, ten otherwise."""
        return self.modes if self.kind == "petals" else CLASSES

    # -- drawing -----------------------------------------------------------------------------------

    def sample(self, n: int, generator: Generator) -> Tensor:
        """Draws (n, 2) from the whole prior."""
        return self.sample_of(torch.full((n,), UNLABELLED), generator)

    def sample_of(self, labels: Tensor, generator: Generator) -> Tensor:
        """One draw (n, 2) for each label (n,): for 0 … 9 from that tenth of the prior's mass.

        For UNLABELLED from the whole prior. Takes the same number of random draws for every prior
        and label, so that a change of either leaves the generator in the same state.
        """
        u, v = torch.rand(3, len(labels), generator=generator).split((1, 2))
        noise = torch.randn(2, len(labels), generator=generator)
        u = torch.where(labels == UNLABELLED, u[0], (labels + u[0]) / CLASSES).clamp(max=1 - 1e-6)
        return torch.stack(getattr(self, f"_draw_{self.kind}")(u, v, noise), 1)

    def _draw_petals(self, u: Tensor, v: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        angle = (u * self.modes).floor() * (2 * math.pi / self.modes)
        along, across = PETAL_AT + PETAL_LONG * noise[0], self.s * noise[1]
        return along * angle.cos() - across * angle.sin(), along * angle.sin() + across * angle.cos()

    def _draw_gaussian(self, u: Tensor, v: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        radius, angle = noise.norm(dim=0), 2 * math.pi * u
        return radius * angle.cos(), radius * angle.sin()

    def _draw_swiss(self, u: Tensor, v: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        x, y = _roll(u.sqrt())
        return x + self.s * noise[0], y + self.s * noise[1]

    def _draw_ring(self, u: Tensor, v: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        radius, angle = RADIUS + self.s * noise[0], 2 * math.pi * u
        return radius * angle.cos(), radius * angle.sin()

    def _draw_square(self, u: Tensor, v: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        part = (u * CLASSES).floor()  # five columns, two rows
        x, y = (part % 5 + u * CLASSES - part) / 5, ((part / 5).floor() + v[0]) / 2
        return HALF * (2 * x - 1) + self.s * noise[0], HALF * (2 * y - 1) + self.s * noise[1]

    def _draw_painted(self, u: Tensor, v: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        order, mass, _ = self._painted
        cell = order[torch.searchsorted(mass, u.double(), right=True).clamp(max=len(order) - 1)]
        x, y = (cell % SIDE + v[0]) * (2 * VIEW / SIDE) - VIEW, (cell // SIDE + v[1]) * (2 * VIEW / SIDE) - VIEW
        return x + self.s * noise[0], y + self.s * noise[1]

    @property
    def _painted(self) -> tuple[Tensor, Tensor, Tensor]:
        """Painted cells in order, their cumulated mass, and all levels (SIDE, SIDE) as shares of 1.

        The order is that of the cells' angle around the centre of mass.
        """
        return _read(self.ink)

    # -- density -----------------------------------------------------------------------------------

    def log_density(self, z: Tensor) -> Tensor:
        """log p(z) in nats for z (..., 2): (...). Differentiable, and finite wherever z is.

        In closed form, but for the Swiss roll, whose curve is integrated by a midpoint rule.
        """
        return getattr(self, f"_log_{self.kind}")(z)

    def _petal_terms(self, z: Tensor) -> Tensor:
        """Squared Mahalanobis distance to each petal (..., K)."""
        angle = torch.arange(self.modes, device=z.device) * (2 * math.pi / self.modes)
        x, y = z[..., :1], z[..., 1:]
        along, across = x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()
        return ((along - PETAL_AT) / PETAL_LONG).square() + (across / self.s).square()

    def _log_petals(self, z: Tensor) -> Tensor:
        return (-0.5 * self._petal_terms(z)).logsumexp(-1) - LOG_2PI - math.log(PETAL_LONG * self.s * self.modes)

    def _log_gaussian(self, z: Tensor) -> Tensor:
        return -0.5 * z.square().sum(-1) - LOG_2PI

    def _roll_terms(self, z: Tensor) -> Tensor:
        """Log of each curve point's share in the density (..., ROLL_POINTS).

        Without the normalising constant of the noise.
        """
        t = (torch.arange(ROLL_POINTS, dtype=z.dtype) + 0.5) / ROLL_POINTS
        x, y = _roll(t)
        weight = 2 * t / ROLL_POINTS  # w = t², so dw = 2t dt
        gap = (z[..., :1] - x).square() + (z[..., 1:] - y).square()
        return (-0.5 / self.s**2) * gap + weight.log()

    def _log_swiss(self, z: Tensor) -> Tensor:
        return self._roll_terms(z).logsumexp(-1) - LOG_2PI - 2 * math.log(self.s)

    def _log_ring(self, z: Tensor) -> Tensor:
        r = (z.square().sum(-1) + 1e-12).sqrt()
        # A draw of the radius below 0 is a point on the opposite side.
        both = torch.logaddexp(-0.5 * ((r - RADIUS) / self.s).square(), -0.5 * ((r + RADIUS) / self.s).square())
        return both - 0.5 * LOG_2PI - math.log(self.s) - LOG_2PI - r.log()

    def _log_square(self, z: Tensor) -> Tensor:
        # A side of the square after the noise: Φ((HALF − |z|)/s) − Φ((−HALF − |z|)/s).
        inner = torch.special.log_ndtr((HALF - z.abs()) / self.s)
        outer = torch.special.log_ndtr((-HALF - z.abs()) / self.s)
        return (inner + torch.log1p(-(outer - inner).exp()) - math.log(2 * HALF)).sum(-1)

    def _log_painted(self, z: Tensor) -> Tensor:
        order, _, share = self._painted
        # In logarithms and double precision: far from the ink every term underflows otherwise, and
        # it is there that a VAE's codes need the gradient.
        edges = torch.linspace(-VIEW, VIEW, SIDE + 1, dtype=torch.float64)
        sides = _log_mass((edges - z.double()[..., None]) / self.s)  # (..., 2, SIDE)
        terms = share.flatten()[order].log() + sides[..., 0, order % SIDE] + sides[..., 1, order // SIDE]
        return (terms.logsumexp(-1) + 2 * math.log(SIDE / (2 * VIEW))).to(z.dtype)

    # -- fit ---------------------------------------------------------------------------------------

    def component(self, z: Tensor) -> Tensor:
        """The component (...) that each z (..., 2) lies in or next to, int64."""
        if self.kind == "petals":
            return self._petal_terms(z).argmin(-1)
        if self.kind == "swiss":
            # Without their weights the terms are greatest at the nearest point of the curve.
            t = (self._roll_terms(z) - (torch.arange(ROLL_POINTS) + 0.5).log()).argmax(-1)
            return (((t + 0.5) / ROLL_POINTS).square() * CLASSES).long()
        if self.kind == "square":
            x, y = ((z / HALF + 1) / 2).clamp(0, 1 - 1e-6).unbind(-1)
            return (x * 5).long() + 5 * (y * 2).long()
        if self.kind == "painted":
            return self._painted_component(z)
        return ((torch.atan2(z[..., 1], z[..., 0]) / (2 * math.pi) % 1) * CLASSES).long().clamp(max=CLASSES - 1)

    def _painted_component(self, z: Tensor) -> Tensor:
        """The component of the nearest painted cell: the one that has the middle of its mass."""
        order, mass, share = self._painted
        at = torch.stack([order % SIDE, order // SIDE], 1) + 0.5
        nearest = torch.cdist((z.float() + VIEW) * (SIDE / (2 * VIEW)), at).argmin(-1)
        middle = mass - share.flatten()[order] / 2
        return (middle[nearest] * CLASSES).long().clamp(max=CLASSES - 1)

    def within(self, z: Tensor) -> Tensor:
        """Whether each z (..., 2) lies within 3σ: (...), bool.

        Of its petal, or of N(0, I). For the other priors: in the densest region that has as much
        mass as a Gaussian within 3σ, .9889.
        """
        if self.kind == "petals":
            return self._petal_terms(z).amin(-1) <= 9
        if self.kind == "gaussian":
            return z.square().sum(-1) <= 9
        return self.log_density(z) >= _level(self)

    def covered(self, z: Tensor) -> int:
        """How many components have more than a tenth of their even share of z (n, 2).

        That is more than 1 % of the codes where there are ten. Only those `within` 3σ count.
        """
        near = self.component(z[self.within(z)])
        return int((near.bincount(minlength=self.components) > len(z) / (10 * self.components)).sum())

    def grid(self, side: int) -> Tensor:
        """p(z)/max p (side, side) at centres of cells over the view, rows from low to high y."""
        log_p = self.log_density(grid(side))
        return (log_p - log_p.max()).exp().reshape(side, side)


def grid(side: int) -> Tensor:
    """Centres (side², 2) of cells over the view, rows from low to high y."""
    at = torch.linspace(-VIEW, VIEW, 2 * side + 1)[1::2]
    y, x = torch.meshgrid(at, at, indexing="ij")
    return torch.stack([x, y], -1).reshape(-1, 2)


def _roll(t: Tensor) -> Sequence[Tensor]:
    """The curve r = 3t, φ = 4πt with t = √w."""
    return 3 * t * (4 * math.pi * t).cos(), 3 * t * (4 * math.pi * t).sin()


def _log_mass(edges: Tensor) -> Tensor:
    """log of a standard Gaussian's mass between neighbours of ascending `edges`.

    edges (..., n + 1), result (..., n).
    """
    low, high = edges[..., :-1], edges[..., 1:]
    # Mirrored into the lower tail, where log Φ is exact.
    low, high = torch.where(low > 0, -high, low), torch.where(low > 0, -low, high)
    above = torch.special.log_ndtr(high)
    return above + torch.log(-torch.expm1(torch.special.log_ndtr(low) - above))


@lru_cache(maxsize=8)
def _read(ink: tuple[int, ...]) -> tuple[Tensor, Tensor, Tensor]:
    """See Prior._painted."""
    level = torch.tensor(ink, dtype=torch.float64)
    share = level / level.sum()
    rows, columns = torch.arange(SIDE * SIDE) // SIDE, torch.arange(SIDE * SIDE) % SIDE
    angle = torch.atan2(rows - (share * rows).sum(), columns - (share * columns).sum())
    order = angle.argsort(stable=True)
    order = order[share[order] > 0]
    return order, share[order].cumsum(0), share.reshape(SIDE, SIDE)


@lru_cache(maxsize=8)
def _level(prior: Prior) -> float:
    """The log density above which THREE_SIGMA of the mass lies.

    Estimated from 4000 draws that are the same at every call.
    """
    z = prior.sample(4000, torch.Generator().manual_seed(0x5ADD1E))
    return prior.log_density(z).quantile(1 - THREE_SIGMA).item()
