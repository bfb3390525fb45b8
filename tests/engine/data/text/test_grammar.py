"""The grammar's parser accepts exactly what the grammar generates."""

import itertools

import pytest
import torch

from engine.data.text import grammar
from engine.data.text.corpus import corpus


def derivations():
    """Every clause of the grammar with what it says, written out independently of the parser:
    (words, sentiment, slot, noun).
    """
    for k, slot in itertools.product(range(2), grammar.SLOTS):
        for noun, (verb, nouns) in (
            (n, v) for v in (("was", grammar.SINGULAR), ("were", grammar.PLURAL)) for n in v[1][slot]
        ):
            assert noun in nouns[slot]
            for adverb, adjective in itertools.product(("", *grammar.ADVERBS), grammar.ADJECTIVES[slot][k]):
                yield f"the {noun} {verb} {adverb} {adjective}".split(), k, slot, noun
        for noun in grammar.NOUNS[slot]:
            for who, verb in itertools.product(grammar.PRONOUNS, grammar.VERBS[k]):
                yield f"{who} {verb} the {noun}".split(), k, slot, noun


CLAUSES = list(derivations())


def test_the_parser_accepts_every_clause_with_its_meaning():
    for clause, k, slot, noun in CLAUSES:
        assert grammar.parse(" ".join([*clause, "."])) == grammar.Review(k, ((slot, noun),))


def test_the_parser_accepts_exactly_the_pairs_that_agree():
    for (a, ka, sa, na), (b, kb, sb, nb) in itertools.product(CLAUSES[::29], CLAUSES[::13]):
        expected = grammar.Review(ka, ((sa, na), (sb, nb))) if ka == kb and sa != sb else None
        assert grammar.parse(" ".join([*a, "and", *b, "."])) == expected


def test_what_is_generated_is_accepted_and_one_changed_word_only_where_it_makes_a_sentence():
    """Every neighbour of a generated sentence by one word is accepted if and only if its clauses
    are among all clauses and agree.
    """
    known = {tuple(c): (k, s, n) for c, k, s, n in CLAUSES}

    def belongs(sentence):
        *body, stop = sentence
        parts = [tuple(g) for _, g in itertools.groupby(body, "and".__ne__)]
        parts = [p for p in parts if p != ("and",)]
        if stop != "." or body.count("and") != len(parts) - 1 or len(parts) > 2 or any(p not in known for p in parts):
            return False
        said = [known[p] for p in parts]
        return len({k for k, _, _ in said}) == 1 and len({s for _, s, _ in said}) == len(said)

    sentences = grammar.generate(torch.Generator().manual_seed(4), 60)
    for sentence in (s.split() for s in sentences):
        assert grammar.parse(" ".join(sentence)) is not None and belongs(sentence)
        for k, word in itertools.product(range(len(sentence)), grammar.vocabulary()):
            other = [*sentence[:k], word, *sentence[k + 1 :]]
            assert (grammar.parse(" ".join(other)) is not None) == belongs(other), other
    for broken in (
        "",
        ".",
        "and .",
        "the pizza was tasty",
        "the pizza was tasty . .",
        "the pizza was tasty and .",
        "and the pizza was tasty .",
        "The pizza was tasty .",
    ):
        assert grammar.parse(broken) is None


def test_the_size_is_the_number_of_sentences_and_a_training_sample_is_a_small_part():
    pairs = sum(ka == kb and sa != sb for (_, ka, sa, _), (_, kb, sb, _) in itertools.product(CLAUSES, CLAUSES))
    assert grammar.size() == len(CLAUSES) + pairs
    assert len({tuple(c) for c, *_ in CLAUSES}) == len(CLAUSES)
    train = corpus("grammar", 20000, 12, 0)
    assert len(train.seen) < 0.1 * grammar.size()


def test_both_sentiments_and_all_slots_come_equally_often():
    said = [grammar.parse(t) for t in grammar.generate(torch.Generator().manual_seed(0), 4000)]
    assert sum(r.sentiment for r in said) / 4000 == pytest.approx(0.5, abs=0.03)
    slots = [slot for r in said for slot, _ in r.slots]
    assert all(slots.count(s) / len(slots) == pytest.approx(0.25, abs=0.03) for s in grammar.SLOTS)
