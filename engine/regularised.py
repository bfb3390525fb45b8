"""Networks that differ in one term of the loss: seven regularisers, any number of members of each, in one batched step.

Miyato, Maeda, Koyama, Nakae, Ishii 2015, "Distributional smoothing with virtual adversarial training" (arXiv 1507.00677):

    mle       NLL
    l2        NLL + λ₂·Σ p² over all parameters p
    dropout   NLL at inputs with entries dropped
    adv_linf  (NLL + λ·NLL(x + r)) / (1 + λ),  r = ε·sign(g),  g = ∇ₓ NLL     (Goodfellow et al. 2014 with α = 1/(1 + λ))
    adv_l2    (NLL + λ·NLL(x + r)) / (1 + λ),  r = ε·g/‖g‖₂
    vat       NLL + λ·mean Δ_KL(r_vadv) = NLL − λ·mean LDS
    random    NLL + λ·mean Δ_KL(r),  r of length ε in a random direction

Δ_KL(r, x) = KL(p(·|x) ‖ p(·|x + r)) with its clean side held fixed. It needs no label, so vat and random also use unlabelled points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from engine.losses import cross_entropy
from engine.mlp import BatchedMLP, Layers, detached, forward
from engine.perturb import input_gradient, l2_step, sign_step, unit, virtual_adversarial_direction

# In this order every group that is computed together is one slice of the member axis.
PLAIN = ("mle", "l2", "dropout")
ADVERSARIAL = ("adv_linf", "adv_l2")
SMOOTHED = ("vat", "random")
KINDS = PLAIN + ADVERSARIAL + SMOOTHED


@dataclass(frozen=True)
class Settings:
    """What a step is computed under. Tensors are (M,), one value a member in the order of KINDS; unused entries are ignored.

    rate: learning rate η_t. xi and iterations (I_p) are shared.
    """

    epsilon: Tensor
    lam: Tensor
    l2: Tensor
    dropout: Tensor
    rate: Tensor
    xi: float
    iterations: int


class Regularised(nn.Module):
    """`counts[kind]` members of each kind, all of the same widths.

    Members without a perturbation live in one BatchedMLP and those with one in another, so that a gradient never has to be
    padded with zeros for members it does not concern.
    """

    def __init__(self, counts: Mapping[str, int], widths: Sequence[int], dtype: torch.dtype) -> None:
        super().__init__()
        self.counts = {kind: counts.get(kind, 0) for kind in KINDS}
        self.size = sum(self.counts.values())
        self.plain = BatchedMLP(self._count(*PLAIN), widths, dtype)
        self.moved = BatchedMLP(self._count(*ADVERSARIAL, *SMOOTHED), widths, dtype)
        # v ← .9v + .1·η_t·g, p ← p − v: torch's SGD at lr .1, given a loss that is multiplied by η_t.
        self.optimizer = torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9, fused=True)
        for p in self.parameters():
            self.optimizer.state[p]["momentum_buffer"] = torch.zeros_like(p)

    def _count(self, *kinds: str) -> int:
        return sum(self.counts[kind] for kind in kinds)

    def span(self, first: str, last: str = "", of: Sequence[str] = KINDS) -> slice:
        """Members from kind `first` to kind `last`, both included, on an axis that holds the kinds `of`."""
        start, stop = of.index(first), of.index(last or first)
        return slice(self._count(*of[:start]), self._count(*of[: stop + 1]))

    def initialise(self, members: slice, generator: torch.Generator) -> None:
        """The same draw of W ~ N(0, 1/fan_in), b = 0, for all of `members` (a slice of range(size))."""
        chosen = range(self.size)[members]
        split = self.plain.members
        state = generator.get_state()
        for net, mine in ((self.plain, [m for m in chosen if m < split]), (self.moved, [m - split for m in chosen if m >= split])):
            net.initialise(torch.tensor(mine, dtype=torch.long), generator.set_state(state))

    def layers(self) -> Layers:
        """The parameters of all members (M, ...), outside the graph."""
        pairs = zip(detached(self.plain.layers()), detached(self.moved.layers()))
        return [(torch.cat([w, v]), torch.cat([b, c])) for (w, b), (v, c) in pairs]

    def step(self, x: Tensor, target: Tensor, d: Tensor, keep: Tensor, settings: Settings, unlabelled: Tensor | None = None,
             unlabelled_d: Tensor | None = None) -> None:  # fmt: skip
        """One training step of every member.

        x (M, N, D) inputs and target (M, N, C) one-hot labels. d: start or random directions (vat + random, N, D). keep: uniform
        draws in [0, 1) (dropout, N, D). unlabelled and unlabelled_d: (vat + random, U, D).
        """
        n, split = x.shape[1], self.plain.members
        loss = x.new_zeros(())
        if split:
            loss = loss + (self._plain_loss(x[:split], target[:split], keep, settings) * settings.rate[:split]).sum()
        if split < self.size:
            u = 0 if unlabelled is None else unlabelled.shape[1]
            nll, term = self._moved_terms(x[split:], target[split:], d, settings)
            lam, rate = settings.lam[split:], settings.rate[split:]
            lds, adv = self._in_moved(*SMOOTHED), self._in_moved(*ADVERSARIAL)
            attacked = (nll[adv] + lam[adv] * term[adv]) / (1 + lam[adv]) / max(n, 1)
            smooth = term[lds] + self._unlabelled_term(unlabelled, unlabelled_d, settings) if u else term[lds]
            smoothed = nll[lds] / max(n, 1) + lam[lds] * smooth / max(n + u, 1)
            loss = loss + (rate * torch.cat([attacked, smoothed])).sum()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._add_l2(settings)
        self.optimizer.step()

    def _in_moved(self, first: str, last: str = "") -> slice:
        return self.span(first, last, of=ADVERSARIAL + SMOOTHED)

    def _plain_loss(self, x: Tensor, target: Tensor, keep: Tensor, settings: Settings) -> Tensor:
        """NLL (members,) of mle, l2 and dropout; inverted dropout on the input."""
        dropped = self.span("dropout")
        if self.counts["dropout"]:
            share = settings.dropout[dropped][:, None, None]
            x = torch.cat([x[: dropped.start], x[dropped] * (keep >= share) / (1 - share)])
        return cross_entropy(target, self.plain(x)).sum(-1) / max(x.shape[1], 1)

    def _moved_terms(self, x: Tensor, target: Tensor, d: Tensor, settings: Settings) -> tuple[Tensor, Tensor]:
        """Sums over points, both (members,): the NLL at x, and the perturbed term at x + r.

        The perturbed term is the cross-entropy of p(·|x + r) with the label for the adversarial members and with the clean p(·|x)
        for vat and random, where it is Δ_KL plus the entropy of the clean side, which has no gradient.
        """
        r = self.perturbations(x, target, d, settings)
        clean, moved = self.moved(torch.cat([x, x + r], 1)).split(x.shape[1], 1)
        lds = self._in_moved(*SMOOTHED)
        against = torch.cat([target[: lds.start], clean[lds].detach().softmax(-1)])
        return cross_entropy(target, clean).sum(-1), cross_entropy(against, moved).sum(-1)

    def perturbations(self, x: Tensor, target: Tensor, d: Tensor, settings: Settings) -> Tensor:
        """r (members, N, D) of adv_linf, adv_l2, vat and random at x, outside the graph. The first gradient serves three kinds."""
        adv, vat = self._in_moved(*ADVERSARIAL), self._in_moved("vat")
        epsilon = settings.epsilon[self.plain.members :, None, None]
        layers, d = detached(self.moved.layers()), unit(d)
        vat_d, vat_layers = d[: self.counts["vat"]], _pick(layers, vat)
        clean = forward(vat_layers, x[vat]).softmax(-1)
        if settings.iterations:
            at, against = torch.cat([x[adv], x[vat] + settings.xi * vat_d]), torch.cat([target[adv], clean])
            g = input_gradient(_divergence(_pick(layers, slice(0, vat.stop)), against), at)
            vat_d = virtual_adversarial_direction(_divergence(vat_layers, clean), x[vat], unit(g[vat], instead=vat_d), settings.xi,
                                                  settings.iterations - 1)  # fmt: skip
        else:
            g = input_gradient(_divergence(_pick(layers, adv), target[adv]), x[adv])
        linf, l2 = self._in_moved("adv_linf"), self._in_moved("adv_l2")
        return torch.cat([sign_step(g[linf], epsilon[linf]), l2_step(g[l2], epsilon[l2]),
                          epsilon[vat] * vat_d, epsilon[vat.stop :] * d[self.counts["vat"] :]])  # fmt: skip

    def _unlabelled_term(self, x: Tensor, d: Tensor, settings: Settings) -> Tensor:
        """Σ over unlabelled points of CE(p(x), p(x + r)), (vat + random,)."""
        layers, vats = self.moved.layers(self._in_moved(*SMOOTHED)), self.counts["vat"]
        clean = forward(detached(layers), x).softmax(-1)
        divergence = _divergence(_pick(detached(layers), slice(0, vats)), clean[:vats])
        direction = virtual_adversarial_direction(divergence, x[:vats], d[:vats], settings.xi, settings.iterations)
        epsilon = settings.epsilon[self.span(*SMOOTHED), None, None]
        r = epsilon * torch.cat([direction, unit(d[vats:])])
        return cross_entropy(clean, forward(layers, x + r)).sum(-1)

    def _add_l2(self, settings: Settings) -> None:
        """The gradient 2λ₂p of λ₂·Σp², added by hand because the graph would pad it with zeros for every other member."""
        if not self.counts["l2"]:
            return
        members = self.span("l2")
        weight = 2 * settings.l2[members] * settings.rate[members]
        for p in self.plain.parameters():
            p.grad[members] += weight[:, None, None] * p.detach()[members]

    def state(self) -> dict[str, Tensor]:
        """Weights and momenta by name."""
        out = {name: p.detach().clone() for name, p in self.named_parameters()}
        return out | {f"momentum.{n}": self.optimizer.state[p]["momentum_buffer"].clone() for n, p in self.named_parameters()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take up a `state()`. Raises KeyError for a missing tensor, RuntimeError for a wrong shape."""
        self.load_state_dict({name: state[name] for name, _ in self.named_parameters()})
        for name, p in self.named_parameters():
            self.optimizer.state[p]["momentum_buffer"].copy_(state[f"momentum.{name}"])


def _pick(layers: Layers, members: slice) -> Layers:
    return [(w[members], b[members]) for w, b in layers]


def _divergence(layers: Layers, target: Tensor) -> Callable[[Tensor], Tensor]:
    """x' ↦ Σ CE(target, p(·|x')): the NLL for labels, and Δ_KL up to a constant for clean distributions."""
    return lambda at: cross_entropy(target, forward(layers, at)).sum()
