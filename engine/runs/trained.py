"""Trained: what a training gives that nobody watches, as a cell of a large work."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.core.diverged import Diverged, pictures
from engine.core.registry import find
from engine.runs.run import Run


@dataclass(frozen=True)
class Trained:
    """A run after its last step.

    metrics, diverged: of each seed. layers: small arrays by name, of the first seed. snapshot: of
    the run, in bytes, where it is wanted. step: where it ended, which is earlier where it diverged.
    """

    step: int
    metrics: list[dict[str, float]]
    diverged: tuple[Diverged | None, ...]
    layers: Mapping[str, Any]
    snapshot: bytes | None = None


def train(
    method: str,
    setup: Mapping[str, Any],
    seeds: Sequence[int],
    knobs: Mapping[str, Any],
    steps: int,
    names: Sequence[str] | None = None,
    layers: Sequence[str] = (),
    keep: bool = False,
) -> Generator[None, None, Trained]:
    """Train a run and look at it: a cell, as engine/runs/cells.py has it. It yields after every
    step. The result depends on the arguments alone, bit for bit on one machine.

    seeds: several for methods that train them as one batched model. names: groups of metrics, None
    for the published ones. layers: names of those to return. keep: whether to return a snapshot.
    Raises InvalidValue.
    """
    run = Run(method, find(method).make_setup(setup), seeds)
    turned = type(run.method).make_knobs(run.setup, knobs)
    for _ in range(steps):
        run.advance(turned)
        yield
        if run.stopped:  # where one of several diverges, the others go on
            break
    diverged = run.diverged()
    metrics = run.metrics(names, turned)
    found, _ = pictures(run.method, turned, tuple(layers)) if layers else ({}, ())
    return Trained(run.step, metrics, diverged, found, run.snapshot().to_bytes() if keep else None)
