"""Danskin's theorem, checked with numbers: ∇_θ max_δ L(θ, x + δ) = ∇_θ L(θ, x + δ*), δ* fixed.

Danskin 1966, as Madry et al. 2017 use it (arXiv 1706.06083, appendix A). It needs L to be
differentiable in θ at the maximiser δ*. A ReLU network is not differentiable where a hidden unit
switches between off and on; points whose δ* is at such a kink are left out, and counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.attacks.batched_pgd import projected, steepest
from engine.attacks.norms import Norm
from engine.nn.batched_mlp import Layers, cross_entropy_gradient, forward
from engine.nn.losses import cross_entropy

SIDE = 9  # points along a side of the grid where the search for the maximiser begins
REFINE = 45  # steps that refine the best of them
H = 1e-5  # step of the finite difference, along a direction of length 1 in θ
KINK = 1e-4  # a hidden unit whose input is nearer to 0 than this counts as switching


@dataclass(frozen=True)
class Check:
    """The two sides of the theorem along one direction in θ.

    slope: of L at the fixed δ*. difference: of max_δ L, by finite differences. points: how many
    were used, of `of`.
    """

    slope: float
    difference: float
    points: int
    of: int

    @property
    def error(self) -> float:
        """How far the two sides are apart, relative to the larger."""
        return abs(self.slope - self.difference) / max(abs(self.slope), abs(self.difference), 1e-300)


def maximise(
    layers: Layers, x: Tensor, target: Tensor, norm: Norm, epsilon: float, more: Tensor | None = None
) -> Tensor:
    """δ* (1, N, D) of one network in the ball, at x (1, N, D) with one-hot target (1, N, C).

    The best point of a grid, and of `more` (1, N, D), refined by gradient steps, which grow after a
    step that raised the loss and shrink after one that did not.
    """
    line = torch.linspace(-1, 1, SIDE, dtype=x.dtype)
    grid = torch.cartesian_prod(*[line] * x.shape[-1]) * epsilon
    starts = projected(norm, grid, epsilon)[:, None].expand(-1, x.shape[1], -1)  # (G, N, D)
    starts = starts if more is None else torch.cat([more, starts])
    best, delta = _best(layers, x, target, starts)
    step = torch.full_like(best, 0.5 * epsilon)
    for _ in range(REFINE):
        g = cross_entropy_gradient(layers, x + delta, target)
        tried = projected(norm, delta + step[..., None] * steepest(norm, g), epsilon)
        loss = cross_entropy(target, forward(layers, x + tried))
        better = loss > best
        delta = torch.where(better[..., None], tried, delta)
        best = torch.where(better, loss, best)
        # Along the rim of the ball a step must be long, inside it short.
        step = (step * torch.where(better, 1.6, 0.5)).clamp_max(8 * epsilon)
    return delta


def _best(layers: Layers, x: Tensor, target: Tensor, starts: Tensor) -> tuple[Tensor, Tensor]:
    """Of starts (G, N, D) the best of each point: its loss (1, N) and δ (1, N, D)."""
    at = (x + starts).reshape(1, -1, x.shape[-1])
    loss = cross_entropy(target.repeat(1, len(starts), 1), forward(layers, at)).view(len(starts), -1)
    top, index = loss.max(0)
    return top[None], starts[index, torch.arange(x.shape[1])][None]


@torch.no_grad()
def check(
    layers: Layers,
    x: Tensor,
    target: Tensor,
    norm: Norm,
    epsilon: float,
    generator: torch.Generator,
    held: Tensor | None = None,
) -> Check:
    """The two sides for one network (a member axis of 1) at x (N, D), one-hot target (N, C).

    Computed in float64 along one random direction in θ, drawn from `generator`, and summed over the
    points away from kinks; NaN where there is none. held: a δ (N, D) to take ∇_θ L at instead of
    δ*, for which the theorem does not hold.
    """
    layers = [(w.double(), b.double()) for w, b in layers]
    x, target = x.double()[None], target.double()[None]
    direction = [
        tuple(torch.randn(p.shape, generator=generator, dtype=torch.float64) for p in layer) for layer in layers
    ]
    length = sum(p.square().sum() for layer in direction for p in layer).sqrt()
    delta = maximise(layers, x, target, norm, epsilon)
    smooth = _away_from_kinks(layers, x + delta)
    if not smooth.any():
        return Check(math.nan, math.nan, 0, x.shape[1])  # NaN, since nothing was checked
    x, target, delta = x[:, smooth], target[:, smooth], delta[:, smooth]

    def moved(h: float) -> Layers:
        return [(w + h / length * u, b + h / length * v) for (w, b), (u, v) in zip(layers, direction)]

    def worst(h: float) -> float:
        at = moved(h)
        star = maximise(at, x, target, norm, epsilon, delta)
        return cross_entropy(target, forward(at, x + star)).sum().item()

    with torch.enable_grad():
        free = [(w.clone().requires_grad_(), b.clone().requires_grad_()) for w, b in layers]
        loss = cross_entropy(target, forward(free, x + (delta if held is None else held[None, smooth]))).sum()
        gradients = torch.autograd.grad(loss, [p for layer in free for p in layer])
    along = [p for layer in direction for p in layer]
    slope = sum((g * u).sum() for g, u in zip(gradients, along)).item() / length.item()
    return Check(slope, (worst(H) - worst(-H)) / (2 * H), x.shape[1], len(smooth))


def _away_from_kinks(layers: Layers, x: Tensor) -> Tensor:
    """Where no hidden unit is about to switch, (N,) bool, at x (1, N, D)."""
    smooth = torch.ones(x.shape[1], dtype=torch.bool)
    for w, b in layers[:-1]:
        x = torch.baddbmm(b, x, w)
        smooth &= x[0].abs().amin(-1) > KINK
        x = x.relu()
    return smooth
