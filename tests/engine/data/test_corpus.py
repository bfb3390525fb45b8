"""The grammar's parser accepts exactly what it generates; corpora of real and of the visitor's own
sentences; what is wrong with a file is said.
"""

import itertools

import pytest
import torch

from engine.core.declare import InvalidValue
from engine.data.text import grammar, own_sentences
from engine.data.text.corpus import END, PAD, UNKNOWN, corpus
from engine.data.text.reviews import domains, pieces, reviews, words


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


def test_a_grammar_corpus_keeps_its_parts_apart():
    c = corpus("grammar", 500, 12, 7)
    held, train, apart = set(c.texts(c.held.ids)), set(c.texts(c.train.ids)), {t for t, _ in c.apart}
    assert (
        not train & held
        and not train & apart
        and not held & apart
        and all(grammar.parse(t).sentiment == y for t, y in c.apart[:200])
    )
    assert [grammar.parse(t).sentiment for t in c.texts(c.held.ids)] == c.held.y.tolist()
    assert torch.equal(c.rows(c.texts(c.train.ids)), c.train.ids) and corpus("grammar", 500, 12, 8).texts(
        c.train.ids
    ) != c.texts(corpus("grammar", 500, 12, 8).train.ids)
    with pytest.raises(InvalidValue, match="longest sentences have 12"):
        corpus("grammar", 500, 10, 7)


@pytest.mark.parametrize("kind, classes", (("reviews", 2), ("domains", 3)))
def test_real_sentences_are_short_known_and_apart_from_what_the_judges_see(kind, classes):
    c = corpus(kind, 20000, 15, 0)
    held, train, apart = set(c.texts(c.held.ids)), set(c.texts(c.train.ids)), {t for t, _ in c.apart}
    assert len(train) > 4000 and not train & held and not apart & (train | held)
    assert (
        (c.train.ids == UNKNOWN).sum(1).max() == 1 and not (c.held.ids == UNKNOWN).any() and len(c.classes) == classes
    )
    assert c.train.y.bincount(minlength=classes).min() > 500
    assert ((c.train.ids == END).sum(1) == 1).all() and (c.train.ids != PAD).sum(1).max() <= 16


@pytest.mark.parametrize("kind, rows", (("reviews", reviews), ("domains", domains)))
def test_of_a_review_that_is_held_out_no_part_is_learnt_from(kind, rows):
    c = corpus(kind, 20000, 15, 0)
    of = {}  # text as the corpus writes it → reviews it is a part of
    for said, _, source in rows(15):
        of.setdefault(" ".join(w if w in c.index else "<unk>" for w in said), set()).add(source)
    hidden = set().union(*(of[t] for t in c.texts(c.held.ids) if len(of[t]) == 1))
    learnt = {*c.texts(c.train.ids), *(t for t, _ in c.apart)}
    assert len(hidden) > 100 and not [t for t in learnt if of[t] <= hidden]


def test_long_reviews_are_cut_where_they_pause():
    assert words("A so-so film, really: it's NOT good.") == (
        "a",
        "so",
        "so",
        "film",
        ",",
        "really",
        "it's",
        "not",
        "good",
    )
    long = "one two three four five six, seven eight nine; ten eleven twelve thirteen"
    assert pieces(long, 20) == [words(long)]
    assert pieces(long, 10) == [
        words("one two three four five six, seven eight nine"),
        words("ten eleven twelve thirteen"),
    ]
    assert pieces(long, 6) == [
        words("one two three four five six"),
        words("seven eight nine"),
        words("ten eleven twelve thirteen"),
    ]
    assert all(y in (0, 1) and 3 <= len(w) <= 9 for w, y, _ in reviews(9))


# -- the visitor's own text ------------------------------------------------------------------------------------------

LINES = [
    f"the {a} dog {b} the {c} cat"
    for a in ("old", "new", "red")
    for b in ("sees", "likes", "hears")
    for c in ("old", "new", "red")
]


def table(mark=","):
    return "\n".join(
        [f"text{mark}label", *(f"{t}{mark}{'yes' if k % 2 else 'no'}" for k, t in enumerate(LINES))]
    ).encode()


def test_lines_and_tables_are_read():
    plain = own_sentences.read("\n".join(LINES).encode())
    assert len(plain.rows) == 27 and plain.classes == ("text",)
    for mark in ",\t;":
        labelled = own_sentences.read(b"\xef\xbb\xbf" + table(mark))
        assert labelled.classes == ("no", "yes") and labelled.rows[1] == (LINES[1], 1)
    quoted = own_sentences.read(table() + b'\n"well, the old dog",yes')
    assert quoted.rows[-1] == ("well, the old dog", 1)
    assert own_sentences.read(quoted.to_bytes()) == quoted
    # A first line that merely has the word "text" in it is a sentence.
    assert len(own_sentences.read("\n".join(["a text about dogs", *LINES]).encode()).rows) == 28


@pytest.mark.parametrize(
    "data, says",
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"ab\nc\xe9d", r"not UTF-8 text \(line 2\)"),
        (b"one\ntwo\n", "at least 20"),
        ("\x00".join(LINES).encode(), "binary"),
        ("\n".join(LINES).encode("utf-16"), "not UTF-8"),
        (b"x" * 5_000_001, "at most 5 MB"),
        (b"text,label\n" + b"only text\n" * 30, "Row 2 has 1 columns"),
        (b"text,label\n" + b"a b,\n" * 30, "Row 2 has no label"),
        ("\n".join(["text,label", *(f"a b,{k}" for k in range(30))]).encode(), "at most 6"),
        (b"a b c\n" * 50_001, "at most 50000"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(data, says):
    with pytest.raises(InvalidValue, match=says):
        own_sentences.read(data)


def test_own_sentences_make_a_corpus():
    digest = own_sentences.store(table())
    c = corpus("own", 1000, 15, 0, digest)
    assert c.classes == ("no", "yes") and len(c.train) + len(c.held) == 27 and "dog" in c.words
    with pytest.raises(InvalidValue, match="at most 4 words"):
        corpus("own", 1000, 4, 0, digest)
    with pytest.raises(InvalidValue, match="uploaded elsewhere"):
        corpus("own", 1000, 15, 0, "0" * 32)


@pytest.mark.parametrize(
    "text, says",
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
def test_a_typed_line_without_an_answer_is_told_why(text, says):
    with pytest.raises(InvalidValue, match=says):
        corpus("grammar", 100, 12, 0).line(text)


def test_a_typed_line_is_read_generously():
    c = corpus("grammar", 100, 12, 0)
    ids, unknown = c.line("The PIZZA was scrumptious")
    assert c.texts(ids) == ["the pizza was <unk> ."] and unknown == ["scrumptious"]
    assert c.label("positive") == 1 and c.label(0) == 0
    with pytest.raises(InvalidValue, match="negative, positive"):
        c.label("neutral")
