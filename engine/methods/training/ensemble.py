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
from functools import cached_property

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
Number = float | Tensor
FAST_STEP = 1.25  # of ε, after a random start
XI = 1e-3  # finite-difference step of VAT's power iteration
LEAST = 1e-30  # of ε, 1 − α, λ and s: far smaller numbers, or parts of them, are 0 in float32


@dataclass(frozen=True)
class RobustTerms:
    """The numbers in the losses of the six kinds, at one step.

    epsilon: radius ε of the ball at this step of the warm-up, in the unit of the inputs. alpha:
    weight α of the clean loss, 0 to 1. step_size, steps (K): of PGD. lam: weight λ of VAT's
    divergence. smoothing: s, 0 to ½. rate: learning rate η. random_start: of fgsm and pgd. A Number
    may be a tensor (copies, 1, 1), a value for each copy: then all or none of ε, λ and s are 0, and
    all or none of α are 1.
    """

    norm: Norm
    epsilon: Number
    alpha: Number
    step_size: Number
    steps: int
    lam: Number
    smoothing: Number
    rate: Number
    random_start: bool

    @cached_property
    def mixed(self) -> bool:
        """Whether random and fgsm have a second term. Without it they train like standard, bit
        for bit and at the same cost.
        """
        return _above(self.epsilon) and _above(1 - self.alpha)

    @cached_property
    def smooth(self) -> bool:
        """Whether vat has a second term; likewise."""
        return _above(self.epsilon) and _above(self.lam)


def _above(value: Number) -> bool:
    """Whether a number is `positive`, or all of a tensor are, which come from such numbers."""
    return bool((value > 0).all()) if isinstance(value, Tensor) else positive(value)


def positive(value: float) -> bool:
    """Whether a number is above 0; those below LEAST count as 0 in either precision."""
    return value >= LEAST


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

    def __init__(self, copies: int, widths: Sequence[int], dtype: torch.dtype, kinds: Sequence[str] = KINDS) -> None:
        """kinds: those of KINDS that there are."""
        super().__init__()
        self.copies = copies
        self.kinds = tuple(kind for kind in KINDS if kind in kinds)
        self.size = copies * len(self.kinds)
        self.nets = BatchedMLP(self.size, widths, dtype)
        self.momenta = [torch.zeros_like(p) for p in self.parameters()]

    def span(self, first: str, last: str = "") -> slice:
        """Members from kind `first` to kind `last`, both included, as far as there are such."""
        at = [KINDS.index(kind) for kind in self.kinds]
        before = sum(k < KINDS.index(first) for k in at)
        until = sum(k <= KINDS.index(last or first) for k in at)
        return slice(before * self.copies, until * self.copies)

    def _for(self, value: Number, members: slice) -> Number:
        """A value of each copy as one of each of `members`, which are whole kinds."""
        if not isinstance(value, Tensor):
            return value
        return value.repeat((members.stop - members.start) // self.copies, 1, 1)

    def layers(self) -> Layers:
        """The parameters of all members, outside the graph."""
        return detached(self.nets.layers())

    def step(self, x: Tensor, target: Tensor, draws: Draws, terms: RobustTerms) -> None:
        """One training step of every member at x (M, N, D) with one-hot target (M, N, C)."""
        self.descend(x, target, self.perturbations(x, target, draws, terms), terms)

    def active(self, terms: RobustTerms) -> tuple[bool, bool]:
        """Whether random or fgsm has a second term, and whether vat has one."""
        return terms.mixed and bool({"random", "fgsm"} & {*self.kinds}), terms.smooth and "vat" in self.kinds

    @torch.no_grad()
    def perturbations(self, x: Tensor, target: Tensor, draws: Draws, terms: RobustTerms) -> Tensor:
        """r (M, N, D) at which each member's loss is taken; 0 for those without one."""
        mixed, smooth = self.active(terms)
        r = torch.zeros_like(x)
        if not _above(terms.epsilon):
            return r
        layers = self.layers()
        random, fgsm, vat, pgd = (self.span(kind) for kind in ("random", "fgsm", "vat", "pgd"))
        at = r.clone()
        toward = target
        if terms.random_start:
            for kind in filter(self._filled, (fgsm, pgd)):
                at[kind] = terms.epsilon * draws.start
        if smooth:
            at[vat] = XI * unit(draws.direction)
            toward = target.clone()
            toward[vat] = forward(pick(layers, vat), x[vat]).softmax(-1)
        # One gradient serves fgsm, vat and the first step of pgd. The slice begins at the first
        # kind that needs it.
        inner = slice((fgsm if mixed else vat if smooth else pgd).start, None)
        g = torch.empty_like(x)
        g[inner] = cross_entropy_gradient(pick(layers, inner), x[inner] + at[inner], toward[inner])
        if mixed and self._filled(random):
            r[random] = terms.epsilon * draws.noise
        if mixed and self._filled(fgsm):
            length = (FAST_STEP if terms.random_start else 1) * terms.epsilon
            r[fgsm] = pgd_step(terms.norm, at[fgsm], g[fgsm], length, terms.epsilon)
        if smooth:
            r[vat] = terms.epsilon * unit(g[vat], instead=unit(draws.direction))
        if self._filled(pgd):
            own = pick(layers, pgd)
            delta = pgd_step(terms.norm, at[pgd], g[pgd], terms.step_size, terms.epsilon)
            for _ in range(terms.steps - 1):
                g = cross_entropy_gradient(own, x[pgd] + delta, target[pgd])
                delta = pgd_step(terms.norm, delta, g, terms.step_size, terms.epsilon)
            r[pgd] = delta
        return r

    def _filled(self, members: slice) -> bool:
        return members.start < members.stop

    def descend(self, x: Tensor, target: Tensor, r: Tensor, terms: RobustTerms) -> None:
        """The gradient step of every member at its perturbation r (M, N, D)."""
        mixed, smooth = self.active(terms)
        pgd, smoothed, vat = self.span("pgd"), self.span("smoothing"), self.span("vat")
        weight = terms.rate / max(x.shape[1], 1)
        first = torch.cat([x[: pgd.start], x[pgd] + r[pgd]])
        toward = target * self._for(weight, slice(0, self.size))
        if _above(terms.smoothing) and self._filled(smoothed):
            toward[smoothed] = toward[smoothed] * (1 - terms.smoothing) + weight * terms.smoothing / target.shape[-1]
        if mixed:
            both = self.span("random", "fgsm")
            toward[both] *= self._for(terms.alpha, both)
        logits = self.nets(first)
        losses = [_weighted(toward, logits)]
        if mixed or smooth:
            second = self.span("random" if mixed else "vat", "vat" if smooth else "fgsm")
            toward = target[second] * self._for((1 - terms.alpha) * weight, second)
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
