"""Phased: a method whose step is carried out in phases, which can be looked at one by one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from engine.core.declare import Knobs
from engine.core.frame import Phase
from engine.core.method import Method

Look = Callable[[], tuple[Mapping[str, float], Mapping[str, np.ndarray]]]


class Phased(Method):
    """A method that defines `carry_out`. `step` and `phases_of` both follow from it, so that they
    do the same thing.
    """

    @abstractmethod
    def carry_out(self, knobs: Knobs, step: int) -> Iterator[tuple[str, Look]]:
        """Do one step. Yields after each phase its name (one of `phases`) and a function that gives
        its numbers and layers, which may be called before the next phase only.
        """

    def step(self, knobs: Knobs, step: int) -> None:
        for _ in self.carry_out(knobs, step):
            pass

    def phases_of(self, knobs: Knobs, step: int) -> Iterator[Phase]:
        for name, look in self.carry_out(knobs, step):
            yield Phase(name, *look())
