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
        (
            "i hate this movie but it is long",
            r"at most a third may be \(hate, this, movie.*73 words of restaurant reviews",
        ),
        ("the soup xyzzy", None),
        ("the pizza was tasty and " * 4, "at most 12 words"),
    ],
)
def test_a_typed_line_without_an_answer_is_told_why(text, reason):
    c = corpus("grammar", 100, 12, 0)
    if reason is None:  # one word of three
        assert c.line(text)[1] == ["xyzzy"]
        return
    with pytest.raises(InvalidValue, match=reason):
        c.line(text)


def test_a_typed_line_is_read_generously():
    c = corpus("grammar", 100, 12, 0)
    ids, unknown = c.line("The PIZZA was scrumptious")
    assert c.texts(ids) == ["the pizza was <unk> ."] and unknown == ["scrumptious"]
    assert c.label("positive") == 1 and c.label(0) == 0
    with pytest.raises(InvalidValue, match="negative, positive"):
        c.label("neutral")


def test_a_corpus_says_what_can_be_typed():
    c = corpus("grammar", 20000, 12, 0)
    assert c.knows == "73 words of restaurant reviews" and len(c.frequent) == 73
    assert c.frequent[:3] == ("the", "was", "and") and not {"", "<unk>", ".", ","} & set(c.frequent)
    assert corpus("reviews", 20000, 15, 0).knows == "2,499 words of movie and product reviews"


# -- a visitor's classes ---------------------------------------------------------------------------


def own(rows):
    """The corpus of (sentence, label) pairs as a file has them."""
    text = "\n".join(["sentence,label", *(f"{s},{label}" for s, label in rows)])
    return corpus("own", 20000, 15, 0, own_sentences.store(text.encode()))


def test_each_class_stands_among_training_and_held_out_sentences():
    for rare in (2, 7, 40):
        rows = [(f"dog number {k} barks", "pos") for k in range(600)]
        rows += [(f"cat number {k} mews", "neg") for k in range(rare)]
        made = own(rows)
        for part in (made.train, made.held):
            assert set(part.y.tolist()) == {0, 1}
        assert len(made.train) + len(made.held) == 600 + rare and {y for _, y in made.apart} == {0, 1}
        # What is left of the training sentences by the set-up's limit has each class as well.
        few = corpus("own", 100, 15, 0, own_sentences.store_text(own_sentences.read(_file(rows))))
        assert len(few.train) == 100 and set(few.train.y.tolist()) == {0, 1}


def _file(rows):
    return "\n".join(["sentence,label", *(f"{s},{label}" for s, label in rows)]).encode()


@pytest.mark.parametrize(
    "rows, says",
    [
        ([(f"dog {k} barks", "pos") for k in range(60)] + [("cats mew", "neg")], "'neg' has 1 different sentence "),
        ([(f"dog {k} barks", "pos") for k in range(60)] + [("cats mew", "neg")] * 30, "'neg' has 1 different"),
        ([(f"dog {k} barks", c) for k in range(30) for c in ("neg", "pos")], "'neg' has 0 .*30 more stand"),
        (
            [(f"dog {k} barks", "pos") for k in range(60)] + [(f"Dog {k} barks", "neg") for k in range(50)],
            r"'neg' has 0 .*\(50 more stand under another label too",
        ),
        ([("the same dog barks", "pos")] * 40, "has 1 different sentence "),
    ],
)
def test_a_class_that_cannot_stand_in_both_is_refused_with_its_count(rows, says):
    with pytest.raises(InvalidValue, match=says):
        own(rows)


def test_sentences_under_two_labels_are_left_out_and_told():
    rows = [(f"dog {k} barks", "pos") for k in range(30)] + [(f"cat {k} mews", "neg") for k in range(30)]
    both = [("birds sing", "pos"), ("birds sing", "neg")]
    made = own(rows + both)
    assert len(made.train) + len(made.held) == 60
    told = own_sentences.read(_file(rows + both)).told()
    assert "1 sentence stands under two labels and is left out" in told
