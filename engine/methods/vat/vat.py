"""VAT lab: seven ways to regularise one small classifier, trained side by side on the same points.

Miyato, Maeda, Koyama, Nakae, Ishii 2015, "Distributional smoothing with virtual adversarial
training" (arXiv 1507.00677), §4.1: 16 labelled points of two classes embedded in 100 dimensions, a
100-100-2 ReLU network, full-batch training. All members share data and initial weights.
engine/methods/vat/ensemble.py has the seven losses and the training step.

This is the file to read first. Every method is built like it: declarations of the set-up and of the
knobs, then a Method that trains (`step`), is saved (`state`, `load`) and is looked at (`metrics`,
`layers`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.attacks.perturbations import virtual_adversarial_direction
from engine.core.declare import Knobs, Setup, choice, number, points, whole
from engine.core.diverged import drawable
from engine.core.method import Method
from engine.core.registry import register
from engine.core.streams import load_states, states, stream
from engine.data import plane
from engine.methods.plane_task import CLASSES, PlaneTask, labelled_rows, members_not_finite, repeat
from engine.methods.vat.ensemble import ADVERSARIAL, KINDS, SMOOTHED, MemberTerms, RegularisedEnsemble
from engine.metrics.margins import cell_centres
from engine.nn.batched_mlp import Layers, cross_entropy_gradient, folded, forward, pick
from engine.nn.losses import cross_entropy, kl, one_hot
from engine.nn.margin_field import margin_field

METRICS = ("test_error", "train_error", "lds_train", "lds_test")
FIELD = 60  # cells along a side of the field
BALL = 64  # directions in which the L∞ ball is drawn
LDS_XI = 1e-3  # finite-difference step of the measured LDS
GLANCED = 250  # test points that LDS is measured on while a run trains: all take 25 ms of 34 for a look at the numbers


@dataclass(frozen=True)
class VATSetup(Setup):
    """Data, sizes and arithmetic of a run of the VAT lab."""

    dataset: str = choice(
        "moons",
        {name: label for name, (label, *_) in plane.SHAPES.items()} | {"own": "Your own points"},
        help="Where the points come from",
    )
    noise: float = number(
        0.1, 0, 0.5, 0.01, help="Standard deviation of the noise added in the plane", unit="plane units"
    )
    train: int = whole(
        16, 2, 500, help="Labelled training points, half of each class", symbol="N", label="Labelled training points"
    )
    unlabelled: int = whole(
        0,
        0,
        2000,
        help="Further points without labels, which random and VAT can use",
        symbol="N′",
        label="Unlabelled points",
        step=50,
    )
    test: int = whole(1000, 10, 5000, label="Test points", help="New points the test error is measured on", step=10)
    dimension: int = whole(
        100, 2, 1000, help="Dimension of the input space the plane is embedded in", symbol="D", label="Input dimension"
    )
    hidden: int = whole(100, 2, 400, help="Hidden units (ReLU)", symbol="H", label="Hidden units")
    lds_epsilon: float = number(
        0.5,
        0.01,
        4,
        0.01,
        help="Radius at which LDS is measured, the same for all members",
        symbol="ε LDS",
        label="Radius of the LDS measure",
    )
    precision: str = choice(
        "float32", {"float32": "float32", "float64": "float64"}, help="Arithmetic; small ξ needs float64"
    )
    rows: tuple[plane.Row, ...] = points(1000, 10, help="The data set 'own': rows of x, y, label")


def _radius(default: float, high: float, member: str, symbol: str, who: str) -> Any:
    """The declaration of a member's radius ε, from 0 to `high`."""
    return number(default, 0, high, 0.01, symbol=symbol, unit="input units", member=member, help=f"Radius of {who}")


