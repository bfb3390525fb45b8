"""A run of sentences: set-up, corpus, batches, phases and state, shared by ARAE and Cross-AE.

The two methods differ in the networks they build and in what they train in a step.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.core.declare import InvalidValue, Setup, choice, text, whole
from engine.core.phased import Look, Phased
from engine.core.streams import stream
from engine.data.text import own_sentences
from engine.data.text.corpus import KINDS, Corpus, corpus
from engine.methods.arae.game import SphericalAutoencoder
from engine.methods.arae.knobs import AutoencoderKnobs
from engine.methods.arae.sentence_view import SentenceView

# Defaults of a corpus where they differ from those of SentenceSetup.
DEFAULTS = {"reviews": {"words": 15}, "domains": {"words": 15}, "own": {"words": 15}}


@dataclass(frozen=True)
class SentenceSetup(Setup):
    """Corpus and sizes."""

    corpus: str = choice("grammar", KINDS, label="Sentences", help="The sentences to learn from")
    own: str = text(
        "", own_sentences.PATTERN, label="Your text", help="Digest of an uploaded text, when the corpus is your own"
    )
    sentences: int = whole(
        20000,
        100,
        50000,
        symbol="N",
        label="Training sentences",
        help="Sentences in the training sample, at most",
        step=100,
    )
    words: int = whole(
        12,
        6,
        30,
        symbol="L",
        label="Most words",
        help="Words of the longest sentence, punctuation counted; longer ones are left out",
    )
    code: int = whole(128, 8, 300, symbol="d_z", label="Code", help="Dimensions of the code z", step=4)
    embedding: int = whole(
        64, 8, 300, symbol="d_e", label="Embedding", help="Dimensions of a word's embedding, and of a style's", step=4
    )
    hidden: int = whole(
        128, 8, 400, symbol="H", label="LSTM units", help="Units of the LSTMs of encoder and decoder", step=8
    )
    batch: int = whole(64, 8, 256, symbol="B", label="Batch", help="Sentences an update", step=8)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.corpus == "own" and not self.own:
            raise InvalidValue(
                "corpus = 'own' needs a text of yours: upload one sentence a line, or CSV with the columns text "
                "and label"
            )
        if self.corpus == "grammar" and self.words < 12:
            raise InvalidValue(
                f"words = {self.words} is not allowed with the grammar: its longest sentences have 12 words"
            )


class SentenceRun(SentenceView, Phased):
    """Corpus, game, batches and state. A subclass has `build` and `train`.

    Streams of the seed: corpus, held, apart (the grammar's sentences); weights and critic; batches;
    those of the game.
    """

    def __init__(self, setup: SentenceSetup, seeds: Sequence[int]) -> None:
        self.setup = setup
        (self.seed,) = seeds
        self.generators = {"batches": stream(self.seed, "batches")}
        self.corpus = corpus_of(setup, self.seed)
        if self.corpus is not None:
            self.game = self.build()
            self.prepare_view()

    @classmethod
    def make_setup(cls, values: Mapping[str, Any]) -> SentenceSetup:
        return cls.Setup.of({**DEFAULTS.get(values.get("corpus"), {}), **values})

    @abstractmethod
    def build(self) -> SphericalAutoencoder:
        """The networks for the corpus. Raises InvalidValue for one the method cannot learn from."""

    @abstractmethod
    def train(self, knobs: AutoencoderKnobs, step: int) -> Iterator[tuple[str, Look]]:
        """The phases of one step, as `Phased.carry_out` has them.

        Running means and counters follow afterwards by themselves. Networks that the set-up leaves
        out have no phase.
        """

    def carry_out(self, knobs: AutoencoderKnobs, step: int) -> Iterator[tuple[str, Look]]:
        self.present()
        yield from self.train(knobs, step)
        self.game.follow(knobs.ema)
        self.changes += 1

    def batch(self, n: int) -> tuple[Tensor, Tensor]:
        """n training sentences, drawn with replacement: ids (n, L) and their classes (n,)."""
        index = torch.randint(len(self.corpus.train), (n,), generator=self.generators["batches"])
        return self.corpus.train.ids[index], self.corpus.train.y[index]

    def present(self) -> None:
        """Raises InvalidValue where this process does not have the visitor's text."""
        if self.corpus is None:
            raise InvalidValue(
                "this text was uploaded elsewhere and is not here: upload it again, or open a snapshot of the run"
            )

    def state(self) -> dict[str, Tensor]:
        if self.corpus is None:
            return {}
        return (
            self.game.parts()
            | {f"generator.{k}": g.get_state() for k, g in self.generators.items()}
            | own_bytes(self.setup)
        )

    def load(self, state: Mapping[str, Tensor]) -> None:
        if self.corpus is None:
            store_own(self.setup, state)
            self.corpus = corpus_of(self.setup, self.seed)
            self.game = self.build()
            self.prepare_view()
        self.game.take(state)
        for k, g in self.generators.items():
            g.set_state(state[f"generator.{k}"].clone())
        self.changes += 1


def corpus_of(setup: SentenceSetup, seed: int) -> Corpus | None:
    """The corpus of a set-up; None for a visitor's text that this process does not have.

    Raises InvalidValue.
    """
    if setup.corpus == "own" and own_sentences.own_text(setup.own) is None:
        return None
    return corpus(setup.corpus, setup.sentences, setup.words, seed, setup.own)


def own_bytes(setup: SentenceSetup) -> dict[str, Tensor]:
    """The visitor's text as part of a run's state, uint8 (bytes,); nothing for other corpora."""
    own = own_sentences.own_text(setup.own) if setup.corpus == "own" else None
    return {} if own is None else {"own": torch.frombuffer(bytearray(own.to_bytes()), dtype=torch.uint8)}


def store_own(setup: SentenceSetup, state: Mapping[str, Tensor]) -> None:
    """Store the visitor's text from a state. Raises KeyError, InvalidValue (a ValueError)."""
    if setup.corpus == "own" and own_sentences.own_text(setup.own) is None:
        own_sentences.store_saved(setup.own, state["own"].to(torch.uint8).numpy().tobytes())
