"""Adversarial training lab: six networks that train on different perturbations of the same points.

The inputs are points of the plane itself, so that the balls around the points can be drawn as they
are. engine/methods/training/ensemble.py has the six losses: Goodfellow, Shlens, Szegedy 2014 (arXiv
1412.6572, §6), Madry et al. 2017 (arXiv 1706.06083, eq. 2.1) and four to compare them with.
plane_view.py beside this file measures and draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.attacks.norms import NORMS
from engine.core.declare import Knobs, Setup, choice, flag, number, points, whole
from engine.core.frame import Answer
from engine.core.method import Method
from engine.core.registry import register
from engine.core.streams import load_states, states, stream
from engine.data import plane
from engine.methods.plane_task import CLASSES, PlaneTask, members_not_finite
from engine.methods.training.ensemble import FAST_STEP, KINDS, Draws, RobustEnsemble, RobustTerms, positive
from engine.methods.training.plane_view import ATTACKED, REPORTED, PlaneView


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
        help=f"New points that errors are measured on. Attacks take {ATTACKED} of them at most, drawn by class; the "
        f"robustness report takes {REPORTED}",
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
        help="Weight of the clean loss beside the perturbed one, of FGSM and random noise; 1 is standard training. In "
        "attack libraries α is the step size",
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
        help=f"FGSM and PGD begin at a random place of the ball; FGSM then takes a step of {FAST_STEP:g} ε",
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
    """The six members for each of `seeds`; member k of seed s is number k·S + s of all."""

    name = "training"
    title = "Adversarial training of six networks in the plane"
    Setup = TrainingSetup
    Knobs = TrainingKnobs
    quick_metrics = ("clean_error", "train_error", "clean_term", "moved_term")
    slow_metrics = ("fgsm_error", "pgd_error", "margin", "danskin")
    slow_knobs = ("epsilon", "points")
    pace = 4.0  # looks take a fifth of the time at most, and between them the browser glides
    frame_layers = ("field", "paths", "broken", "own")
    scene_layers = ("points", "test")
    undefined = {"margin": "no boundary in view", "danskin": "no point to check"}
    varied = ("epsilon", "alpha", "step_size", "lam", "smoothing", "learning_rate")
    kinds = KINDS
    shared = {"alpha": ("random", "fgsm")}
    questions = ("surface",)
    measures = {"robustness": "Robustness report: attacks × ε, minimum-norm distances, worst cases"}

    def __init__(self, setup: TrainingSetup, seeds: Sequence[int], kinds: Sequence[str] = KINDS) -> None:
        """seeds: may name one several times, for members that differ in their knobs. kinds: those
        of KINDS to train.
        """
        self.setup = setup
        self.seeds = tuple(seeds)
        self.norm = NORMS[setup.norm]
        self.kinds = tuple(kind for kind in KINDS if kind in kinds)
        self.plane_task = PlaneTask(setup, self.seeds, len(self.kinds))
        widths = (2, *[int(setup.hidden)] * setup.depth, CLASSES)
        self.nets = RobustEnsemble(len(self.seeds), widths, self.plane_task.dtype, self.kinds)
        for s, seed in enumerate(self.seeds):
            self.nets.nets.initialise(slice(s, None, len(self.seeds)), stream(seed, "weights"))
        distinct = list(dict.fromkeys(self.seeds))
        self.draws = [stream(seed, "draws") for seed in distinct]
        self._draw_of = [distinct.index(seed) for seed in self.seeds]
        self._terms_of: tuple[Sequence[TrainingKnobs], float, RobustTerms] | None = None  # those of step_each
        self.view = PlaneView(self.nets, self.plane_task, self.norm, self.seeds)

    @classmethod
    def make_setup(cls, values: Mapping[str, Any]) -> TrainingSetup:
        suits = SUITS.get(values.get("dataset", "thin"), {}).get("setup", {})
        return TrainingSetup.of({**suits, **values})

    @classmethod
    def make_knobs(cls, setup: TrainingSetup, values: Mapping[str, Any] | None = None) -> TrainingKnobs:
        suits = SUITS.get(setup.dataset, {}).get("knobs", {})
        return TrainingKnobs.of({**suits, **(values or {})})

    # -- training ----------------------------------------------------------------------------------

    def terms(self, knobs: TrainingKnobs, step: int) -> RobustTerms:
        """The knobs as they act at step t: ε and the step of PGD times min(1, (t + 1)/warm-up)."""
        return self._make_terms(lambda name: getattr(knobs, name), self._risen(step))

    def _risen(self, step: int) -> float:
        """The share of ε that the warm-up has come to."""
        return min(1.0, (step + 1) / self.setup.warm_up) if self.setup.warm_up else 1.0

    def _make_terms(self, value: Callable[[str], Any], risen: float) -> RobustTerms:
        return RobustTerms(
            norm=self.norm,
            epsilon=value("epsilon") * risen,
            alpha=value("alpha"),
            step_size=value("step_size") * risen,
            steps=value("steps"),
            lam=value("lam"),
            smoothing=value("smoothing"),
            rate=value("learning_rate"),
            random_start=value("random_start"),
        )

    def step(self, knobs: TrainingKnobs, step: int) -> None:
        self._train(knobs.points, self.terms(knobs, step))

    @classmethod
    def alike(cls, knobs: TrainingKnobs) -> tuple[Any, ...]:
        terms = knobs.epsilon, 1 - knobs.alpha, knobs.lam, knobs.smoothing  # of the losses
        return (*super().alike(knobs), *map(positive, terms))

    def step_each(self, knobs: Sequence[TrainingKnobs], step: int) -> None:
        """A step under knobs of its own for each of `seeds`; those that are not `alike` are not
        allowed.
        """
        risen = self._risen(step)
        if self._terms_of is None or self._terms_of[0] is not knobs or self._terms_of[1] != risen:
            values = {
                name: torch.tensor([getattr(one, name) for one in knobs], dtype=self.plane_task.dtype)[:, None, None]
                for name in self.varied
            }
            terms = self._make_terms(lambda name: values[name] if name in values else getattr(knobs[0], name), risen)
            self._terms_of = knobs, risen, terms
        self._train(knobs[0].points, self._terms_of[2])

    def _train(self, placed: Sequence[plane.Row], terms: RobustTerms) -> None:
        x, target = self.plane_task.training_batch(placed)
        draws = Draws.of(self.norm, self.draws, x.shape[1], x.dtype)
        if len(self.draws) < len(self.seeds):
            draws = Draws(*(each[self._draw_of] for each in (draws.noise, draws.start, draws.direction)))
        self.nets.step(x, target, draws, terms)

    def state(self) -> dict[str, Tensor]:
        return self.nets.state() | {"draws": states(self.draws)}

    def load(self, state: Mapping[str, Tensor]) -> None:
        self.nets.load(state)
        load_states(self.draws, state["draws"])

    def not_finite(self, state: Mapping[str, Tensor]) -> list[str]:
        return members_not_finite(state, self.kinds, len(self.seeds))

    def blanked(self, metrics: Mapping[str, float], state: Mapping[str, Tensor]) -> dict[str, float]:
        return dict(metrics)  # those of the members that have diverged are NaN, the others' hold

    # -- looking -----------------------------------------------------------------------------------

    def full_terms(self, knobs: TrainingKnobs) -> RobustTerms:
        """The knobs as they act after the warm-up, for metrics and layers."""
        return self.terms(knobs, self.setup.warm_up)

    def metrics(self, knobs: TrainingKnobs, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        """The numbers of PlaneView.metrics, a dict for each seed."""
        return self.view.metrics(knobs.points, self.full_terms(knobs), names)

    def metrics_each(self, knobs: Sequence[TrainingKnobs]) -> list[dict[str, float]]:
        """The published metrics under knobs of its own for each of `seeds`."""
        state = {name: p.detach() for name, p in self.nets.named_parameters()}
        out = []
        for s, (one, seed) in enumerate(zip(knobs, self.seeds)):
            alone = Training(self.setup, (seed,), self.kinds)
            alone.nets.load_state_dict({name: p[s :: len(self.seeds)] for name, p in state.items()})
            out += alone.metrics(one)
        return out

    def miniatures(self, side: int) -> dict[str, np.ndarray]:
        """Fields of side × side cells of all members: kind → uint8 (S, side, side)."""
        return self.view.miniatures(side)

    def layers(self, knobs: TrainingKnobs, names: Sequence[str]) -> dict[str, np.ndarray]:
        """The arrays of PlaneView.layers, for the first seed."""
        return self.view.layers(knobs.points, self.full_terms(knobs), names)

    def ask(self, knobs: TrainingKnobs, name: str, values: Mapping[str, Any]) -> Answer:
        """surface {member, point}: see PlaneView.surface. Raises InvalidValue."""
        if name != "surface":
            return super().ask(knobs, name, values)
        return self.view.surface(knobs.points, self.full_terms(knobs), values)

    def measure(self, knobs: TrainingKnobs, name: str, values: Mapping[str, Any]) -> Iterator[float | Answer]:
        """robustness {}: see PlaneView.robustness. Raises InvalidValue for another name."""
        if name != "robustness":
            yield from super().measure(knobs, name, values)
        yield from self.view.robustness(knobs.points, self.full_terms(knobs))
