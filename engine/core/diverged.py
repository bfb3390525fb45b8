"""Diverged: a run whose numbers are no longer finite, and what may still be shown of it.

A step too large makes weights grow until they overflow. What is computed from them is then NaN,
every comparison with NaN is false, and a picture or an accuracy made of such numbers looks like one
of a run that is well. So nothing is made of them: `drawable` refuses, `pictures` leaves out, and
engine/runs/watch.py finds the step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from engine.core.declare import InvalidValue, Knobs
from engine.core.snapshot import OPTIMISER

MOMENTS = (OPTIMISER, "momentum.")  # the names of an optimiser's tensors begin with one of these
FEW = 3  # parts and knobs named in a sentence
RATES = ("learning_rate", "lr_", "rate")  # learning rates are called like this


class Drawn(Protocol):
    """A method as far as `pictures` knows it."""

    def layers(self, knobs: Knobs, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Arrays to draw."""


class NotFinite(InvalidValue):
    """What was to be shown is made of numbers that are not finite."""


@dataclass(frozen=True)
class Diverged:
    """step: steps done when the state of the run was first not finite. what: which part of it, such
    as "weights of d".
    """

    step: int
    what: str

    def to_json(self) -> dict[str, Any]:
        """As reports and frames have it."""
        return {"step": self.step, "what": self.what}

    def __str__(self) -> str:
        return f"diverged at step {self.step}: {self.what} no longer finite"


def rates(knobs: type[Knobs]) -> list[str]:
    """Names of the learning rates among the knobs."""
    return [name for name in knobs.declarations() if name.startswith(RATES)]


def advice(diverged: Diverged | None, knobs: type[Knobs]) -> str:
    """What a page says of a run that has diverged: the step, and which knobs to lower. None: its
    state is still finite, and not all that was to be shown of it.
    """
    declared = knobs.declarations()
    names = [f"the {declared[n].label or n} ({declared[n].symbol or n})" for n in rates(knobs)]
    lower = f"lower {' or '.join(names)}, or " if 0 < len(names) <= FEW else "lower the learning rates, or "
    what = str(diverged).capitalize() if diverged else "Some numbers of this run are not finite, and are left out"
    return f"{what}. To go on, {lower if names else ''}go back on the timeline."


def odd_metrics(metrics: Mapping[str, float], undefined: Collection[str]) -> list[str]:
    """Names of metrics that are not finite, without those of the groups `undefined`, which may be
    missing now and then.
    """
    return [n for n, v in metrics.items() if not math.isfinite(v) and n.split(".")[0] not in undefined]


def finite(x: Tensor) -> bool:
    """Whether all of x is finite. A sum is finite only then, and takes a pass without a copy."""
    return math.isfinite(float(x.detach().sum())) or bool(x.isfinite().all())


def parts_not_finite(state: Mapping[str, Tensor]) -> str:
    """Which parts of a method's state() are not finite, in words; "" where all is finite."""
    names = [name for name, x in state.items() if x.is_floating_point() and x.numel() and not finite(x)]
    return in_words(list(dict.fromkeys(_part(name) for name in names)))


def in_words(parts: Sequence[str]) -> str:
    """Parts as a list in words, shortened."""
    more = len(parts) - FEW
    return ", ".join(parts[:FEW]) + (f" and {more} more" if more > 0 else "")


def _part(name: str) -> str:
    """ "optimiser.d.square" is "moments of d", "encoder.0.weight" is "weights of encoder"."""
    head = next((head for head in MOMENTS if name.startswith(head)), "")
    *owner, last = [word for word in name.removeprefix(head).split(".") if not word.isdigit()]
    return f"{'moments' if head else 'weights'} of {'.'.join(owner)}" if owner else last


def drawable(x: Tensor) -> Tensor:
    """x itself. Raises NotFinite where some of it is not finite and so cannot be drawn."""
    if not finite(x):
        raise NotFinite("this has diverged: the numbers behind it are not finite")
    return x


def or_nan(work: Callable[[], float]) -> float:
    """The number that `work` gives, NaN where what it counts is not finite."""
    try:
        return work()
    except NotFinite:
        return math.nan


def pictures(method: Drawn, knobs: Knobs, names: Sequence[str]) -> tuple[dict[str, np.ndarray], bool]:
    """The layers of a method that are made of finite numbers alone, and whether that is all."""
    try:
        layers = method.layers(knobs, names)
    except NotFinite:
        layers = {}
        for name in names:
            try:
                layers |= method.layers(knobs, (name,))
            except NotFinite:
                pass
    good = {name: a for name, a in layers.items() if a.dtype.kind != "f" or np.isfinite(a.sum()) or _all_finite(a)}
    return good, len(good) == len(names)


def _all_finite(array: np.ndarray) -> bool:
    return bool(torch.from_numpy(np.ascontiguousarray(array)).isfinite().all())
