"""What ARAE and its baseline Cross-AE have in common: set-up fields, corpora kept or carried along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.core.declare import InvalidValue, Setup, choice, text, whole
from engine.data.text import own_sentences
from engine.data.text.corpus import KINDS, Corpus, corpus

# What suits a corpus where it differs from the defaults below.
SUITS = {"reviews": {"words": 15}, "domains": {"words": 15}, "own": {"words": 15}}


@dataclass(frozen=True)
class TextSetup(Setup):
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
    code: int = whole(128, 8, 300, symbol="d_c", label="Code", help="Dimensions of the code c", step=4)
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


def corpus_of(setup: TextSetup, seed: int) -> Corpus | None:
    """The corpus of a set-up; None where it is a visitor's text that this process does not have.
    Raises InvalidValue.
    """
    if setup.corpus == "own" and own_sentences.own_text(setup.own) is None:
        return None
    return corpus(setup.corpus, setup.sentences, setup.words, seed, setup.own)


def own_bytes(setup: TextSetup) -> dict[str, Tensor]:
    """The visitor's text as part of a run's state; nothing for other corpora."""
    kept = own_sentences.own_text(setup.own) if setup.corpus == "own" else None
    return {} if kept is None else {"own": torch.tensor(list(kept.to_bytes()), dtype=torch.uint8)}


def take_own(setup: TextSetup, state: Mapping[str, Tensor]) -> None:
    """Keep the text that a state carries. Raises KeyError, InvalidValue (a ValueError)."""
    if setup.corpus == "own" and own_sentences.own_text(setup.own) is None:
        own_sentences.keep(bytes(state["own"].tolist()))
