"""Results of 50 data sets that were trained beforehand: assets/vat-repeat.json.

`python -m tests.benchmarks.vat.repeated` writes the file.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from engine.core.assets import ASSETS
from engine.core.declare import Knobs, Setup

ASSET = ASSETS / "vat-repeat.json"
COMMAND = "python -m tests.benchmarks.vat.repeated"
# How a run is measured or computed, which hardly changes its test error.
UNIMPORTANT = ("lds_epsilon", "precision")


@dataclass(frozen=True)
class ReadyMade:
    """One repetition. test_error: method → per cent, one for each of `seeds`."""

    setup: Mapping[str, Any]
    knobs: Mapping[str, Any]
    seeds: list[int]
    steps: int
    test_error: Mapping[str, list[float]]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@cache
def read() -> tuple[ReadyMade, ...]:
    """All of the file; the first one is of the page's default data set with its default knobs."""
    return tuple(ReadyMade(**table) for table in json.loads(ASSET.read_text(encoding="utf-8"))["tables"])


def find(setup: Setup, knobs: Knobs) -> ReadyMade | None:
    """The repetition with this set-up and these knobs, None where there is none."""
    return next((t for t in read() if _same(t.setup, setup) and _same(t.knobs, knobs)), None)


def _same(saved: Mapping[str, Any], now: Setup | Knobs) -> bool:
    values = json.loads(json.dumps(now.to_dict()))
    return all(saved.get(name) == value for name, value in values.items() if name not in UNIMPORTANT)


def typical_seed(table: ReadyMade) -> tuple[int, float, float]:
    """The seed on which random perturbation minus VAT, in points of test error, is nearest to the
    median over the table's seeds; that difference; and the median.
    """
    differences = [r - v for r, v in zip(table.test_error["random"], table.test_error["vat"])]
    median = statistics.median(differences)
    nearest = min(range(len(differences)), key=lambda i: abs(differences[i] - median))
    return table.seeds[nearest], differences[nearest], median


def first_seed() -> int:
    """The seed that the page opens on where its address has no parameter."""
    return typical_seed(read()[0])[0]
