"""RobustEnsemble: six ways to train on perturbed inputs, several networks of each, in one step.

    standard    L(x, y)
    smoothing   L(x, (1 − s)·y + s/C)                             label smoothing [1]
    random      α·L(x, y) + (1 − α)·L(x + r, y)                   r uniform in the ball
    fgsm        α·L(x, y) + (1 − α)·L(x + ε sign ∇ₓL(x, y), y)    [2]
    vat         L(x, y) + λ·KL(p(·|x) ‖ p(·|x + r_vadv))          ‖r‖₂ = ε [3]
    pgd         max over δ in the ball of L(x + δ, y)             [4]

L is the cross-entropy, averaged over the points. random is the control of fgsm. In L2 the step of
fgsm is ε·g/‖g‖₂. With a random start fgsm is "fast" adversarial training: δ uniform in the ball,
then one step of 1.25 ε, projected [5].

[1] Szegedy et al. 2015 (arXiv 1512.00567, §7)
[2] Goodfellow, Shlens, Szegedy 2014 (arXiv 1412.6572, §6)
[3] Miyato et al. 2015 (arXiv 1507.00677)
[4] Madry et al. 2017 (arXiv 1706.06083, eq. 2.1)
[5] Wong, Rice, Kolter 2020 (arXiv 2001.03994, alg. 3)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.attacks.batched_pgd import pgd_step
from engine.attacks.norms import Norm
from engine.attacks.perturbations import unit
from engine.core.snapshot import OPTIMISER
from engine.nn.batched_mlp import BatchedMLP, Layers, cross_entropy_gradient, detached, forward, pick

# In this order kinds that are computed together are one slice: random, fgsm and vat have a second
# term; fgsm, vat and pgd need gradients with respect to the input.
KINDS = ("standard", "smoothing", "random", "fgsm", "vat", "pgd")
FAST_STEP = 1.25  # of ε, after a random start
XI = 1e-3  # finite-difference step of VAT's power iteration


@dataclass(frozen=True)
class RobustTerms:
    """The numbers in the losses of the six kinds, at one step.

    epsilon: radius ε of the ball at this step of the warm-up, in the unit of the inputs. alpha:
    weight α of the clean loss, 0 to 1. step_size, steps (K): of PGD. lam: weight λ of VAT's
    divergence. smoothing: s, 0 to ½. rate: learning rate η. random_start: of fgsm and pgd.
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
    """Random numbers of one step, each (S, N, D), shared by the kinds.

    noise (of random) and start (of fgsm and pgd): uniform in the unit ball. direction (of vat):
    standard normal.
    """

    noise: Tensor
    start: Tensor
    direction: Tensor

    @classmethod
    def of(cls, norm: Norm, generators: Sequence[torch.Generator], n: int, dtype: torch.dtype) -> Draws:
        """Draw for n points of the plane, from one generator a seed.

        All numbers are drawn whatever the knobs, so that turning the knob of one kind does not
        change the random numbers of another.
        """
        like = torch.empty(n, 2, dtype=dtype)
        each = [
            (
                norm.random(like, 1.0, generator),
                norm.random(like, 1.0, generator),
                torch.randn(n, 2, generator=generator, dtype=dtype),
            )
            for generator in generators
        ]
        return cls(*(torch.stack(parts) for parts in zip(*each)))


