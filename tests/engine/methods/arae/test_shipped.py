"""The ARAE lab's shipped snapshots hold the numbers they are shipped for, in their slim form, on
held-out sentences.
"""

import functools

import pytest
import torch

from engine.core.shipped import FOLDER, open_shipped, shipped
from engine.data.text import grammar
from engine.methods.arae.quality import language_model
from engine.metrics.text_evaluator import text_evaluator
from engine.metrics.text_scores import bleu, grammar_scores, token_accuracy
from engine.runs.run import Run

NAMES = {
    "grammar-ae": "arae",
    "grammar-aae": "arae",
    "grammar-arae": "arae",
    "grammar-transfer": "arae",
    "grammar-cross-ae": "cross-ae",
    "grammar-ae-styles": "arae",
    "reviews-ae": "arae",
    "reviews-ae-styles": "arae",
    "reviews-arae": "arae",
    "reviews-transfer": "arae",
    "reviews-cross-ae": "cross-ae",
    "domains-ae-styles": "arae",
    "domains-transfer": "arae",
    "domains-cross-ae": "cross-ae",
    "arae-digits": "arae-digits",
}


@functools.lru_cache
def opened(name):
    return Run.restore(open_shipped(name)).method


@functools.lru_cache
def moved(name):
    """(results, sources, classes moved to) of all held-out sentences."""
    method = opened(name)
    held = method.corpus.held
    ids, to = method.moved(held.ids, held.y)
    return method.corpus.texts(ids), method.corpus.texts(held.ids), to


def turned(name):
    texts, _, to = moved(name)
    return float((text_evaluator(opened(name).corpus).probabilities(texts).argmax(1) == to.numpy()).mean())


def test_all_are_there_and_say_how_they_were_trained():
    known = {s.name: s for s in shipped()}
    for name, method in NAMES.items():
        assert known[name].method == method
        assert known[name].description
        assert f"python -m engine run {method} " in known[name].command
        assert (FOLDER / f"{name}.snapshot").stat().st_size < (
            4.5e6 if known[name].command.count("hidden=256") else 3.2e6
        )


@pytest.mark.parametrize("name", ("grammar-ae", "grammar-aae", "grammar-arae", "grammar-transfer"))
def test_sentences_of_the_grammar_come_back(name):
    method = opened(name)
    held = method.corpus.held
    out = method.decode(method.encode(held.ids), held.y if method.game.styles > 1 else torch.zeros_like(held.y))
    assert token_accuracy(held.ids, out) >= 0.99


@pytest.mark.parametrize(
    "name, least", (("grammar-arae", 0.935), ("grammar-transfer", 0.96))
)  # 95.1 and 98.0 % of 5000, less the luck of 1500
def test_samples_of_the_learned_prior_are_grammatical_new_and_of_all_content(name, least):
    method, g = opened(name), torch.Generator().manual_seed(5)
    texts = method.corpus.texts(
        method.decode(
            method.sampled(method.game.draw(1500, g)), torch.randint(method.game.styles, (1500,), generator=g)
        )
    )
    fit = [t for t in texts if grammar.parse(t)]
    assert len(fit) / len(texts) >= least
    assert sum(t not in method.corpus.seen for t in fit) / len(fit) >= 0.5
    assert {noun for t in fit for _, noun in grammar.parse(t).slots} == set(grammar.SLOT_OF)


def test_transfer_on_the_grammar_turns_the_sentiment_keeps_the_content_and_beats_the_baseline():
    ours, theirs = (grammar_scores(*moved(name)) for name in ("grammar-transfer", "grammar-cross-ae"))
    assert ours["sentiment_right"] >= 90 and ours["slots_kept"] >= 80
    assert ours["sentiment_right"] * ours["slots_kept"] > theirs["sentiment_right"] * theirs["slots_kept"]


def test_on_reviews_the_style_is_obeyed_and_something_of_the_sentence_is_left():
    """Who turns more is not tested: over training seeds the differences are not clear."""
    assert turned("reviews-transfer") >= 0.5
    texts, sources, to = moved("reviews-transfer")
    method = opened("reviews-transfer")
    others = method.corpus.texts(method.decode(method.encode(method.corpus.held.ids).roll(1, 0), to))
    assert bleu(texts, sources) > 5 * bleu(others, sources), (
        "something of the sentence is left, which another's code would not give"
    )


def test_on_reviews_samples_of_the_learned_prior_tell_more_of_real_text_than_those_of_a_fixed_one():
    found = {}
    for name in ("reviews-arae", "reviews-ae"):
        method = opened(name)
        codes = method.game.prior_codes(
            method.game.draw(2000, torch.Generator().manual_seed(5)), mean=method.game.g is not None
        )
        texts = [
            t
            for part in codes.split(250)
            for t in method.corpus.texts(method.decode(part, torch.zeros(len(part), dtype=torch.long)))
        ]
        *_, model = language_model(texts, method.corpus)
        found[name] = model.perplexity(method.corpus.texts(method.corpus.held.ids))
    assert found["reviews-arae"] < 0.8 * found["reviews-ae"]


def test_every_digit_is_among_the_samples():
    *_, answer = opened("arae-digits").measure(None, "classes", {})
    assert min(answer.numbers["counts"]) >= 400 and sum(answer.numbers["counts"]) == 10_000
