"""Robustness curves: error against ε over the test digits, for each classifier and attack."""

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
from engine.methods.attacks.stepwise import StepwiseAttack

BATCH = 50  # digits attacked at once
EPSILONS = {"linf": (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3), "l2": (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0)}
MEASURED = ("fgsm", "pgd", "ifgsm", "momentum")  # attacks that may be chosen


def robustness_curves(
    models: Mapping[str, Model], norm: Norm, settings: Settings, values: Mapping[str, Any], generator: torch.Generator
) -> Iterator[float | Answer]:
    """Per cent of test digits answered wrongly, for each model, attack and ε.

    values: models (names, default all), attacks (of MEASURED, default fgsm and pgd), epsilons
    (pixel units, at most 20 of them), count (of digits, evenly spread over the 10,000: 10 to
    10,000, default 200). The step size is that of `settings`, but at least 2.5·ε/steps, so that the
    steps reach every face of the ball from any start (Madry et al. 2017, arXiv 1706.06083, §5).

    Yields the share done, 0 to 1, after every step of an attack, and an Answer after every point of
    a curve, with what there is by then: models, attacks, epsilons, count, norm, errors = {model:
    {attack: [per cent for each ε]}}. Raises InvalidValue.
    """
    names, attacks, epsilons, count = _read(models, norm, values)
    rows = torch.arange(count) * 10_000 // count
    x, y = mnist.images("test")[rows].float() / 255, mnist.labels("test")[rows]
    points = [(m, a, e) for e in epsilons for m in names for a in attacks]
    cost = [_steps(a, settings) for _, a, _ in points]
    errors: dict[str, dict[str, list[float]]] = {m: {a: [] for a in attacks} for m in names}
    done, total = 0.0, float(sum(cost))
    for (m, a, epsilon), each in zip(points, cost):
        step_size = max(settings.step_size, 2.5 * epsilon / settings.steps)
        how = replace(settings, step_size=step_size, restarts=0)
        wrong = 0
        for images, labels in zip(x.split(BATCH), y.split(BATCH)):
            share = each * len(images) / count
            task = Task(models[m], images, labels, norm=norm, epsilon=epsilon)
            for part in _attack(task, a, how, generator):
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
    """Shares done, then which images are answered wrongly, (N,) bool."""
    stepwise = StepwiseAttack()
    steps = _steps(name, settings)
    for k in range(steps):
        stepwise.step(ATTACKS[name], task, settings, generator)
        yield (k + 1) / steps
    with torch.no_grad():
        yield task.succeeded(task.model(stepwise.image(task, settings)))


def _steps(name: str, settings: Settings) -> int:
    return ATTACKS[name].steps(settings)


def _read(
    models: Mapping[str, Model], norm: Norm, values: Mapping[str, Any]
) -> tuple[list[str], list[str], list[float], int]:
    """models, attacks, epsilons and count of `values`, checked."""
    names = values.get("models", list(models))
    attacks = values.get("attacks", ["fgsm", "pgd"])
    epsilons = values.get("epsilons", list(EPSILONS[norm.name]))
    count = values.get("count", 200)
    for key, given, known in (("models", names, models), ("attacks", attacks, MEASURED)):
        if not isinstance(given, list) or not given or any(g not in list(known) for g in given):
            raise InvalidValue(f"{key}: give a list of some of {', '.join(known)}")
    numbers = isinstance(epsilons, list) and all(
        isinstance(e, (int, float)) and not isinstance(e, bool) and 0 <= e <= 100 for e in epsilons
    )
    if not numbers or not 1 <= len(epsilons) <= 20:
        raise InvalidValue("epsilons: give a list of one to twenty radii in pixel units, from 0")
    if isinstance(count, bool) or not isinstance(count, int) or not 10 <= count <= 10_000:
        raise InvalidValue("count: give a whole number from 10 to 10000")
    return list(names), list(attacks), [float(e) for e in epsilons], count
