"""Adversarial attacks, our own, all on one geometry (engine/attacks/norms.py): each a stepper for
live runs, and `run` for whole batches.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.attacks.base import Attack, Settings, State, where
from engine.attacks.carlini_wagner import CarliniWagner
from engine.attacks.deepfool import DeepFool
from engine.attacks.fgsm_pgd import FGSM, PGD, Iterative, Momentum, PlainSGD
from engine.attacks.lbfgs import LBFGS
from engine.attacks.task import Task
from engine.core.declare import InvalidValue

ATTACKS: dict[str, Attack] = {
    a.name: a for a in (FGSM(), Iterative(), PGD(), Momentum(), PlainSGD(), LBFGS(), CarliniWagner(), DeepFool())
}

__all__ = ["ATTACKS", "Attack", "Settings", "State", "Task", "find", "run"]


def find(name: str) -> Attack:
    """The attack called `name`. Raises InvalidValue."""
    if name not in ATTACKS:
        raise InvalidValue(f"there is no attack {name!r}: known are {', '.join(ATTACKS)}")
    return ATTACKS[name]


def run(attack: Attack | str, task: Task, settings: Settings, generator: torch.Generator | None = None) -> Tensor:
    """All steps of all tries: adversarial images (N, ...), inside the ball and inside [0, 1].

    Of several tries each image's strongest is kept: a success before none, then the higher
    objective. generator: of random starts; needed where the attack has them.
    """
    attack = find(attack) if isinstance(attack, str) else attack
    best, tries = None, attack.tries(settings)
    for _ in range(tries):
        state = attack.start(task, settings, generator)
        for _ in range(attack.steps(settings)):
            attack.step(task, settings, state)
        image = attack.image(task, state)
        if tries == 1:
            return image
        score = strength(task, image)
        best = (
            (image, score) if best is None else (where(score > best[1], image, best[0]), torch.maximum(score, best[1]))
        )
    return best[0]


def strength(task: Task, image: Tensor) -> Tensor:
    """How good an image is for the attacker, (N,): the objective, a success always above a failure."""
    with torch.no_grad():
        logits = task.model(image)
    objective = task.objective(logits)
    return objective.double() + 1e6 * task.succeeded(
        logits
    )  # in double, so that successes still differ by their objective
