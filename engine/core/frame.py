"""What is looked at: a Frame of a run, an Answer to a question, a Phase of a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Frame:
    """What a run looks like after `step` steps. Taking it draws nothing and changes nothing.

    knobs: those that it was looked at under. metrics: name → float, without those that were not
    requested or are undefined. layers: name → small array to draw; shapes are in the docstring of
    the method's `layers`.
    """

    step: int
    knobs: Mapping[str, Any]
    metrics: Mapping[str, float] = field(default_factory=dict)
    layers: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """The result of a question or a measurement. numbers: JSON-ready. layers: name → array, uint8
    or float32.
    """

    numbers: Mapping[str, Any] = field(default_factory=dict)
    layers: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Phase:
    """A sub-step of a training step, just carried out. name: one of the method's `phases`."""

    name: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    layers: Mapping[str, np.ndarray] = field(default_factory=dict)
