"""DeepFool: repeated steps to the nearest face of the linearised decision region."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.attacks.base import Attack, Settings, State, where
from engine.attacks.norms import into_box
from engine.attacks.task import Task

CANDIDATES = 10  # classes whose faces are measured: the most probable ones, as in the authors' code
PAST = 1e-4  # logits beyond the face; the authors' code steps past a tie this way


class DeepFool(Attack):
    """Step onto the nearest face of the linearised decision region until the answer changes.

    Moosavi-Dezfooli, Fawzi, Frossard 2015 (arXiv 1511.04599), algorithm 2 (L2) and §3.3 (L∞). Each
    of the classes k ≠ y that score best has a face: w_k = ∇f_k − ∇f_y, at the distance
    |f_k − f_y|/‖w_k‖_dual. With a target only the target's face counts. A sample whose answer has
    changed is left as it is. The result is δ·(1 + overshoot), cut to ε.
    """

    name = "deepfool"
    title = "DeepFool"
    source = "Moosavi-Dezfooli, Fawzi, Frossard 2015 (arXiv 1511.04599), alg. 2"
    uses = ("overshoot", "steps")

    def start(self, task: Task, settings: Settings, generator: torch.Generator) -> State:
        return {"delta": torch.zeros_like(task.x), "offered": torch.zeros_like(task.x)}

    def step(self, task: Task, settings: Settings, state: State) -> None:
        at = (task.x + state["offered"]).detach().requires_grad_()
        with torch.enable_grad():
            logits = task.model(at)
        values = logits.detach()
        active = ~task.succeeded(values)
        if not active.any():
            return
        classes = self._faces(task, values)  # (N, K)
        # With a target the other side of the face is the leading class, which need not be y.
        base = task.labels if task.targets is None else values.scatter(1, task.targets[:, None], -torch.inf).argmax(1)
        own = self._gradient(logits, at, base)
        best = torch.full((len(at),), torch.inf, dtype=at.dtype)
        step = torch.zeros_like(at)
        for k in range(classes.shape[1]):
            face = classes[:, k]
            w = (self._gradient(logits, at, face) - own).flatten(1)
            f = (values.gather(1, face[:, None]) - values.gather(1, base[:, None]))[:, 0]
            # ‖·‖₂ is its own dual; the distance in L∞ is measured by ‖w‖₁.
            dual = w.norm(dim=1) if task.norm.name == "l2" else w.abs().sum(1)
            distance = (f.abs() + PAST) / dual.clamp_min(1e-12)
            along = task.norm.steepest(w) * distance[:, None]
            nearer = (distance < best) & (f.abs() < torch.inf)
            best = torch.where(nearer, distance, best)
            step = where(nearer, along.view(at.shape), step)
        # The overshoot is applied once, to the sum of the steps, not to each step.
        moved = into_box(task.x, state["delta"] + step)
        state["delta"].copy_(where(active, moved, state["delta"]))
        state["offered"].copy_(into_box(task.x, state["delta"] * (1 + settings.overshoot)))

    def _faces(self, task: Task, logits: Tensor) -> Tensor:
        """Classes (N, K) whose faces are measured."""
        if task.targets is not None:
            return task.targets[:, None]
        others = logits.scatter(1, task.labels[:, None], -torch.inf)
        return others.topk(min(CANDIDATES, logits.shape[1] - 1), 1).indices

    def _gradient(self, logits: Tensor, at: Tensor, classes: Tensor) -> Tensor:
        """∇ₓ (N, ...) of each sample's logit of its class, of `classes` (N,)."""
        with torch.enable_grad():
            chosen = logits.gather(1, classes[:, None]).sum()
        return torch.autograd.grad(chosen, at, retain_graph=True)[0]

    def delta(self, task: Task, state: State) -> Tensor:
        return state["offered"]
