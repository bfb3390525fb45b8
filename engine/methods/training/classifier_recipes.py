"""Training of the digit classifiers that ship: standard, or against PGD from a random start.

Robust optimisation (Madry et al. 2017, arXiv 1706.06083, eq. 2.1) trains on the worst image of the
ball found by a few steps: θ ← θ − (η/|B|) Σ ∇_θ L(h_θ(x + δ*), y), by Danskin's theorem. With one
step it is "fast" adversarial training (Wong, Rice, Kolter 2020, arXiv 2001.03994).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from engine.attacks import Settings, Task, run
from engine.attacks.norms import LInf
from engine.core.diverged import Diverged, NotFinite, finite, parts_not_finite
from engine.core.parallel import in_parallel
from engine.core.streams import stream
from engine.data import mnist
from engine.nn.digit_classifiers import NETS, build, initialise

BATCH = 100


@dataclass(frozen=True)
class Recipe:
    """How a classifier is trained.

    epochs: passes over the 60,000 digits. rate: the highest learning rate. plain: SGD without
    momentum at `rate`, a tenth of it after 40 % of the steps, as in Kolter and Madry's tutorial
    (adversarial-ml-tutorial.org), whose CNN is easily attacked; else Adam, whose rate rises over
    10 % of the steps and falls linearly to 0. steps: of the attack, 0 for none. step_size: of the
    attack, pixel units. rise: epochs over which ε rises to its value. short: forward and backward
    in bfloat16, which is twice as fast on processors that support it.
    """

    epochs: int
    rate: float
    plain: bool = False
    steps: int = 0
    step_size: float = 0.0
    rise: float = 0.0
    short: bool = False


RECIPES = {
    "linear": Recipe(10, 0.1, plain=True),
    "dnn2": Recipe(10, 0.1, plain=True),
    "dnn4": Recipe(10, 0.1, plain=True),
    "cnn": Recipe(4, 1e-3, short=True),
    # One step of 2ε from any start reaches the worst corner of the ball of a linear model.
    "linear-robust": Recipe(10, 1e-3, steps=1, step_size=0.2),
    "dnn2-robust": Recipe(8, 2e-3, steps=4, step_size=0.04),
    "dnn4-robust": Recipe(8, 2e-3, steps=4, step_size=0.04),
    "cnn-robust": Recipe(3, 2e-3, steps=2, step_size=0.075, rise=1, short=True),
    "cnn-robust-3": Recipe(5, 2e-3, steps=3, step_size=0.14, rise=2, short=True),
}


class TrainingDiverged(NotFinite):
    """The loss is no longer finite. diverged: since when."""

    def __init__(self, diverged: Diverged) -> None:
        super().__init__(str(diverged))
        self.diverged = diverged


def train(name: str, seed: int = 0) -> Iterator[tuple[float, float, nn.Module]]:
    """Train NETS[name] by its recipe.

    Yields (share done, mean loss of the last 100 batches in nats, the net) after every 100 batches.
    Raises KeyError for an unknown name and TrainingDiverged where the loss is no longer finite.
    """
    architecture, epsilon, _ = NETS[name]
    recipe = RECIPES[name]
    norm = LInf()
    x = mnist.images("train")
    y = mnist.labels("train")
    net = build(architecture).to(memory_format=torch.channels_last)
    initialise(net, stream(seed, "weights"))
    order = stream(seed, "order")
    starts = stream(seed, "starts")
    batches = len(x) // BATCH
    total = recipe.epochs * batches
    optimiser = (
        torch.optim.SGD(net.parameters(), recipe.rate)
        if recipe.plain
        else torch.optim.Adam(net.parameters(), recipe.rate)
    )

    def logits(at: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=recipe.short):
            return net(at).float()

    losses = []
    for step in range(total):
        if step % batches == 0:
            shuffled = torch.randperm(len(x), generator=order)
        rows = shuffled[step % batches * BATCH :][:BATCH]
        clean, label = x[rows].float() / 255, y[rows]
        radius = epsilon * min(1.0, (step + 1) / (recipe.rise * batches)) if recipe.rise else epsilon
        delta = norm.random(clean, radius, starts) if recipe.steps else torch.zeros_like(clean)
        net.requires_grad_(False)
        for _ in range(recipe.steps):
            gradient = Task(logits, (clean + delta).clamp(0, 1), label).gradient(clean + delta)
            step_size = recipe.step_size * radius / max(epsilon, 1e-9)
            norm.projected_step(clean, delta, norm.steepest(gradient), step_size, radius)
        net.requires_grad_(True)
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * _share(recipe, step / total)
        loss = cross_entropy(logits(clean + delta), label)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        if not math.isfinite(losses[-1]):
            raise TrainingDiverged(Diverged(step, "loss"))
        if (step + 1) % 100 == 0 or step + 1 == total:
            if bad := parts_not_finite(net.state_dict()):
                raise TrainingDiverged(Diverged(step + 1, bad))
        if (step + 1) % 100 == 0:
            yield (step + 1) / total, sum(losses) / len(losses), net
            losses.clear()


def errors(net: nn.Module, epsilon: float, count: int = 10_000) -> dict[str, float]:
    """Error in per cent on the first `count` test digits: clean, fgsm and pgd, at ε (pixel units).

    NaN where an answer is not finite: argmax would name a digit all the same. PGD takes 40 steps
    of .01 (of ε/15 for large ε) from the image itself.
    """
    settings = Settings(steps=40, step_size=max(0.01, epsilon / 15), random_start=False)
    net = copy.deepcopy(net).to(memory_format=torch.channels_last)  # takes a third less time on a processor
    net.requires_grad_(False)
    x, y = mnist.images("test")[:count], mnist.labels("test")[:count]

    def wrong(piece: tuple[Tensor, Tensor]) -> dict[str, float]:
        images, labels = piece[0].float() / 255, piece[1]
        task = Task(net, images, labels, epsilon=epsilon)
        found = {}
        for name in ("clean", "fgsm", "pgd"):
            at = images if name == "clean" else run(name, task, settings)
            with torch.no_grad():
                logits = net(at)
            found[name] = int((logits.argmax(1) != labels).sum()) if finite(logits) else math.nan
        return found

    each = list(in_parallel(wrong, zip(x.split(100), y.split(100))))
    return {name: 100 * sum(one[name] for one in each) / count for name in each[0]}


def _share(recipe: Recipe, done: float) -> float:
    """The learning rate as a share of its highest, after the share `done` of the steps."""
    if recipe.plain:
        return 1.0 if done < 0.4 else 0.1
    return min(done / 0.1, 1.0, (1 - done) / 0.9)
