"""Corpus: sentences as rows of token ids, with a vocabulary and a class for each sentence.

Rows are w₁ … w_n END PAD …; START is what a decoder sees before the first word. Corpora are built
once, kept, and never changed.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from engine.core.declare import InvalidValue, brief
from engine.core.streams import stream
from engine.data.text import grammar
from engine.data.text.own_sentences import LATEST, OwnText, own_text
from engine.data.text.reviews import DOMAINS, Row, domains, left_over, reviews
from engine.data.text.words import clean, is_word

PAD, START, END, UNKNOWN = range(4)
SPECIAL = ("", "<s>", "</s>", "<unk>")  # the four as words
HELD = 1000  # sentences held out of training, at most
APART = 10_000  # sentences of the grammar that the evaluators learn from and no model trains on
UNKNOWN_SHARE = 1 / 3  # of a typed sentence's words that may be unknown; with more it is refused
VOCABULARY = 2500  # words of real text, the most frequent ones
KINDS = {
    "grammar": "Grammar of restaurant reviews",
    "reviews": "Movie and product reviews",
    "domains": "Movies, products, news",
    "own": "Your own sentences",
}
ABOUT = {  # what the sentences are
    "grammar": "restaurant reviews",
    "reviews": "movie and product reviews",
    "domains": "sentences about movies, products and news",
    "own": "your sentences",
}
LEAST = 20  # sentences of a visitor's text that are short enough
LEAST_OF_CLASS = 2  # different ones of each of its classes: one to train on, one to hold out


@dataclass(frozen=True, eq=False)
class Sentences:
    """Sentences and their classes.

    ids: int64 (N, L), END after the last word and PAD after that. y: int64 (N,).
    """

    ids: Tensor
    y: Tensor

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True, eq=False)
class Corpus:
    """A vocabulary, training sentences, held-out sentences, and sentences set apart.

    kind: one of KINDS. words: token id → word. classes: their names. most: words of the longest
    sentence. index: word → token id. edition: how a visitor's text is cut into words.

    apart, partly: (text, class) pairs that the independent evaluators learn from; they are neither
    in `train` nor in `held`, except that a visitor's text, which may be short, has its training
    sentences in `apart`. Those of `apart` are like the held-out ones: of real text all their words
    are known. They are few there, so that the evaluators also learn from `partly`, sentences with
    unknown words, but nothing about these words: they are no feature of the classifier, and the
    language model does not learn to predict them. The class is NO_CLASS where it is not clear.
    """

    kind: str
    words: tuple[str, ...]
    classes: tuple[str, ...]
    most: int
    train: Sentences
    held: Sentences
    apart: tuple[tuple[str, int], ...]
    partly: tuple[tuple[str, int], ...] = ()
    edition: int = LATEST
    index: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", {w: k for k, w in enumerate(self.words)})

    @property
    def knows(self) -> str:
        """What a model of the corpus can be asked: "87 words of restaurant reviews"."""
        return f"{sum(map(is_word, self.words)):,} words of {ABOUT[self.kind]}"

    @functools.cached_property
    def frequent(self) -> tuple[str, ...]:
        """The words that can be typed, the most frequent among the training sentences first."""
        counts = torch.bincount(self.train.ids.flatten(), minlength=len(self.words)).tolist()
        return tuple(sorted(filter(is_word, self.words), key=lambda w: -counts[self.index[w]]))

    @functools.cached_property
    def seen(self) -> frozenset[str]:
        """The training sentences as text."""
        return frozenset(self.texts(self.train.ids))

    def texts(self, ids: Tensor) -> list[str]:
        """Rows (N, L) as text, each up to its first END or PAD."""
        out = []
        for row in ids.tolist():
            end = next((k for k, t in enumerate(row) if t in (END, PAD)), len(row))
            out.append(" ".join(self.words[t] for t in row[:end]))
        return out

    def rows(self, texts: Iterable[str]) -> Tensor:
        """Texts of at most `most` words as rows (N, most + 1).

        Words outside the vocabulary become UNKNOWN.
        """
        return _rows([t.split() for t in texts], self.index, self.most)

    def line(self, text: object) -> tuple[Tensor, list[str]]:
        """A typed sentence as one row (1, most + 1), and its words outside the vocabulary.

        Raises InvalidValue for no text, an empty line, too many words, and where more than
        UNKNOWN_SHARE of the words are unknown: an answer would be about some other sentence.
        """
        if not isinstance(text, str) or not text.strip():
            raise InvalidValue(f"type a sentence of 1 to {self.most} words")
        words = clean(text, self.edition)
        if self.kind == "grammar" and words and words[-1] != ".":
            words.append(".")
        if self.kind in ("reviews", "domains"):
            words = [w for w in words if w == "," or is_word(w)]
        if not any(map(is_word, words)):
            raise InvalidValue("there is no word in this line: type a sentence")
        if len(words) > self.most:
            raise InvalidValue(
                f"this sentence has {len(words)} words, full stops and commas counted: at most {self.most} words"
            )
        unknown = [w for w in words if w not in self.index]
        count, missing = (sum(map(is_word, some)) for some in (words, unknown))
        if missing > UNKNOWN_SHARE * count:
            few = list(dict.fromkeys(w[:40] for w in unknown if is_word(w)))
            which = ", ".join(few[:8]) + (" …" if few[8:] else "")
            examples = [w for w in self.frequent if len(w) > 3][:8]  # not "the", "was"
            why = (
                f"this model knows none of these words ({which})"
                if missing == count
                else f"too many words are unknown to this model, at most a third may be ({which})"
            )
            raise InvalidValue(f"{why}: it knows {self.knows}, such as {', '.join(examples)}")
        return _rows([words], self.index, self.most), unknown

    def label(self, given: object) -> int:
        """The class with a name or number. Raises InvalidValue."""
        if given in self.classes:
            return self.classes.index(given)
        if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < len(self.classes):
            return given
        raise InvalidValue(f"to = {brief(given)} is not allowed: choose one of {', '.join(self.classes)}")


def corpus(kind: str, sentences: int, most: int, seed: int, own: str = "") -> Corpus:
    """The corpus of a set-up.

    kind: one of KINDS. sentences: training sentences, at most. most: words of the longest sentence.
    seed: of the grammar's sentences; the others are split alike for every seed. own: digest of the
    visitor's text. Raises InvalidValue.
    """
    if kind == "grammar":
        if most < grammar.LONGEST:
            raise InvalidValue(
                f"words = {most} is not allowed with the grammar: its longest sentences have {grammar.LONGEST} words"
            )
        return _grammar(sentences, seed)
    if kind == "own":
        text = own_text(own)
        if text is None:
            raise InvalidValue(
                "this text was uploaded elsewhere and is not here: upload it again, or open a snapshot of the run"
            )
        return of_own(text, sentences, most)
    return _real(kind, sentences, most)


@functools.lru_cache(maxsize=4)
def _grammar(sentences: int, seed: int) -> Corpus:
    """Training sentences, held-out ones and those set apart, from streams of the seed.

    No sentence is in two of the three.
    """
    words = (*SPECIAL, *grammar.vocabulary())
    index = {w: k for k, w in enumerate(words)}
    train = grammar.generate(stream(seed, "corpus"), sentences)
    known = set(train)

    def unseen(name: str, n: int) -> list[str]:
        return [t for t in dict.fromkeys(grammar.generate(stream(seed, name), 2 * n)) if t not in known][:n]

    def part(texts: Sequence[str]) -> Sentences:
        return Sentences(
            _rows([t.split() for t in texts], index, grammar.LONGEST),
            torch.tensor([grammar.parse(t).sentiment for t in texts]),
        )

    held = unseen("held", HELD)
    known |= set(held)
    apart = tuple((t, grammar.parse(t).sentiment) for t in unseen("apart", APART))
    return Corpus("grammar", words, grammar.SENTIMENTS, grammar.LONGEST, part(train), part(held), apart)


@functools.lru_cache(maxsize=4)
def _real(kind: str, sentences: int, most: int) -> Corpus:
    rows = _distinct(reviews(most) if kind == "reviews" else domains(most))
    known = {w for w, _ in Counter(w for words, *_ in rows for w in words).most_common(VOCABULARY)}
    # Sentences whose words are all known are split into training and held-out ones. Two thirds of
    # those with one unknown word are trained on as well, because real text is scarce; the rest is
    # for the evaluators, and so is what is too long or not clear.
    blanked = [(tuple(w if w in known else SPECIAL[UNKNOWN] for w in words), *of) for words, *of in rows]
    missing = [words.count(SPECIAL[UNKNOWN]) for words, *_ in blanked]
    whole = [row for row, n in zip(blanked, missing) if n == 0]
    more = [row for k, (row, n) in enumerate(zip(blanked, missing)) if n == 1 and k % 3]
    used = {words for words, *_ in whole + more}  # some are alike once unknown words are replaced
    others = _distinct(left_over(kind, most))
    apart = [row for row in others if row[0] not in used and all(w in known for w in row[0])]
    partly = [row for row in blanked if row[0] not in used]
    classes = ("negative", "positive") if kind == "reviews" else DOMAINS
    return _split(kind, whole, classes, sentences, most, sorted(known), apart, partly, more)


def of_own(text: OwnText, sentences: int, most: int) -> Corpus:
    """The corpus of a visitor's text. Raises InvalidValue for too few short sentences."""
    return _own(text, sentences, most)


