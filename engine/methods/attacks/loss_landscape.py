"""The loss around an image: along the steepest direction, along a random one, over their plane."""

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

BATCH = 8  # images of a forward pass; small, so that progress is reported often
LINE = 41  # points of a line


def directions(task: Task, norm: str, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The steepest direction of L(·, y) at x and a random one, both (1, ...) and of norm 1.

    task: of one image. In L∞ all entries are ±1.
    """
    loss = replace(task, targets=None, difference=False)  # L(·, y), whatever the objective of the attack
    steepest = NORMS[norm].steepest(loss.gradient(task.x))
    draw = torch.randn(task.x.shape, generator=generator, dtype=task.x.dtype)
    return steepest, NORMS[norm].steepest(draw)


def loss_along_lines(
    task: Task,
    norm: str,
    generator: torch.Generator,
    values: Mapping[str, Any],
    epsilon: float,
    more: Mapping[str, Any],
) -> Answer:
    """L(x + a·s, y) and L(x + a·r, y) in nats at 41 values of a in [−reach, reach].

    s is the steepest direction, r a random one, drawn from `generator`. values: reach, as in
    `loss_over_plane`. Numbers: at (the a's), steepest, random, reach, and those of `more`. Raises
    InvalidValue.
    """
    reach = _reach(values, norm, epsilon)
    at = torch.linspace(-reach, reach, LINE, dtype=task.x.dtype)
    lines = torch.cat([task.x + at.view(-1, *[1] * (task.x.dim() - 1)) * d for d in directions(task, norm, generator)])
    with torch.no_grad():
        loss = -task.model(lines).log_softmax(1)[:, task.labels[0]]
    return Answer(
        {"at": at.tolist(), "steepest": loss[:LINE].tolist(), "random": loss[LINE:].tolist(), "reach": reach, **more}
    )


def loss_over_plane(
    task: Task, norm: str, generator: torch.Generator, values: Mapping[str, Any], epsilon: float
) -> Iterator[float | Answer]:
    """L(x + a·s + b·r, y) in nats for a, b over [−reach, reach]: shares done, then the Answer.

    s is the steepest direction, r a random one, drawn from `generator`. The images are not clamped
    to [0, 1]: what is shown is the loss. values: cells (along a side of the plane, 3 to 41, default
    15; odd, so that x itself is one), line (points of the two lines, 3 to 201, default 41), reach
    (pixel units, above 0 to 100; default 4ε, at least 8/255 in L∞ and 1 in L2).

    Numbers: at (the a's of the lines), steepest, random (the loss along each), reach, cells. Layer:
    plane, float32 (cells, cells), rows b from low to high. Raises InvalidValue.
    """
    cells = _whole(values, "cells", 15, 3, 41)
    count = _whole(values, "line", LINE, 3, 201)
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
