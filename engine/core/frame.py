"""What is looked at: a Frame of a run, an Answer to a question, a Phase of a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Frame:
    """What a run looks like after `step` steps. Taking it draws nothing and changes nothing.

    knobs: those the last step was computed under. metrics: name → float, missing where not asked
    for or undefined. layers: name → small array to draw, see the method's docstring for shapes.
    """

    step: int
    knobs: Mapping[str, Any]
    metrics: Mapping[str, float] = field(default_factory=dict)
    layers: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What came of a question or a measurement. numbers: JSON-ready. layers: name → array, uint8 or
    float32.
    """

    numbers: Mapping[str, Any] = field(default_factory=dict)
    layers: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Phase:
    """One sub-step of a training step, as it was just carried out. name: one of the method's
    `phases`.
    """

    name: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    layers: Mapping[str, np.ndarray] = field(default_factory=dict)
