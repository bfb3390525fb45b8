"""N-gram language models with interpolated Kneser–Ney smoothing, for perplexities.

Kneser, Ney 1995; interpolated as in Chen, Goodman 1998, §2.7, with one discount. The highest order
counts occurrences, lower ones the different words that came before; below the unigrams lies the
uniform distribution over a closed vocabulary, so no word has probability 0.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Self

START, END = "<s>", "</s>"
ORDER, DISCOUNT = 5, 0.75  # of the published perplexities; 5 is common with KenLM


class NGrams:
    """A model of order n of sentences, whose words are separated by blanks."""

    def __init__(
        self, words: Iterable[str], order: int = ORDER, discount: float = DISCOUNT, blank: str | None = None
    ) -> None:
        """words: the closed vocabulary; END is added. blank: one of its words, of which sentences
        are only taken to say what stands around it: it is never learned to be predicted, so that a
        model of sentences with unknown words describes sentences without any.

        Call `add` with sentences, then `finish`, which makes the model ready.
        """
        self.order = order
        self.discount = discount
        self.blank = blank
        self.vocabulary = frozenset(words) | {END}
        self._seen: Counter[tuple[str, ...]] = Counter()
        # counts[k][context of k words][word]: for the highest order how often the word follows the
        # context, for lower ones how many different words stand before the two.
        self.counts: list[dict[tuple[str, ...], Counter[str]]] = []
        self.totals: list[dict[tuple[str, ...], int]] = []

    @classmethod
    def of(cls, sentences: Iterable[str], words: Iterable[str], order: int = ORDER, discount: float = DISCOUNT) -> Self:
        """A model of `sentences` over the vocabulary `words`. Raises ValueError for none."""
        model = cls(words, order, discount)
        model.add(sentences)
        model.finish()
        return model

    def add(self, sentences: Iterable[str]) -> None:
        """Add the n-grams of sentences to those counted so far."""
        for sentence in sentences:
            self._seen.update(gram for gram in self._grams(sentence.split()) if gram[-1] != self.blank)

    def finish(self) -> None:
        """Compute the counts of all orders. Raises ValueError where no sentence was added."""
        if not self._seen:
            raise ValueError("no sentence to learn from")
        grams: Mapping[tuple[str, ...], int] = self._seen
        self.counts = [defaultdict(Counter) for _ in range(self.order)]
        for n in range(self.order, 0, -1):
            for gram, count in grams.items():
                self.counts[n - 1][gram[:-1]][gram[-1]] += count
            grams = Counter(gram[1:] for gram in grams)
        self.totals = [{context: sum(after.values()) for context, after in level.items()} for level in self.counts]

    def _grams(self, words: Sequence[str]) -> Iterable[tuple[str, ...]]:
        padded = (START,) * (self.order - 1) + tuple(words) + (END,)
        return (padded[k : k + self.order] for k in range(len(words) + 1))

    def probability(self, word: str, context: Sequence[str]) -> float:
        """p(word | context), of which the last order − 1 words count.

        A word outside the vocabulary is as likely as one of it that was never seen.
        """
        context = tuple(context)[-(self.order - 1) :] if self.order > 1 else ()
        p = 1 / len(self.vocabulary)
        for n in range(len(context) + 1):
            here = context[len(context) - n :]
            after = self.counts[n].get(here)
            if after is None:
                break  # a context never seen: so is every longer one
            total = self.totals[n][here]
            p = max(after[word] - self.discount, 0) / total + self.discount * len(after) / total * p
        return p

    def nats(self, sentence: str) -> tuple[float, int]:
        """−log p of a sentence with its END, in nats, and its number of words, END counted."""
        grams = list(self._grams(sentence.split()))
        return -sum(math.log(self.probability(gram[-1], gram[:-1])) for gram in grams), len(grams)

    def perplexity(self, sentences: Iterable[str]) -> float:
        """exp of the mean −log p of a word, END counted.

        Raises ValueError where there is no sentence.
        """
        found = [self.nats(sentence) for sentence in sentences]
        if not found:
            raise ValueError("no sentence to score")
        return math.exp(sum(nats for nats, _ in found) / sum(words for _, words in found))
