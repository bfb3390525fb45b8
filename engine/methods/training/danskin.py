"""Danskin's theorem, checked with numbers: ∇_θ max_δ L(θ, x + δ) = ∇_θ L(θ, x + δ*) with δ* held
fixed.

Danskin 1966, as Madry et al. 2017 use it (arXiv 1706.06083, appendix A). It needs L to be
differentiable in θ at the maximiser, which a ReLU network is not where a hidden unit of it is just
switching: points whose δ* lies on such a kink are left out and counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.attacks.batched_pgd import projected
from engine.attacks.norms import Norm
from engine.nn.batched_mlp import Layers, forward, input_gradient
from engine.nn.losses import cross_entropy

SIDE = 9  # places a side that the search for the maximiser begins from
REFINE = 45
H = 1e-5  # of the finite difference
KINK = 1e-4  # a hidden unit nearer to 0 than this is switching


@dataclass(frozen=True)
class Check:
    """slope: ∇_θ L at δ*, along a direction in θ. difference: the change of max_δ L along it, by
    finite differences. points: used, of `of`.
    """

    slope: float
    difference: float
    points: int
    of: int

    @property
    def error(self) -> float:
        """Relative to the larger of the two."""
        return abs(self.slope - self.difference) / max(abs(self.slope), abs(self.difference), 1e-300)


def maximise(
    layers: Layers, x: Tensor, target: Tensor, norm: Norm, epsilon: float, more: Tensor | None = None
) -> Tensor:
    """δ* (1, N, D) of one network in the ball: the best of a grid (and of `more` (1, N, D)),
    refined by steps that grow while they gain and shrink while not.
    """
    line = torch.linspace(-1, 1, SIDE, dtype=x.dtype)
    grid = torch.cartesian_prod(*[line] * x.shape[-1]) * epsilon
    starts = projected(norm, grid, epsilon)[:, None].expand(-1, x.shape[1], -1)  # (G, N, D)
    starts = starts if more is None else torch.cat([more, starts])
    best, delta = _best(layers, x, target, starts)
    step = torch.full_like(best, 0.5 * epsilon)
    for _ in range(REFINE):
        g = input_gradient(layers, x + delta, target)
        tried = projected(
            norm, delta + step[..., None] * norm.steepest(g.reshape(-1, g.shape[-1])).view(g.shape), epsilon
        )
        loss = cross_entropy(target, forward(layers, x + tried))
        better = loss > best
        delta, best = torch.where(better[..., None], tried, delta), torch.where(better, loss, best)
        step = (step * torch.where(better, 1.6, 0.5)).clamp_max(
            8 * epsilon
        )  # along a rim the step must be long, on a slope short
    return delta


def _best(layers: Layers, x: Tensor, target: Tensor, starts: Tensor) -> tuple[Tensor, Tensor]:
    """Of starts (G, N, D), each point's with the largest loss: loss (1, N), δ (1, N, D)."""
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
    """The two sides for one network (layers with a member axis of 1) at x (N, D), one-hot target
    (N, C), in float64.

    Along one random direction in θ, drawn from `generator`; summed over the points away from kinks.
    held: the δ (N, D) to take ∇_θ L at, where it should be another than δ*: the theorem then does
    not hold.
    """
    layers = [(w.double(), b.double()) for w, b in layers]
    x, target = x.double()[None], target.double()[None]
    direction = [tuple(torch.randn(p.shape, generator=generator, dtype=torch.float64) for p in pair) for pair in layers]
    length = sum(p.square().sum() for pair in direction for p in pair).sqrt()
    delta = maximise(layers, x, target, norm, epsilon)
    smooth = _away_from_kinks(layers, x + delta)
    if not smooth.any():
        return Check(math.nan, math.nan, 0, x.shape[1])  # nothing was checked, which is not agreement
    x, target, delta = x[:, smooth], target[:, smooth], delta[:, smooth]

    def shifted(h: float) -> Layers:
        return [(w + h / length * u, b + h / length * v) for (w, b), (u, v) in zip(layers, direction)]

    def worst(h: float) -> float:
        at = shifted(h)
        star = maximise(at, x, target, norm, epsilon, delta)
        return cross_entropy(target, forward(at, x + star)).sum().item()

    with torch.enable_grad():
        free = [(w.clone().requires_grad_(), b.clone().requires_grad_()) for w, b in layers]
        loss = cross_entropy(target, forward(free, x + (delta if held is None else held[None, smooth]))).sum()
        gradients = torch.autograd.grad(loss, [p for pair in free for p in pair])
    slope = (
        sum((g * u).sum() for g, u in zip(gradients, [p for pair in direction for p in pair])).item() / length.item()
    )
    return Check(slope, (worst(H) - worst(-H)) / (2 * H), x.shape[1], len(smooth))


def _away_from_kinks(layers: Layers, x: Tensor) -> Tensor:
    """(N,): no hidden unit is about to switch at x (1, N, D)."""
    smooth = torch.ones(x.shape[1], dtype=torch.bool)
    for w, b in layers[:-1]:
        x = torch.baddbmm(b, x, w)
        smooth &= x[0].abs().amin(-1) > KINK
        x = x.relu()
    return smooth
