"""Registry: the methods that exist, by name. A plain dict that `register` fills and `find` reads.

The methods register themselves when `engine.methods` is imported, as `engine/runs/run.py` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from engine.core.declare import InvalidValue, Knobs, Setup, brief, offer
from engine.core.method import Method
from engine.core.snapshot import OPTIMISER, InvalidSnapshot, Snapshot

METHODS: dict[str, type[Method]] = {}


class UnknownMethod(ValueError):
    """There is no method of that name. The message lists those that exist."""


def register(method: type[Method]) -> type[Method]:
    """Class decorator: pages, command line and contract tests find the method by its name."""
    METHODS[method.name] = method
    return method


def methods() -> dict[str, type[Method]]:
    """Name → class of every method."""
    return dict(METHODS)


def find(name: str) -> type[Method]:
    """The method called `name`. Raises UnknownMethod."""
    if name not in METHODS:
        raise UnknownMethod(f"there is no method {brief(name)}: {offer(name, METHODS)}")
    return METHODS[name]


def build(kind: type[Method], setup: Setup, seeds: tuple[int, ...]) -> Method:
    """A new method. Raises InvalidValue for several seeds where `kind` trains one at a time."""
    if len(seeds) > 1 and not kind.batches:
        raise InvalidValue(f"{kind.name} trains one seed a run, not {len(seeds)}")
    return kind(setup, seeds)


def restore(snapshot: Snapshot) -> tuple[Method, Setup, Knobs]:
    """The method of a snapshot in the snapshot's state, its set-up and its knobs.

    Raises InvalidSnapshot where they do not fit this version.
    """
    try:
        kind = find(snapshot.method)
        setup = kind.Setup.of(snapshot.setup)
        _check_log(kind, snapshot)
        method = build(kind, setup, tuple(snapshot.seeds))
        # A shipped snapshot leaves out the optimiser's moments, which then start at zero, and
        # keeps weights in half precision.
        new = method.state()
        missing = {k: v for k, v in new.items() if k.startswith(OPTIMISER) and k not in snapshot.state}
        given = {k: v.to(new[k].dtype) if v.is_floating_point() and k in new else v for k, v in snapshot.state.items()}
        method.load({**given, **missing})
        _check_state(method.state(), snapshot.state)
        return method, setup, kind.Knobs.of(snapshot.knobs)
    except (UnknownMethod, InvalidValue, InvalidSnapshot) as error:
        raise InvalidSnapshot(f"This snapshot does not fit this version of Saddle: {error}") from error
    except Exception as error:  # tensors of a stranger's file may raise anything where they are loaded
        raise InvalidSnapshot(
            "This snapshot does not fit this version of Saddle: its tensors are not those of its set-up."
        ) from error


def _check_state(loaded: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> None:
    """Raise InvalidSnapshot where a method has not taken up all tensors of a snapshot as they are:
    it has none of that name, or one of another shape or type. Half precision stands for single.
    """
    foreign = [name for name in given if name not in loaded]
    if foreign:
        raise InvalidSnapshot(f"its set-up makes no tensor {brief(foreign[0])}")
    for name, x in given.items():
        own = loaded[name]
        types = {own.dtype, torch.half} if own.dtype is torch.float32 else {own.dtype}
        if x.shape != own.shape or x.dtype not in types:
            is_, must = (f"{str(t.dtype).removeprefix('torch.')} {tuple(t.shape)}" for t in (x, own))
            raise InvalidSnapshot(f"its tensor {brief(name)} is {is_}, and its set-up makes {must}")
        if not torch.equal(_bits(x.to(own.dtype)), _bits(own)):
            raise InvalidSnapshot(f"its tensor {brief(name)} holds what no run comes to")


def _bits(x: Tensor) -> Tensor:
    """Its bytes, in which NaN equals NaN."""
    return x.detach().contiguous().reshape(-1).view(torch.uint8)


def _check_log(kind: type[Method], snapshot: Snapshot) -> None:
    """Raise InvalidValue or InvalidSnapshot where the knob log cannot be replayed."""
    if kind.Knobs.declarations() and not snapshot.knobs:
        raise InvalidSnapshot("it has no knobs")
    if snapshot.step and not snapshot.log:
        raise InvalidSnapshot(f"its knob log is empty after {snapshot.step} steps")
    last = 0
    knobs: Knobs | None = None
    for step, changes in snapshot.log:
        if not last <= step <= snapshot.step:
            raise InvalidSnapshot("the steps of its knob log are not in order")
        last = step
        knobs = kind.Knobs.of(changes) if knobs is None else knobs.with_values(changes)
    # A log begins with all knobs, but for those that a later version has added.
    if knobs and any(getattr(knobs, name) != value for name, value in _not_begun_with(kind, snapshot).items()):
        raise InvalidSnapshot("its knob log does not begin with all its knobs")


def _not_begun_with(kind: type[Method], snapshot: Snapshot) -> dict[str, Any]:
    """The knobs of a snapshot that the first entry of its log leaves out."""
    values = kind.Knobs.of(snapshot.knobs).to_dict()
    return {name: values[name] for name in snapshot.knobs if name not in snapshot.log[0][1]}
