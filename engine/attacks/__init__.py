"""Adversarial attacks, written here, all on the norms and projections of engine/attacks/norms.py.

An attack is a stepper (engine/attacks/base.py), so that a live run can take it step by step; `run`
carries it out on a whole batch. FGSM and PGD are in fgsm_pgd.py. batched_pgd.py is PGD against many
small networks at once, which training in the plane and its measurements use.
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
from engine.core.declare import InvalidValue, brief, offer

ATTACKS: dict[str, Attack] = {
    a.name: a for a in (FGSM(), Iterative(), PGD(), Momentum(), PlainSGD(), LBFGS(), CarliniWagner(), DeepFool())
}
SUCCESS = 1e6  # added to the objective of a successful image; no cross-entropy comes near it

__all__ = ["ATTACKS", "Attack", "Settings", "State", "Task", "find", "run"]


def find(name: str) -> Attack:
    """The attack called `name`. Raises InvalidValue."""
    if name not in ATTACKS:
        raise InvalidValue(f"there is no attack {brief(name)}: {offer(name, ATTACKS)}")
    return ATTACKS[name]


def run(attack: Attack | str, task: Task, settings: Settings, generator: torch.Generator | None = None) -> Tensor:
    """All steps of all tries: adversarial images (N, ...), inside the ball and inside [0, 1].

    attack: an Attack or its name. generator: of random starts; needed where the attack has them. Of
    several tries the strongest image of each sample is kept: a success before a failure, then the
    higher objective. Raises InvalidValue for an unknown name.
    """
    attack = find(attack) if isinstance(attack, str) else attack
    tries = attack.tries(settings)
    best = None
    for _ in range(tries):
        state = attack.start(task, settings, generator)
        for _ in range(attack.steps(settings)):
            attack.step(task, settings, state)
        image = attack.image(task, state)
        if tries == 1:
            return image
        score = strength(task, image)
        if best is None:
            best = image, score
        else:
            best = where(score > best[1], image, best[0]), torch.maximum(score, best[1])
    return best[0]


def strength(task: Task, image: Tensor) -> Tensor:
    """How good images (N, ...) are for the attacker, (N,): a success above every failure.

    The objective in nats, plus SUCCESS for a success.
    """
    with torch.no_grad():
        logits = task.model(image)
    objective = task.objective(logits)
    # In double precision, so that successes still differ by their objective.
    return objective.double() + SUCCESS * task.succeeded(logits)
