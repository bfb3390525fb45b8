"""Cell: one run of an atlas. Result: what is kept of it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Cell:
    """x, y: the values on the axes; y is None on a line. seed: of the run."""

    x: float | int
    y: float | int | None
    seed: int


@dataclass(frozen=True)
class Result:
    """metrics: name → value, NaN where it is not finite. diverged: which part of the state is no
    longer finite, "" for none. miniatures: member (or layer) → a small picture, uint8 (side, side).
    """

    metrics: Mapping[str, float]
    diverged: str = ""
    miniatures: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Spread:
    """A metric over the seeds of a place, those where it is finite."""

    mean: float
    sd: float
    min: float
    max: float
    median: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        """None where no value is finite. sd: of the sample (n − 1), 0 of a single value."""
        found = [value for value in values if math.isfinite(value)]
        if not found:
            return None
        sd = statistics.stdev(found) if len(found) > 1 else 0.0
        return cls(statistics.fmean(found), sd, min(found), max(found), statistics.median(found))


def spreads(results: Sequence[Result]) -> dict[str, Spread | None]:
    """Each metric over the results of a place."""
    names = dict.fromkeys(name for result in results for name in result.metrics)
    return {name: Spread.of([r.metrics.get(name, math.nan) for r in results]) for name in names}
