"""RegularisedEnsemble: seven regularisers, several networks of each, trained in one step.

The networks differ in one term of the loss. Miyato, Maeda, Koyama, Nakae, Ishii 2015,
"Distributional smoothing with virtual adversarial training" (arXiv 1507.00677):

    mle       NLL
    l2        NLL + λ₂·Σ θ² over all parameters θ
    dropout   NLL at inputs with entries dropped
    adv_linf  (NLL + λ·NLL(x + r)) / (1 + λ),  r = ε·sign(g),  g = ∇ₓ NLL
    adv_l2    (NLL + λ·NLL(x + r)) / (1 + λ),  r = ε·g/‖g‖₂
    vat       NLL + λ·mean Δ_KL(r_vadv) = NLL − λ·mean LDS
    random    NLL + λ·mean Δ_KL(r),  r of length ε in a random direction

adv_linf is the loss of Goodfellow, Shlens, Szegedy 2014 (arXiv 1412.6572, §6) with α = 1/(1 + λ).
Δ_KL(r, x) = KL(p(·|x) ‖ p(·|x + r)) with its clean side held fixed. It needs no label, so vat and
random also use unlabelled points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from engine.attacks.perturbations import l2_step, sign_step, unit, virtual_adversarial_direction
from engine.nn.batched_mlp import BatchedMLP, Layers, cross_entropy_gradient, detached, forward, pick
from engine.nn.optimisers import Momentum

# In this order kinds that are computed together are one slice of the member axis.
PLAIN = ("mle", "l2", "dropout")
ADVERSARIAL = ("adv_linf", "adv_l2")
SMOOTHED = ("vat", "random")
KINDS = PLAIN + ADVERSARIAL + SMOOTHED


@dataclass(frozen=True)
class MemberTerms:
    """The numbers in the loss of each member. Tensors are (M,), members in the order of KINDS.

    epsilon: radius ε, in the unit of the inputs. lam: weight λ of the perturbed term. l2: weight
    λ₂. dropout: share of input entries set to 0. rate: learning rate η at step 0. xi (ξ) and
    iterations (I_p) of the power iteration are the same for all members. Entries that a kind does
    not use are ignored.
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
        """Weights of a clean and of a perturbed point in the loss, each (members, 1, 1).

        For adv_linf, adv_l2, vat and random, with n labelled and u unlabelled points: η/((1 + λ)N)
        and ηλ/((1 + λ)N) for the adversarial members, η/N and ηλ/(N + U) for vat and random.
        """
        if (n, u) not in self._weights:
            lam = self.lam[nets.plain.members :]
            rate = self.rate[nets.plain.members :]
            adv = lam[nets.adv]
            lds = lam[nets.lds]
            clean = torch.cat([1 / (1 + adv), torch.ones_like(lds)]) / max(n, 1)
            moved = torch.cat([adv / (1 + adv) / max(n, 1), lds / max(n + u, 1)])
            self._weights[n, u] = (rate * clean)[:, None, None], (rate * moved)[:, None, None]
        return self._weights[n, u]


