"""Kneser-Ney n-grams against numbers worked out by hand."""

import math

import pytest

from engine.metrics.ngram import NGrams


def test_kneser_ney_by_hand():
    """Order 2, discount ¾, sentences a b, a b, a c over {a, b, c, </s>}. Unigrams count the
    different words before: a 1, b 1, c 1, </s> 2, of 5.
    """
    model = NGrams.of(["a b", "a b", "a c"], "abc", order=2)
    base = lambda count: (count - 0.75) / 5 + 0.75 * 4 / 5 / 4  # noqa: E731
    assert model.probability("b", ()) == pytest.approx(base(1))
    assert model.probability("</s>", ()) == pytest.approx(base(2))
    assert model.probability("b", ("a",)) == pytest.approx((2 - 0.75) / 3 + 0.75 * 2 / 3 * base(1))
    assert model.probability("a", ("a",)) == pytest.approx(0.75 * 2 / 3 * base(1))
    assert model.probability("a", ("never",)) == pytest.approx(base(1))
    p = [(3 - 0.75) / 3 + 0.25 * base(1), (2 - 0.75) / 3 + 0.5 * base(1), (2 - 0.75) / 2 + 0.375 * base(2)]
    assert model.perplexity(["a b"]) == pytest.approx(math.prod(p) ** (-1 / 3))


@pytest.mark.parametrize("order", (1, 2, 3, 5))
def test_n_gram_probabilities_sum_to_one(order):
    words = "abcd"
    model = NGrams.of(["a b a", "c b", "a c", "b"], words, order)
    for context in ((), ("a",), ("a", "b"), ("<s>", "<s>"), ("d", "d", "d"), ("<s>", "<s>", "a", "b")):
        assert sum(model.probability(w, context) for w in (*words, "</s>")) == pytest.approx(1)


def test_a_model_of_uniform_words_has_their_perplexity():
    """Nothing to learn but the vocabulary: as many different words as equally likely ones, then an
    END that is sure.
    """
    with pytest.raises(ValueError, match="no sentence"):
        NGrams.of([], "ab")
    model = NGrams.of(list("abcd") * 200, "abcd", order=2)
    assert model.perplexity("abcd") == pytest.approx(math.sqrt(4), rel=0.01)


def test_a_blank_is_context_and_is_never_learned_to_be_predicted():
    """a follows the blank twice and START once; the blank itself only has what no word is given."""
    words = ["a", "b", "<unk>"]
    model = NGrams(words, order=2, blank="<unk>")
    model.add(["<unk> a", "b <unk> a", "a b"])
    model.finish()
    plain = NGrams.of(["<unk> a", "b <unk> a", "a b"], words, order=2)
    assert model.probability("<unk>", ("b",)) < 0.1 < plain.probability("<unk>", ("b",))
    assert model.probability("a", ("<unk>",)) == pytest.approx(plain.probability("a", ("<unk>",)), rel=0.2)
    for context in ((), ("a",), ("b",), ("<unk>",), ("<s>",)):
        assert sum(model.probability(w, context) for w in (*words, "</s>")) == pytest.approx(1)
