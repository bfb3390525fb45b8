"""Question: all that decides what the cells of an atlas are."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from engine.atlas.axis import Axis
from engine.atlas.cells import Cell
from engine.core.declare import InvalidValue, Knobs, Setup, offer
from engine.core.method import Method
from engine.core.registry import find

MOST_SEEDS = 20
MOST_STEPS = 100_000
METHODS = ("vat", "training", "gan", "aae")
# Folders and files whose code decides the numbers.
SOURCES = ("atlas", "attacks", "core", "data", "methods", "metrics", "nn", "runs/run.py", "runs/watch.py")


@dataclass(frozen=True)
class Question:
    """A grid of cells. method: its name. setup, knobs: values besides those of the axes. x, y: the
    axes; y is None for a line. seeds: those that each cell is trained with. steps: of each. kinds:
    the members to train where the method batches several; () for those that the axes concern.
    """

    method: str
    x: Axis
    y: Axis | None = None
    setup: Mapping[str, Any] = field(default_factory=dict)
    knobs: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = (0,)
    steps: int = 1000
    kinds: tuple[str, ...] = ()

    def checked(self) -> Question:
        """The same with its kinds decided. Raises InvalidValue for what cannot be asked."""
        method = self._method()
        if not 1 <= len(set(self.seeds)) == len(self.seeds) <= MOST_SEEDS:
            raise InvalidValue(f"{len(self.seeds)} seeds are not allowed: give 1 to {MOST_SEEDS} different ones")
        if not 0 <= self.steps <= MOST_STEPS:
            raise InvalidValue(f"steps = {self.steps} is not allowed: give 0 to {MOST_STEPS:,}")
        if self.y is not None and self.y.name == self.x.name:
            raise InvalidValue(f"{self.x.name} is on both axes: choose two different ones")
        for axis in self.axes:
            if axis.name in {**self.setup, **self.knobs}:
                raise InvalidValue(f"{axis.name} is on an axis, and has a value besides: leave one of the two out")
            axis.checked(method)
        kinds = _kinds(method)
        for kind in self.kinds:
            if kind not in kinds:
                raise InvalidValue(f"{self.method} has no member {kind!r}: {offer(kind, kinds)}")
        # Each once and in the method's order: they are part of the key.
        chosen = tuple(kind for kind in kinds if kind in self.kinds) or self._concerned(kinds)
        found = Question(**{**vars(self), "kinds": chosen})
        for cell in found.cells():
            found.made(cell)  # raises where values do not go together
        return found

    def _method(self) -> type[Method]:
        if self.method not in METHODS:
            raise InvalidValue(f"there is no atlas of {self.method!r}: {offer(self.method, METHODS)}")
        return find(self.method)

    def _concerned(self, kinds: tuple[str, ...]) -> tuple[str, ...]:
        """The members that all axes act on, or, where there are none such, those that any does."""
        method = self._method()
        sets = []
        for axis in self.axes:
            member = axis.declaration(method).member
            sets.append(set(method.shared.get(axis.name, (member,))) & set(kinds) or set(kinds))
        found = set.intersection(*sets) or set.union(*sets)
        return tuple(kind for kind in kinds if kind in found)

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The one axis or both."""
        return (self.x,) if self.y is None else (self.x, self.y)

    def cells(self) -> Iterator[Cell]:
        """All cells: every seed of a place before the next place, places row by row from low y."""
        method = self._method()
        ys: tuple[Any, ...] = (None,) if self.y is None else self.y.checked(method)
        for y in ys:
            for x in self.x.checked(method):
                for seed in self.seeds:
                    yield Cell(x, y, seed)

    def made(self, cell: Cell) -> tuple[Setup, Knobs]:
        """Set-up and knobs of a cell. Raises InvalidValue."""
        method = self._method()
        setup, knobs = dict(self.setup), dict(self.knobs)
        for axis, value in zip(self.axes, (cell.x, cell.y)):
            (setup if axis.name in method.Setup.declarations() else knobs)[axis.name] = value
        made = method.make_setup(setup)
        return made, method.make_knobs(made, knobs)

    def key(self, cell: Cell) -> str:
        """What the result of a cell depends on, as a digest: the same for the same cell of another
        grid, and another one where the code or torch has changed.
        """
        setup, knobs = self.made(cell)
        parts = [self.method, setup.to_dict(), knobs.to_dict(), cell.seed, self.steps, self.kinds]
        text = json.dumps([*parts, torch.__version__, _code()], sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _kinds(method: type[Method]) -> tuple[str, ...]:
    """The members of a method that has several in a batch."""
    return method.kinds if method.varied else ()


@functools.cache
def _code() -> str:
    """A digest of the code that decides the numbers."""
    root = Path(__file__).parents[1]
    found = hashlib.blake2b(digest_size=16)
    places = [path for name in SOURCES for path in (root / name, *(root / name).rglob("*.py"))]
    for path in sorted(path for path in places if path.is_file()):
        found.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return found.hexdigest()