class RegularisedEnsemble(nn.Module):
    """`counts[kind]` members of each kind, all of the same widths.

    `plain` is the BatchedMLP of the members without a perturbation, `moved` of those with one. They
    are two, so that no gradient is padded with zeros for members that it does not concern. Shapes:
    M members of all, N labelled and U unlabelled points, D inputs, C classes; "members" in a shape
    are those of the kinds named.
    """

    def __init__(self, counts: Mapping[str, int], widths: Sequence[int], dtype: torch.dtype) -> None:
        super().__init__()
        self.counts = {kind: counts.get(kind, 0) for kind in KINDS}
        self.size = sum(self.counts.values())
        self.plain = BatchedMLP(self._count(*PLAIN), widths, dtype)
        self.moved = BatchedMLP(self._count(*ADVERSARIAL, *SMOOTHED), widths, dtype)
        # Slices of `plain`.
        self.dropped = self.span("dropout")
        self.decayed = self.span("l2")
        # Slices of `moved`.
        self.adv = self._in_moved(*ADVERSARIAL)
        self.lds = self._in_moved(*SMOOTHED)
        self.linf = self._in_moved("adv_linf")
        self.adv_l2 = self._in_moved("adv_l2")
        self.vat = self._in_moved("vat")
        # v ← .9v + η_t·g, θ ← θ − .1·v: the loss is multiplied by η_t.
        self.optimiser = Momentum([p for _, p in self._trained()], rate=0.1, momentum=0.9)

    def _trained(self) -> Iterator[tuple[str, nn.Parameter]]:
        """The parameters by name, without those of no members."""
        return ((name, p) for name, p in self.named_parameters() if p.numel())

    def _count(self, *kinds: str) -> int:
        return sum(self.counts[kind] for kind in kinds)

    def span(self, first: str, last: str = "", of: Sequence[str] = KINDS) -> slice:
        """Members from kind `first` to kind `last`, both included, on an axis of the kinds `of`."""
        start, stop = of.index(first), of.index(last or first)
        return slice(self._count(*of[:start]), self._count(*of[: stop + 1]))

    def _in_moved(self, first: str, last: str = "") -> slice:
        return self.span(first, last, of=ADVERSARIAL + SMOOTHED)

    def initialise(self, members: slice, generator: torch.Generator) -> None:
        """Give all of `members` the same draw of W ~ N(0, 1/fan_in), b = 0.

        members: a slice of range(size), in the order of KINDS.
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
        both = zip(detached(self.plain.layers()), detached(self.moved.layers()))
        return [(torch.cat([w, v]), torch.cat([b, c])) for (w, b), (v, c) in both]

    def step(
        self,
        x: Tensor,
        target: Tensor,
        d: Tensor,
        dropout_draws: Tensor,
        terms: MemberTerms,
        decay: float = 1.0,
        unlabelled: Tensor | None = None,
        unlabelled_d: Tensor | None = None,
    ) -> None:
        """One training step of every member at learning rate η_t = decay·η.

        x: inputs (M, N, D). target: one-hot labels (M, N, C). d: directions (members of vat and
        random, N, D), from which vat starts and which random takes. dropout_draws: uniform in
        [0, 1), (members of dropout, N, D). unlabelled: points (members of vat and random, U, D), or
        None. unlabelled_d: their directions, of the same shape.
        """
        split = self.plain.members
        u = 0 if unlabelled is None else unlabelled.shape[1]
        scores = []
        if split:
            scores.append(self._plain_score(x[:split], target[:split], dropout_draws, terms))
        if split < self.size:
            scores.append(self._moved_score(x[split:], target[split:], d, u, terms))
            if u:
                scores.append(self._unlabelled_score(unlabelled, unlabelled_d, x.shape[1], terms))
        # The loss is −decay·Σ scores. Given gradients of the scores instead, autograd would import
        # sympy to compare their shapes: 34 MB.
        torch.autograd.backward([-decay * score for score in scores])
        if self.counts["l2"]:
            # The gradient 2λ₂θ of λ₂·Σθ², added in closed form: autograd would pad it with zeros
            # for every other member.
            weight = 2 * (terms.l2 * terms.rate)[self.decayed, None, None]
            for p in self.plain.parameters():
                p.grad[self.decayed].addcmul_(weight, p.detach()[self.decayed], value=decay)
        self.optimiser.descend()

    def _plain_score(self, x: Tensor, target: Tensor, dropout_draws: Tensor, terms: MemberTerms) -> Tensor:
        """−Σ over mle, l2 and dropout of η·NLL. Dropout is on the input, rescaled."""
        if self.counts["dropout"]:
            share = terms.dropout[self.dropped, None, None]
            dropped = torch.where(dropout_draws >= share, x[self.dropped] / (1 - share), 0)
            x = torch.cat([x[: self.dropped.start], dropped])
        weight = terms.rate[: self.plain.members, None, None] / max(x.shape[1], 1)
        return _score(weight * target, self.plain(x))

    def _moved_score(self, x: Tensor, target: Tensor, d: Tensor, u: int, terms: MemberTerms) -> Tensor:
        """−Σ over adv_linf, adv_l2, vat and random of η times their loss on labelled points.

        u counts the unlabelled points, whose loss is in `_unlabelled_score`. The perturbed term is
        a cross-entropy of p(·|x + r): with the label for the adversarial members, with the clean
        p(·|x) for vat and random. The latter is Δ_KL plus the entropy of the clean side, which has
        no gradient. So the whole loss is one weighted cross-entropy, at [x, x + r] against [label,
        label or clean p].
        """
        n = x.shape[1]
        r = self.perturbations(x, target, d, terms)
        logits = self.moved(torch.cat([x, x + r], 1))
        clean = logits.detach()[self.lds, :n].softmax(-1)
        at_clean, at_moved = terms.weights(self, n, u)
        weighted = torch.cat([at_clean * target, at_moved * _joined(target[self.adv], clean)], 1)
        return _score(weighted, logits)

    @torch.no_grad()
    def perturbations(self, x: Tensor, target: Tensor, d: Tensor, terms: MemberTerms) -> Tensor:
        """r (members, N, D) of adv_linf, adv_l2, vat and random at x (members, N, D).

        target: (members, N, C). d: directions (members of vat and random, N, D).
        """
        vat = self.vat
        vats = self.counts["vat"]
        layers = self.moved.layers()
        vat_layers = pick(layers, vat)
        d = unit(d)
        vat_d = d[:vats]
        if terms.iterations:
            # One gradient serves both adversarial kinds and the first power iteration of vat.
            clean = forward(vat_layers, x[vat]).softmax(-1)
            at = _joined(x[self.adv], torch.add(x[vat], vat_d, alpha=terms.xi))
            g = cross_entropy_gradient(pick(layers, slice(0, vat.stop)), at, _joined(target[self.adv], clean))
            vat_d = unit(g[vat], instead=vat_d)
            if terms.iterations > 1:
                vat_d = virtual_adversarial_direction(
                    lambda at: cross_entropy_gradient(vat_layers, at, clean),
                    x[vat],
                    vat_d,
                    terms.xi,
                    terms.iterations - 1,
                )
        else:
            g = cross_entropy_gradient(pick(layers, self.adv), x[self.adv], target[self.adv])
        r = _joined(sign_step(g[self.linf], 1), l2_step(g[self.adv_l2], 1), vat_d, d[vats:])
        return r * terms.epsilon[self.plain.members :, None, None]

    def _unlabelled_score(self, x: Tensor, d: Tensor, n: int, terms: MemberTerms) -> Tensor:
        """−Σ over vat and random of ηλ/(N + U)·Σ Δ_KL at unlabelled points, up to a constant.

        x: the points, and d: the directions, (members of vat and random, U, D). n: labelled points.
        """
        vats = self.counts["vat"]
        layers = pick(self.moved.layers(), self.lds)
        fixed = detached(layers)
        clean = forward(fixed, x).softmax(-1)
        direction = virtual_adversarial_direction(
            lambda at: cross_entropy_gradient(pick(fixed, slice(0, vats)), at, clean[:vats]),
            x[:vats],
            d[:vats],
            terms.xi,
            terms.iterations,
        )
        r = terms.epsilon[self.span(*SMOOTHED), None, None] * _joined(direction, unit(d[vats:]))
        _, at_moved = terms.weights(self, n, x.shape[1])
        return _score(at_moved[self.lds] * clean, forward(layers, x + r))

    def state(self) -> dict[str, Tensor]:
        """Weights and momenta by name."""
        out = {name: p.detach().clone() for name, p in self.named_parameters()}
        return out | {f"momentum.{name}": v.clone() for name, v in self._velocities()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take up a `state()`.

        Raises KeyError for a missing tensor, RuntimeError for a wrong shape.
        """
        self.load_state_dict({name: state[name] for name, _ in self.named_parameters()})
        for name, velocity in self._velocities():
            velocity.copy_(state[f"momentum.{name}"])

    def _velocities(self) -> Iterator[tuple[str, Tensor]]:
        return zip((name for name, _ in self._trained()), self.optimiser.velocities)


def _score(target: Tensor, logits: Tensor) -> Tensor:
    """Σ target·log softmax(logits) = −Σ CE, for targets multiplied by their sample's weight."""
    return torch.dot(target.flatten(), logits.log_softmax(-1).flatten())


def _joined(*parts: Tensor) -> Tensor:
    """`torch.cat` along the member axis; copies nothing where only one part has members."""
    filled = [p for p in parts if len(p)] or parts[:1]
    return torch.cat(filled) if len(filled) > 1 else filled[0]
