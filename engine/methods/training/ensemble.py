"""Hardened networks: six ways to train against perturbed inputs, any number of members of each, in
one batched step.

    standard    L(x, y)
    smoothing   L(x, (1 − s)·y + s/C)                                  label smoothing, Szegedy et al. 2015 (arXiv 1512.00567, §7)
    random      α·L(x, y) + (1 − α)·L(x + r, y)                        r uniform in the ball: the control of fgsm
    fgsm        α·L(x, y) + (1 − α)·L(x + ε sign ∇ₓL(x, y), y)         Goodfellow et al. 2014 (arXiv 1412.6572, §6)
    vat         L(x, y) + λ·KL(p(·|x) ‖ p(·|x + r_vadv))               Miyato et al. 2015 (arXiv 1507.00677), ‖r‖₂ = ε
    pgd         max over δ in the ball of L(x + δ, y)                  Madry et al. 2017 (arXiv 1706.06083, eq. 2.1)

L is the cross-entropy, averaged over the points. In L2 the step of fgsm is ε·g/‖g‖₂. With a random
start fgsm is "fast" adversarial training: δ uniform in the ball, then one step of 1.25 ε, projected
(Wong, Rice, Kolter 2020, arXiv 2001.03994, alg. 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.attacks.batched_pgd import moved
from engine.attacks.norms import Norm
from engine.attacks.perturbations import unit
from engine.core.snapshot import OPTIMISER
from engine.nn.batched_mlp import BatchedMLP, Layers, detached, forward, input_gradient, pick

# The order makes slices of what is computed together: random, fgsm, vat have a second term; fgsm,
# vat, pgd need gradients of the input.
KINDS = ("standard", "smoothing", "random", "fgsm", "vat", "pgd")
FAST_STEP = 1.25  # of ε, after a random start
XI = 1e-3  # finite-difference step of VAT's power iteration


@dataclass(frozen=True)
class Settings:
    """What a step is computed under. epsilon: radius ε as it stands in the warm-up. step_size,
    steps (K): of PGD. rate: learning rate η.
    """

    norm: Norm
    epsilon: float
    alpha: float
    step_size: float
    steps: int
    lam: float
    smoothing: float
    rate: float
    random_start: bool


@dataclass(frozen=True)
class Draws:
    """Random numbers of one step, (members of a kind, N, D): noise and start uniform in the unit
    ball, direction normal.
    """

    noise: Tensor
    start: Tensor
    direction: Tensor


class RobustEnsemble(nn.Module):
    """`copies` members of each kind, all of the same widths; copy s of kind k is member k·copies +
    s.
    """

    def __init__(self, copies: int, widths: Sequence[int], dtype: torch.dtype) -> None:
        super().__init__()
        self.copies, self.size = copies, copies * len(KINDS)
        self.nets = BatchedMLP(self.size, widths, dtype)
        self.momenta = [torch.zeros_like(p) for p in self.parameters()]

    def span(self, first: str, last: str = "") -> slice:
        """Members from kind `first` to kind `last`, both included."""
        return slice(KINDS.index(first) * self.copies, (KINDS.index(last or first) + 1) * self.copies)

    def layers(self) -> Layers:
        """The parameters of all members, outside the graph."""
        return detached(self.nets.layers())

    def step(self, x: Tensor, target: Tensor, draws: Draws, settings: Settings) -> None:
        """One training step of every member. x (size, N, D) inputs, target (size, N, C) one-hot
        labels.
        """
        self.descend(x, target, self.perturbations(x, target, draws, settings), settings)

    def active(self, s: Settings) -> tuple[bool, bool]:
        """Whether random and fgsm, and whether vat, have a second term. Without it they are
        standard, bit for bit, and cost as much.
        """
        return s.epsilon > 0 and s.alpha < 1, s.epsilon > 0 and s.lam > 0

    @torch.no_grad()
    def perturbations(self, x: Tensor, target: Tensor, draws: Draws, s: Settings) -> Tensor:
        """r (size, N, D) under which each member's loss is taken; 0 for those without one. The
        first gradient serves three kinds.
        """
        r, (mixed, smooth) = torch.zeros_like(x), self.active(s)
        if s.epsilon == 0:
            return r
        layers, random, fgsm, vat, pgd = self.layers(), *(self.span(kind) for kind in ("random", "fgsm", "vat", "pgd"))
        at, toward = r.clone(), target
        if s.random_start:
            at[fgsm] = at[pgd] = s.epsilon * draws.start
        if smooth:
            at[vat] = XI * unit(draws.direction)
            toward = target.clone()
            toward[vat] = forward(pick(layers, vat), x[vat]).softmax(-1)
        begin = (fgsm if mixed else vat if smooth else pgd).start
        inner = slice(begin, None)
        g = torch.empty_like(x)
        g[inner] = input_gradient(pick(layers, inner), x[inner] + at[inner], toward[inner])
        if mixed:
            r[random] = s.epsilon * draws.noise
            r[fgsm] = moved(s.norm, at[fgsm], g[fgsm], (FAST_STEP if s.random_start else 1) * s.epsilon, s.epsilon)
        if smooth:
            r[vat] = s.epsilon * unit(g[vat], instead=unit(draws.direction))
        delta, own = moved(s.norm, at[pgd], g[pgd], s.step_size, s.epsilon), pick(layers, pgd)
        for _ in range(s.steps - 1):
            g = input_gradient(own, x[pgd] + delta, target[pgd])
            delta = moved(s.norm, delta, g, s.step_size, s.epsilon)
        r[pgd] = delta
        return r

    def descend(self, x: Tensor, target: Tensor, r: Tensor, s: Settings) -> None:
        """Take the gradient step of every member at its perturbation r."""
        mixed, smooth = self.active(s)
        pgd, smoothed, vat = self.span("pgd"), self.span("smoothing"), self.span("vat")
        weight = s.rate / max(x.shape[1], 1)
        first = torch.cat([x[: pgd.start], x[pgd] + r[pgd]])
        toward = target * weight
        if s.smoothing:
            toward[smoothed] = toward[smoothed] * (1 - s.smoothing) + weight * s.smoothing / target.shape[-1]
        if mixed:
            toward[self.span("random", "fgsm")] *= s.alpha
        logits = self.nets(first)
        losses = [_weighted(toward, logits)]
        if mixed or smooth:
            second = self.span("random" if mixed else "vat", "vat" if smooth else "fgsm")
            toward = target[second] * ((1 - s.alpha) * weight)
            if smooth:
                toward[-self.copies :] = logits.detach()[vat].softmax(-1) * (s.lam * weight)
            losses.append(_weighted(toward, forward(pick(self.nets.layers(), second), x[second] + r[second])))
        parameters = list(self.parameters())
        gradients = torch.autograd.grad(sum(losses), parameters)
        # v ← .9v + η·g, p ← p − .1v, the loss being multiplied by η, so that a new rate keeps the
        # momenta. By hand, because torch's fused SGD rounds the last few numbers of a tensor
        # otherwise than the rest, and then equal members would drift apart.
        with torch.no_grad():
            for p, v, g in zip(parameters, self.momenta, gradients):
                p.sub_(v.mul_(0.9).add_(g) * 0.1)

    def state(self) -> dict[str, Tensor]:
        """Weights and momenta by name."""
        out = {name: p.detach().clone() for name, p in self.named_parameters()}
        return out | {f"{OPTIMISER}momentum.{n}": v.clone() for (n, _), v in zip(self.named_parameters(), self.momenta)}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take up a `state()`. Raises KeyError for a missing tensor, RuntimeError for a wrong
        shape.
        """
        self.load_state_dict({name: state[name] for name, _ in self.named_parameters()})
        for (name, _), v in zip(self.named_parameters(), self.momenta):
            v.copy_(state[f"{OPTIMISER}momentum.{name}"])


def _weighted(target: Tensor, logits: Tensor) -> Tensor:
    """Σ CE, for targets that carry the weight of their sample."""
    return -torch.dot(target.flatten(), logits.log_softmax(-1).flatten())
