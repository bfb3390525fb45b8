"""Course: an attack as a live run takes it, step by step and try by try, with everything in
tensors.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from engine.attacks import ATTACKS, Attack, Settings, Task, strength
from engine.attacks.base import State, where

ORDER = tuple(ATTACKS)  # an attack's number in a saved state


class Course:
    """One attack on one batch. After its steps and tries it rests: further steps change nothing
    until there is more to do.

    ε, norm, step sizes and targets may change between steps: the state goes on under the new ones.
    Another attack starts from the beginning.
    """

    def __init__(self) -> None:
        self.attack: Attack | None = None
        self.current: State = {}
        self.best: Tensor | None = None  # δ of the strongest try so far, None in the first
        self.taken = 0  # steps of this try
        self.tried = 0  # tries finished

    def step(self, attack: Attack, task: Task, settings: Settings, generator: torch.Generator) -> bool:
        """One step; False where there was nothing left to do."""
        if self.attack is not attack:
            self.attack, self.best, self.taken, self.tried = attack, None, 0, 0
            self.current = attack.start(task, settings, generator)
        if self.rests(settings):
            return False
        if self.taken >= attack.steps(settings):
            self._file(task)
            self.current, self.taken = attack.start(task, settings, generator), 0
        attack.step(task, settings, self.current)
        self.taken += 1
        return True

    def rests(self, settings: Settings) -> bool:
        """Whether all steps of all tries are done."""
        if self.attack is None:
            return False
        return self.taken >= self.attack.steps(settings) and self.tried + 1 >= self.attack.tries(settings)

    def _file(self, task: Task) -> None:
        """A try is over: keep what is strongest of it and of those before."""
        self.best = self._strongest(task)
        self.tried += 1

    def _strongest(self, task: Task) -> Tensor:
        delta = self.attack.delta(task, self.current)
        if self.best is None:
            return delta.clone()
        new, old = (strength(task, task.norm.inside(task.x, d, task.epsilon)) for d in (delta, self.best))
        return where(new > old, delta, self.best)

    def image(self, task: Task, settings: Settings) -> Tensor:
        """The adversarial image as it stands; once it rests, the strongest of all tries."""
        if self.attack is None:
            return task.x
        delta = (
            self._strongest(task)
            if self.best is not None and self.rests(settings)
            else self.attack.delta(task, self.current)
        )
        return task.norm.inside(task.x, delta, task.epsilon)

    def state(self) -> dict[str, Tensor]:
        """Tensors to go on from."""
        number = -1 if self.attack is None else ORDER.index(self.attack.name)
        counts = torch.tensor([number, self.taken, self.tried, self.best is not None])
        out = {"counts": counts} | {f"current.{name}": value.clone() for name, value in self.current.items()}
        return out if self.best is None else out | {"best": self.best.clone()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take up a `state()`. Raises KeyError where it is none."""
        number, self.taken, self.tried, kept = state["counts"].tolist()
        self.attack = None if number < 0 else ATTACKS[ORDER[number]]
        self.best = state["best"].clone() if kept else None
        self.current = {
            name.removeprefix("current."): value.clone() for name, value in state.items() if name.startswith("current.")
        }
