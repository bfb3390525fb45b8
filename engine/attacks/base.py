"""What every attack has in common: it is a stepper.

`start` makes the state (a dict of tensors, so that a live run can show, store and restore it),
`step` advances it in place by one step, `image` is the adversarial image it stands at. Attacks
grade nothing and count nothing; `run` (engine/attacks/__init__.py) does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.attacks.task import Task

State = dict[str, Tensor]
NONE_YET = torch.finfo(torch.float32).max  # a size or bound not yet found: states hold finite numbers alone


@dataclass(frozen=True)
class Settings:
    """What attacks can be told; each reads its own.

    step_size: length of a step in the norm, pixel units. steps: of one try, in Carlini–Wagner of
    each c. restarts: tries beyond the first, each from a new random point, the strongest kept.
    momentum: μ of the gathered gradient. rate: learning rate of SGD on δ and of Carlini–Wagner's
    Adam. c: first weight of the loss in Carlini–Wagner, and of ‖r‖² in L-BFGS. confidence: κ of
    Carlini–Wagner, logits. overshoot: of DeepFool. searches: values of c tried.
    """

    step_size: float = 0.01
    steps: int = 40
    restarts: int = 0
    random_start: bool = True
    momentum: float = 0.9
    rate: float = 0.1
    c: float = 1.0
    confidence: float = 0.0
    overshoot: float = 0.02
    searches: int = 6


class Attack(ABC):
    """One attack. Stateless: everything that changes is in the State."""

    name: str
    title: str
    source: str  # paper and equation
    uses: tuple[str, ...] = ()  # the settings it reads
    settles: bool = False  # whether it searches for a small perturbation of its own, ε being a cap

    @abstractmethod
    def start(self, task: Task, settings: Settings, generator: torch.Generator) -> State:
        """The state before the first step."""

    @abstractmethod
    def step(self, task: Task, settings: Settings, state: State) -> None:
        """One step, in place."""

    @abstractmethod
    def delta(self, task: Task, state: State) -> Tensor:
        """The perturbation the attack offers as it stands, (N, ...); not yet cut to the ball where
        the attack settles its own size.
        """

    def image(self, task: Task, state: State) -> Tensor:
        """The adversarial image: inside the ball (≤ ε(1 + 1e-6)) and inside [0, 1]."""
        return task.norm.inside(task.x, self.delta(task, state), task.epsilon)

    def steps(self, settings: Settings) -> int:
        """Steps of one try."""
        return settings.steps

    def tries(self, settings: Settings) -> int:
        """Tries: more than one only where the start is random."""
        return 1


def where(rows: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """`new` for the samples of `rows` (N,) bool, `old` for the others."""
    return torch.where(rows.view(-1, *[1] * (new.dim() - 1)), new, old)
