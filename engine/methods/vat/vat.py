"""VAT lab: seven ways to regularise one small classifier, trained side by side on the same few
points.

Miyato, Maeda, Koyama, Nakae, Ishii 2015, "Distributional smoothing with virtual adversarial
training" (arXiv 1507.00677), §4.1: 16 labelled points of two classes embedded in 100 dimensions, a
100-100-2 ReLU network, full-batch training. All members share data and initial weights;
engine/methods/vat/ensemble.py has the seven losses.
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
from engine.core.method import Method
from engine.core.registry import register
from engine.core.streams import stream
from engine.data import plane
from engine.methods.vat.ensemble import KINDS, SMOOTHED, RegularisedEnsemble, Settings
from engine.nn.batched_mlp import folded, forward, input_gradient
from engine.nn.losses import cross_entropy, kl, one_hot

METRICS = ("test_error", "train_error", "lds_train", "lds_test")
CLASSES = 2
FIELD = 60  # a side of the field, in cells
LDS_XI = 1e-3


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
    test: int = whole(1000, 10, 5000, label="Test points", help="Fresh points the test error is measured on", step=10)
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
        symbol="ε",
        label="Radius of the LDS measure",
    )
    precision: str = choice(
        "float32", {"float32": "float32", "float64": "float64"}, help="Arithmetic; small ξ needs float64"
    )
    rows: tuple[plane.Row, ...] = points(1000, 10, help="The data set 'own': rows of x, y, label")


def _radius(default: float, high: float, member: str, symbol: str, who: str) -> Any:
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
        1e-4, 1e-6, 0.1, 0, symbol="λ₂", label="of L2", member="l2", scale="log", zero=True, help="Weight of Σ p²"
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


# What suits a data set. Radii: best of those measured over 50 fresh data sets
# (tests/benchmarks/README.md).
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
    """The seven members for each of `seeds`; member m of seed s sits at m·S + s on the leading
    axis.
    """

    name = "vat"
    title = "VAT and six other regularisers"
    Setup, Knobs = VATSetup, VATKnobs
    quick_metrics, slow_metrics = ("test_error", "train_error", "nll", "divergence"), ("lds_train", "lds_test")
    companions = {"floor": {"decay": 0.98}}
    frame_layers, scene_layers = ("field", "arrows"), ("points", "unlabelled", "test", "ball")

    def __init__(self, setup: VATSetup, seeds: Sequence[int]) -> None:
        self.setup, self.seeds = setup, tuple(seeds)
        self.dtype = getattr(torch, setup.precision)
        self.data = [self._data(seed) for seed in self.seeds]
        self.nets = RegularisedEnsemble(
            dict.fromkeys(KINDS, len(self.seeds)), (setup.dimension, setup.hidden, CLASSES), self.dtype
        )
        for s, seed in enumerate(self.seeds):
            self.nets.initialise(slice(s, None, len(self.seeds)), stream(seed, "weights"))
        self.directions = [stream(seed, "directions") for seed in self.seeds]
        self.masks = [stream(seed, "dropout") for seed in self.seeds]
        self.basis = torch.stack([d.basis for d in self.data]).to(self.dtype)  # (S, 2, D)
        self.unlabelled = _repeat(self._embed([d.unlabelled_z for d in self.data]), len(SMOOTHED))  # (2S, U, D)
        across, up = (torch.linspace(-half, half, 2 * FIELD + 1, dtype=self.dtype)[1::2] for half in plane.VIEW)
        y, x = torch.meshgrid(up, across, indexing="ij")
        self._grid = torch.stack([x, y], -1).reshape(1, -1, 2)  # centres of the field's cells
        self._train_of: tuple[Any, Tensor, Tensor] | None = None
        self._settings_of: tuple[VATKnobs, Settings] | None = None

    @classmethod
    def make_setup(cls, values: Mapping[str, Any]) -> VATSetup:
        suits = SUITS.get(values.get("dataset", "moons"), {}).get("setup", {})
        return VATSetup.of({**suits, **values})

    @classmethod
    def make_knobs(cls, setup: VATSetup, values: Mapping[str, Any] | None = None) -> VATKnobs:
        return VATKnobs.of({**SUITS.get(setup.dataset, {}).get("knobs", {}), **(values or {})})

    def _data(self, seed: int) -> plane.PlaneData:
        s = self.setup
        return plane.make(
            s.dataset,
            s.rows,
            seed,
            noise=s.noise,
            train=s.train,
            unlabelled=s.unlabelled,
            test=s.test,
            dimension=s.dimension,
        )

    def _embed(self, z: Sequence[Tensor]) -> Tensor:
        """x = z·B for one z (N, 2) a seed: (S, N, D)."""
        return torch.stack([a.to(self.dtype) for a in z]) @ self.basis

    def _plane(self, knobs: VATKnobs) -> tuple[list[Tensor], list[Tensor]]:
        """Training points in the plane and their labels, a tensor a seed."""
        if not knobs.points:
            return [d.train_z for d in self.data], [d.train_y for d in self.data]
        table = torch.tensor(knobs.points, dtype=torch.float64)
        return [table[:, :2]] * len(self.seeds), [table[:, 2].long()] * len(self.seeds)

    def _train(self, knobs: VATKnobs) -> tuple[Tensor, Tensor]:
        """x (M, N, D) and one-hot labels (M, N, 2); kept until the points are changed by hand."""
        if self._train_of is None or self._train_of[0] != knobs.points:
            z, y = self._plane(knobs)
            target = one_hot(torch.stack(y), CLASSES, self.dtype)
            self._train_of = (knobs.points, _repeat(self._embed(z), len(KINDS)), _repeat(target, len(KINDS)))
        return self._train_of[1:]

    # -- training ----------------------------------------------------------------------------------------------------

    def decay(self, knobs: VATKnobs, step: int) -> float:
        """η_t/η = max(decay^t, floor)."""
        return max(knobs.decay**step, knobs.floor)

    def settings(self, knobs: VATKnobs) -> Settings:
        """The knobs as one value a member; kept until they change."""
        if self._settings_of is None or self._settings_of[0] != knobs:
            self._settings_of = knobs, self._make_settings(knobs)
        return self._settings_of[1]

    def _make_settings(self, knobs: VATKnobs) -> Settings:
        def same(value: float) -> Tensor:
            return torch.full((self.nets.size,), value, dtype=self.dtype)

        radii = [getattr(knobs, f"epsilon_{kind}", 0.0) for kind in KINDS]
        epsilon = torch.tensor(radii, dtype=self.dtype).repeat_interleave(len(self.seeds))
        return Settings(
            epsilon,
            same(knobs.lam),
            same(knobs.l2),
            same(knobs.dropout),
            same(knobs.learning_rate),
            knobs.xi,
            knobs.power_iterations,
        )

    def step(self, knobs: VATKnobs, step: int) -> None:
        x, target = self._train(knobs)
        n, u, dimension = x.shape[1], self.unlabelled.shape[1], x.shape[2]
        # One direction a seed, shared by vat and random: with I_p = 0 the two are the same method.
        d = _repeat(self._draw(self.directions, (n + u, dimension), torch.randn), len(SMOOTHED))
        keep = self._draw(self.masks, (n, dimension), torch.rand)
        more = (self.unlabelled, d[:, n:]) if u else ()
        self.nets.step(x, target, d[:, :n], keep, self.settings(knobs), self.decay(knobs, step), *more)

    def _draw(self, generators: list[torch.Generator], shape: tuple[int, int], kind: Any) -> Tensor:
        return torch.stack([kind(shape, generator=g, dtype=self.dtype) for g in generators])

    def state(self) -> dict[str, Tensor]:
        return self.nets.state() | {
            "directions": torch.stack([g.get_state() for g in self.directions]),
            "masks": torch.stack([g.get_state() for g in self.masks]),
        }

    def load(self, state: Mapping[str, Tensor]) -> None:
        self.nets.load(state)
        for generators, key in ((self.directions, "directions"), (self.masks, "masks")):
            for generator, saved in zip(generators, state[key], strict=True):
                generator.set_state(saved.clone())  # a view into a stack would be read from its start

    # -- looking -----------------------------------------------------------------------------------------------------

    def _logits(self, z: Tensor) -> Tensor:
        """Logits (7, S, N, 2) at plane points z (S, N, 2) of each seed."""
        layers = folded(self.nets.layers(), _repeat(self.basis, len(KINDS)))
        return forward(layers, _repeat(z.to(self.dtype), len(KINDS))).unflatten(0, (len(KINDS), len(self.seeds)))

    def metrics(self, knobs: VATKnobs, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        """Errors in per cent; mean LDS in nats (≤ 0, nearer 0 is smoother) at radius `lds_epsilon`,
        I_p = 1.

        Also on request: nll and divergence (vat and random: Δ_KL at their own r), means over the
        training points in nats.
        """
        names = METRICS if names is None else names
        test = [d.test_z for d in self.data], [d.test_y for d in self.data]
        values: dict[str, Tensor] = {}
        for split, (z, y) in {"train": self._plane(knobs), "test": test}.items():
            if not len(z[0]):
                continue  # own points may leave nothing to test on
            labels = torch.stack(y).expand(len(KINDS), -1, -1)
            logits = self._logits(torch.stack(z))
            # A network that ran away has no error rate; NaN says so where argmax would count half
            # its answers right.
            wrong = torch.where(logits.isfinite().all(-1), (logits.argmax(-1) != labels).double(), torch.nan)
            values[f"{split}_error"] = 100 * wrong.mean(-1)
            if split == "train" and "nll" in names:
                values["nll"] = cross_entropy(one_hot(labels, CLASSES, self.dtype), logits).mean(-1)
            if f"lds_{split}" in names:
                values[f"lds_{split}"] = self.lds(z)
        if "divergence" in names and len(self._plane(knobs)[0][0]):
            values["divergence"] = self._divergence(knobs)
        return [
            {
                f"{name}.{kind}": values[name][m, s].item()
                for name in names
                if name in values
                for m, kind in enumerate(KINDS)
                if name != "divergence" or kind in SMOOTHED
            }
            for s in range(len(self.seeds))
        ]

    def _divergence(self, knobs: VATKnobs) -> Tensor:
        """Mean Δ_KL(r) on the training points under each member's own perturbation, (7, S); 0 for
        members without one.
        """
        x, _ = self._train(knobs)
        split, layers = self.nets.plain.members, self.nets.layers()
        r = torch.zeros_like(x)
        r[split:] = self._perturbations(knobs)
        return kl(forward(layers, x), forward(layers, x + r)).mean(-1).unflatten(0, (len(KINDS), len(self.seeds)))

    def _perturbations(self, knobs: VATKnobs) -> Tensor:
        """r (4S, N, D) at the training points, from the directions for looking."""
        x, target = self._train(knobs)
        split = self.nets.plain.members
        return self.nets.perturbations(
            x[split:], target[split:], _repeat(self._look(x.shape[1]), len(SMOOTHED)), self.settings(knobs)
        )

    def lds(self, z: Sequence[Tensor]) -> Tensor:
        """Mean of LDS(x) = −Δ_KL(r_vadv, x) over plane points: (7, S). The start directions are the
        same at every look.
        """
        x = _repeat(self._embed(z), len(KINDS))
        layers = self.nets.layers()
        clean = forward(layers, x)
        p = clean.softmax(-1)
        r = virtual_adversarial_direction(
            lambda at: input_gradient(layers, at, p), x, _repeat(self._look(x.shape[1]), len(KINDS)), LDS_XI, 1
        )
        lds = -kl(clean, forward(layers, x + self.setup.lds_epsilon * r)).mean(-1)
        return lds.unflatten(0, (len(KINDS), len(self.seeds)))

    def _look(self, n: int) -> Tensor:
        """Directions (S, n, D) for looking, the same at every call and none of training's."""
        shape = (n, self.setup.dimension)
        return torch.stack([torch.randn(shape, generator=stream(seed, "look")) for seed in self.seeds]).to(self.dtype)

    def layers(self, knobs: VATKnobs, names: Sequence[str]) -> dict[str, np.ndarray]:
        """What to draw, for the first seed; members in the order of KINDS.

        field: p(y = 1 | z) over the plane as uint8 (7, 60, 60), rows from low to high y. points:
        (N, 3) of x, y, label. unlabelled: (U, 2). test: (T, 3). arrows: (4, N, 2), r of adv_linf,
        adv_l2, vat, random in the plane. ball: (64,), how far the L∞ ball of radius 1 reaches in
        the plane along 64 directions, counter-clockwise from +x.
        """
        return {name: getattr(self, f"_layer_{name}")(knobs) for name in names}

    def _layer_field(self, knobs: VATKnobs) -> np.ndarray:
        logits = self._logits(self._grid.expand(len(self.seeds), -1, -1))[:, 0]
        p = torch.sigmoid(logits[..., 1] - logits[..., 0]).nan_to_num(0.5)
        return (p * 255).round().to(torch.uint8).reshape(-1, FIELD, FIELD).numpy()

    def _layer_points(self, knobs: VATKnobs) -> np.ndarray:
        z, y = self._plane(knobs)
        return _rows(z[0], y[0])

    def _layer_unlabelled(self, knobs: VATKnobs) -> np.ndarray:
        return self.data[0].unlabelled_z.float().numpy()

    def _layer_test(self, knobs: VATKnobs) -> np.ndarray:
        return _rows(self.data[0].test_z, self.data[0].test_y)

    def _layer_arrows(self, knobs: VATKnobs) -> np.ndarray:
        return (self._perturbations(knobs)[:: len(self.seeds)] @ self.basis[0].T).float().numpy()

    def _layer_ball(self, knobs: VATKnobs) -> np.ndarray:
        angle = torch.arange(64) * (2 * torch.pi / 64)
        along = torch.stack([angle.cos(), angle.sin()], 1).to(self.dtype)
        return (along @ self.basis[0]).abs().sum(-1).float().numpy()


def _repeat(x: Tensor, times: int) -> Tensor:
    """Per-seed (S, ...) for a number of kinds: (times·S, ...)."""
    return torch.cat([x] * times)


def _rows(z: Tensor, y: Tensor) -> np.ndarray:
    return torch.cat([z, y[:, None]], 1).float().numpy()
