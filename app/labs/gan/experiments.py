"""Experiments with GANs in the plane that reliably show something, read from experiments.toml.

An experiment is a preset of one game. It can also be a preset of two games side by side, one under
its knobs and one under its cure as well. `python -m tests.benchmarks.presets gan` checks what they
say; the results are in tests/benchmarks/PRESETS.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from app.page import words
from app.page.markdown import WordsError, known
from app.page.words import Preset
from engine.core.side_by_side import SUFFIX

# Fields of the file's tables, those that must be there and those that may, with their types.
EXPERIMENT = (
    {"name": str, "title": str, "description": str, "setup": dict, "steps": int},
    {"knobs": dict, "cure": dict},
)
PAIR = ({"experiment": str, "title": str, "description": str}, {})


@dataclass(frozen=True)
class Experiment:
    """An experiment, under the fields of the file.

    knobs: to start with. cure: knobs to turn then, or to compare with.
    steps: until the effect shows, under the knobs and again under the cure. place: file and line.
    """

    name: str
    title: str
    description: str
    place: str
    setup: Mapping[str, Any] = field(default_factory=dict)
    knobs: Mapping[str, Any] = field(default_factory=dict)
    cure: Mapping[str, Any] = field(default_factory=dict)
    steps: int = 3000


def _read() -> Mapping[str, list[dict[str, Any]]]:
    path = words.LABS / "gan" / "experiments.toml"
    return words.read_tables(path, {"experiment": EXPERIMENT, "pair": PAIR}).by_heading


def experiments() -> dict[str, Experiment]:
    """The experiments by name."""
    return {record["name"]: Experiment(**record) for record in _read()["experiment"]}


def _link(tab: str, *values: Mapping[str, Any]) -> str:
    """The query of a link that opens the tab with these set-up fields and knobs."""
    merged = {name: value for part in values for name, value in part.items()}
    return "?" + urlencode({"tab": tab, **merged})


def alone() -> tuple[Preset, ...]:
    """The presets of one game."""
    return tuple(
        Preset(e.title, _link("plane", e.setup, e.knobs), e.description, e.name, e.steps, e.place)
        for e in experiments().values()
    )


def pairs() -> tuple[Preset, ...]:
    """The presets of two games: the first under an experiment's knobs, the second with its cure."""
    found = experiments()
    return tuple(_pair(found, **record) for record in _read()["pair"])


def _pair(found: Mapping[str, Experiment], experiment: str, title: str, description: str, place: str) -> Preset:
    if experiment not in found:
        raise WordsError(f"{place}: there is no experiment {experiment!r}: {known(found)}")
    e = found[experiment]
    first = {"loss": "ns", **e.knobs}
    second = {f"{name}{SUFFIX}": value for name, value in {**first, **e.cure}.items()}
    return Preset(title, _link("pair", e.setup, first, second), description, place=place)
