"""Scores of moved and sampled sentences: BLEU against the source, and on the grammar what the
parser knows for certain.
"""

from __future__ import annotations

from collections.abc import Sequence

from sacrebleu.metrics import BLEU
from torch import Tensor

from engine.data.text import grammar
from engine.data.text.corpus import PAD


def bleu(texts: Sequence[str], sources: Sequence[str]) -> float:
    """Corpus BLEU-4 (0 to 100) of texts against one source each, by sacrebleu with the words as
    they stand. 0 where there is none.
    """
    if not texts:
        return 0.0
    # "none": words are separated by blanks already. force: full stops as words of their own are
    # meant.
    return BLEU(tokenize="none", force=True).corpus_score(list(texts), [list(sources)]).score


def grammar_scores(texts: Sequence[str], sources: Sequence[str], to: Sequence[int]) -> dict[str, float]:
    """What the parser says of sentences of the grammar moved to the sentiments `to`, per cent.

    grammatical: belong to the grammar. sentiment_right: do, and feel as they should. slots_kept: of
    the sources' content slots, those filled with the same noun by a grammatical text. Raises
    ValueError for a source outside the grammar.
    """
    fit = right = kept = slots = 0
    for text, source, sentiment in zip(texts, sources, to):
        said, meant = grammar.parse(text), grammar.parse(source)
        if meant is None:
            raise ValueError(f"{source!r} is no sentence of the grammar")
        slots += len(meant.slots)
        if said is not None:
            fit += 1
            right += said.sentiment == sentiment
            kept += len(set(meant.slots) & set(said.slots))
    n = max(len(texts), 1)
    return {"grammatical": 100 * fit / n, "sentiment_right": 100 * right / n, "slots_kept": 100 * kept / max(slots, 1)}


def token_accuracy(ids: Tensor, out: Tensor) -> float:
    """Share of the positions of `ids` (words and END) that `out` has right, both (N, L)."""
    real = ids != PAD
    return (ids == out)[real].double().mean().item()
