"""Errors of the training lab's shipped digit pairs on all 10,000 test digits.

`python -m tests.benchmarks.training.digits [NAME ...]`

Attacked at the ε they were trained at. Beside them what Goodfellow et al. 2014 (arXiv 1412.6572,
§6) report of maxout networks with α = .5 and ε = .25: clean .94 → .84, FGSM 89.4 → 17.9 %.
"""

from __future__ import annotations

import sys

import torch
from torch import nn

from engine import attacks
from engine.attacks import Settings, Task
from engine.core.shipped import open_shipped, shipped
from engine.core.streams import stream
from engine.data import mnist
from engine.methods.training.classifier_recipes import errors
from engine.methods.training.digit_networks import NAMES
from engine.methods.training.digits import TrainingDigits
from engine.runs.run import Run


def from_a_random_place(net: nn.Module, epsilon: float) -> float:
    """Error in per cent under PGD of 40 steps that starts at a random place of the ball."""
    how = Settings(steps=40, step_size=max(0.01, epsilon / 15), random_start=True)
    starts, wrong = stream(0, "starts"), 0
    x, y = mnist.images("test")[:].float() / 255, mnist.labels("test")
    for images, labels in zip(x.split(500), y.split(500)):
        at = attacks.run("pgd", Task(net, images, labels, epsilon=epsilon), how, starts)
        with torch.no_grad():
            wrong += int((net(at).argmax(1) != labels).sum())
    return 100 * wrong / len(y)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in sys.argv[1:] or [s.name for s in shipped(TrainingDigits.name)]:
        run = Run.restore(open_shipped(name))
        for kind in NAMES:
            net = getattr(run.method.pair, kind).requires_grad_(False)
            found = errors(net, run.knobs.epsilon) | {
                "pgd from a random place": from_a_random_place(net, run.knobs.epsilon)
            }
            print(
                f"{name}, ε = {run.knobs.epsilon}, {kind}: "
                + ", ".join(f"{attack} {error:.2f} %" for attack, error in found.items()),
                flush=True,
            )
