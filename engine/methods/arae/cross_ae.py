"""Cross-AE, the baseline of unaligned transfer: an autoencoder whose decoder's states are aligned
across styles.

Shen, Lei, Barzilay, Jaakkola 2017, "Style transfer from non-parallel text by cross-alignment"
(arXiv 1705.09655). Encoder, decoder and corpora are the ARAE's (engine/methods/arae/arae.py), so
that the two can be compared; codes have norm 1 here too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.core.declare import InvalidValue, choice, number, whole
from engine.core.method import Method
from engine.core.registry import register
from engine.methods.arae.cross_game import CrossGame
from engine.methods.arae.game import text_coders
from engine.methods.arae.knobs import CoderKnobs, classifier_rate, transfer_weight
from engine.methods.arae.sentence_run import TextRun
from engine.methods.arae.sentence_setup import TextSetup
from engine.methods.arae.sentence_view import Look

UPDATES = {"all": "All phases", "ae": "Autoencoder only", "critic": "Adversaries only", "game": "Alignment only"}


@dataclass(frozen=True)
class CrossSetup(TextSetup):
    """Corpus and sizes; every class is a style."""

    filters: int = whole(
        32, 4, 128, symbol="n_D", label="Filters", help="Filters of each width of an adversary", step=4
    )


@dataclass(frozen=True)
class CrossKnobs(CoderKnobs):
    """What may change while a Cross-AE trains."""

    lam2: float = transfer_weight(
        "Weight of the adversaries in what encoder and decoder descend; 0 is a plain autoencoder with styles", 0.02
    )
    temperature: float = number(
        0.001,
        0.0001,
        2,
        0,
        scale="log",
        symbol="γ",
        label="temperature",
        help="Softness of the words the decoder feeds itself while it is aligned",
    )
    guard: float = number(
        1.2,
        0,
        3,
        0.05,
        symbol="L_max",
        label="guard",
        unit="nats",
        help="Alignment waits while the adversaries' loss is above this; guessing costs 2 ln 2 = 1.386",
    )
    critic_steps: int = whole(1, 1, 5, symbol="k_D", label="adversary steps", help="Updates of the adversaries a step")
    rate_f: float = classifier_rate("rate of D", "η_D", "Adam's rate for the adversaries", 5e-4)
    update: str = choice("all", UPDATES, label="a step trains", help="Which phases of a step are carried out")


@register
class CrossAE(TextRun, Method):
    """Streams of the seed: those of the ARAE, and styles (which a sentence is moved to)."""

    name, title = "cross-ae", "Cross-aligned autoencoder of sentences"
    Setup, Knobs = CrossSetup, CrossKnobs
    default_steps, batches = 3000, False
    phases = ("reconstruction", "critic", "adversarial")
    quick_metrics = ("loss_ae", "loss_f", "code_variance", "noise_now")
    # A long mean shows only after many updates, the first adversaries are poor, and what is 0 does
    # not halve.
    companions = {"ema": {"ema": 0.1}, "lam2": {"guard": 3}, "anneal": {"noise": 0.1}}
    contract_setup = {"sentences": 200, "code": 16, "embedding": 8, "hidden": 16, "filters": 4, "batch": 8}

    @classmethod
    def make_knobs(cls, setup: CrossSetup, values: Mapping[str, Any] | None = None) -> CrossKnobs:
        return CrossKnobs.of({"noise": 0, **(values or {})})  # as in the paper

    def build(self) -> CrossGame:
        if len(self.corpus.classes) < 2:
            raise InvalidValue(
                f"a Cross-AE needs at least two classes, these sentences have one ({self.corpus.classes[0]}): "
                f"add a column label"
            )
        sizes, styles = self.setup.to_dict(), len(self.corpus.classes)
        return CrossGame(*text_coders(len(self.corpus.words), styles, sizes, self.seed), styles, sizes, self.seed)

    def carry_out(self, knobs: CrossKnobs, step: int) -> Iterator[tuple[str, Look]]:
        game, decay, size = self.game, knobs.decay(step), self.setup.batch
        if knobs.update in ("all", "ae"):
            ids, y = self.batch(size)
            loss, code, logits = game.reconstruct(ids, y, knobs.sigma(step), knobs.rate_ae * decay)
            yield "reconstruction", self.look_reconstruction(loss, ids, y, code, logits, knobs.sigma(step))
        if knobs.update in ("all", "critic"):
            for _ in range(knobs.critic_steps):
                seen = game.tell(*self.batch(size), knobs, knobs.rate_f * decay)
            yield "critic", lambda: ({k: v.item() for k, v in seen.items()}, {})
        if knobs.update in ("all", "game"):
            ids, y = self.batch(size)
            found = game.align(ids, y, knobs, knobs.rate_ae * decay)
            yield "adversarial", self.look_adversarial(found, None, ids, y)
