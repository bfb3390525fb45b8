"""A classifier of sentences trained apart from every model: logistic regression on words and pairs of words (scikit-learn)."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from engine.data.corpus import Corpus


class TextJudge:
    """Class probabilities of sentences; words are what blanks separate."""

    def __init__(self, texts: Sequence[str], y: Sequence[int], classes: int) -> None:
        """Learns from texts and their classes 0 … classes − 1."""
        self.classes = classes
        self._words = CountVectorizer(token_pattern=r"\S+", ngram_range=(1, 2), binary=True, lowercase=False)
        features = self._words.fit_transform(texts)
        self._model = LogisticRegression(C=2.0, max_iter=300) if len(set(y)) > 1 else None
        if self._model is not None:
            self._model.fit(features, np.asarray(y))

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """p(class | sentence), (N, classes)."""
        out = np.zeros((len(texts), self.classes))
        if self._model is None:
            out[:, 0] = 1
        else:
            out[:, self._model.classes_] = self._model.predict_proba(self._words.transform(texts))
        return out


@functools.lru_cache(maxsize=4)
def judge_of(corpus: Corpus) -> TextJudge:
    """The judge of a corpus. It learns from the sentences the corpus sets apart (grammar) or, real text being scarce, from the training sentences."""
    return TextJudge([t for t, _ in corpus.apart], [y for _, y in corpus.apart], len(corpus.classes))
