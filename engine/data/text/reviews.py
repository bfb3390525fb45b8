"""Real sentences with sentiment scores: movie reviews, product reviews, news.

Hutto, Gilbert 2014 (ICWSM); the scores are means of 20 raters, −4 to 4.
"""

from __future__ import annotations

import functools
import re

from engine.core.assets import ASSETS

FILE = ASSETS / "text" / "reviews.tsv"
DOMAINS = ("movies", "products", "news")
LEAST = 3  # words of a sentence
NO_CLASS = -1  # of a sentence whose sentiment is not clear
CLEAR = 0.4  # a sentence counts as positive above this score, as negative below its opposite
WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)*|,")
BREAK = re.compile(r"\s*[;:()]\s*|\s+-+\s+|\.\.+")

Row = tuple[tuple[str, ...], int, int]  # words, class or NO_CLASS, and the number of the review they are from


@functools.cache
def rows() -> tuple[tuple[str, float, str], ...]:
    """(domain, score, text) of all 19,503 sentences."""
    lines = FILE.read_text(encoding="utf-8").splitlines()[1:]
    return tuple((domain, float(score), text) for domain, score, text in (line.split("\t", 2) for line in lines))


def words(text: str) -> tuple[str, ...]:
    """Lower-case words and commas, without other punctuation and without commas at either end."""
    found = WORD.findall(text.lower().replace("''", " ").replace("’", "'"))
    while found and found[-1] == ",":
        found.pop()
    while found and found[0] == ",":
        found.pop(0)
    return tuple(found)


def pieces(text: str, most: int) -> list[tuple[str, ...]]:
    """The parts of a sentence that have at most `most` words.

    A sentence that short is one part. A longer one is cut at semicolons, colons, brackets and
    dashes, and a part that is still too long at commas; what is too long even then is left out.
    """
    whole = words(text)
    if len(whole) <= most:
        return [whole]
    return [part for part in _parts(text, most) if len(part) <= most]


def _parts(text: str, most: int) -> list[tuple[str, ...]]:
    """The parts that a sentence of more than `most` words is cut into, also those left out."""
    out = []
    for part in BREAK.split(text):
        found = words(part)
        out += [found] if len(found) <= most else map(words, part.split(","))
    return out


def reviews(most: int) -> tuple[Row, ...]:
    """Movie and product sentences of clear sentiment, 0 negative and 1 positive.

    A part of a sentence has the sentiment of the whole.
    """
    return tuple(
        (part, int(score > 0), k)
        for k, (domain, score, text) in enumerate(rows())
        if domain != "news" and abs(score) > CLEAR
        for part in pieces(text, most)
        if len(part) >= LEAST
    )


def domains(most: int) -> tuple[Row, ...]:
    """Sentences of all three domains, the class being the domain."""
    return tuple(
        (part, DOMAINS.index(domain), k)
        for k, (domain, _, text) in enumerate(rows())
        for part in pieces(text, most)
        if len(part) >= LEAST
    )


def left_over(kind: str, most: int) -> tuple[Row, ...]:
    """Rows that are in neither `reviews` nor `domains`: no model can learn from them.

    kind: reviews or domains. These are the parts that are too long, and of the movie and product
    reviews the sentences whose sentiment is not clear (NO_CLASS), which may be of any length.
    """
    out = []
    for k, (domain, score, text) in enumerate(rows()):
        if kind == "reviews" and domain == "news":
            continue
        clear = kind == "domains" or abs(score) > CLEAR
        y = DOMAINS.index(domain) if kind == "domains" else int(score > 0) if clear else NO_CLASS
        whole = words(text)
        for part in [whole] if len(whole) <= most else _parts(text, most):
            if len(part) >= LEAST and (len(part) > most or not clear):
                out.append((part, y, k))
    return tuple(out)
