"""ARAE lab: an adversarially regularised autoencoder of sentences.

Its prior is learned, and it can transfer sentences between classes without aligned examples. Zhao,
Kim, Zhang, Rush, LeCun 2017, "Adversarially regularized autoencoders" (arXiv 1706.04223),
algorithms 1 and 2. The plain autoencoder and the AAE with a fixed prior (Makhzani et al. 2015,
arXiv 1511.05644) are the same run with fewer parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from engine.core.declare import InvalidValue, choice, flag, whole
from engine.core.phased import Look
from engine.core.registry import register
from engine.methods.arae.game import PRIORS, ARAEGame, sentence_autoencoder
from engine.methods.arae.knobs import PriorKnobs, classifier_rate, trained_phases, transfer_weight
from engine.methods.arae.sentence_run import SentenceRun, SentenceSetup

UPDATES = {
    "all": "All phases",
    "ae": "Autoencoder only",
    "critic": "Critic and classifier only",
    "game": "Encoder and generator only",
    "codes": "All but the autoencoder",
}


@dataclass(frozen=True)
class ARAESetup(SentenceSetup):
    """Corpus, prior, sizes."""

    prior: str = choice("learned", PRIORS, symbol="P_z", label="Prior", help="What codes should follow")
    transfer: bool = flag(
        False,
        label="Transfer",
        help="A style for the decoder and a classifier of codes, so that sentences can change class",
    )
    s: int = whole(32, 2, 128, symbol="d_s", label="Noise s", help="Dimensions of the noise s that g turns into codes")
    width: int = whole(
        128,
        8,
        400,
        symbol="H_g",
        label="Units of g, f, u",
        help="Units of each hidden layer of generator, critic and classifier",
        step=8,
    )


@dataclass(frozen=True)
class ARAEKnobs(PriorKnobs):
    """What may change while an ARAE trains."""

    lam2: float = transfer_weight(
        "Weight of the encoder's game against the classifier; 0 leaves the class in the code, and the decoder "
        "may then follow the code instead of the style"
    )
    rate_u: float = classifier_rate("rate of u", "η_u", "Adam's rate for the classifier of codes", 1e-3)
    update: str = trained_phases(UPDATES)


@register
class ARAE(SentenceRun):
    """ARAE of sentences; with fewer networks a plain autoencoder, or an AAE with a fixed prior.

    Streams of the seed: corpus, held, apart (the grammar's sentences); weights, critic, generator,
    classifier; batches, prior, noise, mix.
    """

    name = "arae"
    title = "Adversarially regularised autoencoder of sentences"
    Setup, Knobs = ARAESetup, ARAEKnobs
    default_steps = 3000
    threads = 2
    batches = False
    phases = ("reconstruction", "critic", "classifier", "adversarial")
    # At the default ema the running mean differs only after many updates.
    companions = {"clip": {"penalty": "clip"}, "ema": {"ema": 0.1}}
    contract_setup = {
        "sentences": 200,
        "code": 16,
        "embedding": 8,
        "hidden": 16,
        "s": 8,
        "width": 16,
        "batch": 8,
        "transfer": True,
    }

    def build(self) -> ARAEGame:
        if self.setup.transfer and len(self.corpus.classes) < 2:
            raise InvalidValue(
                f"transfer needs at least two classes, these sentences have one ({self.corpus.classes[0]}): add "
                f"a column label, or leave transfer off"
            )
        styles = len(self.corpus.classes) if self.setup.transfer else 1
        sizes = self.setup.to_dict()
        encoder, decoder = sentence_autoencoder(len(self.corpus.words), styles, sizes, self.seed)
        return ARAEGame(encoder, decoder, self.setup.prior, styles, sizes, self.seed)

    def train(self, knobs: ARAEKnobs, step: int) -> Iterator[tuple[str, Look]]:
        game, size = self.game, self.setup.batch
        decay = knobs.decay(step)
        ids, y = self.batch(size)
        if knobs.update in ("all", "ae"):
            loss, code, logits = game.reconstruct(ids, y, knobs.sigma(step), knobs.rate_ae * decay)
            yield "reconstruction", self.view_reconstruction(loss, ids, y, code, logits, knobs.sigma(step))
        if knobs.update in ("all", "critic", "codes"):
            if game.f is not None:
                with torch.no_grad():  # the critic's updates leave the encoder alone: encode all batches at once
                    codes = game.encoder(self.batch(size * knobs.critic_steps)[0])
                for real in codes.split(size):
                    seen = game.criticise(real, knobs, knobs.rate_f * decay)
                yield "critic", self.view_critic(seen, real)
            if game.u is not None:
                with torch.no_grad():
                    code = game.encoder(ids)
                loss, right = game.classify(code, y, knobs.rate_u * decay)
                yield "classifier", self.view_classifier(loss, right, code, y)
        if knobs.update in ("all", "game", "codes") and (game.f is not None or game.u is not None):
            ids, y = self.batch(size)
            misled = game.mislead(ids, y, knobs, knobs.rate_ae * decay)
            loss = game.generate(size, knobs.rate_g * decay) if game.g is not None else None
            yield "adversarial", self.view_adversarial(misled, loss, ids, y)
