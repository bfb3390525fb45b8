"""DigitPair: two digit classifiers with the same initial weights and the same batches.

The standard one minimises L(x, y), the robust one α·L(x, y) + (1 − α)·L(x + δ, y). δ is a step of
FGSM (Goodfellow et al. 2014, arXiv 1412.6572, §6; with a random start Wong et al. 2020, arXiv
2001.03994) or K steps of PGD. With PGD and α = 0 the second loss is the robust optimisation of
Madry et al. 2017 (arXiv 1706.06083, eq. 2.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from engine.attacks.norms import Norm
from engine.attacks.task import Task
from engine.core.snapshot import OPTIMISER
from engine.methods.training.ensemble import FAST_STEP
from engine.nn.digit_classifiers import build, initialise
from engine.nn.optimisers import adam_step
from engine.nn.undrawn import undrawn

NAMES = ("standard", "robust")


@dataclass(frozen=True)
class DigitTerms:
    """The numbers in the loss of the robust network, at one step.

    attack: "fgsm" or "pgd". epsilon: radius ε at this step of the warm-up, pixel units (images are
    in [0, 1]). alpha: weight α of the clean loss, 0 to 1. step_size (pixel units), steps (K): of
    PGD. rate: Adam's learning rate η, of both networks.
    """

    norm: Norm
    attack: str
    epsilon: float
    alpha: float
    step_size: float
    steps: int
    rate: float
    random_start: bool

    @property
    def perturbs(self) -> bool:
        """Whether there is a second term.

        Without it the robust network is trained like the standard one, bit for bit.
        """
        return self.epsilon > 0 and self.alpha < 1


class DigitPair(nn.Module):
    """The two networks, `standard` and `robust`, with an Adam each.

    architecture: a name of engine/nn/digit_classifiers.py. generator: of the initial weights.
    """

    def __init__(self, architecture: str, generator: torch.Generator) -> None:
        super().__init__()
        first, second = (undrawn(lambda: build(architecture)) for _ in range(2))
        initialise(first, generator)
        second.load_state_dict(first.state_dict())
        self.standard = first
        self.robust = second
        self._moments = {
            name: {"step": torch.zeros(()), "exp_avg": torch.zeros_like(p), "exp_avg_sq": torch.zeros_like(p)}
            for name, p in self.named_parameters()
        }

    def step(self, x: Tensor, y: Tensor, start: Tensor, terms: DigitTerms) -> None:
        """One step of both on images x (B, 784) in [0, 1] with labels y (B,).

        start: a uniform draw from the unit ball, (B, 784).
        """
        self._descend("standard", cross_entropy(self.standard(x), y), terms.rate)
        loss = cross_entropy(self.robust(x), y) if terms.alpha > 0 or not terms.perturbs else 0.0
        if terms.perturbs:
            delta = self.perturbation(x, y, start, terms)
            loss = terms.alpha * loss + (1 - terms.alpha) * cross_entropy(self.robust(x + delta), y)
        self._descend("robust", loss, terms.rate)

    def perturbation(self, x: Tensor, y: Tensor, start: Tensor, terms: DigitTerms) -> Tensor:
        """δ (B, 784) against the robust network: in the ball, and x + δ in [0, 1]."""
        self.robust.requires_grad_(False)
        task = Task(self.robust, x, y, norm=terms.norm, epsilon=terms.epsilon)
        delta = (x + terms.epsilon * start).clamp(0, 1) - x if terms.random_start else torch.zeros_like(x)
        if terms.attack == "fgsm":
            steps, length = 1, (FAST_STEP if terms.random_start else 1) * terms.epsilon
        else:
            steps, length = terms.steps, terms.step_size
        for _ in range(steps):
            direction = terms.norm.steepest(task.gradient(x + delta))
            delta = terms.norm.projected_step(x, delta, direction, length, terms.epsilon)
        self.robust.requires_grad_(True)
        return delta

    def _descend(self, name: str, loss: Tensor, rate: float) -> None:
        parameters = dict(getattr(self, name).named_parameters())
        gradients = torch.autograd.grad(loss, list(parameters.values()))
        for (key, p), gradient in zip(parameters.items(), gradients):
            adam_step(p, gradient, self._moments[f"{name}.{key}"], rate)

    def state(self) -> dict[str, Tensor]:
        """Weights and Adam's moments by name."""
        out = {name: p.detach().clone() for name, p in self.named_parameters()}
        for name, moments in self._moments.items():
            out |= {f"{OPTIMISER}{key}.{name}": value.clone() for key, value in moments.items()}
        return out

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take up a `state()`.

        Raises KeyError for a missing tensor, RuntimeError for a wrong shape.
        """
        self.load_state_dict({name: state[name] for name, _ in self.named_parameters()})
        for name, moments in self._moments.items():
            for key, value in moments.items():
                value.copy_(state[f"{OPTIMISER}{key}.{name}"])
