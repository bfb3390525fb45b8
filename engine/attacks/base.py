"""Attack: what every attack has in common. It is a stepper.

`start` makes the state, `step` advances it in place by one step, and `image` is the adversarial
image of that state. The state is a dict of tensors, so that a live run can show, store and restore
it. An attack does not judge its success and does not count its tries: `run`
(engine/attacks/__init__.py) does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.attacks.task import Task

State = dict[str, Tensor]
# A size or bound not yet found. States hold only finite numbers, so it is not infinity.
NONE_YET = torch.finfo(torch.float32).max


@dataclass(frozen=True)
class Settings:
    """The settings of all attacks; each reads those that it lists in `uses`.

    step_size: length of a step in the norm, pixel units. steps: of one try; in Carlini–Wagner of
    each c. restarts: tries beyond the first, each from a new random point, of which the strongest
    is kept. momentum: μ of the accumulated gradient. rate: learning rate of SGD on δ and of
    Carlini–Wagner's Adam. c: first weight of the loss in Carlini–Wagner, and of ‖r‖² in L-BFGS.
    confidence: κ of Carlini–Wagner, logits. overshoot: of DeepFool. searches: values of c tried.
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
    """One attack. Stateless: everything that changes is in the State.

    name: by which it is found. title: as pages show it. source: paper and equation. uses: the
    settings it reads. A minimum-norm attack (Carlini–Wagner, DeepFool, L-BFGS) searches for a small
    perturbation of its own; ε is then an upper limit.
    """

    name: str
    title: str
    source: str
    uses: tuple[str, ...] = ()

    @abstractmethod
    def start(self, task: Task, settings: Settings, generator: torch.Generator) -> State:
        """The state before the first step. `generator` serves a random start."""

    @abstractmethod
    def step(self, task: Task, settings: Settings, state: State) -> None:
        """One step, in place."""

    @abstractmethod
    def delta(self, task: Task, state: State) -> Tensor:
        """The perturbation of this state, (N, ...).

        A minimum-norm attack does not cut it to the ball; `image` does.
        """

    def image(self, task: Task, state: State) -> Tensor:
        """The adversarial images (N, ...): inside the ball (≤ ε) and inside [0, 1]."""
        return task.norm.inside(task.x, self.delta(task, state), task.epsilon)

    def steps(self, settings: Settings) -> int:
        """Steps of one try."""
        return settings.steps

    def tries(self, settings: Settings) -> int:
        """Tries: more than one only where the start is random."""
        return 1


def where(rows: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """`new` (N, ...) for the samples where `rows` (N,) is true, `old` for the others."""
    return torch.where(rows.view(-1, *[1] * (new.dim() - 1)), new, old)
