"""Corpora: their parts have no sentence in common, and a typed line is read or refused."""

import pytest
import torch

from engine.core.declare import InvalidValue
from engine.data.text import grammar, own_sentences
from engine.data.text.corpus import END, PAD, UNKNOWN, corpus
from engine.data.text.reviews import domains, left_over, reviews
from tests.engine.data.text.test_own_sentences import table


def test_a_grammar_corpus_keeps_its_parts_apart():
    c = corpus("grammar", 500, 12, 7)
    held, train, apart = set(c.texts(c.held.ids)), set(c.texts(c.train.ids)), {t for t, _ in c.apart}
    assert not train & held
    assert not train & apart
    assert not held & apart
    assert all(grammar.parse(t).sentiment == y for t, y in c.apart[:200])
    assert [grammar.parse(t).sentiment for t in c.texts(c.held.ids)] == c.held.y.tolist()
    assert torch.equal(c.rows(c.texts(c.train.ids)), c.train.ids)
    assert corpus("grammar", 500, 12, 8).texts(c.train.ids) != c.texts(corpus("grammar", 500, 12, 8).train.ids)
    with pytest.raises(InvalidValue, match="longest sentences have 12"):
        corpus("grammar", 500, 10, 7)


@pytest.mark.parametrize("kind, classes", (("reviews", 2), ("domains", 3)))
def test_real_sentences_are_short_known_and_apart_from_what_the_judges_see(kind, classes):
    c = corpus(kind, 20000, 15, 0)
    held, train, apart = set(c.texts(c.held.ids)), set(c.texts(c.train.ids)), {t for t, _ in c.apart + c.partly}
    assert len(train) > 4000 and not train & held and not apart & (train | held)
    assert len(c.apart) > 200 and not [t for t, _ in c.apart if "<unk>" in t], "set apart like the held-out ones"
    assert {y for _, y in c.apart} <= {-1, *range(classes)} and {y for _, y in c.partly} == set(range(classes))
    assert (c.train.ids == UNKNOWN).sum(1).max() == 1
    assert not (c.held.ids == UNKNOWN).any()
    assert len(c.classes) == classes
    assert c.train.y.bincount(minlength=classes).min() > 500
    assert ((c.train.ids == END).sum(1) == 1).all() and (c.train.ids != PAD).sum(1).max() <= 16


@pytest.mark.parametrize("kind, rows", (("reviews", reviews), ("domains", domains)))
def test_of_a_review_that_is_held_out_no_part_is_learnt_from(kind, rows):
    c = corpus(kind, 20000, 15, 0)
    of = {}  # text as the corpus writes it → reviews it is a part of
    for said, _, source in rows(15) + left_over(kind, 15):
        of.setdefault(" ".join(w if w in c.index else "<unk>" for w in said), set()).add(source)
    hidden = set().union(*(of[t] for t in c.texts(c.held.ids) if len(of[t]) == 1))
    learnt = {*c.texts(c.train.ids), *(t for t, _ in c.apart + c.partly)}
    assert len(hidden) > 100 and not [t for t in learnt if of[t] <= hidden]


def test_own_sentences_make_a_corpus():
    digest = own_sentences.store(table())
    c = corpus("own", 1000, 15, 0, digest)
    assert c.classes == ("no", "yes") and len(c.train) + len(c.held) == 27 and "dog" in c.words
    with pytest.raises(InvalidValue, match="at most 4 words"):
        corpus("own", 1000, 4, 0, digest)
    with pytest.raises(InvalidValue, match="uploaded elsewhere"):
        corpus("own", 1000, 15, 0, "0" * 32)


@pytest.mark.parametrize(
    "text, reason",
    [
        ("", "type a sentence"),
        ("   ", "type a sentence"),
        (None, "type a sentence"),
        (3, "type a sentence"),
        ("?!", "no word in this line"),
        ("xyzzy plugh", "none of these words"),
        ("the pizza was tasty and " * 4, "at most 12 words"),
    ],
)
def test_a_typed_line_without_an_answer_is_told_why(text, reason):
    with pytest.raises(InvalidValue, match=reason):
        corpus("grammar", 100, 12, 0).line(text)


def test_a_typed_line_is_read_generously():
    c = corpus("grammar", 100, 12, 0)
    ids, unknown = c.line("The PIZZA was scrumptious")
    assert c.texts(ids) == ["the pizza was <unk> ."] and unknown == ["scrumptious"]
    assert c.label("positive") == 1 and c.label(0) == 0
    with pytest.raises(InvalidValue, match="negative, positive"):
        c.label("neutral")
