"""Two digit classifiers from the same weights on the same batches: one trained plainly, one on
α·L(x, y) + (1 − α)·L(x + δ, y).

δ is a step of FGSM (Goodfellow et al. 2014, arXiv 1412.6572, §6; with a random start Wong et al.
2020, arXiv 2001.03994) or K steps of PGD; with PGD and α = 0 the second is Madry et al.'s robust
optimisation (2017, arXiv 1706.06083, eq. 2.1).
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

NAMES = ("standard", "robust")


@dataclass(frozen=True)
class Settings:
    """What a step is computed under. attack: "fgsm" or "pgd". ε and step sizes in pixel units,
    images being in [0, 1].
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
        """Whether there is a second term at all; without it the robust network is trained like the
        standard one, bit for bit.
        """
        return self.epsilon > 0 and self.alpha < 1


class DigitPair(nn.Module):
    """The two networks with an Adam each."""

    def __init__(self, architecture: str, generator: torch.Generator) -> None:
        super().__init__()
        with torch.device("meta"):  # no draw from torch's global generator
            first = build(architecture)
        first.to_empty(device="cpu")
        initialise(first, generator)
        with torch.device("meta"):
            second = build(architecture)
        second.to_empty(device="cpu").load_state_dict(first.state_dict())
        self.standard, self.robust = first, second
        self.optimizers = {name: torch.optim.Adam(getattr(self, name).parameters(), foreach=False) for name in NAMES}
        for name in NAMES:
            for p in getattr(self, name).parameters():
                self.optimizers[name].state[p].update(
                    step=torch.zeros(()), exp_avg=torch.zeros_like(p), exp_avg_sq=torch.zeros_like(p)
                )

    def step(self, x: Tensor, y: Tensor, start: Tensor, s: Settings) -> None:
        """One step of both on images x (B, 784) in [0, 1] with labels y. start: a uniform draw from
        the unit ball, (B, 784).
        """
        self._descend("standard", cross_entropy(self.standard(x), y), s.rate)
        loss = cross_entropy(self.robust(x), y) if s.alpha > 0 or not s.perturbs else 0.0
        if s.perturbs:
            delta = self.perturbation(x, y, start, s)
            loss = s.alpha * loss + (1 - s.alpha) * cross_entropy(self.robust(x + delta), y)
        self._descend("robust", loss, s.rate)

    def perturbation(self, x: Tensor, y: Tensor, start: Tensor, s: Settings) -> Tensor:
        """δ (B, 784) against the robust network: in the ball, and x + δ in [0, 1]."""
        self.robust.requires_grad_(False)
        task = Task(self.robust, x, y, norm=s.norm, epsilon=s.epsilon)
        delta = (x + s.epsilon * start).clamp(0, 1) - x if s.random_start else torch.zeros_like(x)
        length = (FAST_STEP if s.random_start else 1) * s.epsilon if s.attack == "fgsm" else s.step_size
        for _ in range(1 if s.attack == "fgsm" else s.steps):
            delta = s.norm.walk(x, delta, s.norm.steepest(task.gradient(x + delta)), length, s.epsilon)
        self.robust.requires_grad_(True)
        return delta

    def _descend(self, name: str, loss: Tensor, rate: float) -> None:
        optimizer = self.optimizers[name]
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def state(self) -> dict[str, Tensor]:
        """Weights and Adam's moments by name."""
        out = {name: p.detach().clone() for name, p in self.named_parameters()}
        for name, p in self.named_parameters():
            moments = self.optimizers[name.split(".")[0]].state[p]
            out |= {f"{OPTIMISER}{key}.{name}": value.clone() for key, value in moments.items()}
        return out

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take up a `state()`. Raises KeyError for a missing tensor, RuntimeError for a wrong
        shape.
        """
        self.load_state_dict({name: state[name] for name, _ in self.named_parameters()})
        for name, p in self.named_parameters():
            for key, value in self.optimizers[name.split(".")[0]].state[p].items():
                value.copy_(state[f"{OPTIMISER}{key}.{name}"])
