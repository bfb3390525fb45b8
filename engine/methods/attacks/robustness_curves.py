"""Error against ε over the test digits: how far a classifier holds, attack by attack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from engine.attacks import ATTACKS, Settings
from engine.attacks.norms import Norm
from engine.attacks.task import Model, Task
from engine.core.declare import InvalidValue
from engine.core.frame import Answer
from engine.data import mnist
from engine.methods.attacks.stepwise import Course

BATCH = 50
EPSILONS = {"linf": (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3), "l2": (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0)}
MEASURED = ("fgsm", "pgd", "ifgsm", "momentum")


def curves(
    models: Mapping[str, Model], norm: Norm, settings: Settings, values: Mapping[str, Any], generator: torch.Generator
) -> Iterator[float | Answer]:
    """Per cent wrong of `count` test digits (evenly spread over the 10,000) for each model, attack
    and ε.

    values: models (names, default all), attacks (of MEASURED, default fgsm and pgd), epsilons
    (pixel units, at most 20), count (10 to 10,000, default 200). The step is the settings' one, but
    at least 2.5·ε/steps, so that it reaches every face from any start (Madry et al. 2017, §5).

    Yields the share done after every step of an attack, an Answer after every point: models,
    epsilons, count, errors = {model: {attack: [..]}}.
    """
    names, attacks, epsilons, count = _read(models, norm, values)
    rows = torch.arange(count) * 10_000 // count
    x, y = mnist.images("test")[rows].float() / 255, mnist.labels("test")[rows]
    points = [(m, a, e) for e in epsilons for m in names for a in attacks]
    cost = [_steps(a, settings) for _, a, _ in points]
    errors: dict[str, dict[str, list[float]]] = {m: {a: [] for a in attacks} for m in names}
    done, total = 0.0, float(sum(cost))
    for (m, a, epsilon), each in zip(points, cost):
        told = replace(settings, step_size=max(settings.step_size, 2.5 * epsilon / settings.steps), restarts=0)
        wrong = 0
        for images, labels in zip(x.split(BATCH), y.split(BATCH)):
            share = each * len(images) / count
            for part in _attack(Task(models[m], images, labels, norm=norm, epsilon=epsilon), a, told, generator):
                if isinstance(part, float):
                    yield min(0.999, (done + part * share) / total)
                else:
                    wrong += int(part.sum())
            done += share
        errors[m][a].append(100 * wrong / count)
        yield Answer(
            {
                "models": names,
                "attacks": attacks,
                "epsilons": epsilons,
                "count": count,
                "norm": norm.name,
                "errors": errors,
            }
        )


def _attack(task: Task, name: str, settings: Settings, generator: torch.Generator) -> Iterator[float | Tensor]:
    """Shares done, then which images are told wrongly, (N,) bool."""
    course, attack = Course(), ATTACKS[name]
    steps = _steps(name, settings)
    for k in range(steps):
        course.step(attack, task, settings, generator)
        yield (k + 1) / steps
    with torch.no_grad():
        yield task.succeeded(task.model(course.image(task, settings)))


def _steps(name: str, settings: Settings) -> int:
    return ATTACKS[name].steps(settings)


def _read(
    models: Mapping[str, Model], norm: Norm, values: Mapping[str, Any]
) -> tuple[list[str], list[str], list[float], int]:
    names, attacks = values.get("models", list(models)), values.get("attacks", ["fgsm", "pgd"])
    epsilons, count = values.get("epsilons", list(EPSILONS[norm.name])), values.get("count", 200)
    for key, given, known in (("models", names, models), ("attacks", attacks, MEASURED)):
        if not isinstance(given, list) or not given or any(g not in known for g in given):
            raise InvalidValue(f"{key}: give a list of some of {', '.join(known)}")
    numbers = isinstance(epsilons, list) and all(
        isinstance(e, (int, float)) and not isinstance(e, bool) and 0 <= e <= 100 for e in epsilons
    )
    if not numbers or not 1 <= len(epsilons) <= 20:
        raise InvalidValue("epsilons: give a list of one to twenty radii in pixel units, from 0")
    if isinstance(count, bool) or not isinstance(count, int) or not 10 <= count <= 10_000:
        raise InvalidValue("count: give a whole number from 10 to 10000")
    return list(names), list(attacks), [float(e) for e in epsilons], count