@functools.lru_cache(maxsize=4)
def _own(text: OwnText, sentences: int, most: int) -> Corpus:
    cut = [(tuple(clean(line, text.edition)), y) for line, y in text.rows]
    rows = [(words, y, k) for k, (words, y) in enumerate(cut) if 1 <= len(words) <= most]
    if len(rows) < LEAST:
        raise InvalidValue(
            f"only {len(rows)} of the sentences have at most {most} words, punctuation counted: at least {LEAST} are "
            f"needed"
        )
    if missing := [name for k, name in enumerate(text.classes) if all(y != k for _, y, _ in rows)]:
        raise InvalidValue(f"no sentence of the class {missing[0]!r} has at most {most} words")
    if text.edition == 1:
        return replace(_split("own", _distinct(rows), text.classes, sentences, most), edition=1)
    return _split_by_class(*_one_label(rows), text.classes, sentences, most)


def _one_label(rows: Sequence[Row]) -> tuple[list[Row], Counter[int]]:
    """The different rows that stand under one label, and of each class how many stood under another
    one too.
    """
    labels: dict[tuple[str, ...], set[int]] = {}
    for words, y, _ in rows:
        labels.setdefault(words, set()).add(y)
    kept = [row for row in _distinct(rows) if len(labels[row[0]]) == 1]
    return kept, Counter(y for found in labels.values() if len(found) > 1 for y in found)


