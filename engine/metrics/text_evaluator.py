"""The evaluator of sentences: a classifier that is trained apart from every model.

Logistic regression on words and pairs of words (scikit-learn).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from engine.data.text.corpus import Corpus


class TextEvaluator:
    """Class probabilities of sentences; words are what blanks separate."""

    def __init__(self, texts: Sequence[str], y: Sequence[int], classes: int) -> None:
        """Trained on texts and their classes y, each from 0 to classes − 1."""
        self.classes = classes
        self._words = CountVectorizer(token_pattern=r"\S+", ngram_range=(1, 2), binary=True, lowercase=False)
        features = self._words.fit_transform(texts)
        self._model = LogisticRegression(C=2.0, max_iter=300, class_weight="balanced") if len(set(y)) > 1 else None
        if self._model is not None:
            # One thread: on a busy machine several wait for each other and are slower.
            with threadpool_limits(1):
                self._model.fit(features, np.asarray(y))

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """p(class | sentence), (N, classes); class 0 for certain where only one was trained on."""
        out = np.zeros((len(texts), self.classes))
        if self._model is None:
            out[:, 0] = 1
        else:
            out[:, self._model.classes_] = self._model.predict_proba(self._words.transform(texts))
        return out


@functools.lru_cache(maxsize=4)
def text_evaluator(corpus: Corpus) -> TextEvaluator:
    """The evaluator of a corpus, trained on the sentences that the corpus sets apart.

    Of the grammar's, 3000 are enough.
    """
    apart = corpus.apart[:3000] if corpus.kind == "grammar" else corpus.apart
    return TextEvaluator([t for t, _ in apart], [y for _, y in apart], len(corpus.classes))
