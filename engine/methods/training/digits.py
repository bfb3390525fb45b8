"""Adversarial training on digits: a standard and a robust network, trained together on MNIST.

digit_networks.py beside this file has the two losses and the step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from engine import attacks
from engine.attacks import Task
from engine.attacks.norms import NORMS
from engine.core.declare import InvalidValue, Knobs, Setup, choice, flag, number, whole
from engine.core.diverged import drawable, or_nan
from engine.core.frame import Answer
from engine.core.method import Method
from engine.core.registry import register
from engine.core.streams import stream
from engine.data import mnist
from engine.methods.training.digit_networks import NAMES, DigitPair, DigitTerms
from engine.methods.training.digit_robustness import report
from engine.methods.training.ensemble import FAST_STEP
from engine.methods.training.robustness import NO_RADIUS

PROBE = 500  # test digits that errors are measured on, the same at every measurement
SHOWN = 16  # of them shown, as adversarial digits and as gradients
FILTERS = 25  # first-layer units shown of each network
FEW = 50  # of the probe under PGD while training, where the networks are convolutional
PGD_STEPS = 10  # of the PGD that errors are measured with while training
PGD_SHARE = 0.25  # its step as a share of ε


@dataclass(frozen=True)
class TrainingDigitsSetup(Setup):
    """Networks, data and norm."""

    architecture: str = choice(
        "dnn2",
        {
            "linear": "Softmax regression",
            "dnn2": "784-200-10",
            "dnn4": "784-200-100-100-10",
            "cnn": "Convolutional, slow to train",
        },
        help="Both networks' layers",
    )
    train: int = whole(
        60000, 100, 60000, help="Training digits, the first of MNIST's", symbol="N", label="Training digits", step=100
    )
    batch: int = whole(100, 10, 500, help="Digits of a step", symbol="B", label="Batch", step=10)
    norm: str = choice("linf", {"linf": "L∞", "l2": "L2"}, help="The norm of the ball that the adversary may move in")
    warm_up: int = whole(
        0,
        0,
        5000,
        help="ε rises from 0 to its value over so many steps; 0 means at once",
        label="Warm-up of ε",
        unit="steps",
        step=50,
    )


@dataclass(frozen=True)
class TrainingDigitsKnobs(Knobs):
    """What may change while the two train."""

    epsilon: float = number(
        0.1,
        0.005,
        8,
        0,
        symbol="ε",
        label="radius",
        unit="pixel units",
        scale="log",
        zero=True,
        help="Radius of the ball, for training and for every attack",
    )
    attack: str = choice(
        "fgsm",
        {"fgsm": "FGSM", "pgd": "PGD"},
        help="What finds the perturbation that the robust network is trained on",
        label="trained on",
        member="robust",
    )
    alpha: float = number(
        0.5,
        0,
        1,
        0.01,
        symbol="α",
        label="clean share",
        member="robust",
        help="Weight of the clean loss; 1 is standard training, 0 with PGD is Madry's min-max. In attack libraries α "
        "is the step size",
    )
    step_size: float = number(
        0.03,
        0.001,
        4,
        0,
        label="PGD step",
        unit="pixel units",
        scale="log",
        member="robust",
        help="Length of a step of PGD",
        when=("attack", ("pgd",)),
    )
    steps: int = whole(
        5, 1, 40, symbol="K", label="PGD steps", member="robust", help="Inner steps of PGD", when=("attack", ("pgd",))
    )
    random_start: bool = flag(
        True,
        label="random start",
        help=f"FGSM and PGD begin at a random place of the ball; FGSM then takes a step of {FAST_STEP:g} ε",
    )
    learning_rate: float = number(
        1e-3, 1e-5, 1e-2, 0, symbol="η", label="rate", scale="log", help="Adam's learning rate"
    )


@register
class TrainingDigits(Method):
    """Goodfellow's and Madry's objectives on MNIST, for one seed."""

    name = "training-digits"
    title = "Standard and adversarial training on digits"
    default_steps = 600
    Setup = TrainingDigitsSetup
    Knobs = TrainingDigitsKnobs
    batches = False
    quick_metrics = ("clean_loss", "clean_error")
    slow_metrics = ("fgsm_error", "pgd_error")
    slow_knobs = ("epsilon",)
    threads = 2
    frame_layers = ("filters", "gradients", "adversarial", "answers", "confusion")
    scene_layers = ("probe",)
    slow_layers = {"filters": 0.5, "gradients": 0.7, "adversarial": 1.5, "answers": 1.5, "confusion": 1.5}
    scene_knobs = ()
    measures = {"robustness": "Robustness report: attacks × ε, minimum-norm distances, worst cases"}
    companions = {"step_size": {"attack": "pgd"}, "steps": {"attack": "pgd"}}
    contract_setup = {"architecture": "linear", "train": 500, "batch": 20}

    def __init__(self, setup: TrainingDigitsSetup, seeds: Sequence[int]) -> None:
        self.setup = setup
        self.seeds = tuple(seeds)
        (seed,) = self.seeds
        self.norm = NORMS[setup.norm]
        self.pair = DigitPair(setup.architecture, stream(seed, "weights"))
        self.order = stream(seed, "order")
        self.starts = stream(seed, "starts")
        rows = torch.linspace(0, len(mnist.labels("test")) - 1, PROBE).round().long()
        self.probe_x = mnist.images("test")[rows].float() / 255
        self.probe_y = mnist.labels("test")[rows]
        # ε and the answers computed at it since the last step.
        self._answers_of: tuple[float, dict[str, dict[str, Tensor]]] | None = None

    # -- training ----------------------------------------------------------------------------------

    def terms(self, knobs: TrainingDigitsKnobs, step: int) -> DigitTerms:
        """The knobs as they act at step t: ε and the step of PGD times min(1, (t + 1)/warm-up)."""
        risen = min(1.0, (step + 1) / self.setup.warm_up) if self.setup.warm_up else 1.0
        return DigitTerms(
            norm=self.norm,
            attack=knobs.attack,
            epsilon=knobs.epsilon * risen,
            alpha=knobs.alpha,
            step_size=knobs.step_size * risen,
            steps=knobs.steps,
            rate=knobs.learning_rate,
            random_start=knobs.random_start,
        )

    def step(self, knobs: TrainingDigitsKnobs, step: int) -> None:
        rows = torch.randint(self.setup.train, (self.setup.batch,), generator=self.order)
        x = mnist.images("train")[rows].float() / 255
        y = mnist.labels("train")[rows]
        self.pair.step(x, y, self.norm.random(x, 1.0, self.starts), self.terms(knobs, step))
        self._answers_of = None

    def state(self) -> dict[str, Tensor]:
        return self.pair.state() | {"order": self.order.get_state(), "starts": self.starts.get_state()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        self.pair.load(state)
        for name in ("order", "starts"):
            getattr(self, name).set_state(state[name].clone())
        self._answers_of = None

    # -- looking -----------------------------------------------------------------------------------

    def task(self, name: str, x: Tensor, y: Tensor, epsilon: float) -> Task:
        """An attack on network `name` at images x (N, 784), labels y (N,); ε in pixel units."""
        return Task(getattr(self.pair, name), x, y, norm=self.norm, epsilon=epsilon)

    def attacked(self, name: str, attack: str, x: Tensor, y: Tensor, epsilon: float) -> Tensor:
        """The images x (N, 784) under "fgsm" or "pgd" on the network `name`.

        PGD takes 10 steps of ε/4 from the image itself. Where that does not change the answer, it
        is run again from a random point of the ball: a network trained on FGSM may have masked
        gradients at the image, but not beside it. The random points are the same at every call.
        """
        task = self.task(name, x, y, epsilon)
        if attack == "fgsm":
            return attacks.run("fgsm", task, attacks.Settings())
        settings = attacks.Settings(step_size=PGD_SHARE * epsilon, steps=PGD_STEPS, random_start=False)
        at = attacks.run("pgd", task, settings)
        unbroken = (task.model(at).argmax(1) == y).nonzero().flatten()
        if len(unbroken) and epsilon:
            rest = self.task(name, x[unbroken], y[unbroken], epsilon)
            starts = stream(self.seeds[0], "judge")
            at[unbroken] = attacks.run("pgd", rest, replace(settings, random_start=True), starts)
        return at

    @torch.no_grad()
    def _wrong(self, knobs: TrainingDigitsKnobs, attack: str, every: int = 1) -> dict[str, float]:
        """Per cent of every n-th digit of the probe that each network answers wrongly."""
        logits = self._probe_logits(knobs, attack, every)
        y = self.probe_y[::every]

        def error(of: Tensor) -> float:
            return 100 * (drawable(of).argmax(1) != y).double().mean().item()

        return {name: or_nan(lambda name=name: error(logits[name])) for name in NAMES}

    @torch.no_grad()
    def _probe_logits(self, knobs: TrainingDigitsKnobs, attack: str, every: int = 1) -> dict[str, Tensor]:
        """Logits (N, 10) of each network on every n-th digit of the probe, attacked.

        attack: "clean", "fgsm" or "pgd". Kept until the networks or ε change.
        """
        if self._answers_of is None or self._answers_of[0] != knobs.epsilon:
            self._answers_of = knobs.epsilon, {}
        known = self._answers_of[1]
        key = f"{attack}.{every}"
        if key not in known:
            x, y = self.probe_x[::every], self.probe_y[::every]
            known[key] = {}
            for name in NAMES:
                at = x if attack == "clean" else self.attacked(name, attack, x, y, knobs.epsilon)
                known[key][name] = getattr(self.pair, name)(at)
        return known[key]

    def metrics(self, knobs: TrainingDigitsKnobs, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        """The numbers `group.network` of the groups `names`, on 500 test digits, always the same.

        clean_error, fgsm_error, pgd_error: per cent, clean, under FGSM and under PGD (`attacked`)
        of radius ε. clean_loss: nats. While a convolutional network trains, pgd_error is of every
        tenth digit: on all of them it takes seconds.
        """
        published = names is None
        out: dict[str, float] = {}
        for group in ("clean_error", "fgsm_error", "pgd_error") if published else names:
            if group == "clean_loss":
                found = self._clean_loss()
            else:
                thinned = group == "pgd_error" and self.setup.architecture == "cnn" and not published
                found = self._wrong(knobs, group.removesuffix("_error"), PROBE // FEW if thinned else 1)
            out |= {f"{group}.{name}": value for name, value in found.items()}
        return [out]

    @torch.no_grad()
    def _clean_loss(self) -> dict[str, float]:
        """Mean cross-entropy of each network on the probe, nats."""
        return {name: cross_entropy(getattr(self.pair, name)(self.probe_x), self.probe_y).item() for name in NAMES}

    def layers(self, knobs: TrainingDigitsKnobs, names: Sequence[str]) -> dict[str, np.ndarray]:
        """The arrays `names` to draw, uint8; networks in the order standard, robust.

        filters: first-layer weights, (2, 25, height·width), of units that some probe digit excites;
        128 stands for 0, and each is scaled by its largest entry. gradients: ∇ₓL at 16 probe
        digits, (2, 16, 784), scaled likewise. adversarial: those digits under FGSM, (2, 16, 784)
        grey levels. answers: (2, 16), each network's answers to them. confusion: (2, 100), label by
        answer under FGSM, as shares of each label's row, 255 for all. probe: (16, 785), the digits
        and their labels.
        """
        return {name: getattr(self, f"_layer_{name}")(knobs) for name in names}

    def _shown(self) -> tuple[Tensor, Tensor]:
        return self.probe_x[:SHOWN], self.probe_y[:SHOWN]

    def _layer_filters(self, knobs: TrainingDigitsKnobs) -> np.ndarray:
        each = []
        for name in NAMES:
            net = getattr(self.pair, name)
            weight = next(p for p in net.parameters()).detach().flatten(1)
            if self.setup.architecture != "cnn":
                # A unit that no digit excites no longer learns and keeps its initial weights: the
                # units that learn come first.
                with torch.no_grad():
                    alive = (net[0](self.probe_x) > 0).any(0)
                weight = weight[(~alive).int().argsort(stable=True)]
            each.append(_signed(weight[:FILTERS]))
        return np.stack(each)

    def _layer_gradients(self, knobs: TrainingDigitsKnobs) -> np.ndarray:
        x, y = self._shown()
        return np.stack([_signed(self.task(name, x, y, 0.0).gradient(x)) for name in NAMES])

    def _layer_adversarial(self, knobs: TrainingDigitsKnobs) -> np.ndarray:
        x, y = self._shown()
        for name in NAMES:
            drawable(getattr(self.pair, name)(x))  # images are cut to [0, 1], whatever the gradient was
        images = [self.attacked(name, "fgsm", x, y, knobs.epsilon) for name in NAMES]
        return (drawable(torch.stack(images)) * 255).round().to(torch.uint8).numpy()

    def _layer_answers(self, knobs: TrainingDigitsKnobs) -> np.ndarray:
        logits = self._probe_logits(knobs, "fgsm")
        return np.stack([drawable(logits[name][:SHOWN]).argmax(1).to(torch.uint8).numpy() for name in NAMES])

    def _layer_confusion(self, knobs: TrainingDigitsKnobs) -> np.ndarray:
        logits = self._probe_logits(knobs, "fgsm")
        out = []
        for name in NAMES:
            counts = torch.bincount(10 * self.probe_y + drawable(logits[name]).argmax(1), minlength=100).view(10, 10)
            levels = 255 * counts / counts.sum(1, keepdim=True).clamp_min(1)
            out.append(levels.round().to(torch.uint8).flatten())
        return torch.stack(out).numpy()

    def _layer_probe(self, knobs: TrainingDigitsKnobs) -> np.ndarray:
        x, y = self._shown()
        return torch.cat([(x * 255).round(), y[:, None].float()], 1).to(torch.uint8).numpy()

    def measure(self, knobs: TrainingDigitsKnobs, name: str, values: Mapping[str, Any]) -> Iterator[float | Answer]:
        """robustness {}: see engine/methods/training/digit_robustness.py, on the probe.

        On its first 200 digits, 50 where the networks are convolutional. Raises InvalidValue for
        another name, and for ε = 0.
        """
        if name != "robustness":
            yield from super().measure(knobs, name, values)
        if knobs.epsilon == 0:
            raise InvalidValue(NO_RADIUS)
        nets = {kind: getattr(self.pair, kind).requires_grad_(False) for kind in NAMES}
        few = 50 if self.setup.architecture == "cnn" else 200
        yield from report(
            nets,
            self.probe_x[:few],
            self.probe_y[:few],
            self.norm,
            knobs.epsilon,
            stream(self.seeds[0], "report"),
        )


def _signed(rows: Tensor) -> np.ndarray:
    """Rows (N, D) as uint8: 128 for 0, each row scaled so that its largest entry is ±127."""
    scale = rows.abs().amax(1, keepdim=True).clamp_min(1e-30)
    return (128 + 127 * drawable(rows) / scale).round().to(torch.uint8).numpy()
