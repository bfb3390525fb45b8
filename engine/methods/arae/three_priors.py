"""AE, AAE with a fixed prior, and ARAE on one clock: the same sentences, seed and first weights of
encoder and decoder, and no transfer.

Three runs of `arae` that differ in their prior alone (engine/methods/arae/arae.py). Metrics are
`name.ae`, `name.aae`, `name.arae`; layers are stacked in that order.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from engine.core.declare import Declared, InvalidValue, Knobs, brief
from engine.core.frame import Answer
from engine.core.method import Method
from engine.core.registry import register
from engine.core.snapshot import MEAN, OPTIMISER, Snapshot
from engine.methods.arae.arae import ARAE, ARAEKnobs, ARAESetup
from engine.methods.arae.sentence_run import SentenceSetup

MEMBERS = {"ae": "none", "aae": "gaussian", "arae": "learned"}
HEADS = (OPTIMISER, MEAN)
ALIKE = ("codes_class", "codes_tokens", "probe_in", "words")  # layers that are the same for all three


def _some(kind: type[Declared], base: type[Declared], name: str, without: Sequence[str], says: str) -> type[Declared]:
    """A record on `base` with the fields of `kind` that `base` has not, without some."""
    mine = base.declarations()
    fields = [
        (n, Any, dataclasses.field(default=d.default, metadata={"declaration": d}))
        for n, d in kind.declarations().items()
        if n not in mine and n not in without
    ]
    out = dataclasses.make_dataclass(name, fields, bases=(base,), frozen=True, namespace={"__doc__": says})
    out.__module__ = __name__
    return out


ThreeSetup = _some(ARAESetup, SentenceSetup, "ThreeSetup", ("prior", "transfer"), "What the three are made of.")
ThreeKnobs = _some(ARAEKnobs, Knobs, "ThreeKnobs", ("lam2", "rate_u"), "One set of knobs for the three.")


@register
class ARAEThree(Method):
    """The three runs; `ask` takes `member`, one of ae, aae, arae."""

    name, title = "arae-three", "Autoencoder, fixed prior and learned prior side by side"
    Setup, Knobs = ThreeSetup, ThreeKnobs
    default_steps, batches = ARAE.default_steps, False
    quick_metrics, slow_metrics = (
        tuple(n for n in ARAE.quick_metrics if n != "loss_u"),
        ("token_accuracy", "grammatical"),
    )
    frame_layers = tuple(n for n in ARAE.frame_layers if n != "probe_to")
    scene_layers, scene_knobs, slow_layers = (
        ARAE.scene_layers,
        (),
        {n: 3 * t for n, t in ARAE.slow_layers.items() if n != "probe_to"},
    )
    questions = ("encode", "interpolate", "sample", "walk")
    companions = ARAE.companions
    contract_setup = {n: v for n, v in ARAE.contract_setup.items() if n != "transfer"}

    def __init__(self, setup: Any, seeds: Sequence[int]) -> None:
        self.setup, self.seeds = setup, seeds
        self.three = {m: ARAE(member_setup(setup, m), seeds) for m in MEMBERS}
        self._knobs: tuple[Any, ARAEKnobs] | None = None

    @classmethod
    def make_setup(cls, values: Mapping[str, Any]) -> Any:
        given = ARAE.make_setup({n: v for n, v in values.items() if n in ARAESetup.declarations()}).to_dict()
        return ThreeSetup.of({n: given[n] for n in ThreeSetup.declarations()} | dict(values))

    def of(self, knobs: Any) -> ARAEKnobs:
        """The knobs as each of the three takes them; kept until they change."""
        if self._knobs is None or self._knobs[0] != knobs:
            self._knobs = knobs, ARAEKnobs.of(knobs.to_dict())
        return self._knobs[1]

    def step(self, knobs: Any, step: int) -> None:
        for method in self.three.values():
            method.step(self.of(knobs), step)

    def metrics(self, knobs: Any, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        names = self.quick_metrics + self.slow_metrics if names is None else names
        found = {m: method.metrics(self.of(knobs), names)[0] for m, method in self.three.items()}
        return [{f"{n}.{m}": v for m, values in found.items() for n, v in values.items()}]

    def layers(self, knobs: Any, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Those of `arae` with a leading axis of three, in the order of MEMBERS; what is the same
        for all comes once.
        """
        first, *others = (
            method.layers(self.of(knobs), [n for n in names if m == "ae" or n not in ALIKE])
            for m, method in self.three.items()
        )
        return {n: v if n in ALIKE else np.stack([v, *(o[n] for o in others)]) for n, v in first.items()}

    def ask(self, knobs: Any, name: str, values: Mapping[str, Any]) -> Answer:
        member = values.get("member", "arae")
        if name not in self.questions or member not in MEMBERS:
            raise InvalidValue(
                f"there is no question {brief(name)} to {brief(member)}: ask {', '.join(self.questions)} of "
                f"{', '.join(MEMBERS)}"
            )
        return self.three[member].ask(self.of(knobs), name, {n: v for n, v in values.items() if n != "member"})

    def state(self) -> dict[str, Tensor]:
        return {_key(k, m): v for m, method in self.three.items() for k, v in method.state().items()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        for m, method in self.three.items():
            method.load({_bare(k, m): v for k, v in state.items() if _bare(k, m) is not None})


def member_setup(setup: Any, member: str) -> ARAESetup:
    """The set-up of one of the three."""
    return ARAESetup.of({**setup.to_dict(), "prior": MEMBERS[member], "transfer": False})


def combined(snapshots: Mapping[str, Snapshot]) -> Snapshot:
    """One snapshot of three runs of `arae`, member → snapshot, of one set-up and seed but for the
    prior and after as many steps; its knobs are those of `arae`. Raises InvalidValue.
    """
    last = snapshots["arae"]
    setup = ThreeSetup.of({n: v for n, v in last.setup.items() if n in ThreeSetup.declarations()})
    for m in MEMBERS:
        if ARAESetup.of(snapshots[m].setup) != member_setup(setup, m) or snapshots[m].seeds != last.seeds:
            raise InvalidValue(f"the run of {m} is of another set-up or seed than that of arae")
        if snapshots[m].step != last.step:
            raise InvalidValue(
                f"the run of {m} took {snapshots[m].step} steps, that of arae {last.step}: give three after as many"
            )
    knobs = {n: v for n, v in last.knobs.items() if n in ThreeKnobs.declarations()}
    state = {_key(k, m): v for m in MEMBERS for k, v in snapshots[m].state.items()}
    step = last.step
    return dataclasses.replace(
        last, method=ARAEThree.name, setup=setup.to_dict(), knobs=knobs, state=state, log=((step, knobs),)
    )


def _key(key: str, member: str) -> str:
    # A first word by which a slim snapshot knows what it leaves out stays the first.
    head = next((h for h in HEADS if key.startswith(h)), "")
    return f"{head}{member}.{key.removeprefix(head)}"


def _bare(key: str, member: str) -> str | None:
    """A member's own name of a key, None for another member's."""
    head = next((h for h in HEADS if key.startswith(h)), "")
    rest = key.removeprefix(head)
    return head + rest.removeprefix(f"{member}.") if rest.startswith(f"{member}.") else None
