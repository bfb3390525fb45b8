"""Pair: two runs of one method on one clock, with the same set-up, seed, data and initial weights
but knobs of their own.

`pair(GAN, ...)` makes a method of its own. The second run's knobs carry the suffix _b; those named
in `shared` are one for both. Metrics become `name.a` and `name.b`; layers keep their names for the
first run and carry _b for the second.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from engine.core.declare import Declaration, Knobs
from engine.core.method import Method
from engine.core.registry import register

SUFFIX = "_b"


def pair(
    kind: type[Method], name: str, title: str, shared: Sequence[str] = (), suits: Mapping[str, Any] | None = None
) -> type[Method]:
    """A registered method called `name` that trains two of `kind` (a method of one seed a run).
    suits: knobs that differ by default, such as {"loss_b": "minimax"}.
    """
    knobs, changes = _doubled(kind.Knobs, shared), dict(suits or {})

    def twice(names: Sequence[str]) -> tuple[str, ...]:
        return (*names, *(f"{n}{SUFFIX}" for n in names))

    class Pair(Method):
        __doc__ = f"Two runs of {kind.name} side by side."

        Setup, Knobs = kind.Setup, knobs
        default_steps, batches = kind.default_steps, False
        quick_metrics, slow_metrics = kind.quick_metrics, kind.slow_metrics
        frame_layers, scene_layers = twice(kind.frame_layers), kind.scene_layers
        slow_layers = {f"{layer}{end}": every for layer, every in kind.slow_layers.items() for end in ("", SUFFIX)}
        scene_knobs = tuple(k for k in kind.scene_knobs if k in shared)
        companions = _companions(kind, shared)
        contract_setup = kind.contract_setup

        def __init__(self, setup: Any, seeds: Sequence[int]) -> None:
            self.setup, self.two = setup, (kind(setup, seeds), kind(setup, seeds))
            self._split_of: tuple[Any, tuple[Any, Any]] | None = None

        @classmethod
        def make_setup(cls, values: Mapping[str, Any]) -> Any:
            return kind.make_setup(values)

        @classmethod
        def make_knobs(cls, setup: Any, values: Mapping[str, Any] | None = None) -> Any:
            usual = kind.make_knobs(setup).to_dict()
            second = {f"{n}{SUFFIX}": v for n, v in usual.items() if n not in shared}
            return knobs.of({**usual, **second, **changes, **(values or {})})

        def split(self, both: Any) -> tuple[Any, Any]:
            """The knobs of the first run and of the second; kept until they change."""
            if self._split_of is None or self._split_of[0] != both:
                given = both.to_dict()
                names = kind.Knobs.declarations()
                first = kind.Knobs.of({n: given[n] for n in names})
                second = kind.Knobs.of({n: given[n if n in shared else f"{n}{SUFFIX}"] for n in names})
                self._split_of = both, (first, second)
            return self._split_of[1]

        def step(self, both: Any, step: int) -> None:
            for method, mine in zip(self.two, self.split(both)):
                method.step(mine, step)

        def metrics(self, both: Any, names: Sequence[str] | None = None) -> list[dict[str, float]]:
            """Those of the two methods, `name.a` and `name.b`."""
            (a,), (b,) = (method.metrics(mine, names) for method, mine in zip(self.two, self.split(both)))
            return [{f"{n}.{end}": found[n] for n in {**a, **b} for end, found in (("a", a), ("b", b)) if n in found}]

        def layers(self, both: Any, names: Sequence[str]) -> dict[str, np.ndarray]:
            """Those of the two methods; the second's carry the suffix."""
            first, second = self.split(both)
            mine = [n for n in names if n in kind.frame_layers + kind.scene_layers]
            theirs = [n.removesuffix(SUFFIX) for n in names if n not in mine]
            return {
                **self.two[0].layers(first, mine),
                **{f"{n}{SUFFIX}": v for n, v in self.two[1].layers(second, theirs).items()},
            }

        def state(self) -> dict[str, Tensor]:
            # An optimiser's tensors keep their first word, by which a slim snapshot leaves them
            # out.
            return {_key(k, end): v for end, method in zip("ab", self.two) for k, v in method.state().items()}

        def load(self, state: Mapping[str, Tensor]) -> None:
            for end, method in zip("ab", self.two):
                method.load({k: state[_key(k, end)] for k in method.state()})

    Pair.__name__ = Pair.__qualname__ = f"{kind.__name__}Pair"
    Pair.name, Pair.title = name, title
    return register(Pair)


def _key(key: str, end: str) -> str:
    head = "optimiser."
    return f"{head}{end}.{key[len(head) :]}" if key.startswith(head) else f"{end}.{key}"


def _doubled(kind: type[Knobs], shared: Sequence[str]) -> type[Knobs]:
    """The knobs of `kind`, and once more with the suffix those that are not shared."""
    fields = [
        (f"{name}{SUFFIX}", Any, dataclasses.field(default=d.default, metadata={"declaration": _second(d, shared)}))
        for name, d in kind.declarations().items()
        if name not in shared
    ]
    out = dataclasses.make_dataclass(f"{kind.__name__}Pair", fields, bases=(kind,), frozen=True)
    out.__doc__ = f"{kind.__name__} for two runs; the second's end in {SUFFIX}."
    return out


def _second(d: Declaration, shared: Sequence[str]) -> Declaration:
    """A declaration as the second run has it."""

    def under(condition: tuple[Any, ...]) -> tuple[Any, ...]:
        return (
            (condition[0] if condition[0] in shared else f"{condition[0]}{SUFFIX}", condition[1]) if condition else ()
        )

    return dataclasses.replace(d, when=under(d.when), unless=under(d.unless), help=f"{d.help} (second run)")


def _companions(kind: type[Method], shared: Sequence[str]) -> dict[str, dict[str, Any]]:
    out = {}
    for end in ("", SUFFIX):
        for name, values in kind.companions.items():
            out[name if name in shared else f"{name}{end}"] = {
                n if n in shared else f"{n}{end}": v for n, v in values.items()
            }
    return out
