"""Networks that differ in one term of the loss: seven regularisers, any number of members of each,
in one batched step.

Miyato, Maeda, Koyama, Nakae, Ishii 2015, "Distributional smoothing with virtual adversarial
training" (arXiv 1507.00677):

    mle       NLL
    l2        NLL + λ₂·Σ p² over all parameters p
    dropout   NLL at inputs with entries dropped
    adv_linf  (NLL + λ·NLL(x + r)) / (1 + λ),  r = ε·sign(g),  g = ∇ₓ NLL     (Goodfellow et al. 2014 with α = 1/(1 + λ))
    adv_l2    (NLL + λ·NLL(x + r)) / (1 + λ),  r = ε·g/‖g‖₂
    vat       NLL + λ·mean Δ_KL(r_vadv) = NLL − λ·mean LDS
    random    NLL + λ·mean Δ_KL(r),  r of length ε in a random direction

Δ_KL(r, x) = KL(p(·|x) ‖ p(·|x + r)) with its clean side held fixed. It needs no label, so vat and
random also use unlabelled points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from engine.attacks.perturbations import l2_step, sign_step, unit, virtual_adversarial_direction
from engine.nn.batched_mlp import BatchedMLP, Layers, detached, forward, input_gradient, pick

# In this order every group that is computed together is one slice of the member axis.
PLAIN = ("mle", "l2", "dropout")
ADVERSARIAL = ("adv_linf", "adv_l2")
SMOOTHED = ("vat", "random")
KINDS = PLAIN + ADVERSARIAL + SMOOTHED


@dataclass(frozen=True)
class Settings:
    """What a step is computed under. Tensors are (M,), one value a member in the order of KINDS;
    unused entries are ignored.

    rate: learning rate η at step 0. xi and iterations (I_p) are shared.
    """

    epsilon: Tensor
    lam: Tensor
    l2: Tensor
    dropout: Tensor
    rate: Tensor
    xi: float
    iterations: int
    _weights: dict[tuple[int, int], tuple[Tensor, Tensor]] = field(default_factory=dict, compare=False, repr=False)

    def weights(self, nets: RegularisedEnsemble, n: int, u: int) -> tuple[Tensor, Tensor]:
        """Weights (members, 1, 1) of a clean and of a perturbed point in the loss of adv_linf,
        adv_l2, vat and random.

        η/((1 + λ)N) and ηλ/((1 + λ)N) for the adversarial members, η/N and ηλ/(N + U) for vat and
        random.
        """
        if (n, u) not in self._weights:
            lam, rate = self.lam[nets.plain.members :], self.rate[nets.plain.members :]
            adv, lds = lam[nets.adv], lam[nets.lds]
            clean = torch.cat([1 / (1 + adv), torch.ones_like(lds)]) / max(n, 1)
            moved = torch.cat([adv / (1 + adv) / max(n, 1), lds / max(n + u, 1)])
            self._weights[n, u] = (rate * clean)[:, None, None], (rate * moved)[:, None, None]
        return self._weights[n, u]


class RegularisedEnsemble(nn.Module):
    """`counts[kind]` members of each kind, all of the same widths.

    Members without a perturbation live in one BatchedMLP and those with one in another, so that a
    gradient never has to be padded with zeros for members it does not concern.
    """

    def __init__(self, counts: Mapping[str, int], widths: Sequence[int], dtype: torch.dtype) -> None:
        super().__init__()
        self.counts = {kind: counts.get(kind, 0) for kind in KINDS}
        self.size = sum(self.counts.values())
        self.plain = BatchedMLP(self._count(*PLAIN), widths, dtype)
        self.moved = BatchedMLP(self._count(*ADVERSARIAL, *SMOOTHED), widths, dtype)
        self.dropped, self.decayed = self.span("dropout"), self.span("l2")
        self.adv, self.lds = self._in_moved(*ADVERSARIAL), self._in_moved(*SMOOTHED)
        self.linf, self.adv_l2, self.vat = (self._in_moved(kind) for kind in ("adv_linf", "adv_l2", "vat"))
        # v ← .9v + .1·η_t·g, p ← p − v: torch's SGD at lr .1, given a loss that is multiplied by
        # η_t.
        self.optimizer = torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9, fused=True)
        for p in self.parameters():
            self.optimizer.state[p]["momentum_buffer"] = torch.zeros_like(p)

    def _count(self, *kinds: str) -> int:
        return sum(self.counts[kind] for kind in kinds)

    def span(self, first: str, last: str = "", of: Sequence[str] = KINDS) -> slice:
        """Members from kind `first` to kind `last`, both included, on an axis that holds the kinds
        `of`.
        """
        start, stop = of.index(first), of.index(last or first)
        return slice(self._count(*of[:start]), self._count(*of[: stop + 1]))

    def _in_moved(self, first: str, last: str = "") -> slice:
        return self.span(first, last, of=ADVERSARIAL + SMOOTHED)

    def initialise(self, members: slice, generator: torch.Generator) -> None:
        """The same draw of W ~ N(0, 1/fan_in), b = 0, for all of `members` (a slice of
        range(size)).
        """
        chosen = range(self.size)[members]
        split = self.plain.members
        state = generator.get_state()
        for net, mine in (
            (self.plain, [m for m in chosen if m < split]),
            (self.moved, [m - split for m in chosen if m >= split]),
        ):
            net.initialise(torch.tensor(mine, dtype=torch.long), generator.set_state(state))

    def layers(self) -> Layers:
        """The parameters of all members (M, ...), outside the graph."""
        pairs = zip(detached(self.plain.layers()), detached(self.moved.layers()))
        return [(torch.cat([w, v]), torch.cat([b, c])) for (w, b), (v, c) in pairs]

    def step(
        self,
        x: Tensor,
        target: Tensor,
        d: Tensor,
        keep: Tensor,
        settings: Settings,
        decay: float = 1.0,
        unlabelled: Tensor | None = None,
        unlabelled_d: Tensor | None = None,
    ) -> None:
        """One training step of every member at learning rate η_t = decay·η.

        x (M, N, D) inputs and target (M, N, C) one-hot labels. d: start or random directions (vat +
        random, N, D). keep: uniform draws in [0, 1) (dropout, N, D). unlabelled and unlabelled_d:
        (vat + random, U, D).
        """
        split, u = self.plain.members, 0 if unlabelled is None else unlabelled.shape[1]
        scores = []
        if split:
            scores.append(self._plain_score(x[:split], target[:split], keep, settings))
        if split < self.size:
            scores.append(self._moved_score(x[split:], target[split:], d, u, settings))
            if u:
                scores.append(self._unlabelled_score(unlabelled, unlabelled_d, x.shape[1], settings))
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(scores, [x.new_full((), -decay)] * len(scores))  # the loss is −decay·Σ scores
        if self.counts["l2"]:
            # The gradient 2λ₂p of λ₂·Σp², by hand: the graph would pad it with zeros for every
            # other member.
            weight = 2 * (settings.l2 * settings.rate)[self.decayed, None, None]
            for p in self.plain.parameters():
                p.grad[self.decayed].addcmul_(weight, p.detach()[self.decayed], value=decay)
        self.optimizer.step()

    def _plain_score(self, x: Tensor, target: Tensor, keep: Tensor, settings: Settings) -> Tensor:
        """−Σ over mle, l2 and dropout of η·NLL; inverted dropout on the input."""
        if self.counts["dropout"]:
            share = settings.dropout[self.dropped, None, None]
            x = torch.cat([x[: self.dropped.start], torch.where(keep >= share, x[self.dropped] / (1 - share), 0)])
        weight = settings.rate[: self.plain.members, None, None] / max(x.shape[1], 1)
        return _score(weight * target, self.plain(x))

    def _moved_score(self, x: Tensor, target: Tensor, d: Tensor, u: int, settings: Settings) -> Tensor:
        """−Σ over adv_linf, adv_l2, vat and random of η times their loss on labelled points; u
        counts the unlabelled.

        The perturbed term is the cross-entropy of p(·|x + r) with the label for the adversarial
        members and with the clean p(·|x) for vat and random, where it is Δ_KL plus the entropy of
        the clean side, which has no gradient. So the whole loss is one weighted cross-entropy, at
        [x, x + r] against [label, label or clean p].
        """
        n = x.shape[1]
        r = self.perturbations(x, target, d, settings)
        logits = self.moved(torch.cat([x, x + r], 1))
        clean = logits.detach()[self.lds, :n].softmax(-1)
        at_clean, at_moved = settings.weights(self, n, u)
        weighted = torch.cat([at_clean * target, at_moved * _joined(target[self.adv], clean)], 1)
        return _score(weighted, logits)

    @torch.no_grad()
    def perturbations(self, x: Tensor, target: Tensor, d: Tensor, settings: Settings) -> Tensor:
        """r (members, N, D) of adv_linf, adv_l2, vat and random at x. The first gradient serves
        three kinds.
        """
        vat, vats = self.vat, self.counts["vat"]
        layers, d = self.moved.layers(), unit(d)
        vat_layers, vat_d = pick(layers, vat), d[:vats]
        if settings.iterations:
            clean = forward(vat_layers, x[vat]).softmax(-1)
            at = _joined(x[self.adv], torch.add(x[vat], vat_d, alpha=settings.xi))
            g = input_gradient(pick(layers, slice(0, vat.stop)), at, _joined(target[self.adv], clean))
            vat_d = unit(g[vat], instead=vat_d)
            if settings.iterations > 1:
                vat_d = virtual_adversarial_direction(
                    lambda at: input_gradient(vat_layers, at, clean),
                    x[vat],
                    vat_d,
                    settings.xi,
                    settings.iterations - 1,
                )
        else:
            g = input_gradient(pick(layers, self.adv), x[self.adv], target[self.adv])
        r = _joined(sign_step(g[self.linf], 1), l2_step(g[self.adv_l2], 1), vat_d, d[vats:])
        return r * settings.epsilon[self.plain.members :, None, None]

    def _unlabelled_score(self, x: Tensor, d: Tensor, n: int, settings: Settings) -> Tensor:
        """−Σ over vat and random of ηλ/(N + U)·Σ Δ_KL, up to a constant, at unlabelled points x
        (vat + random, U, D).
        """
        layers, vats = pick(self.moved.layers(), self.lds), self.counts["vat"]
        fixed = detached(layers)
        clean = forward(fixed, x).softmax(-1)
        direction = virtual_adversarial_direction(
            lambda at: input_gradient(pick(fixed, slice(0, vats)), at, clean[:vats]),
            x[:vats],
            d[:vats],
            settings.xi,
            settings.iterations,
        )
        r = settings.epsilon[self.span(*SMOOTHED), None, None] * _joined(direction, unit(d[vats:]))
        _, at_moved = settings.weights(self, n, x.shape[1])
        return _score(at_moved[self.lds] * clean, forward(layers, x + r))

    def state(self) -> dict[str, Tensor]:
        """Weights and momenta by name."""
        out = {name: p.detach().clone() for name, p in self.named_parameters()}
        return out | {
            f"momentum.{n}": self.optimizer.state[p]["momentum_buffer"].clone() for n, p in self.named_parameters()
        }

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take up a `state()`. Raises KeyError for a missing tensor, RuntimeError for a wrong
        shape.
        """
        self.load_state_dict({name: state[name] for name, _ in self.named_parameters()})
        for name, p in self.named_parameters():
            self.optimizer.state[p]["momentum_buffer"].copy_(state[f"momentum.{name}"])


def _score(target: Tensor, logits: Tensor) -> Tensor:
    """Σ target·log softmax(logits) = −Σ CE, for targets that carry the weight of their sample."""
    return torch.dot(target.flatten(), logits.log_softmax(-1).flatten())


def _joined(*parts: Tensor) -> Tensor:
    """`torch.cat` along the member axis that copies nothing where only one part has members."""
    filled = [p for p in parts if len(p)] or parts[:1]
    return torch.cat(filled) if len(filled) > 1 else filled[0]
