"""Adversarial training on digits: a standard and an adversarially trained network side by side, on
all of MNIST.
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
from engine.core.declare import Knobs, Setup, choice, flag, number, whole
from engine.core.frame import Answer
from engine.core.method import Method
from engine.core.registry import register
from engine.core.streams import stream
from engine.data import mnist
from engine.methods.training.digit_networks import NAMES, DigitPair, Settings
from engine.methods.training.digit_robustness import report

PROBE = 500  # test digits that errors are measured on, the same at every look
SHOWN = 16  # of them shown as adversarial digits, every other as gradients
FILTERS = 25
FEW = 50  # of them under PGD while training, where the networks are convolutional
PGD_STEPS, PGD_SHARE = 10, 0.25  # the PGD that the networks are judged by while they train


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
        help="Weight of the clean loss; 1 is standard training, 0 with PGD is Madry's min-max",
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
        help="FGSM and PGD begin at a random place of the ball; FGSM then takes a step of 1.25 ε",
    )
    learning_rate: float = number(
        1e-3, 1e-5, 1e-2, 0, symbol="η", label="rate", scale="log", help="Adam's learning rate"
    )


@register
class TrainingDigits(Method):
    """Goodfellow's and Madry's objectives on MNIST; engine/methods/training/digit_networks.py has
    the step.
    """

    name = "training-digits"
    title = "Standard and adversarial training on digits"
    default_steps = 600
    Setup, Knobs = TrainingDigitsSetup, TrainingDigitsKnobs
    batches = False
    quick_metrics, slow_metrics = ("clean_loss", "clean_error"), ("fgsm_error", "pgd_error")
    frame_layers, scene_layers = ("filters", "gradients", "adversarial", "answers", "confusion"), ("probe",)
    slow_layers = {"filters": 0.5, "gradients": 0.7, "adversarial": 1.5, "answers": 1.5, "confusion": 1.5}
    scene_knobs = ()
    measures = {"robustness": "Robustness report: attacks × ε, minimum-norm distances, worst cases"}
    companions = {"step_size": {"attack": "pgd"}, "steps": {"attack": "pgd"}}
    contract_setup = {"architecture": "linear", "train": 500, "batch": 20}

    def __init__(self, setup: TrainingDigitsSetup, seeds: Sequence[int]) -> None:
        (seed,) = self.seeds = tuple(seeds)
        self.setup, self.norm = setup, NORMS[setup.norm]
        self.pair = DigitPair(setup.architecture, stream(seed, "weights"))
        self.order, self.starts = stream(seed, "order"), stream(seed, "starts")
        rows = torch.linspace(0, len(mnist.labels("test")) - 1, PROBE).round().long()
        self.probe_x, self.probe_y = mnist.images("test")[rows].float() / 255, mnist.labels("test")[rows]
        self._looked: tuple[Any, dict[str, dict[str, Tensor]]] | None = None

    # -- training ----------------------------------------------------------------------------------------------------

    def settings(self, knobs: TrainingDigitsKnobs, step: int) -> Settings:
        """The knobs as they act at step t: ε and the step of PGD times min(1, (t + 1)/warm-up)."""
        risen = min(1.0, (step + 1) / self.setup.warm_up) if self.setup.warm_up else 1.0
        return Settings(
            self.norm,
            knobs.attack,
            knobs.epsilon * risen,
            knobs.alpha,
            knobs.step_size * risen,
            knobs.steps,
            knobs.learning_rate,
            knobs.random_start,
        )

    def step(self, knobs: TrainingDigitsKnobs, step: int) -> None:
        rows = torch.randint(self.setup.train, (self.setup.batch,), generator=self.order)
        x, y = mnist.images("train")[rows].float() / 255, mnist.labels("train")[rows]
        self.pair.step(x, y, self.norm.random(x, 1.0, self.starts), self.settings(knobs, step))
        self._looked = None

    def state(self) -> dict[str, Tensor]:
        return self.pair.state() | {"order": self.order.get_state(), "starts": self.starts.get_state()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        self.pair.load(state)
        for name in ("order", "starts"):
            getattr(self, name).set_state(state[name].clone())
        self._looked = None

    # -- looking -----------------------------------------------------------------------------------------------------

    def task(self, name: str, x: Tensor, y: Tensor, epsilon: float) -> Task:
        """An attack on one of the two networks, whose parameters get no gradient from it."""
        return Task(getattr(self.pair, name), x, y, norm=self.norm, epsilon=epsilon)

    def attacked(self, name: str, attack: str, x: Tensor, y: Tensor, epsilon: float) -> Tensor:
        """Images under FGSM, or under PGD of 10 steps of ε/4: from the image itself, and where that
        does not break it from a random place of the ball, since a network trained on FGSM hides at
        the image what is found beside it. The random places are the same at every look.
        """
        task = self.task(name, x, y, epsilon)
        if attack == "fgsm":
            return attacks.run("fgsm", task, attacks.Settings())
        how = attacks.Settings(step_size=PGD_SHARE * epsilon, steps=PGD_STEPS, random_start=False)
        at = attacks.run("pgd", task, how)
        holds = (task.model(at).argmax(1) == y).nonzero().flatten()
        if len(holds) and epsilon:
            rest = self.task(name, x[holds], y[holds], epsilon)
            at[holds] = attacks.run("pgd", rest, replace(how, random_start=True), stream(self.seeds[0], "judge"))
        return at

    @torch.no_grad()
    def _wrong(self, knobs: TrainingDigitsKnobs, attack: str, every: int = 1) -> dict[str, float]:
        """Per cent of the probe, or of every n-th of it, that each network gets wrong under an
        attack.
        """
        answers, y = self._probe(knobs, attack, every), self.probe_y[::every]
        return {name: 100 * (answers[name] != y).double().mean().item() for name in NAMES}

    @torch.no_grad()
    def _probe(self, knobs: TrainingDigitsKnobs, attack: str, every: int = 1) -> dict[str, Tensor]:
        """Answers (500,) of each network on the attacked probe, or on every n-th of it, kept until
        the networks, ε or the norm change.
        """
        if self._looked is None or self._looked[0] != knobs.epsilon:
            self._looked = knobs.epsilon, {}
        known, key = self._looked[1], f"{attack}.{every}"
        if key not in known:
            x, y = self.probe_x[::every], self.probe_y[::every]
            known[key] = {}
            for name in NAMES:
                at = x if attack == "clean" else self.attacked(name, attack, x, y, knobs.epsilon)
                known[key][name] = getattr(self.pair, name)(at).argmax(1)
        return known[key]

    def metrics(self, knobs: TrainingDigitsKnobs, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        """Errors in per cent on 500 test digits, the same at every look: clean, under FGSM and
        under PGD (10 steps of ε/4 from the image or from a random place) of radius ε. Also
        clean_loss, nats. Of convolutional networks, live PGD is of every tenth of them: on all it
        takes seconds.
        """
        published = names is None
        out: dict[str, float] = {}
        for group in ("clean_error", "fgsm_error", "pgd_error") if published else names:
            if group == "clean_loss":
                with torch.no_grad():
                    out |= {
                        f"{group}.{name}": cross_entropy(getattr(self.pair, name)(self.probe_x), self.probe_y).item()
                        for name in NAMES
                    }
            else:
                every = (
                    PROBE // FEW if group == "pgd_error" and self.setup.architecture == "cnn" and not published else 1
                )
                out |= {
                    f"{group}.{name}": value
                    for name, value in self._wrong(knobs, group.removesuffix("_error"), every).items()
                }
        return [out]

    def layers(self, knobs: TrainingDigitsKnobs, names: Sequence[str]) -> dict[str, np.ndarray]:
        """What to draw; networks in the order standard, robust.

        filters: first-layer weights of units that some probe digit excites, uint8 (2, 25,
        height·width) with 128 for 0, each scaled by its largest. gradients: ∇ₓL at 16 probe digits,
        (2, 16, 784), likewise. adversarial: those digits under FGSM, (2, 16, 784) grey. answers:
        (2, 16), what each network says of them. confusion: (2, 100), digits by what is said of them
        under FGSM, rows true, each row's shares, 255 for all. probe: (16, 785), the digits and
        their labels.
        """
        return {name: getattr(self, f"_layer_{name}")(knobs) for name in names}

    def _shown(self) -> tuple[Tensor, Tensor]:
        return self.probe_x[:SHOWN], self.probe_y[:SHOWN]

    def _layer_filters(self, knobs: TrainingDigitsKnobs) -> np.ndarray:
        each = []
        for name in NAMES:
            net = getattr(self.pair, name)
            weight = next(p for p in net.parameters()).detach().flatten(1)
            if (
                self.setup.architecture != "cnn"
            ):  # a unit that no digit excites has died and kept the weights it began with: living ones first
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
        return np.stack(
            [(self.attacked(name, "fgsm", x, y, knobs.epsilon) * 255).round().to(torch.uint8).numpy() for name in NAMES]
        )

    def _layer_answers(self, knobs: TrainingDigitsKnobs) -> np.ndarray:
        answers = self._probe(knobs, "fgsm")
        return np.stack([answers[name][:SHOWN].to(torch.uint8).numpy() for name in NAMES])

    def _layer_confusion(self, knobs: TrainingDigitsKnobs) -> np.ndarray:
        answers, out = self._probe(knobs, "fgsm"), []
        for name in NAMES:
            counts = torch.bincount(10 * self.probe_y + answers[name], minlength=100).view(10, 10)
            out.append(
                (255 * counts / counts.sum(1, keepdim=True).clamp_min(1)).round().to(torch.uint8).flatten().numpy()
            )
        return np.stack(out)

    def _layer_probe(self, knobs: TrainingDigitsKnobs) -> np.ndarray:
        x, y = self._shown()
        return torch.cat([(x * 255).round(), y[:, None].float()], 1).to(torch.uint8).numpy()

    def measure(self, knobs: TrainingDigitsKnobs, name: str, values: Mapping[str, Any]) -> Iterator[float | Answer]:
        """robustness: see engine/methods/training/digit_robustness.py, on the first of the probe."""
        if name != "robustness":
            yield from super().measure(knobs, name, values)
        nets = {kind: getattr(self.pair, kind).requires_grad_(False) for kind in NAMES}
        few = 50 if self.setup.architecture == "cnn" else 200
        yield from report(
            nets,
            self.probe_x[:few],
            self.probe_y[:few],
            self.norm,
            knobs.epsilon or 0.1,
            stream(self.seeds[0], "report"),
        )


def _signed(rows: Tensor) -> np.ndarray:
    """Rows (N, D) as uint8: 128 for 0, each row scaled so that its largest entry is ±127."""
    scale = rows.abs().amax(1, keepdim=True).clamp_min(1e-30)
    return (128 + 127 * rows / scale).nan_to_num(128).round().to(torch.uint8).numpy()
