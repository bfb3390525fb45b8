"""Scores of sentences: BLEU, grammar, words by place."""

import math

import pytest
import sacrebleu
import torch

from engine.data.text.corpus import END, PAD
from engine.metrics.text_scores import bleu, grammar_scores, token_accuracy


def test_bleu_is_sacrebleus():
    texts = ["the food was great and the staff was kind .", "i loved the old place ."]
    sources = ["the food was awful and the staff was kind .", "i hated the old place ."]
    assert bleu(texts, sources) == pytest.approx(
        sacrebleu.corpus_bleu(texts, [sources], tokenize="none", force=True).score
    )
    assert bleu(sources, sources) == pytest.approx(100)
    # By hand: modified precisions over both sentences together, all of the same length as their
    # sources.
    p = [14 / 16, 10 / 14, 7 / 12, 4 / 10]
    assert bleu(texts, sources) == pytest.approx(100 * math.prod(p) ** 0.25, rel=1e-6)


def test_grammar_scores_by_hand():
    sources = ["the pizza was stale and the bar was noisy .", "i hated the fries ."]
    texts = ["the pizza was fresh and the room was cosy .", "i loved the fries"]
    assert grammar_scores(texts, sources, [1, 1]) == pytest.approx(
        {"grammatical": 50, "sentiment_right": 50, "slots_kept": 100 / 3}
    )
    assert grammar_scores(sources, sources, [1, 0]) == pytest.approx(
        {"grammatical": 100, "sentiment_right": 50, "slots_kept": 100}
    )
    with pytest.raises(ValueError, match="no sentence of the grammar"):
        grammar_scores(["x"], ["x"], [0])


def test_token_accuracy_counts_words_and_end_by_place():
    ids = torch.tensor([[5, 6, END, PAD], [5, END, PAD, PAD]])
    assert token_accuracy(ids, torch.tensor([[5, 7, END, PAD], [6, 5, END, PAD]])) == pytest.approx(2 / 5)


def test_a_copy_gets_100_however_short():
    assert bleu(["the food ."], ["the food ."]) == pytest.approx(100)
    assert bleu(["good", "so good"], ["good", "so good"]) == pytest.approx(100)
    assert bleu(["the food ."], ["the staff ."]) < 60
    # Where one sentence has four words, nothing changes.
    texts, sources = ["the food .", "the food was good ."], ["the menu .", "the food was bad ."]
    assert bleu(texts, sources) == sacrebleu.corpus_bleu(texts, [sources], tokenize="none", force=True).score
