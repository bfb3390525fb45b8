"""Method: the contract every algorithm keeps, and the registry of those that exist.

tests/test_contract.py holds every registered method to it: chunk invariance, snapshot and restore, purity of looking, exact
replay, and every knob changing the course of a run.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch

from engine.declare import Knobs, Setup


class UnknownMethod(ValueError):
    """No method has that name; the message lists those that exist."""


class Method(ABC):
    """One algorithm. A concrete class sets the class variables and the five functions below, and is final.

    Every random draw comes from a `stream` of the method's seed, and every generator's state is in `state()`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    Setup: ClassVar[type[Setup]]
    Knobs: ClassVar[type[Knobs]]
    default_steps: ClassVar[int] = 1000
    quick_metrics: ClassVar[tuple[str, ...]]  # groups cheap enough for every frame
    slow_metrics: ClassVar[tuple[str, ...]]  # groups looked at now and then
    frame_layers: ClassVar[tuple[str, ...]]  # layers that follow the training; the first is always worth drawing
    scene_layers: ClassVar[tuple[str, ...]]  # layers that only set-up, seed and hand-placed points change

    # Knobs that act only together with others: name → values of those, for the test that every knob acts.
    companions: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    @abstractmethod
    def __init__(self, setup: Setup, seeds: Sequence[int]) -> None:
        """Build data and initial weights. Several seeds make one batched model where the method can."""

    @abstractmethod
    def step(self, knobs: Knobs, step: int) -> None:
        """One full training step; `step` counts those done before."""

    @abstractmethod
    def metrics(self, knobs: Knobs, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        """The current numbers, a dict a seed. `names` are groups, the part before the dot; None means the published ones."""

    @abstractmethod
    def layers(self, knobs: Knobs, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Arrays to draw for the first seed."""

    @abstractmethod
    def state(self) -> dict[str, torch.Tensor]:
        """Everything training needs to go on, beside set-up and knobs: weights, optimiser, generators."""

    @abstractmethod
    def load(self, state: Mapping[str, torch.Tensor]) -> None:
        """Take up a `state()`. Raises KeyError or RuntimeError where it does not fit the set-up."""

    @classmethod
    def make_setup(cls, values: Mapping[str, Any]) -> Setup:
        """A set-up from explicit values, the rest at what suits them."""
        return cls.Setup.of(values)

    @classmethod
    def make_knobs(cls, setup: Setup, values: Mapping[str, Any] | None = None) -> Knobs:
        """Knobs from explicit values, the rest at what suits the set-up."""
        return cls.Knobs.of(values or {})


_METHODS: dict[str, type[Method]] = {}


def register(method: type[Method]) -> type[Method]:
    """Class decorator: make a method known by its name to pages, command line and contract tests."""
    _METHODS[method.name] = method
    return method


def methods() -> dict[str, type[Method]]:
    """Name → class of every method."""
    import engine.methods  # noqa: F401  (importing registers them)

    return dict(_METHODS)


def find(name: str) -> type[Method]:
    """The method called `name`. Raises UnknownMethod."""
    known = methods()
    if name not in known:
        raise UnknownMethod(f"there is no method {name!r}: known are {', '.join(known)}")
    return known[name]
