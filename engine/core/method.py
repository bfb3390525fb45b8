"""Method: the contract every algorithm keeps, which engine/core/registry.py lists by name.

tests/engine/core/test_contract.py holds every registered method to it: chunk invariance, snapshot
and restore, purity of looking, exact replay, and every knob changing the course of a run.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch

from engine.core.declare import InvalidValue, Knobs, Setup
from engine.core.frame import Answer, Phase


class Method(ABC):
    """One algorithm. A concrete class sets the class variables and the five functions below, and is
    final.

    Every random draw comes from a `stream` of the method's seed, and every generator's state is in
    `state()`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    Setup: ClassVar[type[Setup]]
    Knobs: ClassVar[type[Knobs]]
    default_steps: ClassVar[int] = 1000
    batches: ClassVar[bool] = True  # whether several seeds can be one batched model
    quick_metrics: ClassVar[tuple[str, ...]]  # groups cheap enough for every frame
    slow_metrics: ClassVar[tuple[str, ...]]  # groups looked at now and then
    frame_layers: ClassVar[tuple[str, ...]]  # layers that follow the training; the first is always worth drawing
    scene_layers: ClassVar[tuple[str, ...]]  # layers that only set-up, seed and hand-placed points change

    slow_layers: ClassVar[
        Mapping[str, float]
    ] = {}  # those of frame_layers that cost too much for every frame → seconds between two
    pace: ClassVar[float] = (
        1.0  # how much time training must have had, in costs of the last frame, before the next frame comes
    )
    scene_knobs: ClassVar[tuple[str, ...]] = ("points",)  # knobs that change the scene
    questions: ClassVar[tuple[str, ...]] = ()  # questions answered at once, between two steps
    measures: ClassVar[Mapping[str, str]] = {}  # numbers that take longer than a frame may → their titles
    phases: ClassVar[tuple[str, ...]] = ()  # the sub-steps of a step, in order; none where `walk` is not offered

    # For the contract tests: knobs that act only together with others (name → values of those), and
    # a set-up small enough to train there.
    companions: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    contract_setup: ClassVar[Mapping[str, Any]] = {}

    @abstractmethod
    def __init__(self, setup: Setup, seeds: Sequence[int]) -> None:
        """Build data and initial weights. Several seeds make one batched model where the method
        can.
        """

    @abstractmethod
    def step(self, knobs: Knobs, step: int) -> None:
        """One full training step; `step` counts those done before."""

    @abstractmethod
    def metrics(self, knobs: Knobs, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        """The current numbers, a dict a seed. `names` are groups, the part before the dot; None
        means the published ones.
        """

    @abstractmethod
    def layers(self, knobs: Knobs, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Arrays to draw for the first seed."""

    @abstractmethod
    def state(self) -> dict[str, torch.Tensor]:
        """Everything training needs to go on, beside set-up and knobs: weights, optimiser,
        generators.
        """

    @abstractmethod
    def load(self, state: Mapping[str, torch.Tensor]) -> None:
        """Take up a `state()`. Raises KeyError or RuntimeError where it does not fit the set-up."""

    def ask(self, knobs: Knobs, name: str, values: Mapping[str, Any]) -> Answer:
        """Answer one of `asks`, in a few milliseconds and without changing anything. Raises
        InvalidValue for a question that has no answer.
        """
        raise InvalidValue(f"{self.name} answers no question {name!r}")

    def measure(self, knobs: Knobs, name: str, values: Mapping[str, Any]) -> Iterator[float | Answer]:
        """Work out one of `measures`: shares done (0 to 1) and partial Answers as they come, the
        whole Answer last.

        Runs on a copy of the run; a share every fifty milliseconds or so keeps it fair to others
        and quick to cancel.
        """
        raise InvalidValue(f"{self.name} has no measurement {name!r}")

    def rests(self, knobs: Knobs) -> bool:
        """Whether further steps under these knobs change nothing; a live run then pauses by itself."""
        return False

    def phases_of(self, knobs: Knobs, step: int) -> Iterator[Phase]:
        """Carry out one step exactly like `step`, pausing after each of `phases`."""
        raise InvalidValue(f"{self.name} cannot be walked through")

    def explain(self, knobs: Knobs, step: int) -> list[Phase]:
        """The phases of the step that comes next. The state is put back, so that looking changes
        nothing.
        """
        saved = {name: tensor.clone() for name, tensor in self.state().items()}
        try:
            return list(self.phases_of(knobs, step))
        finally:
            self.load(saved)

    @classmethod
    def make_setup(cls, values: Mapping[str, Any]) -> Setup:
        """A set-up from explicit values, the rest at what suits them."""
        return cls.Setup.of(values)

    @classmethod
    def make_knobs(cls, setup: Setup, values: Mapping[str, Any] | None = None) -> Knobs:
        """Knobs from explicit values, the rest at what suits the set-up."""
        return cls.Knobs.of(values or {})
