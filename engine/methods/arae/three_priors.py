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

from engine.core.declare import Declared, InvalidValue, Knobs, brief, make_record
from engine.core.frame import Answer
from engine.core.registry import register
from engine.core.side_by_side import SideBySide, member_key
from engine.core.snapshot import Snapshot
from engine.methods.arae.arae import ARAE, ARAEKnobs, ARAESetup
from engine.methods.arae.sentence_run import SentenceSetup

MEMBERS = {"ae": "none", "aae": "gaussian", "arae": "learned"}  # member → its prior
ALIKE = ("codes_class", "codes_tokens", "probe_in", "words")  # layers that are the same for all three


def _record(name: str, base: type[Declared], kind: type[Declared], without: Sequence[str], doc: str) -> type[Any]:
    """A record on `base` with the fields of `kind` that `base` lacks, except those in `without`."""
    left_out = {*base.declarations(), *without}
    more = {n: d for n, d in kind.declarations().items() if n not in left_out}
    return make_record(name, base, more, doc, __name__)


ThreeSetup = _record("ThreeSetup", SentenceSetup, ARAESetup, ("prior", "transfer"), "What the three are made of.")
ThreeKnobs = _record("ThreeKnobs", Knobs, ARAEKnobs, ("lam2", "rate_u"), "One set of knobs for the three.")


@register
class ARAEThree(SideBySide):
    """The three runs; `ask` takes `member`, one of ae, aae, arae."""

    name = "arae-three"
    title = "Autoencoder, fixed prior and learned prior side by side"
    Setup = ThreeSetup
    Knobs = ThreeKnobs
    default_steps = ARAE.default_steps
    quick_metrics = tuple(n for n in ARAE.quick_metrics if n != "loss_u")
    slow_metrics = ("token_accuracy", "grammatical")
    slow_knobs = ()
    frame_layers = tuple(n for n in ARAE.frame_layers if n != "probe_to")
    scene_layers = ARAE.scene_layers
    scene_knobs = ()
    slow_layers = {n: 3 * t for n, t in ARAE.slow_layers.items() if n != "probe_to"}
    questions = ("encode", "interpolate", "sample", "walk")
    companions = ARAE.companions
    contract_setup = {n: v for n, v in ARAE.contract_setup.items() if n != "transfer"}

    def __init__(self, setup: Any, seeds: Sequence[int]) -> None:
        self.setup = setup
        self.seeds = seeds
        super().__init__({m: ARAE(member_setup(setup, m), seeds) for m in MEMBERS})

    @classmethod
    def make_setup(cls, values: Mapping[str, Any]) -> Any:
        given = ARAE.make_setup({n: v for n, v in values.items() if n in ARAESetup.declarations()}).to_dict()
        return ThreeSetup.of({n: given[n] for n in ThreeSetup.declarations()} | dict(values))

    def split(self, knobs: Any) -> dict[str, Any]:
        same = ARAEKnobs.of(knobs.to_dict())
        return dict.fromkeys(MEMBERS, same)

    def metrics(self, knobs: Any, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        return super().metrics(knobs, self.quick_metrics + self.slow_metrics if names is None else names)

    def layers(self, knobs: Any, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Those of `arae` with a leading axis of three, in the order of MEMBERS. The layers in
        ALIKE are the same for all three and come once, without that axis.
        """
        own = self.knobs_of(knobs)
        first, *others = (
            method.layers(own[m], [n for n in names if m == "ae" or n not in ALIKE])
            for m, method in self.members.items()
        )
        return {n: v if n in ALIKE else np.stack([v, *(o[n] for o in others)]) for n, v in first.items()}

    def ask(self, knobs: Any, name: str, values: Mapping[str, Any]) -> Answer:
        member = values.get("member", "arae")
        if name not in self.questions or member not in list(MEMBERS):
            raise InvalidValue(
                f"there is no question {brief(name)} to {brief(member)}: ask {', '.join(self.questions)} of "
                f"{', '.join(MEMBERS)}"
            )
        own = self.knobs_of(knobs)[member]
        return self.members[member].ask(own, name, {n: v for n, v in values.items() if n != "member"})


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
    state = {member_key(k, m): v for m in MEMBERS for k, v in snapshots[m].state.items()}
    step = last.step
    return dataclasses.replace(
        last, method=ARAEThree.name, setup=setup.to_dict(), knobs=knobs, state=state, log=((step, knobs),)
    )
