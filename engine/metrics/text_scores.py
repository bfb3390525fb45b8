"""Scores of transferred and sampled sentences: BLEU, and on the grammar the parser's findings."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from engine.data.text import grammar
from engine.data.text.corpus import PAD


def bleu(texts: Sequence[str], sources: Sequence[str]) -> float:
    """Corpus BLEU-4 (0 to 100) of texts against one source each; 0 where there is no text.

    By sacrebleu, with words as they stand (Papineni et al. 2002). Where no text has four words, of
    the orders that there are (sacrebleu's effective order, as in its BLEU of a sentence), so that a
    copy gets 100 there too. Where one has, that changes nothing.
    """
    if not texts:
        return 0.0
    from sacrebleu.metrics import BLEU  # imported where it is needed: it is slow

    # tokenize: words are separated by blanks already. force: no warning about full stops that are
    # words of their own, as they are here.
    return BLEU(tokenize="none", force=True, effective_order=True).corpus_score(list(texts), [list(sources)]).score


def grammar_scores(texts: Sequence[str], sources: Sequence[str], to: Sequence[int]) -> dict[str, float]:
    """What the parser finds in texts that were moved from `sources` to the sentiments `to`.

    All in per cent. grammatical: belong to the grammar. sentiment_right: do, and have the sentiment
    they were moved to. slots_kept: of the sources' content slots, those filled with the same noun
    by a grammatical text. Raises ValueError for a source outside the grammar.
    """
    grammatical = right = kept = slots = 0
    for text, source, sentiment in zip(texts, sources, to):
        parsed = grammar.parse(text)
        parsed_source = grammar.parse(source)
        if parsed_source is None:
            raise ValueError(f"{source!r} is no sentence of the grammar")
        slots += len(parsed_source.slots)
        if parsed is not None:
            grammatical += 1
            right += parsed.sentiment == sentiment
            kept += len(set(parsed_source.slots) & set(parsed.slots))
    n = max(len(texts), 1)
    return {
        "grammatical": 100 * grammatical / n,
        "sentiment_right": 100 * right / n,
        "slots_kept": 100 * kept / max(slots, 1),
    }


def token_accuracy(ids: Tensor, out: Tensor) -> float:
    """Share (0 to 1) of positions of `ids` (words and END) that `out` has right, both (N, L)."""
    real = ids != PAD
    return (ids == out)[real].double().mean().item()
