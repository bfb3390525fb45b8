"""A run of sentences: corpus, batches, phases and state, whatever the game. ARAE and Cross-AE say
which game, and what a step is.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from engine.core.declare import InvalidValue
from engine.core.frame import Phase
from engine.core.streams import stream
from engine.methods.arae.game import Coders
from engine.methods.arae.knobs import CoderKnobs
from engine.methods.arae.sentence_setup import SUITS, TextSetup, corpus_of, own_bytes, take_own
from engine.methods.arae.sentence_view import Look, TextLook


class TextRun(TextLook):
    """Streams of the seed: corpus, held, apart (the grammar's sentences); weights and critic;
    batches; what the game draws.
    """

    def __init__(self, setup: TextSetup, seeds: Sequence[int]) -> None:
        self.setup, (self.seed,) = setup, seeds
        self.generators = {"batches": stream(self.seed, "batches")}
        self.corpus = corpus_of(setup, self.seed)
        if self.corpus is not None:
            self.game = self.build()
            self.prepare_look()

    @classmethod
    def make_setup(cls, values: Mapping[str, Any]) -> TextSetup:
        return cls.Setup.of({**SUITS.get(values.get("corpus"), {}), **values})

    @abstractmethod
    def build(self) -> Coders:
        """The game for the corpus. Raises InvalidValue where the corpus does not suit."""

    @abstractmethod
    def carry_out(self, knobs: CoderKnobs, step: int) -> Iterator[tuple[str, Look]]:
        """The phases of one step; each `look` must be called before the next phase. Parts that the
        set-up leaves out have no phase.
        """

    def batch(self, n: int) -> tuple[Tensor, Tensor]:
        """n training sentences, drawn with replacement, and their classes."""
        index = torch.randint(len(self.corpus.train), (n,), generator=self.generators["batches"])
        return self.corpus.train.ids[index], self.corpus.train.y[index]

    def step(self, knobs: CoderKnobs, step: int) -> None:
        for _ in self._whole(knobs, step):
            pass

    def phases_of(self, knobs: CoderKnobs, step: int) -> Iterator[Phase]:
        for name, look in self._whole(knobs, step):
            yield Phase(name, *look())

    def _whole(self, knobs: CoderKnobs, step: int) -> Iterator[tuple[str, Look]]:
        self.present()
        yield from self.carry_out(knobs, step)
        self.game.follow(knobs.ema)
        self.moves += 1

    def present(self) -> None:
        """Raises InvalidValue where the visitor's text is not here."""
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
            take_own(self.setup, state)
            self.corpus = corpus_of(self.setup, self.seed)
            self.game = self.build()
            self.prepare_look()
        self.game.take(state)
        for k, g in self.generators.items():
            g.set_state(state[f"generator.{k}"].clone())
        self.moves += 1
