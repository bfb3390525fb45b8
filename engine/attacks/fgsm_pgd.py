"""FGSM, iterative FGSM, PGD, momentum and plain SGD on δ: one loop, in `Iterative.step`.

They differ in start and direction. Their state holds the image, not δ: the model is given the
image, and a step on it takes three operations fewer.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.attacks.base import Attack, Settings, State
from engine.attacks.task import Task


class Iterative(Attack):
    """Iterative FGSM: δ ← project(δ + step_size·direction), from δ = 0."""

    name = "ifgsm"
    title = "Iterative FGSM"
    source = "Kurakin, Goodfellow, Bengio 2016 (arXiv 1607.02533), eq. 2"
    uses = ("step_size", "steps")

    def start(self, task: Task, settings: Settings, generator: torch.Generator) -> State:
        return {"image": task.x.clone()}

    def step(self, task: Task, settings: Settings, state: State) -> None:
        direction = self.direction(task, settings, state, task.gradient(state["image"]))
        task.norm.projected_image_step(
            task.x, state["image"], direction, settings.step_size, task.epsilon, task.pixel_bounds
        )

    def direction(self, task: Task, settings: Settings, state: State, gradient: Tensor) -> Tensor:
        """The step of norm 1 (N, ...) to take for a gradient (N, ...) of the objective."""
        return task.norm.steepest(gradient)

    def delta(self, task: Task, state: State) -> Tensor:
        return state["image"] - task.x


class FGSM(Iterative):
    """x + ε·sign ∇ₓL in L∞, x + ε·∇ₓL/‖∇ₓL‖₂ in L2: one step from x as long as the ball allows."""

    name = "fgsm"
    title = "FGSM"
    source = "Goodfellow, Shlens, Szegedy 2014 (arXiv 1412.6572), §4"
    uses = ()

    def start(self, task: Task, settings: Settings, generator: torch.Generator) -> State:
        return {"delta": torch.zeros_like(task.x)}

    def delta(self, task: Task, state: State) -> Tensor:
        return state["delta"]

    def step(self, task: Task, settings: Settings, state: State) -> None:
        # Every call takes the same one step from x. `image` clamps to the box, so that in L∞ the
        # result is clamp(x + ε·sign g) to the last bit.
        state["delta"] = task.norm.steepest(task.gradient(task.x)).mul_(task.epsilon)

    def steps(self, settings: Settings) -> int:
        return 1


class PGD(Iterative):
    """Projected gradient descent on the negative loss: iterative FGSM from a random point.

    The point is drawn from the ball; with restarts each try begins at another.
    """

    name = "pgd"
    title = "PGD"
    source = "Madry et al. 2017 (arXiv 1706.06083), §2.1"
    uses = ("step_size", "steps", "random_start", "restarts")

    def start(self, task: Task, settings: Settings, generator: torch.Generator) -> State:
        if not settings.random_start:
            return super().start(task, settings, generator)
        return {"image": task.norm.random(task.x, task.epsilon, generator).add_(task.x).clamp_(*task.pixel_bounds)}

    def tries(self, settings: Settings) -> int:
        return 1 + settings.restarts if settings.random_start else 1


class Momentum(Iterative):
    """Steps along an accumulated gradient g ← μ·g + ∇L/‖∇L‖₁.

    Its images transfer better to other models.
    """

    name = "momentum"
    title = "Momentum iterative"
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
    """δ is a parameter: SGD at learning rate `rate` raises the loss, then δ is cut to the ball.

    The variant of S. Ryu's "Survey on adversarial training", which shows the code of the tutorial
    below. That code never clamps x + δ to [0, 1], and it prints the probability from before the
    last step. Here x + δ is clamped, and probabilities are those of the image as it is.
    """

    name = "sgd"
    title = "SGD on δ"
    source = "Kolter, Madry, Adversarial Robustness: Theory and Practice (adversarial-ml-tutorial.org), ch. 1"
    uses = ("rate", "steps")

    def step(self, task: Task, settings: Settings, state: State) -> None:
        gradient = task.gradient(state["image"])
        task.norm.projected_image_step(task.x, state["image"], gradient, settings.rate, task.epsilon, task.pixel_bounds)
