"""Adversarial training lab: six networks that differ in what they are trained against, side by side
on the same points of the plane.

Inputs are the plane itself, so that the balls around the points can be seen as they are.
engine/methods/training/ensemble.py has the six losses; Goodfellow, Shlens, Szegedy 2014 (arXiv
1412.6572, §6), Madry et al. 2017 (arXiv 1706.06083, eq. 2.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.attacks.batched_pgd import ascend, moved
from engine.attacks.norms import NORMS
from engine.core.declare import Declaration, InvalidValue, Knobs, Setup, choice, flag, number, points, whole
from engine.core.frame import Answer
from engine.core.method import Method
from engine.core.registry import register
from engine.core.streams import stream
from engine.data import plane
from engine.methods.training import danskin
from engine.methods.training.ensemble import KINDS, Draws, RobustEnsemble, Settings
from engine.methods.training.robustness import report
from engine.metrics.margins import lattice, margins
from engine.nn.batched_mlp import forward, input_gradient, pick
from engine.nn.losses import cross_entropy, one_hot

CLASSES = 2
ROWS, COLUMNS = 36, 48  # of the field
DRAWN = 40  # points whose ball and path are drawn
PLACES = 11  # of a drawn path
ATTACKED, REPORTED = 400, 200  # test points the attacks are run on, and those of the report
PGD_STEPS, PGD_SHARE = 20, 0.125  # the PGD that networks are judged by: its steps, and each as a share of ε
CHECKED = 12  # points of the check of Danskin's theorem
SURFACE = 33  # a side of the loss surface
METRICS = ("clean_error", "train_error", "fgsm_error", "pgd_error", "margin")


@dataclass(frozen=True)
class TrainingSetup(Setup):
    """Data, sizes and norm of a run of the adversarial training lab."""

    dataset: str = choice(
        "thin",
        {name: label for name, (label, *_) in plane.SHAPES.items()} | {"own": "Your own points"},
        help="Where the points come from",
    )
    noise: float = number(
        0.1, 0, 0.5, 0.01, help="Standard deviation of the noise added in the plane", unit="plane units"
    )
    train: int = whole(60, 2, 400, help="Training points, half of each class", symbol="N", label="Training points")
    test: int = whole(
        400,
        10,
        2000,
        label="Test points",
        help="Fresh points the errors are measured on; the attacks take the first 200",
        step=10,
    )
    # Multiples of 16, so that the weights of all members lie alike in memory and equal members stay
    # equal bit for bit.
    hidden: str = choice(
        "64",
        {str(h): f"{h} units" for h in (16, 32, 64, 128, 256)},
        help="Units of a hidden layer (ReLU)",
        label="Hidden units",
    )
    depth: int = whole(2, 1, 4, help="Hidden layers", label="Hidden layers")
    norm: str = choice(
        "linf", {"linf": "L∞: boxes", "l2": "L2: discs"}, help="The norm of the balls that the adversary may move in"
    )
    warm_up: int = whole(
        0,
        0,
        5000,
        help="ε rises from 0 to its value over so many steps; 0 means at once",
        label="Warm-up of ε",
        unit="steps",
        step=50,
    )
    precision: str = choice("float32", {"float32": "float32", "float64": "float64"}, help="Arithmetic")
    rows: tuple[plane.Row, ...] = points(1000, 10, help="The data set 'own': rows of x, y, label")


@dataclass(frozen=True)
class TrainingKnobs(Knobs):
    """What may change while the six train."""

    epsilon: float = number(
        0.3,
        0,
        2,
        0.01,
        symbol="ε",
        label="radius",
        unit="plane units",
        help="Radius of the ball around each point, for every member and every attack",
    )
    alpha: float = number(
        0.5,
        0,
        1,
        0.01,
        symbol="α",
        label="clean share",
        member="fgsm",
        help="Weight of the clean loss beside the perturbed one, of FGSM and random noise; 1 is standard training",
    )
    step_size: float = number(
        0.1, 0.001, 1, 0.001, label="PGD step", unit="plane units", member="pgd", help="Length of a step of PGD"
    )
    steps: int = whole(7, 1, 40, symbol="K", label="PGD steps", member="pgd", help="Inner steps of PGD")
    lam: float = number(1, 0, 10, 0.05, symbol="λ", label="of VAT", member="vat", help="Weight of VAT's divergence")
    smoothing: float = number(
        0.1,
        0,
        0.5,
        0.01,
        symbol="s",
        label="smoothing",
        member="smoothing",
        help="Share of the label spread over both classes",
    )
    learning_rate: float = number(1, 0.01, 10, 0, symbol="η", label="rate", scale="log", help="Learning rate")
    random_start: bool = flag(
        False,
        label="random start",
        help="FGSM and PGD begin at a random place of the ball; FGSM then takes a step of 1.25 ε",
    )
    points: tuple[plane.Row, ...] = points(
        400, 10, help="Training points placed by hand; none means the data set's own"
    )


# What suits a data set where it differs from the defaults above.
SUITS: dict[str, dict[str, dict[str, Any]]] = {
    "circles": {"setup": {"noise": 0.05}, "knobs": {"epsilon": 0.25}},
    "half_moons": {"setup": {}, "knobs": {"epsilon": 0.2}},
    "spirals": {"setup": {"noise": 0.05, "train": 120}, "knobs": {"epsilon": 0.12, "step_size": 0.03}},
    "xor": {"setup": {"noise": 0.25}, "knobs": {}},
    "thin": {"setup": {"noise": 0.06}, "knobs": {"epsilon": 0.5, "step_size": 0.15, "learning_rate": 0.5}},
}


@register
class Training(Method):
    """The six members for each of `seeds`; member k of seed s sits at k·S + s on the leading axis."""

    name = "training"
    title = "Adversarial training of six networks in the plane"
    Setup, Knobs = TrainingSetup, TrainingKnobs
    quick_metrics, slow_metrics = (
        ("clean_error", "train_error", "clean_term", "moved_term"),
        ("fgsm_error", "pgd_error", "margin", "danskin"),
    )
    frame_layers, scene_layers = ("field", "paths", "broken", "own"), ("points", "test")
    questions = ("surface",)
    measures = {"robustness": "Robustness report: attacks × ε, minimum-norm distances, worst cases"}

    def __init__(self, setup: TrainingSetup, seeds: Sequence[int]) -> None:
        self.setup, self.seeds = setup, tuple(seeds)
        self.dtype, self.norm = getattr(torch, setup.precision), NORMS[setup.norm]
        self.data = [
            plane.make(
                setup.dataset,
                setup.rows,
                seed,
                noise=setup.noise,
                train=setup.train,
                unlabelled=0,
                test=setup.test,
                dimension=2,
            )
            for seed in self.seeds
        ]
        self.nets = RobustEnsemble(len(self.seeds), (2, *[int(setup.hidden)] * setup.depth, CLASSES), self.dtype)
        for s, seed in enumerate(self.seeds):
            self.nets.nets.initialise(slice(s, None, len(self.seeds)), stream(seed, "weights"))
        self.draws = [stream(seed, "draws") for seed in self.seeds]
        self._grid = lattice(plane.VIEW, ROWS, COLUMNS, self.dtype)
        self._train_of: tuple[Any, Tensor, Tensor] | None = None

    @classmethod
    def make_setup(cls, values: Mapping[str, Any]) -> TrainingSetup:
        return TrainingSetup.of({**SUITS.get(values.get("dataset", "thin"), {}).get("setup", {}), **values})

    @classmethod
    def make_knobs(cls, setup: TrainingSetup, values: Mapping[str, Any] | None = None) -> TrainingKnobs:
        return TrainingKnobs.of({**SUITS.get(setup.dataset, {}).get("knobs", {}), **(values or {})})

    def _plane(self, knobs: TrainingKnobs) -> tuple[list[Tensor], list[Tensor]]:
        """Training points and their labels, a tensor a seed."""
        if not knobs.points:
            return [d.train_z for d in self.data], [d.train_y for d in self.data]
        table = torch.tensor(knobs.points, dtype=torch.float64)
        return [table[:, :2]] * len(self.seeds), [table[:, 2].long()] * len(self.seeds)

    def _train(self, knobs: TrainingKnobs) -> tuple[Tensor, Tensor]:
        """x (M, N, 2) and one-hot labels (M, N, 2); kept until the points are changed by hand."""
        if self._train_of is None or self._train_of[0] != knobs.points:
            z, y = self._plane(knobs)
            self._train_of = (knobs.points, *self._batch(z, y))
        return self._train_of[1:]

    def _batch(self, z: Sequence[Tensor], y: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Points and labels of each seed for all members: (M, N, 2), (M, N, 2)."""
        x, target = torch.stack(list(z)).to(self.dtype), one_hot(torch.stack(list(y)), CLASSES, self.dtype)
        return torch.cat([x] * len(KINDS)), torch.cat([target] * len(KINDS))

    # -- training ----------------------------------------------------------------------------------------------------

    def settings(self, knobs: TrainingKnobs, step: int) -> Settings:
        """The knobs as they act at step t: ε and the step of PGD times min(1, (t + 1)/warm-up)."""
        risen = min(1.0, (step + 1) / self.setup.warm_up) if self.setup.warm_up else 1.0
        return Settings(
            self.norm,
            knobs.epsilon * risen,
            knobs.alpha,
            knobs.step_size * risen,
            knobs.steps,
            knobs.lam,
            knobs.smoothing,
            knobs.learning_rate,
            knobs.random_start,
        )

    def step(self, knobs: TrainingKnobs, step: int) -> None:
        x, target = self._train(knobs)
        self.nets.step(x, target, self._draw(self.draws, x.shape[1]), self.settings(knobs, step))

    def _draw(self, generators: Sequence[torch.Generator], n: int) -> Draws:
        """The same numbers are drawn whatever the knobs, so that turning one never shifts another's
        luck.
        """
        like = torch.empty(n, 2, dtype=self.dtype)
        each = [
            (
                self.norm.random(like, 1.0, g),
                self.norm.random(like, 1.0, g),
                torch.randn(n, 2, generator=g, dtype=self.dtype),
            )
            for g in generators
        ]
        noise, start, direction = (torch.stack(parts) for parts in zip(*each))
        return Draws(noise, start, direction)

    def state(self) -> dict[str, Tensor]:
        return self.nets.state() | {"draws": torch.stack([g.get_state() for g in self.draws])}

    def load(self, state: Mapping[str, Tensor]) -> None:
        self.nets.load(state)
        for generator, saved in zip(self.draws, state["draws"], strict=True):
            generator.set_state(saved.clone())  # a view into a stack would be read from its start

    # -- looking -----------------------------------------------------------------------------------------------------

    def metrics(self, knobs: TrainingKnobs, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        """Errors in per cent: clean, and under FGSM and PGD (20 steps of ε/8 from the point itself)
        of radius ε on at most 400 test points. margin: mean signed distance of the test points to
        the boundary in the run's norm, plane units.

        Also on request: clean_term and moved_term, the two terms of each member's objective at the
        training points, in nats, and danskin (engine/methods/training/danskin.py) of the pgd member
        at a dozen training points.
        """
        names = METRICS if names is None else names
        values: dict[str, Tensor] = {}
        if len(self.data[0].test_z):  # own points may leave nothing to test on
            z, y = [d.test_z for d in self.data], [d.test_y for d in self.data]
            if "clean_error" in names:
                values["clean_error"] = self._error(*self._batch(z, y))
            some = [_some(b, ATTACKED) for b in y]
            x, target = self._batch([a[at] for a, at in zip(z, some)], [b[at] for b, at in zip(y, some)])
            for name in {"fgsm_error", "pgd_error"} & set(names):
                values[name] = self._error(
                    x + self.attack(x, target, knobs.epsilon, name.removesuffix("_error")), target
                )
            if "margin" in names:
                values["margin"] = self._margin()
        x, target = self._train(knobs)
        if "train_error" in names:
            values["train_error"] = self._error(x, target)
        if {"clean_term", "moved_term"} & set(names):
            values |= self._terms(knobs)
        out = [
            {
                f"{name}.{kind}": values[name][k, s].item()
                for name in names
                if name in values
                for k, kind in enumerate(KINDS)
            }
            for s in range(len(self.seeds))
        ]
        if "danskin" in names:
            out = [numbers | self._danskin(knobs, s) for s, numbers in enumerate(out)]
        return out

    def _error(self, x: Tensor, target: Tensor) -> Tensor:
        """Per cent of wrong answers, (6, S); NaN for a network that ran away, where argmax would
        count half its answers right.
        """
        logits = forward(self.nets.layers(), x)
        wrong = (logits.argmax(-1) != target.argmax(-1)).to(torch.float64)
        return (100 * torch.where(logits.isfinite().all(-1), wrong, torch.nan).mean(-1)).view(len(KINDS), -1)

    def attack(self, x: Tensor, target: Tensor, epsilon: float, name: str) -> Tensor:
        """δ (M, N, 2) of "fgsm" or "pgd" on every member; nothing is drawn."""
        if name == "fgsm":
            return moved(
                self.norm, torch.zeros_like(x), input_gradient(self.nets.layers(), x, target), epsilon, epsilon
            )
        return ascend(self.nets.layers(), x, target, self.norm, epsilon, PGD_SHARE * epsilon, PGD_STEPS)[-1]

    def _margin(self) -> Tensor:
        each = []
        for s, d in enumerate(self.data):
            layers = pick(self.nets.layers(), slice(s, None, len(self.seeds)))
            distance, _ = margins(layers, d.test_z.to(self.dtype), d.test_y, self.setup.norm, plane.VIEW)
            each.append(distance.mean(-1))
        return torch.stack(each, 1)

    def _terms(self, knobs: TrainingKnobs) -> dict[str, Tensor]:
        """Mean clean loss, and mean loss (vat: divergence) at each member's own perturbation: (6,
        S) each.
        """
        (x, target), r = self._train(knobs), self._perturbations(knobs)
        clean, there = forward(self.nets.layers(), x), forward(self.nets.layers(), x + r)
        terms = {"clean_term": cross_entropy(target, clean), "moved_term": cross_entropy(target, there)}
        vat, p = self.nets.span("vat"), clean[self.nets.span("vat")].softmax(-1)
        # KL(p ‖ q) is the cross-entropy of q less that of p itself.
        terms["moved_term"][vat] = cross_entropy(p, there[vat]) - cross_entropy(p, clean[vat])
        return {name: t.mean(-1).view(len(KINDS), -1) for name, t in terms.items()}

    def _perturbations(self, knobs: TrainingKnobs) -> Tensor:
        """r (M, N, 2) at the training points, from draws for looking: the same at every call and
        none of training's.
        """
        x, target = self._train(knobs)
        draws = self._draw([stream(seed, "look") for seed in self.seeds], x.shape[1])
        return self.nets.perturbations(x, target, draws, self.settings(knobs, self.setup.warm_up))

    def _danskin(self, knobs: TrainingKnobs, s: int) -> dict[str, float]:
        x, target = self._train(knobs)
        member = self.nets.span("pgd").start + s
        at = _some(target[member].argmax(-1), CHECKED)
        check = danskin.check(
            pick(self.nets.layers(), slice(member, member + 1)),
            x[member, at],
            target[member, at],
            self.norm,
            knobs.epsilon,
            stream(self.seeds[s], "danskin"),
        )
        numbers = {
            "slope": check.slope,
            "difference": check.difference,
            "error": check.error,
            "points": check.points,
            "of": check.of,
        }
        return {f"danskin.{name}": float(value) for name, value in numbers.items()}

    def layers(self, knobs: TrainingKnobs, names: Sequence[str]) -> dict[str, np.ndarray]:
        """What to draw, for the first seed; members in the order of KINDS. Balls, paths and breaks
        are of at most 40 points, spread over all.

        field: p(y = 1 | z) as uint8 (6, 36, 48), rows from low to high y. points: (N, 3) of x, y,
        label. test: (T, 3). paths: (6, n, 11, 2), places of PGD with the present K and step size on
        each network, from the point. broken: uint8 (6, n), whether a place of it is answered
        wrongly. own: (3, n, 4), x, y and the perturbation that random, fgsm and vat train against.
        """
        out: dict[str, np.ndarray] = {}
        if {"paths", "broken"} & set(names):
            out = self._attacked(knobs)
        return {name: out[name] if name in out else getattr(self, f"_layer_{name}")(knobs) for name in names}

    def _first(self) -> slice:
        return slice(0, None, len(self.seeds))

    def _layer_field(self, knobs: TrainingKnobs) -> np.ndarray:
        logits = forward(pick(self.nets.layers(), self._first()), self._grid.expand(len(KINDS), -1, -1))
        p = torch.sigmoid(logits[..., 1] - logits[..., 0]).nan_to_num(0.5)
        return (p * 255).round().to(torch.uint8).reshape(-1, ROWS, COLUMNS).numpy()

    def _attacked(self, knobs: TrainingKnobs) -> dict[str, np.ndarray]:
        x, target = (t[self._first()] for t in self._train(knobs))
        at = _some(target[0].argmax(-1), DRAWN)
        x, target, layers = x[:, at], target[:, at], pick(self.nets.layers(), self._first())
        deltas = torch.stack(ascend(layers, x, target, self.norm, knobs.epsilon, knobs.step_size, knobs.steps), 2)
        places = x[:, :, None] + deltas  # (6, n, K + 1, 2)
        answers = forward(layers, places.flatten(1, 2)).argmax(-1).view(places.shape[:-1])
        broken = (answers != target.argmax(-1)[..., None]).any(-1)
        shown = torch.linspace(0, knobs.steps, min(PLACES, knobs.steps + 1)).round().long()
        return {"paths": places[:, :, shown].float().numpy(), "broken": broken.to(torch.uint8).numpy()}

    def _layer_own(self, knobs: TrainingKnobs) -> np.ndarray:
        x, target = self._train(knobs)
        at, who = _some(target[0].argmax(-1), DRAWN), self.nets.span("random", "vat")
        return torch.cat([x, self._perturbations(knobs)], -1)[who][self._first()][:, at].float().numpy()

    def _layer_points(self, knobs: TrainingKnobs) -> np.ndarray:
        z, y = self._plane(knobs)
        return torch.cat([z[0], y[0][:, None]], 1).float().numpy()

    def _layer_test(self, knobs: TrainingKnobs) -> np.ndarray:
        return torch.cat([self.data[0].test_z, self.data[0].test_y[:, None]], 1).float().numpy()

    # -- questions ---------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def ask(self, knobs: TrainingKnobs, name: str, values: Mapping[str, Any]) -> Answer:
        """surface {member, point}: the loss of a member over the ball of one training point, and
        PGD's path in it.

        layers: surface, uint8 (33, 33) over [−ε, ε]² around the point (of L2 balls the corners are
        outside), from `least` to `most` nats; path, float32 (K + 1, 2) of δ. numbers: least, most,
        clean, pgd (nats), broken, x, y, label, epsilon.
        """
        if name != "surface":
            return super().ask(knobs, name, values)
        x, target = self._train(knobs)
        who = Declaration("choice", "pgd", "", options=tuple((kind, kind) for kind in KINDS)).check(
            "member", values.get("member")
        )
        point = Declaration("whole", 0, "", low=0, high=x.shape[1] - 1).check("point", values.get("point"))
        if knobs.epsilon == 0:
            raise InvalidValue("epsilon = 0 has a ball without an inside: turn ε up to see the loss over it")
        member = self.nets.span(who).start
        layers = pick(self.nets.layers(), slice(member, member + 1))
        x, target = x[member : member + 1, point : point + 1], target[member : member + 1, point : point + 1]
        path = torch.cat(ascend(layers, x, target, self.norm, knobs.epsilon, knobs.step_size, knobs.steps), 1)
        deltas = lattice((1.0, 1.0), SURFACE, SURFACE, self.dtype) * knobs.epsilon
        loss = cross_entropy(target, forward(layers, x + torch.cat([deltas[None], path], 1)))[0]
        surface, along = loss[: len(deltas)], loss[len(deltas) :]
        within = self.norm.size(deltas) <= knobs.epsilon
        least, most = torch.cat([surface[within], along]).aminmax()
        shown = ((surface - least) / (most - least).clamp_min(1e-12)).clamp(0, 1).nan_to_num(0)
        answers = forward(layers, x + path).argmax(-1)[0]
        numbers = {
            "least": least.item(),
            "most": most.item(),
            "clean": along[0].item(),
            "pgd": along[-1].item(),
            "epsilon": knobs.epsilon,
            "broken": bool((answers != target.argmax(-1)[0]).any()),
            "x": x[0, 0, 0].item(),
            "y": x[0, 0, 1].item(),
            "label": int(target.argmax(-1)),
        }
        return Answer(
            numbers,
            {
                "surface": (shown * 255).round().to(torch.uint8).view(SURFACE, SURFACE).numpy(),
                "path": path[0].float().numpy(),
            },
        )

    def measure(self, knobs: TrainingKnobs, name: str, values: Mapping[str, Any]) -> Iterator[float | Answer]:
        """robustness: see engine/methods/training/robustness.py. Of the first seed, on its test
        points (on the training points where there are none).
        """
        if name != "robustness":
            yield from super().measure(knobs, name, values)
        data = self.data[0]
        z, y = (data.test_z, data.test_y) if len(data.test_z) else (self._plane(knobs)[0][0], self._plane(knobs)[1][0])
        at = _some(y, REPORTED)
        layers = {kind: pick(self.nets.layers(), slice(m := self.nets.span(kind).start, m + 1)) for kind in KINDS}
        yield from report(
            layers,
            z[at].to(self.dtype),
            y[at],
            self.norm,
            knobs.epsilon or 0.3,
            plane.VIEW,
            stream(self.seeds[0], "report"),
        )


def _some(labels: Tensor, most: int) -> Tensor:
    """Indices of at most `most` rows, each class by its share, the same at every call. Drawn,
    because in some data sets every tenth point is of a kind.
    """
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(len(labels)))
    order = order[labels[order].argsort(stable=True)]
    n = min(len(labels), most)
    return order[torch.linspace(0, len(labels) - 1, n).round().long()].sort().values if n else order
