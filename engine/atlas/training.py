"""Cells in training: many members of one batched model, or a run each where a method has none.

A batch of networks takes a seventh to a tenth of the time that they take one by one. What differs
between its members are knobs of `Method.varied`; cells that differ in anything else, such as the
size of the network, are batches of their own.

A cell of a batch has the same data, initial weights and random draws as the run that one trains
alone, and in float64 the same numbers but for rounding. In float32 the sums of a batch are rounded
otherwise, which training amplifies: the test errors of eight cells of VAT after 1,000 steps, in one
batch and each by itself, were 0.1 points (of per cent) apart in the median and 2.2 at most. What a
cache keeps is of the batch that it was trained in.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from engine.atlas.cells import Cell, Result
from engine.atlas.question import Question
from engine.core.declare import InvalidValue, Knobs, Setup
from engine.core.diverged import NotFinite
from engine.core.registry import find
from engine.runs.run import Run

FIRST = 4  # cells of the first batch, so that something is there to see at once
MOST = 32  # cells of a batch: more members no longer fit the processor's cache together
SIDE = 24  # cells along a side of a miniature


def batches(question: Question, cells: Sequence[Cell]) -> Iterator[list[Cell]]:
    """The cells in batches that `train` takes, small ones first."""
    method = find(question.method)
    groups: dict[Any, list[Cell]] = {}
    for cell in cells:
        setup, knobs = question.made(cell)
        groups.setdefault((setup, method.alike(knobs)) if method.varied else cell, []).append(cell)
    size = FIRST
    for group in groups.values():
        while group:
            batch, group = group[:size], group[size:]
            yield batch
            size = min(MOST, 2 * size)


def train(question: Question, cells: Sequence[Cell]) -> list[Result]:
    """Train the cells of one batch to the end."""
    made = [question.made(cell) for cell in cells]
    if find(question.method).varied:
        return _together(question, cells, made[0][0], [knobs for _, knobs in made])
    return [_alone(question, cell, *one) for cell, one in zip(cells, made)]


def _together(question: Question, cells: Sequence[Cell], setup: Setup, knobs: Sequence[Knobs]) -> list[Result]:
    method = find(question.method)(setup, [cell.seed for cell in cells], question.kinds)
    for step in range(question.steps):
        method.step_each(knobs, step)
    diverged = method.not_finite(method.state())
    with torch.no_grad():
        metrics = method.metrics_each(knobs)
        miniatures = method.miniatures(SIDE)
    return [
        Result(_finite(found), bad, {kind: pictures[i] for kind, pictures in miniatures.items()})
        for i, (found, bad) in enumerate(zip(metrics, diverged))
    ]


def _alone(question: Question, cell: Cell, setup: Setup, knobs: Knobs) -> Result:
    try:
        run = Run(question.method, setup, cell.seed)
    except InvalidValue:  # allowed values that these data do not suit
        return Result({}, "no run: these values do not suit the data")
    run.advance(knobs, question.steps)
    (diverged,) = run.diverged()
    try:
        (metrics,) = run.metrics(knobs=knobs)
    except NotFinite:
        metrics = {}
    return Result(_finite(metrics), diverged.what if diverged else "")


def _finite(metrics: dict[str, float]) -> dict[str, float]:
    return {name: value if math.isfinite(value) else math.nan for name, value in metrics.items()}