@dataclass(frozen=True)
class VATKnobs(Knobs):
    """What may change while the seven train."""

    epsilon_vat: float = _radius(0.4, 4, "vat", "ε VAT", "the virtual adversarial perturbation, L2")
    epsilon_adv_l2: float = _radius(0.4, 4, "adv_l2", "ε adv. L2", "the adversarial perturbation, L2")
    epsilon_adv_linf: float = _radius(0.06, 0.5, "adv_linf", "ε adv. L∞", "the adversarial perturbation, L∞")
    epsilon_random: float = _radius(1.8, 8, "random", "ε random", "the random perturbation, L2")
    dropout: float = number(
        0.4, 0, 0.95, 0.01, label="dropout", member="dropout", help="Share of input entries set to zero"
    )
    l2: float = number(
        1e-4,
        1e-6,
        0.1,
        0,
        symbol="λ₂",
        label="of L2",
        member="l2",
        scale="log",
        zero=True,
        help="Weight of Σ θ², θ being all weights and biases",
    )
    lam: float = number(
        1, 0, 10, 0.05, symbol="λ", label="weight", help="Weight of the perturbed term: random, adversarial and VAT"
    )
    power_iterations: int = whole(
        1, 0, 8, symbol="Iₚ", label="iterations", member="vat", help="Power iterations; 0 makes VAT random perturbation"
    )
    xi: float = number(
        1e-3,
        1e-12,
        10,
        0,
        symbol="ξ",
        label="step",
        member="vat",
        scale="log",
        help="Finite-difference step of the power iteration",
    )
    learning_rate: float = number(
        1, 0.001, 10, 0, symbol="η", label="rate", scale="log", help="Learning rate at step 0"
    )
    decay: float = number(
        0.995, 0.98, 1, 0.0005, label="decay of η", help="The rate is multiplied by this at every step"
    )
    floor: float = number(0.1, 0, 1, 0.01, label="floor of η", help="Share of η below which the rate does not decay")
    points: tuple[plane.Row, ...] = points(
        500, 10, help="Training points placed by hand; none means the data set's own"
    )


# What suits a data set where it differs from the defaults above. The radii are the best of a few
# that were tried on seeds 0 to 49. On other sets some radii do better (tests/benchmarks/VAT.md).
SUITS: dict[str, dict[str, dict[str, float]]] = {
    "circles": {
        "setup": {"noise": 0.05, "lds_epsilon": 0.3},
        "knobs": {"epsilon_vat": 0.3, "dropout": 0.75, "epsilon_random": 2.8},
    },
    "spirals": {
        "setup": {"noise": 0.05, "train": 60},
        "knobs": {"epsilon_vat": 0.15, "epsilon_adv_l2": 0.15, "epsilon_adv_linf": 0.02},
    },
    "xor": {"setup": {"noise": 0.25, "train": 24}, "knobs": {}},
}
# The settings of the reference experiment where they differ from the defaults above.
REFERENCE: dict[str, dict[str, float]] = {
    "moons": {"epsilon_vat": 0.6, "epsilon_adv_l2": 0.2, "epsilon_adv_linf": 0.03, "floor": 0},
    "circles": {"epsilon_vat": 0.5, "epsilon_adv_l2": 0.65, "epsilon_adv_linf": 0.06, "floor": 0},
}


