"""Side by side: several methods as one method, all on one clock.

`SideBySide` is the mechanism: each member is a method of its own that takes every step under its
share of the knobs. engine/methods/arae/three_priors.py builds on it, and so does `twice` here,
which makes two runs of one method: the same set-up, seed, data and initial weights, but knobs of
their own.
"""

from __future__ import annotations

import dataclasses
import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from torch import Tensor

from engine.core.declare import Declaration, Knobs, Setup, make_record
from engine.core.diverged import parts_not_finite
from engine.core.method import Method
from engine.core.registry import register
from engine.core.snapshot import MEAN, OPTIMISER

SUFFIX = "_b"  # of the second run's knobs and layers
HEADS = (OPTIMISER, MEAN)


class SideBySide(Method):
    """Several methods under one name. A subclass decides by `split` which knobs each member takes,
    and by `layers` what is drawn of them.
    """

    batches = False

    def __init__(self, members: Mapping[str, Method]) -> None:
        """members: name → method, in the order in which they take a step."""
        self.members = dict(members)
        self._split_of: tuple[Knobs, dict[str, Knobs]] | None = None

    @abstractmethod
    def split(self, knobs: Knobs) -> dict[str, Knobs]:
        """Member → its own knobs."""

    def knobs_of(self, knobs: Knobs) -> dict[str, Knobs]:
        """The result of `split`, kept until the knobs change, since making records takes time."""
        if self._split_of is None or self._split_of[0] != knobs:
            self._split_of = knobs, self.split(knobs)
        return self._split_of[1]

    def step(self, knobs: Knobs, step: int) -> None:
        own = self.knobs_of(knobs)
        for member, method in self.members.items():
            method.step(own[member], step)

    def metrics(self, knobs: Knobs, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        """The members' metrics, `name.member`, one member after the other."""
        own = self.knobs_of(knobs)
        found = {member: method.metrics(own[member], names)[0] for member, method in self.members.items()}
        return [{f"{name}.{member}": value for member, values in found.items() for name, value in values.items()}]

    def blanked(self, metrics: Mapping[str, float], state: Mapping[str, Tensor]) -> dict[str, float]:
        """NaN for the members that have diverged."""
        bad = {m for m in self.members if parts_not_finite(_of_member(state, m))}
        return {name: math.nan if name.rpartition(".")[2] in bad else value for name, value in metrics.items()}

    def state(self) -> dict[str, Tensor]:
        return {
            member_key(key, member): tensor
            for member, method in self.members.items()
            for key, tensor in method.state().items()
        }

    def load(self, state: Mapping[str, Tensor]) -> None:
        for member, method in self.members.items():
            method.load(_of_member(state, member))


def member_key(key: str, member: str) -> str:
    """The name among all members' tensors of a member's tensor `key`: `member.key`.

    "optimiser." and "mean." stay first, because by them Snapshot.slim knows what to leave out.
    """
    head = _head(key)
    return f"{head}{member}.{key.removeprefix(head)}"


def _of_member(state: Mapping[str, Tensor], member: str) -> dict[str, Tensor]:
    """A member's own state among all members' tensors."""
    own = {_own_key(key, member): tensor for key, tensor in state.items()}
    own.pop(None, None)
    return own


def _own_key(key: str, member: str) -> str | None:
    """The inverse of `member_key`; None for a tensor of another member."""
    head = _head(key)
    rest = key.removeprefix(head)
    return head + rest.removeprefix(f"{member}.") if rest.startswith(f"{member}.") else None


def _head(key: str) -> str:
    return next((head for head in HEADS if key.startswith(head)), "")


class Twice(SideBySide):
    """Two runs of one method, the members "a" and "b"; `twice` makes the subclasses.

    Metrics are `name.a` and `name.b`. Layers keep their names for the first run and have the suffix
    _b for the second.
    """

    kind: ClassVar[type[Method]]
    shared: ClassVar[tuple[str, ...]]  # knobs that are one for both
    differing: ClassVar[Mapping[str, Any]]  # knobs of the second run that differ by default

    def __init__(self, setup: Setup, seeds: Sequence[int]) -> None:
        self.setup = setup
        super().__init__({"a": self.kind(setup, seeds), "b": self.kind(setup, seeds)})

    @classmethod
    def make_setup(cls, values: Mapping[str, Any]) -> Setup:
        return cls.kind.make_setup(values)

    @classmethod
    def make_knobs(cls, setup: Setup, values: Mapping[str, Any] | None = None) -> Knobs:
        first = cls.kind.make_knobs(setup).to_dict()
        second = {_second_name(n, cls.shared): v for n, v in first.items()}
        return cls.Knobs.of({**first, **second, **cls.differing, **(values or {})})

    def split(self, knobs: Knobs) -> dict[str, Knobs]:
        values = knobs.to_dict()
        names = self.kind.Knobs.declarations()
        return {
            "a": self.kind.Knobs.of({n: values[n] for n in names}),
            "b": self.kind.Knobs.of({n: values[_second_name(n, self.shared)] for n in names}),
        }

    def metrics(self, knobs: Knobs, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        """Those of the two runs, `name.a` beside `name.b`."""
        (found,) = super().metrics(knobs, names)
        bare = dict.fromkeys(name.rpartition(".")[0] for name in found)
        both = (f"{name}.{member}" for name in bare for member in self.members)
        return [{name: found[name] for name in both if name in found}]

    def layers(self, knobs: Knobs, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Those of the two runs; the second's have the suffix."""
        own = self.knobs_of(knobs)
        first = [n for n in names if n in self.kind.frame_layers + self.kind.scene_layers]
        second = [n.removesuffix(SUFFIX) for n in names if n not in first]
        layers = self.members["a"].layers(own["a"], first)
        return {**layers, **{f"{n}{SUFFIX}": v for n, v in self.members["b"].layers(own["b"], second).items()}}


def twice(
    kind: type[Method], name: str, title: str, shared: Sequence[str] = (), defaults: Mapping[str, Any] | None = None
) -> type[Method]:
    """A registered method called `name` that trains two runs of `kind`, a method of one seed a run.

    The second run's knobs have the suffix _b, except those in `shared`, which are one for both.
    defaults: knobs of the second run that differ by default, such as {"loss_b": "minimax"}.
    """
    ends = ("", SUFFIX)
    attributes = {
        "__doc__": f"Two runs of {kind.name} side by side.",
        "__module__": kind.__module__,
        "kind": kind,
        "shared": tuple(shared),
        "differing": dict(defaults or {}),
        "name": name,
        "title": title,
        "Setup": kind.Setup,
        "Knobs": _knobs_twice(kind.Knobs, shared),
        "default_steps": kind.default_steps,
        "quick_metrics": kind.quick_metrics,
        "slow_metrics": kind.slow_metrics,
        "slow_knobs": _slow_knobs_twice(kind.slow_knobs, shared),
        "threads": kind.threads,
        "frame_layers": tuple(f"{layer}{end}" for end in ends for layer in kind.frame_layers),
        "scene_layers": kind.scene_layers,
        "slow_layers": {f"{layer}{end}": every for layer, every in kind.slow_layers.items() for end in ends},
        "scene_knobs": tuple(k for k in kind.scene_knobs if k in shared),
        "companions": _companions_twice(kind.companions, shared),
        "contract_setup": kind.contract_setup,
    }
    return register(type(f"{kind.__name__}Pair", (Twice,), attributes))


def _slow_knobs_twice(names: Sequence[str] | None, shared: Sequence[str]) -> tuple[str, ...] | None:
    """Those of both runs."""
    return None if names is None else tuple(dict.fromkeys((*names, *(_second_name(n, shared) for n in names))))


def _second_name(name: str, shared: Sequence[str]) -> str:
    """The name of the second run's knob."""
    return name if name in shared else f"{name}{SUFFIX}"


def _knobs_twice(kind: type[Knobs], shared: Sequence[str]) -> type[Knobs]:
    """The knobs of `kind`, and once more with the suffix those that are not shared."""
    second = {f"{n}{SUFFIX}": _second(d, shared) for n, d in kind.declarations().items() if n not in shared}
    doc = f"{kind.__name__} for two runs; the second's end in {SUFFIX}."
    return make_record(f"{kind.__name__}Pair", kind, second, doc, kind.__module__)  # error messages show the name


def _second(declaration: Declaration, shared: Sequence[str]) -> Declaration:
    """A declaration as the second run has it."""

    def renamed(condition: tuple[Any, ...]) -> tuple[Any, ...]:
        return (_second_name(condition[0], shared), condition[1]) if condition else ()

    return dataclasses.replace(
        declaration,
        when=renamed(declaration.when),
        unless=renamed(declaration.unless),
        help=f"{declaration.help} (second run)",
    )


def _companions_twice(companions: Mapping[str, Mapping[str, Any]], shared: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The companions of both runs' knobs."""
    out = {name: dict(values) for name, values in companions.items()}
    for name, values in companions.items():
        out[_second_name(name, shared)] = {_second_name(n, shared): v for n, v in values.items()}
    return out
