"""Method: the interface of every algorithm. engine/core/registry.py lists them by name.

tests/engine/core/test_contract.py checks every registered method: training in chunks of any size,
snapshot and restore, exact replay, that looking changes nothing, and that every knob has an effect.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch

from engine.core.declare import InvalidValue, Knobs, Setup
from engine.core.diverged import NotFinite, parts_not_finite
from engine.core.frame import Answer, Phase


class Method(ABC):
    """One algorithm. A concrete class sets the class variables and the five abstract functions, and
    no class is derived from it.

    Every random draw comes from a `stream` of the method's seed (engine/core/streams.py), and the
    state of every generator is in `state()`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    Setup: ClassVar[type[Setup]]
    Knobs: ClassVar[type[Knobs]]
    default_steps: ClassVar[int] = 1000
    batches: ClassVar[bool] = True  # whether several seeds can be one batched model
    # Knobs of which each member of a batched model may have its own value. Such a method has
    # `kinds` of members, of which `__init__` takes those to train, `step_each`, `metrics_each` and
    # `miniatures` (engine/atlas/training.py).
    varied: ClassVar[tuple[str, ...]] = ()
    kinds: Sequence[str] = ()
    shared: ClassVar[Mapping[str, tuple[str, ...]]] = {}  # knobs and fields that act on some of these kinds → those
    quick_metrics: ClassVar[tuple[str, ...]]  # groups cheap enough for every frame
    slow_metrics: ClassVar[tuple[str, ...]]  # groups looked at now and then
    slow_knobs: ClassVar[tuple[str, ...] | None] = None  # knobs that these depend on, None for all
    frame_layers: ClassVar[tuple[str, ...]]  # layers that follow the training; the first is always worth drawing
    scene_layers: ClassVar[tuple[str, ...]]  # layers that only set-up, seed and `scene_knobs` change
    scene_knobs: ClassVar[tuple[str, ...]] = ("points",)  # knobs that change the scene
    # Those of frame_layers that take too long for every frame → seconds between two looks.
    slow_layers: ClassVar[Mapping[str, float]] = {}
    # How long a run trains before the next frame, as a multiple of the time that the last one took.
    pace: ClassVar[float] = 1.0
    # So many threads of torch's speed up a step by more than a tenth, on a machine with nothing
    # else to do. A live run that is alone gets them; small steps are slower with more than one.
    threads: ClassVar[int] = 1
    questions: ClassVar[tuple[str, ...]] = ()  # questions that `ask` answers at once, between two steps
    measures: ClassVar[Mapping[str, str]] = {}  # numbers that take longer than a frame may → their titles
    # Groups of metrics that may be NaN though nothing has diverged → what is then written.
    undefined: ClassVar[Mapping[str, str]] = {}
    phases: ClassVar[tuple[str, ...]] = ()  # the sub-steps of a step, in order; () where there is no `phases_of`

    # For the contract tests alone.
    companions: ClassVar[Mapping[str, Mapping[str, Any]]] = {}  # knob → values of others without which it does nothing
    contract_setup: ClassVar[Mapping[str, Any]] = {}  # a set-up small enough to train there

    @abstractmethod
    def __init__(self, setup: Setup, seeds: Sequence[int]) -> None:
        """Build data and initial weights. Several seeds make one batched model, where `batches`."""

    @abstractmethod
    def step(self, knobs: Knobs, step: int) -> None:
        """One full training step; `step` counts those done before."""

    @abstractmethod
    def metrics(self, knobs: Knobs, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        """The current numbers, a dict for each seed. names: groups, which are the part of a
        metric's name before the dot; None for the published ones.
        """

    @classmethod
    def alike(cls, knobs: Knobs) -> tuple[Any, ...]:
        """What the knobs of all members of a batch must have in common: those not in `varied`."""
        return tuple(value for name, value in knobs.to_dict().items() if name not in cls.varied)

    def glance(self, knobs: Knobs, names: Sequence[str]) -> list[dict[str, float]]:
        """What `metrics` returns, perhaps on fewer points: for a run in motion, whose numbers are
        soon others. At rest, in reports and in files they are those of `metrics`.
        """
        return self.metrics(knobs, names)

    @abstractmethod
    def layers(self, knobs: Knobs, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Arrays to draw for the first seed."""

    @abstractmethod
    def state(self) -> dict[str, torch.Tensor]:
        """All that training needs to go on, beside set-up and knobs: weights, optimisers'
        moments, states of the generators.
        """

    @abstractmethod
    def load(self, state: Mapping[str, torch.Tensor]) -> None:
        """Go on from a `state()`. Raises KeyError or RuntimeError where it does not fit."""

    def not_finite(self, state: Mapping[str, torch.Tensor]) -> list[str]:
        """For each seed which parts of a `state()` are not finite, in words; "" where all is. A
        method that trains several seeds as one batch tells them apart.
        """
        return [parts_not_finite(state)]

    def blanked(self, metrics: Mapping[str, float], state: Mapping[str, torch.Tensor]) -> dict[str, float]:
        """Metrics of a run that has come into a `state()` that is not finite, NaN where they are
        made of what is not finite; by default all. Numbers of a network whose moments alone have
        overflown would be finite, but it no longer learns.
        """
        return dict.fromkeys(metrics, math.nan)

    def ask(self, knobs: Knobs, name: str, values: Mapping[str, Any]) -> Answer:
        """Answer one of `questions`, in a few milliseconds and without changing anything.

        Raises InvalidValue for a question that has no answer.
        """
        raise InvalidValue(f"{self.name} answers no question {name!r}")

    def measure(self, knobs: Knobs, name: str, values: Mapping[str, Any]) -> Iterator[float | Answer]:
        """Work out one of `measures`. Yields shares done (0 to 1) and partial Answers as they come,
        and the whole Answer last.

        Called on a copy of the run. Yield about every fifty milliseconds: only then do others get
        their turn, and only then can it be cancelled.
        """
        raise InvalidValue(f"{self.name} has no measurement {name!r}")

    def rests(self, knobs: Knobs) -> bool:
        """Whether further steps under these knobs change nothing; a live run then pauses."""
        return False

    def phases_of(self, knobs: Knobs, step: int) -> Iterator[Phase]:
        """Carry out one step exactly like `step`, pausing after each of `phases`."""
        raise InvalidValue(f"{self.name} cannot be walked through")

    def explain(self, knobs: Knobs, step: int) -> list[Phase]:
        """The phases of the step that comes next. The state is put back afterwards.

        Raises InvalidValue where that step has numbers that are not finite.
        """
        saved = {name: tensor.clone() for name, tensor in self.state().items()}
        try:
            return list(self.phases_of(knobs, step))
        except NotFinite as error:
            raise InvalidValue("The step that comes next diverges, so there is nothing to explain.") from error
        finally:
            self.load(saved)

    @classmethod
    def make_setup(cls, values: Mapping[str, Any]) -> Setup:
        """A set-up from explicit values; the others get defaults that suit these."""
        return cls.Setup.of(values)

    @classmethod
    def make_knobs(cls, setup: Setup, values: Mapping[str, Any] | None = None) -> Knobs:
        """Knobs from explicit values; the others get defaults that suit the set-up."""
        return cls.Knobs.of(values or {})