@register
class VAT(Method):
    """The seven members for each of `seeds`; member m of seed s is number m·S + s of all.

    Shapes: S seeds, M = 7·S members, N training and U unlabelled points, D input dimensions. With
    fewer `kinds` than the seven there are as many in place of 7.
    """

    name = "vat"
    title = "VAT and six other regularisers"
    Setup = VATSetup
    Knobs = VATKnobs
    quick_metrics = ("test_error", "train_error", "nll", "divergence")
    slow_metrics = ("lds_train", "lds_test")
    slow_knobs = ("points",)
    pace = 4.0  # looks take a fifth of the time at most, and between them the browser glides
    frame_layers = ("field", "arrows")
    scene_layers = ("points", "unlabelled", "test", "ball")
    companions = {"floor": {"decay": 0.98}}
    kinds = KINDS
    shared = {"lam": (*ADVERSARIAL, *SMOOTHED), "unlabelled": SMOOTHED}
    varied = (
        "epsilon_vat",
        "epsilon_adv_l2",
        "epsilon_adv_linf",
        "epsilon_random",
        "dropout",
        "l2",
        "lam",
        "learning_rate",
    )

    def __init__(self, setup: VATSetup, seeds: Sequence[int], kinds: Sequence[str] = KINDS) -> None:
        """seeds: may name one several times, for members that differ in their knobs. kinds: those
        of KINDS to train.
        """
        self.setup = setup
        self.seeds = tuple(seeds)
        self.kinds = tuple(kind for kind in KINDS if kind in kinds)
        self._smoothed = tuple(kind for kind in self.kinds if kind in SMOOTHED)
        self.plane_task = PlaneTask(setup, self.seeds, len(self.kinds), setup.unlabelled, setup.dimension)
        self.dtype = self.plane_task.dtype
        self.nets = RegularisedEnsemble(
            dict.fromkeys(self.kinds, len(self.seeds)), (setup.dimension, setup.hidden, CLASSES), self.dtype
        )
        for s, seed in enumerate(self.seeds):
            self.nets.initialise(slice(s, None, len(self.seeds)), stream(seed, "weights"))
        self.directions = [stream(seed, "directions") for seed in dict.fromkeys(self.seeds)]
        self.masks = [stream(seed, "dropout") for seed in dict.fromkeys(self.seeds)]
        unlabelled = self.plane_task.inputs([d.unlabelled_z for d in self.plane_task.data])
        self.unlabelled = repeat(unlabelled, len(self._smoothed))  # (2·S, U, D)
        self._cells = tuple(cell_centres(half, FIELD, self.dtype) for half in plane.VIEW)  # of the field: x, y
        self._terms_of: tuple[VATKnobs | Sequence[VATKnobs], MemberTerms] | None = (
            None  # the last knobs and their terms
        )

    @classmethod
    def make_setup(cls, values: Mapping[str, Any]) -> VATSetup:
        suits = SUITS.get(values.get("dataset", "moons"), {}).get("setup", {})
        return VATSetup.of({**suits, **values})

    @classmethod
    def make_knobs(cls, setup: VATSetup, values: Mapping[str, Any] | None = None) -> VATKnobs:
        suits = SUITS.get(setup.dataset, {}).get("knobs", {})
        return VATKnobs.of({**suits, **(values or {})})

    # -- training ----------------------------------------------------------------------------------

    def step(self, knobs: VATKnobs, step: int) -> None:
        self._train(knobs, self.terms(knobs), step)

    def step_each(self, knobs: Sequence[VATKnobs], step: int) -> None:
        """A step under knobs of its own for each of `seeds`. They differ in `varied` alone."""
        if self._terms_of is None or self._terms_of[0] is not knobs:
            self._terms_of = knobs, self._make_terms(knobs)
        self._train(knobs[0], self._terms_of[1], step)

    def _train(self, knobs: VATKnobs, terms: MemberTerms, step: int) -> None:
        x, target = self.plane_task.training_batch(knobs.points)
        n, u, dimension = x.shape[1], self.unlabelled.shape[1], x.shape[2]
        # One direction a seed, shared by vat and random: with I_p = 0 the two are the same method.
        d = repeat(self._draw(torch.randn, self.directions, (n + u, dimension)), len(self._smoothed))
        dropout_draws = self._draw(torch.rand, self.masks, (n, dimension))
        more = (self.unlabelled, d[:, n:]) if u else ()
        self.nets.step(x, target, d[:, :n], dropout_draws, terms, self.decay(knobs, step), *more)

    def _draw(self, kind: Any, generators: list[torch.Generator], shape: tuple[int, int]) -> Tensor:
        """Random numbers (S, *shape), from one generator a seed."""
        drawn = {s: kind(shape, generator=g, dtype=self.dtype) for s, g in zip(dict.fromkeys(self.seeds), generators)}
        return torch.stack([drawn[seed] for seed in self.seeds])

    def decay(self, knobs: VATKnobs, step: int) -> float:
        """η_t/η = max(decay^t, floor)."""
        return max(knobs.decay**step, knobs.floor)

    def terms(self, knobs: VATKnobs) -> MemberTerms:
        """The knobs as one value for each member; kept until they change."""
        if self._terms_of is None or self._terms_of[0] != knobs:
            self._terms_of = knobs, self._make_terms([knobs] * len(self.seeds))
        return self._terms_of[1]

    def _make_terms(self, knobs: Sequence[VATKnobs]) -> MemberTerms:
        """knobs: one for each of `seeds`."""

        def each(name: str) -> Tensor:
            return torch.tensor([getattr(one, name) for one in knobs] * len(self.kinds), dtype=self.dtype)

        epsilon = [getattr(one, f"epsilon_{kind}", 0.0) for kind in self.kinds for one in knobs]
        return MemberTerms(
            epsilon=torch.tensor(epsilon, dtype=self.dtype),
            lam=each("lam"),
            l2=each("l2"),
            dropout=each("dropout"),
            rate=each("learning_rate"),
            xi=knobs[0].xi,
            iterations=knobs[0].power_iterations,
        )

    def state(self) -> dict[str, Tensor]:
        return self.nets.state() | {
            "directions": states(self.directions),
            "masks": states(self.masks),
        }

    def load(self, state: Mapping[str, Tensor]) -> None:
        self.nets.load(state)
        load_states(self.directions, state["directions"])
        load_states(self.masks, state["masks"])

    def not_finite(self, state: Mapping[str, Tensor]) -> list[str]:
        return members_not_finite(state, self.kinds, len(self.seeds), {"moved.": self.nets.plain.members})

    def blanked(self, metrics: Mapping[str, float], state: Mapping[str, Tensor]) -> dict[str, float]:
        return dict(metrics)  # those of the members that have diverged are NaN, the others' hold

    # -- metrics -----------------------------------------------------------------------------------

    def metrics(self, knobs: VATKnobs, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        """The numbers `name.kind` of the groups `names` (None: METRICS), a dict for each seed.

        test_error, train_error: per cent. lds_test, lds_train: mean LDS in nats at radius
        `lds_epsilon` with I_p = 1; ≤ 0, and nearer 0 is smoother. Only where asked for: nll, and
        divergence of vat and random (Δ_KL at their own r), means over the training points in nats.
        """
        return self._numbers(knobs, METRICS if names is None else names, len(self.plane_task.data[0].test_z))

    def metrics_each(self, knobs: Sequence[VATKnobs]) -> list[dict[str, float]]:
        """METRICS under knobs of its own for each of `seeds`."""
        return self.metrics(knobs[0])  # they depend on the points alone, which are no varied knob

    def glance(self, knobs: VATKnobs, names: Sequence[str]) -> list[dict[str, float]]:
        """Those of `metrics`, lds_test on at most GLANCED test points, always the same ones."""
        return self._numbers(knobs, names, GLANCED)

    def _numbers(self, knobs: VATKnobs, names: Sequence[str], tested: int) -> list[dict[str, float]]:
        """The metrics, with LDS on so many test points at most."""
        train = self.plane_task.training_points(knobs.points)
        values: dict[str, Tensor] = {}
        for split, (z, y) in {"train": train, "test": self.plane_task.test_points()}.items():
            if not len(z[0]):
                continue  # own points may leave none to test on
            labels = torch.stack(y).expand(len(self.kinds), -1, -1)
            logits = self._logits(torch.stack(z))
            # NaN for a network that has diverged: argmax would count half of its answers as right.
            wrong = torch.where(logits.isfinite().all(-1), (logits.argmax(-1) != labels).double(), torch.nan)
            values[f"{split}_error"] = 100 * wrong.mean(-1)
            if split == "train" and "nll" in names:
                values["nll"] = cross_entropy(one_hot(labels, CLASSES, self.dtype), logits).mean(-1)
            if f"lds_{split}" in names:
                values[f"lds_{split}"] = self.lds(z if split == "train" else _some(z, tested))
        if "divergence" in names and len(train[0][0]):
            values["divergence"] = self._divergence(knobs)
        return [
            {
                f"{name}.{kind}": values[name][m, s].item()
                for name in names
                if name in values
                for m, kind in enumerate(self.kinds)
                if name != "divergence" or kind in self._smoothed
            }
            for s in range(len(self.seeds))
        ]

    def lds(self, z: Sequence[Tensor]) -> Tensor:
        """Mean LDS(x) = −Δ_KL(r_vadv, x) over plane points z, (N, 2) a seed: (7, S), nats."""
        x = repeat(self.plane_task.inputs(z), len(self.kinds))
        layers = self.nets.layers()
        clean = forward(layers, x)
        p = clean.softmax(-1)
        start = repeat(self._fixed_directions(x.shape[1]), len(self.kinds))
        r = virtual_adversarial_direction(lambda at: cross_entropy_gradient(layers, at, p), x, start, LDS_XI, 1)
        return self._by_kind(-kl(clean, forward(layers, x + self.setup.lds_epsilon * r)).mean(-1))

    def _logits(self, z: Tensor) -> Tensor:
        """Logits (7, S, N, 2) at plane points z (S, N, 2)."""
        return self._by_kind(forward(self._in_plane(), repeat(z.to(self.dtype), len(self.kinds))))

    def _in_plane(self) -> Layers:
        """The networks as functions of plane coordinates."""
        return folded(self.nets.layers(), repeat(self.plane_task.basis, len(self.kinds)))

    def _divergence(self, knobs: VATKnobs) -> Tensor:
        """Mean Δ_KL(r) over the training points at each member's r, (7, S), nats; 0 without."""
        x, _ = self.plane_task.training_batch(knobs.points)
        layers = self.nets.layers()
        r = torch.zeros_like(x)
        r[self.nets.plain.members :] = self._perturbations(knobs)
        return self._by_kind(kl(forward(layers, x), forward(layers, x + r)).mean(-1))

    def _perturbations(self, knobs: VATKnobs) -> Tensor:
        """r (4·S, N, D) of adv_linf, adv_l2, vat and random at the training points."""
        x, target = self.plane_task.training_batch(knobs.points)
        split = self.nets.plain.members
        d = repeat(self._fixed_directions(x.shape[1]), len(self._smoothed))
        return self.nets.perturbations(x[split:], target[split:], d, self.terms(knobs))

    def _fixed_directions(self, n: int) -> Tensor:
        """Directions (S, n, D), the same at every call; training uses another stream."""
        shape = (n, self.setup.dimension)
        return torch.stack([torch.randn(shape, generator=stream(seed, "look")) for seed in self.seeds]).to(self.dtype)

    def _by_kind(self, values: Tensor) -> Tensor:
        """The member axis of values (M, ...) as kinds and seeds: (7, S, ...)."""
        return values.unflatten(0, (len(self.kinds), len(self.seeds)))

    # -- layers ------------------------------------------------------------------------------------

    def layers(self, knobs: VATKnobs, names: Sequence[str]) -> dict[str, np.ndarray]:
        """The arrays `names` to draw, for the first seed; members in the order of KINDS.

        field: p(y = 1 | z) over the plane as uint8 (7, 60, 60), rows from low to high y. points:
        (N, 3) of x, y, label. unlabelled: (U, 2). test: (T, 3). arrows: (4, N, 2), r of adv_linf,
        adv_l2, vat, random in the plane. ball: (64,), how far the L∞ ball of radius 1 reaches in
        the plane along 64 directions, counter-clockwise from +x.
        """
        return {name: getattr(self, f"_layer_{name}")(knobs) for name in names}

    def _layer_field(self, knobs: VATKnobs) -> np.ndarray:
        first = slice(0, None, len(self.seeds))  # of each kind, the first seed
        p = torch.sigmoid(drawable(margin_field(pick(self._in_plane(), first), *self._cells)))
        return (p * 255).round().to(torch.uint8).numpy()

    def miniatures(self, side: int) -> dict[str, np.ndarray]:
        """Fields of side × side cells of all members: kind → uint8 (S, side, side)."""
        cells = (cell_centres(half, side, self.dtype) for half in plane.VIEW)
        p = torch.sigmoid(self._by_kind(margin_field(self._in_plane(), *cells))).nan_to_num(0)
        return {kind: (each * 255).round().to(torch.uint8).numpy() for kind, each in zip(self.kinds, p)}

    def _layer_points(self, knobs: VATKnobs) -> np.ndarray:
        z, y = self.plane_task.training_points(knobs.points)
        return labelled_rows(z[0], y[0])

    def _layer_unlabelled(self, knobs: VATKnobs) -> np.ndarray:
        return self.plane_task.data[0].unlabelled_z.float().numpy()

    def _layer_test(self, knobs: VATKnobs) -> np.ndarray:
        z, y = self.plane_task.test_points()
        return labelled_rows(z[0], y[0])

    def _layer_arrows(self, knobs: VATKnobs) -> np.ndarray:
        r = self._perturbations(knobs)[:: len(self.seeds)]
        return (r @ self.plane_task.basis[0].T).float().numpy()

    def _layer_ball(self, knobs: VATKnobs) -> np.ndarray:
        angle = torch.arange(BALL) * (2 * torch.pi / BALL)
        along = torch.stack([angle.cos(), angle.sin()], 1).to(self.dtype)
        return (along @ self.plane_task.basis[0]).abs().sum(-1).float().numpy()


def _some(z: Sequence[Tensor], n: int) -> list[Tensor]:
    """At most n of the points (N, 2) of each seed: a random choice, because points may be in an
    order, and the same at every call.
    """
    if len(z[0]) <= n:
        return list(z)
    chosen = torch.randperm(len(z[0]), generator=stream(0, "some"))[:n]
    return [points[chosen] for points in z]
