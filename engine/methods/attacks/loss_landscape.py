"""The loss around an image: along the direction an attack takes, along a random one, and over the
plane of both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.attacks.norms import NORMS
from engine.attacks.task import Task
from engine.core.declare import InvalidValue
from engine.core.frame import Answer

BATCH = 8  # images a forward pass, so that progress is told often


def directions(task: Task, norm: str, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The steepest direction of the loss at x and a random one, both (1, ...) of norm 1 (in L∞: all
    entries ±1).
    """
    loss = replace(task, targets=None, difference=False)  # what is drawn is L(·, y), whatever the attack wants
    steepest = NORMS[norm].steepest(loss.gradient(task.x))
    draw = torch.randn(task.x.shape, generator=generator, dtype=task.x.dtype)
    return steepest, NORMS[norm].steepest(draw)


def line_slice(
    task: Task,
    norm: str,
    generator: torch.Generator,
    values: Mapping[str, Any],
    epsilon: float,
    more: Mapping[str, Any],
) -> Answer:
    """L(x + a·s, y) and L(x + a·r, y) in nats at 41 values of a in [−reach, reach], all at once;
    numbers: at, steepest, random, reach, and `more`.
    """
    reach = _reach(values, norm, epsilon)
    at = torch.linspace(-reach, reach, 41, dtype=task.x.dtype)
    lines = torch.cat([task.x + at.view(-1, *[1] * (task.x.dim() - 1)) * d for d in directions(task, norm, generator)])
    with torch.no_grad():
        loss = -task.model(lines).log_softmax(1)[:, task.labels[0]]
    return Answer(
        {"at": at.tolist(), "steepest": loss[:41].tolist(), "random": loss[41:].tolist(), "reach": reach, **more}
    )


def plane_slice(
    task: Task, norm: str, generator: torch.Generator, values: Mapping[str, Any], epsilon: float
) -> Iterator[float | Answer]:
    """Work out L(x + a·s + b·r, y) in nats for a, b over [−reach, reach]: s steepest, r random. The
    image is not clamped to the box, as the picture is of the loss. values: cells (a side of the
    plane, 3 to 41, default 15; odd, so that x itself is one), line (points of the two lines,
    default 41), reach (pixel units, default 4ε or 8/255).

    Numbers: at (the a's of the lines), steepest, random (the loss along each), reach, cells. Layer:
    plane float32 (cells, cells), rows b from low to high.
    """
    cells, count = (
        _whole(values, key, default, 3, 201 if key == "line" else 41) for key, default in (("cells", 15), ("line", 41))
    )
    reach = _reach(values, norm, epsilon)
    s, r = directions(task, norm, generator)
    at = torch.linspace(-reach, reach, count, dtype=task.x.dtype)
    side = torch.linspace(-reach, reach, cells, dtype=task.x.dtype)
    b, a = torch.meshgrid(side, side, indexing="ij")
    zero = torch.zeros_like(at)
    along = torch.cat([torch.stack([at, zero], 1), torch.stack([zero, at], 1), torch.stack([a, b], -1).view(-1, 2)])
    losses = []
    for part in along.split(BATCH):
        shape = (-1, *[1] * (task.x.dim() - 1))
        with torch.no_grad():
            logits = task.model(task.x + part[:, 0].view(shape) * s + part[:, 1].view(shape) * r)
        losses.append(-logits.log_softmax(1)[:, task.labels[0]])
        yield min(0.999, sum(map(len, losses)) / len(along))
    loss = torch.cat(losses)
    yield Answer(
        {
            "at": at.tolist(),
            "steepest": loss[:count].tolist(),
            "random": loss[count : 2 * count].tolist(),
            "reach": float(reach),
            "cells": cells,
        },
        {"plane": loss[2 * count :].view(cells, cells).float().numpy().astype(np.float32)},
    )


def _whole(values: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    value = values.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidValue(f"{name}: give a whole number from {low} to {high}")
    return value


def _reach(values: Mapping[str, Any], norm: str, epsilon: float) -> float:
    reach = values.get("reach", max(4 * epsilon, 8 / 255 if norm == "linf" else 1.0))
    if isinstance(reach, bool) or not isinstance(reach, (int, float)) or not 0 < reach <= 100:
        raise InvalidValue("reach: give a distance in pixel units above 0 and at most 100")
    return float(reach)
