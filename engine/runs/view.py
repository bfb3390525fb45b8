"""View: a frame with what a watcher needs to place it, and Looker, who is shown such views."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.core.diverged import Diverged
from engine.core.frame import Frame


@dataclass(frozen=True)
class View:
    """A frame with what the watcher needs to place it.

    generation: counts resets, so that frames of an earlier life can be recognised.
    steps_per_second: measured over the last 64 steps. compute: seconds that taking this frame took.
    scene: layers that stay the same until they are sent again. failure: why the run stopped by
    itself. diverged: that it has diverged, and the frame is of the last finite state. left_out:
    layers that are not finite though the state is. advice: what to do in both cases, in a sentence.
    """

    frame: Frame
    seed: int
    generation: int
    playing: bool
    speed: int
    steps_per_second: float
    compute: float
    scene: Mapping[str, Any] | None = None
    failure: str | None = None
    diverged: Diverged | None = None
    left_out: tuple[str, ...] = ()
    advice: str = ""


def merged(before: View | None, after: View) -> View:
    """`after` with what it lacks of `before`: metrics and layers that some looks leave out, and the
    scene. Nothing is taken over from another life of the run.
    """
    if before is None or before.generation != after.generation:
        return after
    layers = {k: v for k, v in {**before.frame.layers, **after.frame.layers}.items() if k not in after.left_out}
    metrics = {**before.frame.metrics, **after.frame.metrics}
    scene = before.scene if after.scene is None else after.scene
    return replace(after, frame=replace(after.frame, layers=layers, metrics=metrics), scene=scene)


class Looker:
    """Somebody who is shown a run. What was looked at for another one meanwhile is kept for them,
    because a look at slow metrics or layers is not taken twice.
    """

    def __init__(self, offer: Callable[[View], None] | None = None) -> None:
        """offer: takes a view each time one was wanted; None for nobody."""
        self.offer = offer
        self.wanted = False
        self.hidden = False
        self._missed: View | None = None

    @property
    def there(self) -> bool:
        """Whether somebody receives views."""
        return self.offer is not None

    @property
    def sees(self) -> bool:
        """Whether somebody can see them."""
        return self.there and not self.hidden

    @property
    def waits(self) -> bool:
        """Whether a view is wanted."""
        return self.wanted and self.there

    def take(self, view: View) -> None:
        """A look has been taken, for this one or another."""
        if not self.there:
            return
        self._missed = merged(self._missed, view)
        self.catch_up()

    def catch_up(self) -> None:
        """Give what was missed, where a view is wanted."""
        view, offer = self._missed, self.offer
        if view is None or offer is None or not self.wanted:
            return
        self.wanted = False
        self._missed = None
        offer(view)
