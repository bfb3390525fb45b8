"""First-order attacks: FGSM, iterative FGSM, PGD, momentum, and the survey's plain SGD on δ. One
loop; they differ in start and direction.

They keep the image, not δ: it is what the model sees, and a step on it is three operations fewer.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.attacks.base import Attack, Settings, State
from engine.attacks.task import Task


class Iterative(Attack):
    """Iterative FGSM: δ ← project(δ + step_size·direction), from δ = 0."""

    name, title = "ifgsm", "Iterative FGSM"
    source = "Kurakin, Goodfellow, Bengio 2016 (arXiv 1607.02533), eq. 2"
    uses = ("step_size", "steps")

    def start(self, task: Task, settings: Settings, generator: torch.Generator) -> State:
        return {"image": task.x.clone()}

    def step(self, task: Task, settings: Settings, state: State) -> None:
        direction = self.direction(task, settings, state, task.gradient(state["image"]))
        task.norm.move(task.x, state["image"], direction, settings.step_size, task.epsilon, task.room)

    def direction(self, task: Task, settings: Settings, state: State, gradient: Tensor) -> Tensor:
        """The step of norm 1 taken along the objective's gradient."""
        return task.norm.steepest(gradient)

    def delta(self, task: Task, state: State) -> Tensor:
        return state["image"] - task.x


class FGSM(Iterative):
    """x + ε·sign ∇ₓL in L∞, x + ε·∇ₓL/‖∇ₓL‖₂ in L2: one step from x as long as the ball allows."""

    name, title = "fgsm", "FGSM"
    source = "Goodfellow, Shlens, Szegedy 2014 (arXiv 1412.6572), §4"
    uses = ()

    def start(self, task: Task, settings: Settings, generator: torch.Generator) -> State:
        return {"delta": torch.zeros_like(task.x)}

    def delta(self, task: Task, state: State) -> Tensor:
        return state["delta"]

    def step(self, task: Task, settings: Settings, state: State) -> None:
        # However often it is asked, it is the one step from x. The box is left to the image:
        # clamp(x + ε·sign g), to the last bit.
        state["delta"] = task.norm.steepest(task.gradient(task.x)).mul_(task.epsilon)

    def steps(self, settings: Settings) -> int:
        return 1


class PGD(Iterative):
    """Projected gradient descent (on the negative loss): iterative FGSM from a random point of the
    ball, perhaps from several.
    """

    name, title = "pgd", "PGD"
    source = "Madry et al. 2017 (arXiv 1706.06083), §2.1"
    uses = ("step_size", "steps", "random_start", "restarts")

    def start(self, task: Task, settings: Settings, generator: torch.Generator) -> State:
        if not settings.random_start:
            return super().start(task, settings, generator)
        return {"image": task.norm.random(task.x, task.epsilon, generator).add_(task.x).clamp_(*task.room)}

    def tries(self, settings: Settings) -> int:
        return 1 + settings.restarts if settings.random_start else 1


class Momentum(Iterative):
    """Steps along a gathered gradient g ← μ·g + ∇L/‖∇L‖₁, which crosses more readily to other
    models.
    """

    name, title = "momentum", "Momentum iterative"
    source = "Dong et al. 2017 (arXiv 1710.06081), eq. 6 and 7"
    uses = ("step_size", "steps", "momentum")

    def start(self, task: Task, settings: Settings, generator: torch.Generator) -> State:
        return {"image": task.x.clone(), "gathered": torch.zeros_like(task.x)}

    def direction(self, task: Task, settings: Settings, state: State, gradient: Tensor) -> Tensor:
        flat = gradient.flatten(1)
        flat = flat / flat.abs().sum(1, keepdim=True).clamp_min(torch.finfo(flat.dtype).tiny)
        state["gathered"].mul_(settings.momentum).add_(flat.view(gradient.shape))
        return task.norm.steepest(state["gathered"])


class PlainSGD(Iterative):
    """The survey's way: δ is a parameter, SGD at learning rate `rate` raises the loss, δ is cut to
    the ball after each step.

    The tutorial it shows (adversarial-ml-tutorial.org, chapter 1) never clamps x + δ to [0, 1] and
    prints the probability of one step before; here both are put right.
    """

    name, title = "sgd", "SGD on δ"
    source = "Kolter, Madry, Adversarial Robustness tutorial, ch. 1; errata in spec/methods.md"
    uses = ("rate", "steps")

    def step(self, task: Task, settings: Settings, state: State) -> None:
        gradient = task.gradient(state["image"])
        task.norm.move(task.x, state["image"], gradient, settings.rate, task.epsilon, task.room)
