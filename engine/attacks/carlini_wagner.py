"""Carlini and Wagner's L2 attack: Adam searches the smallest perturbation, without constraints."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.attacks.base import NONE_YET, Attack, Settings, State, where
from engine.attacks.task import Task

EDGE = 1 - 1e-6  # tanh never reaches ±1, so 2x − 1 is scaled by this
# Adam's β₁, β₂ and ε.
B1 = 0.9
B2 = 0.999
TINY = 1e-8


class CarliniWagner(Attack):
    """Minimise ‖x' − x‖₂² + c·max(margin(x'), −κ) over w, with x' = (tanh w + 1)/2.

    Carlini, Wagner 2016 (arXiv 1608.04644), §V-VI. c is searched over `searches` rounds of `steps`
    each: it rises tenfold until the attack succeeds, and is then bisected for the smallest
    perturbation. The result is the smallest successful image; before there is one, the current one.
    """

    name = "cw"
    title = "Carlini–Wagner L2"
    source = "Carlini, Wagner 2016 (arXiv 1608.04644), §VI-A"
    uses = ("rate", "c", "confidence", "steps", "searches")

    def start(self, task: Task, settings: Settings, generator: torch.Generator) -> State:
        n = len(task.x)
        dtype = task.x.dtype
        state = {
            "best": torch.zeros_like(task.x),
            "size": torch.full((n,), NONE_YET, dtype=dtype),
            "c": torch.full((n,), settings.c, dtype=dtype),
            "low": torch.zeros(n, dtype=dtype),
            "high": torch.full((n,), NONE_YET, dtype=dtype),
            "hit": torch.zeros(n, dtype=torch.bool),
            "taken": torch.zeros((), dtype=torch.long),
        } | {name: torch.zeros_like(task.x) for name in ("w", "first", "second", "offered")}
        self._restart(task, state)
        return state

    def steps(self, settings: Settings) -> int:
        return settings.steps * settings.searches

    def _restart(self, task: Task, state: State) -> None:
        """Back to x, with Adam's moments at 0."""
        state["w"].copy_(torch.atanh((2 * task.x - 1) * EDGE))
        for name in ("first", "second"):
            state[name].zero_()
        state["hit"].zero_()
        state["taken"].zero_()

    def step(self, task: Task, settings: Settings, state: State) -> None:
        if state["taken"] >= settings.steps:
            self._next_c(state)
            self._restart(task, state)
        w = state["w"].detach().requires_grad_()
        with torch.enable_grad():
            image = (torch.tanh(w) + 1) / 2
            logits = task.model(image)
            size = (image - task.x).flatten(1).square().sum(1)
            margin = task.margin(logits)
            loss = size + state["c"] * margin.clamp_min(-settings.confidence)
        (gradient,) = torch.autograd.grad(loss.sum(), w)
        delta, size = image.detach() - task.x, size.detach().sqrt()
        hit = margin.detach() < -settings.confidence if settings.confidence else task.succeeded(logits.detach())
        better = hit & (size < state["size"])
        state["hit"] |= hit
        state["best"].copy_(where(better, delta, state["best"]))
        state["size"].copy_(torch.where(better, size, state["size"]))
        state["offered"].copy_(where(state["size"] < NONE_YET, state["best"], delta))
        t = int(state["taken"].add_(1))
        state["first"].lerp_(gradient, 1 - B1)
        state["second"].lerp_(gradient.square(), 1 - B2)
        root = (state["second"] / (1 - B2**t)).sqrt_().add_(TINY)
        state["w"].addcdiv_(state["first"], root, value=-settings.rate / (1 - B1**t))

    def _next_c(self, state: State) -> None:
        """Choose the next c: too large where it succeeded, too small where it did not."""
        c, hit = state["c"], state["hit"]
        state["high"].copy_(torch.where(hit, torch.minimum(c, state["high"]), state["high"]))
        state["low"].copy_(torch.where(hit, state["low"], torch.maximum(c, state["low"])))
        middle = (state["low"] + state["high"]) / 2
        state["c"].copy_(torch.where(state["high"] < NONE_YET, middle, 10 * c))

    def delta(self, task: Task, state: State) -> Tensor:
        return state["offered"]
