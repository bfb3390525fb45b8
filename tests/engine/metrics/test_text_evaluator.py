"""The evaluator of sentences against scikit-learn, and the weights that ship against new ones."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from engine.data.text.corpus import corpus
from engine.metrics import text_evaluator
from engine.metrics.text_evaluator import SHIPPED, _features, _pairs, train


def scikit_learns(texts, y):
    """Probabilities by a new classifier of scikit-learn."""
    words = CountVectorizer(analyzer=_features, binary=True)
    with threadpool_limits(1):
        model = LogisticRegression(C=2.0, max_iter=300, class_weight="balanced").fit(words.fit_transform(texts), y)
    return lambda asked: model.predict_proba(words.transform(asked))


@pytest.mark.parametrize("kind", SHIPPED)
def test_what_ships_decides_as_scikit_learn_does(kind, monkeypatch):
    monkeypatch.setattr(text_evaluator, "train", None)
    made = corpus(kind, *SHIPPED[kind], 0)
    text_evaluator._kept.pop(made, None)
    found = text_evaluator.text_evaluator(made)  # nothing is trained for it
    texts, y = zip(*_pairs(made))
    held = [*made.texts(made.held.ids), "", "<unk> <unk>", "zeppelin"]
    mine, theirs = found.probabilities(held), scikit_learns(texts, y)(held)
    # To rounding and to what another machine's arithmetic makes of scikit-learn's last step.
    assert np.abs(mine - theirs).max() < 1e-4 and (mine.argmax(1) == theirs.argmax(1)).all()


@pytest.mark.parametrize("classes", (2, 3))
def test_other_sentences_are_trained_on_now(classes):
    made = corpus("reviews" if classes == 2 else "domains", 300, 12, 0)
    assert text_evaluator._shipped(made) is None
    texts, y = zip(*_pairs(made)[::20])
    held = [*made.texts(made.held.ids), "", "a a a <unk> a"]
    found = train(texts, y, classes, made.index).probabilities(held)
    assert np.abs(found - scikit_learns(texts, y)(held)).max() < 1e-9


def test_a_corpus_of_one_class_is_of_that_class():
    assert train(["a b", "b"], [0, 0], 1).probabilities(["a", ""]).tolist() == [[1], [1]]