class RobustEnsemble(nn.Module):
    """`copies` members of each kind, all of the same widths.

    Copy s of kind k is member k·copies + s. Shapes: M members, N points, D inputs, C classes.
    """

    def __init__(self, copies: int, widths: Sequence[int], dtype: torch.dtype) -> None:
        super().__init__()
        self.copies = copies
        self.size = copies * len(KINDS)
        self.nets = BatchedMLP(self.size, widths, dtype)
        self.momenta = [torch.zeros_like(p) for p in self.parameters()]

    def span(self, first: str, last: str = "") -> slice:
        """Members from kind `first` to kind `last`, both included."""
        return slice(KINDS.index(first) * self.copies, (KINDS.index(last or first) + 1) * self.copies)

    def layers(self) -> Layers:
        """The parameters of all members, outside the graph."""
        return detached(self.nets.layers())

    def step(self, x: Tensor, target: Tensor, draws: Draws, terms: RobustTerms) -> None:
        """One training step of every member at x (M, N, D) with one-hot target (M, N, C)."""
        self.descend(x, target, self.perturbations(x, target, draws, terms), terms)

    def active(self, terms: RobustTerms) -> tuple[bool, bool]:
        """Whether random and fgsm have a second term, and whether vat has one.

        Without it they train like standard, bit for bit and at the same cost.
        """
        return terms.epsilon > 0 and terms.alpha < 1, terms.epsilon > 0 and terms.lam > 0

    @torch.no_grad()
    def perturbations(self, x: Tensor, target: Tensor, draws: Draws, terms: RobustTerms) -> Tensor:
        """r (M, N, D) at which each member's loss is taken; 0 for those without one."""
        mixed, smooth = self.active(terms)
        r = torch.zeros_like(x)
        if terms.epsilon == 0:
            return r
        layers = self.layers()
        random, fgsm, vat, pgd = (self.span(kind) for kind in ("random", "fgsm", "vat", "pgd"))
        at = r.clone()
        toward = target
        if terms.random_start:
            at[fgsm] = terms.epsilon * draws.start
            at[pgd] = at[fgsm]
        if smooth:
            at[vat] = XI * unit(draws.direction)
            toward = target.clone()
            toward[vat] = forward(pick(layers, vat), x[vat]).softmax(-1)
        # One gradient serves fgsm, vat and the first step of pgd. The slice begins at the first
        # kind that needs it.
        inner = slice((fgsm if mixed else vat if smooth else pgd).start, None)
        g = torch.empty_like(x)
        g[inner] = cross_entropy_gradient(pick(layers, inner), x[inner] + at[inner], toward[inner])
        if mixed:
            r[random] = terms.epsilon * draws.noise
            length = (FAST_STEP if terms.random_start else 1) * terms.epsilon
            r[fgsm] = pgd_step(terms.norm, at[fgsm], g[fgsm], length, terms.epsilon)
        if smooth:
            r[vat] = terms.epsilon * unit(g[vat], instead=unit(draws.direction))
        own = pick(layers, pgd)
        delta = pgd_step(terms.norm, at[pgd], g[pgd], terms.step_size, terms.epsilon)
        for _ in range(terms.steps - 1):
            g = cross_entropy_gradient(own, x[pgd] + delta, target[pgd])
            delta = pgd_step(terms.norm, delta, g, terms.step_size, terms.epsilon)
        r[pgd] = delta
        return r

    def descend(self, x: Tensor, target: Tensor, r: Tensor, terms: RobustTerms) -> None:
        """The gradient step of every member at its perturbation r (M, N, D)."""
        mixed, smooth = self.active(terms)
        pgd, smoothed, vat = self.span("pgd"), self.span("smoothing"), self.span("vat")
        weight = terms.rate / max(x.shape[1], 1)
        first = torch.cat([x[: pgd.start], x[pgd] + r[pgd]])
        toward = target * weight
        if terms.smoothing:
            toward[smoothed] = toward[smoothed] * (1 - terms.smoothing) + weight * terms.smoothing / target.shape[-1]
        if mixed:
            toward[self.span("random", "fgsm")] *= terms.alpha
        logits = self.nets(first)
        losses = [_weighted(toward, logits)]
        if mixed or smooth:
            second = self.span("random" if mixed else "vat", "vat" if smooth else "fgsm")
            toward = target[second] * ((1 - terms.alpha) * weight)
            if smooth:
                toward[-self.copies :] = logits.detach()[vat].softmax(-1) * (terms.lam * weight)
            losses.append(_weighted(toward, forward(pick(self.nets.layers(), second), x[second] + r[second])))
        parameters = list(self.parameters())
        gradients = torch.autograd.grad(sum(losses), parameters)
        # v ← .9v + η·g, θ ← θ − .1v; the losses are already multiplied by η, so that a change of
        # the rate keeps the momenta. torch's fused SGD is not used: it rounds the last few numbers
        # of a tensor differently from the rest, and equal members would drift apart.
        with torch.no_grad():
            for p, v, g in zip(parameters, self.momenta, gradients):
                p.sub_(v.mul_(0.9).add_(g) * 0.1)

    def state(self) -> dict[str, Tensor]:
        """Weights and momenta by name."""
        out = {name: p.detach().clone() for name, p in self.named_parameters()}
        return out | {f"{OPTIMISER}momentum.{n}": v.clone() for (n, _), v in zip(self.named_parameters(), self.momenta)}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take up a `state()`.

        Raises KeyError for a missing tensor, RuntimeError for a wrong shape.
        """
        self.load_state_dict({name: state[name] for name, _ in self.named_parameters()})
        for (name, _), v in zip(self.named_parameters(), self.momenta):
            v.copy_(state[f"{OPTIMISER}momentum.{name}"])


def _weighted(target: Tensor, logits: Tensor) -> Tensor:
    """Σ CE, for targets (M, N, C) that are multiplied by the weight of their sample."""
    return -torch.dot(target.flatten(), logits.log_softmax(-1).flatten())
