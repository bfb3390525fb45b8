"""Attacks lab for digits: the same attack on the same digits, on eight classifiers side by side.

Four are trained in the standard way and four are robust (engine/nn/digit_classifiers.py). The
attacks are in engine/attacks, each with its paper.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.attacks import Task
from engine.core.declare import INK, InvalidValue, Setup, choice, ink, number, whole
from engine.core.frame import Answer
from engine.core.method import Method
from engine.core.registry import register
from engine.core.streams import stream
from engine.data import mnist
from engine.methods.attacks.knobs import CLIMBING, COMPANIONS, GREY, STEPLESS, USES, AttackKnobs, attack_of
from engine.methods.attacks.linear_explanation import MOST, growth, on_weights
from engine.methods.attacks.loss_landscape import loss_along_lines, loss_over_plane
from engine.methods.attacks.perturbation_figures import delta_to_bytes, noise_like
from engine.methods.attacks.robustness_curves import robustness_curves
from engine.methods.attacks.stepwise import StepwiseAttack
from engine.nn.digit_classifiers import BENCH, CLASSES, NETS, load

ALL = "all"
PER_CLASSIFIER = ("error", "clean", "p_label", "linf", "l2", "noise")  # metrics of each classifier
OWN = ""  # label of the drawn digit: each classifier's own answer


@dataclass(frozen=True)
class DigitsSetup(Setup):
    """Which digits."""

    digit: int = whole(0, 0, 9999, help="The first test digit, by its number in MNIST's test set")
    count: int = whole(1, 1, 16, help="How many test digits, from there on")
    drawn: tuple[int, ...] = ink(mnist.SIDE, help="A digit drawn by hand, taken instead of test digits")
    label: str = choice(
        OWN, {OWN: "each model's own answer"} | {str(d): str(d) for d in range(CLASSES)}, help="What the drawn digit is"
    )


@dataclass(frozen=True)
class DigitKnobs(AttackKnobs):
    """An attack's knobs, with forty steps of .01 in a ball of ε = .1 by default.

    These are the settings of Kolter and Madry's tutorial (adversarial-ml-tutorial.org, chapter 4)
    for MNIST.
    """

    epsilon: float = number(
        25.5, 0, 128, 0.5, symbol="ε", unit="/255", when=("norm", ("linf",)), help="Radius in L∞: 25.5/255 is 0.1"
    )
    epsilon_l2: float = number(
        1.5,
        0,
        20,
        0.05,
        symbol="ε₂",
        unit="pixel units",
        when=("norm", ("l2",)),
        help="Radius in L2, pixels going from 0 to 1",
    )
    step_size: float = number(
        2.55,
        0.05,
        128,
        0,
        symbol="α",
        label="step",
        unit="/255",
        scale="log",
        when=("norm", ("linf",)),
        unless=("method", STEPLESS),
        help="Length of a step in L∞: 2.55/255 is 0.01",
    )
    steps: int = whole(
        40,
        1,
        1000,
        symbol="T",
        label="steps",
        when=("method", USES["steps"]),
        help="Steps of one try, in Carlini–Wagner of each c; then it rests, or starts anew",
    )
    rate: float = number(
        0.3,
        1e-4,
        100,
        0,
        symbol="η",
        label="rate",
        scale="log",
        when=("method", USES["rate"]),
        help="Learning rate of SGD on δ, and of Carlini–Wagner's Adam",
    )
    c: float = number(
        10,
        1e-5,
        1e4,
        0,
        symbol="c",
        label="first weight",
        scale="log",
        when=("method", USES["c"]),
        help="First weight of the search: Carlini–Wagner's c, L-BFGS's c",
    )
    searches: int = whole(
        3,
        1,
        10,
        label="searches",
        when=("method", USES["searches"]),
        help="How many values of c Carlini–Wagner tries, with T steps each",
    )
    target: str = choice(
        "",
        {"": "any other digit"} | {str(d): str(d) for d in range(CLASSES)},
        label="target",
        help="The digit to reach",
    )
    attacked: str = choice(
        ALL,
        {ALL: "all eight"} | {name: NETS[name][2] for name in BENCH},
        label="attacked",
        help="Which classifiers are attacked; the others see the digit as it stands",
    )


@register
class DigitAttack(Method):
    """One attack for each classifier, in the order of BENCH, from the same random start."""

    name = "attack-digits"
    title = "Adversarial digits on eight classifiers"
    Setup = DigitsSetup
    Knobs = DigitKnobs
    default_steps = 40
    batches = False
    quick_metrics = ("error", "clean", "p_label", "linf", "l2", "scale", "rests")
    slow_metrics = ("noise",)
    frame_layers = ("adversarial", "delta", "probabilities")
    scene_layers = ("original", "before", "weights", "weights_robust")
    questions = ("slice", "transfer", "linear")
    measures = {"curves": "Error against ε over the test set", "surface": "The loss over a plane around the digit"}
    companions = COMPANIONS | {
        "difference": {"target": "3"},
        "step_size": {},
        "momentum": {"method": "momentum"},
        "steps": {"steps": 25, "restarts": 1},
    }

    def __init__(self, setup: DigitsSetup, seeds: Sequence[int]) -> None:
        self.setup = setup
        self.seeds = tuple(seeds)
        self.nets = {name: load(name) for name in BENCH}
        self.x, labels = self._digits()  # (N, 784)
        with torch.no_grad():
            self.clean = {name: net(self.x) for name, net in self.nets.items()}
        own = bool(setup.drawn) and setup.label == OWN
        self.labels = {name: self.clean[name].argmax(1) if own else labels for name in BENCH}
        self.stepwise = {name: StepwiseAttack() for name in BENCH}
        self.starts = {name: stream(self.seeds[0], "starts") for name in BENCH}
        self._version = 0  # counts changes of the state, so that images are looked at only once
        self._present_of: tuple[Any, dict[str, tuple[Tensor, Tensor]]] | None = None
        self._tasks_of: tuple[DigitKnobs, dict[str, Task]] | None = None  # the last knobs and tasks

    def _digits(self) -> tuple[Tensor, Tensor]:
        """The digits (N, 784) in [0, 1] and their labels (N,)."""
        s = self.setup
        if s.drawn:  # rows come from the bottom up; those of images go from the top down
            levels = torch.tensor(s.drawn, dtype=torch.float32).view(mnist.SIDE, mnist.SIDE).flip(0) / INK
            return (levels * GREY).round().div(GREY).view(1, -1), torch.tensor([int(s.label or 0)])
        rows = [(s.digit + k) % 10_000 for k in range(s.count)]
        return mnist.images("test")[rows].float() / GREY, mnist.labels("test")[rows]

    def task(self, knobs: DigitKnobs, name: str) -> Task:
        """What the attack on the classifier `name` has to solve under these knobs."""
        if self._tasks_of is None or self._tasks_of[0] != knobs:
            self._tasks_of = knobs, {}
        tasks = self._tasks_of[1]
        if name not in tasks:
            _, norm, epsilon, _ = attack_of(knobs)
            targets = torch.full_like(self.labels[name], int(knobs.target)) if knobs.target else None
            difference = knobs.difference and knobs.method in CLIMBING
            tasks[name] = Task(self.nets[name], self.x, self.labels[name], targets, norm, epsilon, difference)
        return tasks[name]

    def step(self, knobs: DigitKnobs, step: int) -> None:
        chosen = attack_of(knobs)
        for name in attacked(knobs):
            self.stepwise[name].step(chosen.attack, self.task(knobs, name), chosen.settings, self.starts[name])
        self._version += 1

    def rests(self, knobs: DigitKnobs) -> bool:
        """Whether there is nothing left to do under these knobs."""
        chosen = attack_of(knobs)
        running = [self.stepwise[name] for name in attacked(knobs)]
        return all(one.attack is chosen.attack and one.rests(chosen.settings) for one in running)

    def state(self) -> dict[str, Tensor]:
        out = {f"{name}.{key}": value for name in BENCH for key, value in self.stepwise[name].state().items()}
        return out | {f"starts.{name}": generator.get_state() for name, generator in self.starts.items()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        for name in BENCH:
            self.stepwise[name].load(
                {k.removeprefix(f"{name}."): v for k, v in state.items() if k.startswith(f"{name}.")},
                functools.partial(self.task, DigitKnobs(), name),
            )
            self.starts[name].set_state(state[f"starts.{name}"])
        self._version += 1

    # -- looking -----------------------------------------------------------------------------------

    def _present(self, knobs: DigitKnobs) -> dict[str, tuple[Tensor, Tensor]]:
        """Classifier → adversarial images (N, 784) and logits (N, 10); computed once a state."""
        key = self._version, knobs
        if self._present_of is None or self._present_of[0] != key:
            settings = attack_of(knobs).settings
            out = {}
            for name in BENCH:
                image = self.stepwise[name].image(self.task(knobs, name), settings)
                with torch.no_grad():
                    out[name] = image, self.nets[name](image)
            self._present_of = key, out
        return self._present_of[1]

    def metrics(self, knobs: DigitKnobs, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        """The numbers of the groups `names` (None: all), in a list of one dict.

        For each classifier, as `name.classifier`: error and clean, per cent of these digits not
        answered as their label, after and before the attack. p_label: mean probability of the
        label. linf, l2: mean sizes of δ, pixel units. noise: per cent wrong under random noise of
        the same sizes. For all: scale, the largest |δ|, the unit of the layer delta. rests: 0 or 1.
        """
        wanted = self.quick_metrics + self.slow_metrics if names is None else names
        out: dict[str, float] = {}
        for name in BENCH:
            groups = [group for group in PER_CLASSIFIER if group in wanted]
            out |= {f"{group}.{name}": float(self._number(knobs, group, name)) for group in groups}
        if "scale" in wanted:
            out["scale"] = float(self._deltas(knobs).abs().max())
        if "rests" in wanted:
            out["rests"] = float(self.rests(knobs))
        return [out]

    def _number(self, knobs: DigitKnobs, group: str, name: str) -> Tensor:
        """One number of the classifier `name`: a group of PER_CLASSIFIER."""
        image, logits = self._present(knobs)[name]
        label = self.labels[name]
        delta = image - self.x
        match group:
            case "error":
                return 100 * (logits.argmax(1) != label).float().mean()
            case "clean":
                return 100 * (self.clean[name].argmax(1) != label).float().mean()
            case "p_label":
                return logits.softmax(1).gather(1, label[:, None]).mean()
            case "linf":
                return delta.double().abs().amax(1).mean()
            case "l2":
                return delta.double().norm(dim=1).mean()
        return self._noise_error(knobs, name, delta)

    def _noise_error(self, knobs: DigitKnobs, name: str, delta: Tensor) -> Tensor:
        """Per cent wrong under random noise as large as each of delta (N, 784)."""
        generator = stream(self.seeds[0], "noise")
        noise = torch.stack([noise_like(d, knobs.norm, generator) for d in delta])
        with torch.no_grad():
            return 100 * (self.nets[name]((self.x + noise).clamp(0, 1)).argmax(1) != self.labels[name]).float().mean()

    def _deltas(self, knobs: DigitKnobs) -> Tensor:
        """δ of all classifiers, (8, N, 784)."""
        return torch.stack([image - self.x for image, _ in self._present(knobs).values()])

    def layers(self, knobs: DigitKnobs, names: Sequence[str]) -> dict[str, np.ndarray]:
        """The arrays `names` to draw, of N digits; classifiers in the order of BENCH.

        original: uint8 (N, 28, 28). adversarial: uint8 (8, N, 28, 28). delta: uint8
        (8, N, 28, 28), δ = (value − 128)/127·scale. before, probabilities: float32 (8, N, 10), of
        the clean and of the adversarial digits. weights, weights_robust: uint8 (10, 28, 28), of the
        linear models, 128 for 0 and ±127 for the largest.
        """
        return {name: getattr(self, f"_layer_{name}")(knobs) for name in names}

    def _layer_original(self, knobs: DigitKnobs) -> np.ndarray:
        return _grey(self.x)

    def _layer_adversarial(self, knobs: DigitKnobs) -> np.ndarray:
        return np.stack([_grey(image) for image, _ in self._present(knobs).values()])

    def _layer_delta(self, knobs: DigitKnobs) -> np.ndarray:
        return delta_to_bytes(self._deltas(knobs)).reshape(len(BENCH), len(self.x), mnist.SIDE, mnist.SIDE)

    def _layer_before(self, knobs: DigitKnobs) -> np.ndarray:
        return torch.stack([self.clean[name].softmax(1) for name in BENCH]).numpy()

    def _layer_probabilities(self, knobs: DigitKnobs) -> np.ndarray:
        return torch.stack([logits.softmax(1) for _, logits in self._present(knobs).values()]).numpy()

    def _layer_weights(self, knobs: DigitKnobs) -> np.ndarray:
        return delta_to_bytes(self.nets["linear"][-1].weight.view(CLASSES, mnist.SIDE, mnist.SIDE))

    def _layer_weights_robust(self, knobs: DigitKnobs) -> np.ndarray:
        return delta_to_bytes(self.nets["linear-robust"][-1].weight.view(CLASSES, mnist.SIDE, mnist.SIDE))

    # -- questions and measurements ----------------------------------------------------------------

    def ask(self, knobs: DigitKnobs, name: str, values: Mapping[str, Any]) -> Answer:
        """The Answer to "slice", "transfer" or "linear". Raises InvalidValue.

        slice {model, index, reach}: the loss along the steepest and a random direction, 41 points
        each. transfer {}: the images made on each classifier, given to all. linear {n, epsilon, m,
        weights}: growth of a linear unit; weights is "random", or "linear" or "linear-robust" for
        those of a classifier.
        """
        if name == "slice":
            model, one = self._pick(knobs, values)
            directions = stream(self.seeds[0], "slice")
            return loss_along_lines(one, knobs.norm, directions, values, attack_of(knobs).epsilon, {"model": model})
        if name == "transfer":
            return self._transfer(knobs)
        if name == "linear":
            return Answer(self._linear(values))
        raise InvalidValue(f"attack-digits answers no question {name!r}")

    def _pick(self, knobs: DigitKnobs, values: Mapping[str, Any]) -> tuple[str, Task]:
        """The classifier that `values` name, and the task with the one digit that they name."""
        model = values.get("model", "cnn")
        index = values.get("index", 0)
        if model not in list(self.nets):
            raise InvalidValue(f"model: choose one of {', '.join(BENCH)}")
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(self.x):
            raise InvalidValue(f"index: give a whole number from 0 to {len(self.x) - 1}")
        task = self.task(knobs, model)
        rows = slice(index, index + 1)
        targets = None if task.targets is None else task.targets[rows]
        return model, Task(
            task.model, task.x[rows], task.labels[rows], targets, task.norm, task.epsilon, task.difference
        )

    def _transfer(self, knobs: DigitKnobs) -> Answer:
        """matrix[s][m]: per cent of the images made against s that m answers wrongly."""
        images = torch.cat([image for image, _ in self._present(knobs).values()])
        columns = []
        for name in BENCH:
            with torch.no_grad():
                wrong = self.nets[name](images).argmax(1).view(len(BENCH), -1) != self.labels[name]
            columns.append((100 * wrong.float().mean(1)).tolist())
        return Answer({"models": list(BENCH), "matrix": [list(row) for row in zip(*columns)]})

    def _linear(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The numbers of linear_explanation.py; of a classifier also the label and its rival."""
        weights = values.get("weights", "random")
        real = weights in ("linear", "linear-robust")
        n = _number(values, "n", 1000, 1, mnist.PIXELS if real else MOST)
        epsilon = _number(values, "epsilon", 0.1, 0, 1)
        m = _number(values, "m", 0.01, 1e-6, 10)
        if n != int(n):
            raise InvalidValue("n: give a whole number of dimensions")
        generator = stream(self.seeds[0], "linear")
        if weights == "random":
            return growth(int(n), epsilon, m, generator)
        if not real:
            raise InvalidValue("weights: choose random, linear or linear-robust")
        label = int(self.labels[weights][0])
        rival = int(self.clean[weights][0].scatter(0, self.labels[weights][:1], -torch.inf).argmax())
        w = self.nets[weights][-1].weight
        found = on_weights(w[rival] - w[label], self.x[0], int(n), epsilon, generator)
        return found | {"label": label, "rival": rival}

    def measure(self, knobs: DigitKnobs, name: str, values: Mapping[str, Any]) -> Iterator[float | Answer]:
        """Shares done, 0 to 1, and Answers to "curves" or "surface". Raises InvalidValue.

        curves {models, attacks, epsilons, count}: see robustness_curves.robustness_curves. surface
        {model, index, cells, line, reach}: see loss_landscape.loss_over_plane.
        """
        chosen = attack_of(knobs)
        if name == "curves":
            models = {m: load(m) for m in BENCH}
            starts = stream(self.seeds[0], "curves")
            yield from robustness_curves(models, chosen.norm, chosen.settings, values, starts)
        elif name == "surface":
            _, one = self._pick(knobs, values)
            yield from loss_over_plane(one, knobs.norm, stream(self.seeds[0], "slice"), values, chosen.epsilon)
        else:
            raise InvalidValue(f"attack-digits has no measurement {name!r}")


def attacked(knobs: DigitKnobs) -> tuple[str, ...]:
    """The classifiers that these knobs attack."""
    return BENCH if knobs.attacked == ALL else (knobs.attacked,)


def _number(values: Mapping[str, Any], name: str, default: float, low: float, high: float) -> float:
    """values[name], or its default. Raises InvalidValue outside [low, high]."""
    value = values.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise InvalidValue(f"{name}: give a number from {low:g} to {high:g}")
    return float(value)


def _grey(x: Tensor) -> np.ndarray:
    """(N, 784) in [0, 1] → uint8 (N, 28, 28)."""
    return (x * GREY).round().to(torch.uint8).view(-1, mnist.SIDE, mnist.SIDE).numpy()