def _split_by_class(
    rows: Sequence[Row], left_out: Counter[int], classes: tuple[str, ...], sentences: int, most: int
) -> Corpus:
    """Hold out a tenth of each class, so that every class is trained on and every class is tested.

    left_out: sentences of each class that stood under another label too. Raises InvalidValue, with
    the class and its count, where a class is too small for both.
    """
    counts = Counter(y for _, y, _ in rows)
    for k, name in enumerate(classes):
        if counts[k] < LEAST_OF_CLASS:
            of = f"the class {name!r} has" if len(classes) > 1 else "this file has"
            more = f" ({left_out[k]} more stand under another label too and are left out)" if left_out[k] else ""
            raise InvalidValue(
                f"{of} {counts[k]} different sentence{'s' * (counts[k] != 1)} of at most {most} words{more}: at least "
                f"{LEAST_OF_CLASS} are needed, to train on and to hold out"
            )
    aim = min(HELD, len(rows) // 10)
    held, rest = [], []
    for k in range(len(classes)):
        own = [row for row in rows if row[1] == k]
        g = stream(0, f"split/own/{most}/{k}")
        own = [own[i] for i in torch.randperm(len(own), generator=g).tolist()]
        n = max(1, round(aim * len(own) / len(rows)))
        held += own[:n]
        # The j-th of n stands at j/n, so that every beginning of the list has every class.
        rest += [(j / len(own[n:]), k, row) for j, row in enumerate(own[n:])]
    kept = [row for _, _, row in sorted(rest, key=lambda one: one[:2])][:sentences]
    return _assembled("own", kept, held, kept, classes, most)


def _distinct(rows: Iterable[Row]) -> list[Row]:
    """Rows without repetitions: of those with the same words the last."""
    return list({row[0]: row for row in rows}.values())


def _split(
    kind: str,
    rows: Sequence[Row],
    classes: tuple[str, ...],
    sentences: int,
    most: int,
    known: Sequence[str] = (),
    apart: Sequence[Row] = (),
    partly: Sequence[Row] = (),
    more: Sequence[Row] = (),
) -> Corpus:
    """Hold out a tenth of the distinct rows, about HELD of them at most.

    known: the vocabulary; where it is empty, words that occur twice or more. apart, partly: rows
    for the evaluators, as in Corpus. more: rows that are trained on too.

    Reviews are held out as a whole: one part of a review predicts much of the rest, so neither the
    models nor the evaluators learn from any part of it.
    """
    aim = min(HELD, len(rows) // 10)
    of: dict[int, list[Row]] = {}
    for row in rows:
        of.setdefault(row[2], []).append(row)
    sources = list(of)
    order = iter(torch.randperm(len(sources), generator=stream(0, f"split/{kind}/{most}")).tolist())
    held: list[Row] = []
    hidden: set[int] = set()
    while len(held) < aim:
        source = sources[next(order)]
        hidden.add(source)
        held += of[source]
    rest = [sources[k] for k in order]
    kept = [*(row for source in rest for row in of[source]), *(row for row in more if row[2] not in hidden)][:sentences]
    learnt, half = ([row for row in rows if row[2] not in hidden] for rows in (apart, partly))
    return _assembled(kind, kept, held, learnt or kept, classes, most, known, half)


def _assembled(
    kind: str,
    kept: Sequence[Row],
    held: Sequence[Row],
    learnt: Sequence[Row],
    classes: tuple[str, ...],
    most: int,
    known: Sequence[str] = (),
    partly: Sequence[Row] = (),
) -> Corpus:
    """The corpus of rows to train on, rows held out, and rows that the evaluators learn from.

    known: the vocabulary; where it is empty, words that are trained on twice or more. partly: as in
    Corpus.
    """
    counts = Counter(w for words, *_ in kept for w in words)
    least = 1 if len(kept) < 500 else 2
    words = (*SPECIAL, *(known or sorted(w for w, n in counts.items() if n >= least)))
    index = {w: k for k, w in enumerate(words)}

    def part(rows: Sequence[Row]) -> Sentences:
        return Sentences(_rows([words for words, *_ in rows], index, most), torch.tensor([y for _, y, _ in rows]))

    def texts(rows: Sequence[Row]) -> tuple[tuple[str, int], ...]:
        return tuple((" ".join(w if w in index else SPECIAL[UNKNOWN] for w in words), y) for words, y, _ in rows)

    return Corpus(kind, words, classes, most, part(kept), part(held), texts(learnt), texts(partly))


def _rows(sentences: Sequence[Sequence[str]], index: dict[str, int], most: int) -> Tensor:
    """Sentences of at most `most` words as rows (N, most + 1)."""
    # As lists first: a tensor for each row takes five times as long.
    rows = []
    for words in sentences:
        ids = [*(index.get(w, UNKNOWN) for w in words), END]
        rows.append(ids + [PAD] * (most + 1 - len(ids)))
    return torch.tensor(rows, dtype=torch.long).reshape(len(rows), most + 1)
