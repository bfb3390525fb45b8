"""Watch: whether a run's state is still finite, and the step at which it no longer was.

A look at the whole state takes about as long as copying it, so it comes only so often that it takes
a share SHARE of the time. The copy of the last finite state is kept, on disk. Where a later one is
not finite, the steps in between are done again one by one, so that the step found does not depend
on when was looked, nor on how many steps were done at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from torch import Tensor

from engine.core.diverged import Diverged
from engine.core.method import Method
from engine.core.stored import stored

# Of the time of training. In 500 pairs of training with looks and without they took 0.8 ± 0.3 % of
# the time on VAT, 0.3 ± 0.2 % on GAN and 0.5 ± 0.2 % on Training, caches included.
SHARE = 0.002
LONGEST = 2.0  # seconds between two looks at most: so much may have to be done again
State = Mapping[str, Tensor]


class Watch:
    """The watch over one method in training.

    found: for each seed where it diverged, None where it has not. A run of one seed ends there; of
    several seeds the others go on.
    """

    def __init__(self, method: Method, seeds: int) -> None:
        self.found: list[Diverged | None] = [None] * seeds
        self._method = method
        self._kept: tuple[int, State] | None = None  # step and state when last looked at
        self._due = 0.0  # when to look next (time.perf_counter)

    @property
    def ended(self) -> bool:
        """Whether there is nothing left to train."""
        return None not in self.found

    @property
    def due(self) -> bool:
        """Whether it is time to look again."""
        return time.perf_counter() >= self._due

    @property
    def begun(self) -> bool:
        """Whether the state has been looked at once, so that there is one to go back to."""
        return self._kept is not None

    def looked_at(self, step: int) -> bool:
        """Whether the state after this step has been looked at."""
        return self._kept is not None and self._kept[0] == step

    def look(self, step: int, redo: Callable[[int], None], after_failure: bool = False) -> int:
        """Look at the state after `step` steps. Returns the step that the method is at afterwards,
        which is an earlier one where the run ends: the last with a finite state.

        redo: does one step again, given the steps done before. after_failure: the step after these
        has failed halfway, so that all since the last look is done again in any case.
        """
        start = time.perf_counter()
        state = self._method.state()
        broken = self._method.not_finite(state)
        if after_failure or any(what and not found for what, found in zip(broken, self.found)):
            step = self._find(step, broken, redo)
        else:
            self._kept = step, stored(state)
        now = time.perf_counter()
        self._due = now + min((now - start) / SHARE, LONGEST)
        return step

    def _find(self, step: int, broken: Sequence[str], redo: Callable[[int], None]) -> int:
        """Find where the seeds diverged that are `broken` after `step` steps."""
        if self._kept is None:  # it was not finite to begin with
            self._note(step, broken)
            return step
        at, state = self._kept
        self._method.load(state)
        while at < step:
            before = state
            redo(at)
            at += 1
            state = self._method.state()
            self._note(at, self._method.not_finite(state))
            if self.ended and len(self.found) == 1:
                self._method.load(before)
                at, state = at - 1, before
                break
        self._kept = at, state
        return at

    def _note(self, step: int, broken: Sequence[str]) -> None:
        for seed, what in enumerate(broken):
            if what and not self.found[seed]:
                self.found[seed] = Diverged(step, what)
