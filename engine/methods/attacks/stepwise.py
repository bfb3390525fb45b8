"""StepwiseAttack: an attack as a live run carries it out, step by step and try by try.

engine.attacks.run does the same for a whole batch at once. Here everything that changes can be
saved as tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from engine.attacks import ATTACKS, Attack, Settings, Task, strength
from engine.attacks.base import State, where

ORDER = tuple(ATTACKS)  # an attack's number in a saved state


class StepwiseAttack:
    """One attack on one batch of images.

    After all its steps and tries it rests: further steps change nothing, until the settings allow
    more of them. ε, norm, step sizes and targets may change between steps: the state is kept and
    goes on under the new ones. Another attack starts from the beginning.
    """

    def __init__(self) -> None:
        self.attack: Attack | None = None
        self.current: State = {}
        self.best: Tensor | None = None  # δ of the strongest try so far, None in the first
        self.taken = 0  # steps of this try
        self.tried = 0  # tries finished

    def step(self, attack: Attack, task: Task, settings: Settings, generator: torch.Generator) -> bool:
        """One step; False where there was nothing left to do. `generator` serves random starts."""
        if self.attack is not attack:
            self.attack = attack
            self.best = None
            self.taken = 0
            self.tried = 0
            self.current = attack.start(task, settings, generator)
        if self.rests(settings):
            return False
        if self.taken >= attack.steps(settings):
            self._end_try(task)
            self.taken = 0
            self.current = attack.start(task, settings, generator)
        attack.step(task, settings, self.current)
        self.taken += 1
        return True

    def rests(self, settings: Settings) -> bool:
        """Whether all steps of all tries are done."""
        if self.attack is None:
            return False
        return self.taken >= self.attack.steps(settings) and self.tried + 1 >= self.attack.tries(settings)

    def _end_try(self, task: Task) -> None:
        """Keep the strongest δ of this try and of those before."""
        self.best = self._strongest(task)
        self.tried += 1

    def _strongest(self, task: Task) -> Tensor:
        """δ (N, ...): for each image the stronger of this try and of those before."""
        delta = self.attack.delta(task, self.current)
        if self.best is None:
            return delta.clone()
        new, old = (strength(task, task.norm.inside(task.x, d, task.epsilon)) for d in (delta, self.best))
        return where(new > old, delta, self.best)

    def image(self, task: Task, settings: Settings) -> Tensor:
        """The adversarial images (N, ...) of this try; at rest, the strongest of all tries."""
        if self.attack is None:
            return task.x
        if self.best is not None and self.rests(settings):
            delta = self._strongest(task)
        else:
            delta = self.attack.delta(task, self.current)
        return task.norm.inside(task.x, delta, task.epsilon)

    def state(self) -> dict[str, Tensor]:
        """All that is needed to go on, as tensors by name."""
        number = -1 if self.attack is None else ORDER.index(self.attack.name)
        counts = torch.tensor([number, self.taken, self.tried, self.best is not None])
        # A file of tensors takes them only as they lie in memory: FGSM's are strided like the
        # picture.
        solid = {name: value.clone(memory_format=torch.contiguous_format) for name, value in self.current.items()}
        out = {"counts": counts} | {f"current.{name}": value for name, value in solid.items()}
        if self.best is not None:
            out["best"] = self.best.clone(memory_format=torch.contiguous_format)
        return out

    def load(self, state: Mapping[str, Tensor], task: Callable[[], Task]) -> None:
        """Take up a `state()`. task: gives the one that it is of, whatever its norm and target.

        Raises KeyError, IndexError or ValueError where it is none of that task.
        """
        number, self.taken, self.tried, has_best = state["counts"].tolist()
        self.attack = None if number < 0 else ATTACKS[ORDER[number]]
        if self.taken < 0 or self.tried < 0:
            raise ValueError("steps or tries below 0")
        given = {name.removeprefix("current."): x for name, x in state.items() if name.startswith("current.")}
        like: State = {}
        if self.attack:
            of = task()
            like = self.attack.start(of, Settings(), torch.Generator())
            self.best = _like(state["best"], of.x) if has_best else None
        if given.keys() != like.keys():
            raise ValueError("another attack's state")
        self.current = {name: _like(x, like[name]) for name, x in given.items()}


def _like(x: Tensor, like: Tensor) -> Tensor:
    """A copy of x in the type of `like`. Raises ValueError where the shapes differ."""
    if x.shape != like.shape:
        raise ValueError(f"{tuple(x.shape)} in place of {tuple(like.shape)}")
    return x.to(like.dtype, copy=True)
