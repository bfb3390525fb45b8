"""Box-constrained L-BFGS, the first published attack: scipy's L-BFGS-B on c·‖r‖² + CE(x + r, t)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from engine.attacks.base import NONE_YET, Attack, Settings, State
from engine.attacks.task import Task

ITERATIONS = 10  # of L-BFGS-B in one step, which goes on from where the last step ended
ROUNDS = 3  # steps at one c before it is changed


class LBFGS(Attack):
    """Minimise c·‖r‖² + CE(x + r, t) subject to x + r ∈ [0, 1]ⁿ.

    Szegedy et al. 2013 (arXiv 1312.6199), §4.1. Without targets t is the class that scores second
    at x. Raising CE(x + r, y) instead does not lead to a smallest ‖r‖: that curve bends the wrong
    way, and r jumps from nothing to far too much as c falls. c is line-searched for the smallest
    ‖r‖ that still succeeds: divided by ten until it does, then bisected in log c. A step is a few
    iterations at the present c. Each sample is a problem of its own.
    """

    name = "lbfgs"
    title = "Box-constrained L-BFGS"
    source = "Szegedy et al. 2013 (arXiv 1312.6199), §4.1"
    uses = ("c", "steps")

    def start(self, task: Task, settings: Settings, generator: torch.Generator) -> State:
        n = len(task.x)
        return {
            "toward": self._target(task),
            "delta": torch.zeros_like(task.x),
            "best": torch.zeros_like(task.x),
            "size": torch.full((n,), NONE_YET, dtype=torch.float64),
            "c": torch.full((n,), settings.c, dtype=torch.float64),
            "low": torch.zeros(n, dtype=torch.float64),  # the largest c known to succeed
            "high": torch.full((n,), NONE_YET, dtype=torch.float64),  # the smallest c known to fail
            "taken": torch.zeros((), dtype=torch.long),
        }

    def _target(self, task: Task) -> Tensor:
        """The class t (N,) of each sample."""
        if task.targets is not None:
            return task.targets.clone()
        with torch.no_grad():
            return task.model(task.x).scatter(1, task.labels[:, None], -torch.inf).argmax(1)

    def step(self, task: Task, settings: Settings, state: State) -> None:
        for i in range(len(task.x)):
            one = Task(task.model, task.x[i : i + 1], task.labels[i : i + 1], state["toward"][i : i + 1])
            delta = self._minimise(one, float(state["c"][i]), state["delta"][i : i + 1])
            state["delta"][i] = delta[0]
            with torch.no_grad():
                answer = one.model(one.x + delta).argmax(1)
                hit = bool(answer != one.labels if task.targets is None else answer == one.targets)
            size = float(delta.double().norm())
            if hit and size < state["size"][i]:
                state["size"][i] = size
                state["best"][i] = delta[0]
        state["taken"] += 1
        if state["taken"] % ROUNDS == 0:
            self._next_c(task, state)

    def _minimise(self, one: Task, c: float, start: Tensor) -> Tensor:
        """r (1, ...) after a few iterations from `start` (1, ...), for a task of one sample."""
        x = one.x.double().flatten()

        def value(r: np.ndarray) -> tuple[float, np.ndarray]:
            delta = torch.from_numpy(r)
            at = (x + delta).to(one.x.dtype).view(one.x.shape)
            gradient, logits = one.gradient_and_logits(at)
            objective = float(one.objective(logits.double()))  # −CE(x + r, t)
            return c * float(delta @ delta) - objective, (2 * c * delta - gradient.double().flatten()).numpy()

        from scipy.optimize import minimize  # imported where it is needed: it is slow

        bounds = np.stack([(-x).numpy(), (1 - x).numpy()], 1)
        found = minimize(
            value,
            start.double().flatten().numpy(),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": ITERATIONS, "maxfun": 2 * ITERATIONS},
        )
        return torch.from_numpy(found.x).to(one.x.dtype).view(one.x.shape)

    def _next_c(self, task: Task, state: State) -> None:
        """Choose the next c: smaller where it failed, larger where it succeeded."""
        with torch.no_grad():
            hit = task.succeeded(task.model(task.x + state["delta"]))
        c = state["c"]
        state["low"].copy_(torch.where(hit, torch.maximum(state["low"], c), state["low"]))
        state["high"].copy_(torch.where(hit, state["high"], torch.minimum(state["high"], c)))
        middle = (state["low"] * state["high"]).sqrt()
        c.copy_(torch.where(state["low"] == 0, c / 10, torch.where(state["high"] == NONE_YET, c * 10, middle)))

    def delta(self, task: Task, state: State) -> Tensor:
        found = (state["size"] < NONE_YET).view(-1, *[1] * (task.x.dim() - 1))
        return torch.where(found, state["best"], state["delta"])
