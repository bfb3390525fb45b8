"""A grammar of short restaurant reviews.

With a grammar it is known for certain whether a sentence belongs to it, its sentiment and its
content.

    review  → clause "."  |  clause "and" clause "."
    clause  → "the" NOUN was/were (very/really/so)? ADJECTIVE  |  i/we VERB "the" NOUN

The two clauses of a review are about different slots and have the same sentiment. was/were agrees
with the noun's number, an adjective with slot and sentiment, a VERB with the sentiment. A slot is
one of food, service, place and price; a noun belongs to exactly one. `size()` counts the sentences:
20,000 are under a twentieth of them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Generator

SENTIMENTS = ("negative", "positive")
SINGULAR = {
    "food": ("food", "pizza", "pasta", "soup", "salad", "fish", "steak"),
    "service": ("service", "waiter", "waitress", "host", "staff"),
    "place": ("place", "room", "patio", "bar"),
    "price": ("price", "bill", "cost"),
}  # fmt: skip
PLURAL = {
    "food": ("noodles", "burgers", "fries"),
    "service": ("waiters",),
    "place": ("tables",),
    "price": ("prices", "fees"),
}
SLOTS = tuple(SINGULAR)
ADJECTIVES = {
    "food": (("awful", "bland", "stale", "greasy", "soggy"), ("delicious", "tasty", "fresh", "perfect", "amazing")),
    "service": (("rude", "slow", "careless", "grumpy"), ("friendly", "quick", "polite", "helpful")),
    "place": (("dirty", "noisy", "gloomy", "cramped"), ("clean", "cosy", "lovely", "bright")),
    "price": (("unfair", "steep", "outrageous"), ("fair", "cheap", "reasonable")),
}  # fmt: skip
VERBS = (("hated", "disliked", "regretted"), ("loved", "liked", "enjoyed"))
ADVERBS = ("very", "really", "so")
PRONOUNS = ("i", "we")
LONGEST = 12  # words of the longest sentence, the full stop among them

NOUNS = {slot: SINGULAR[slot] + PLURAL[slot] for slot in SLOTS}
SLOT_OF = {noun: slot for slot, nouns in NOUNS.items() for noun in nouns}
_PLURALS = frozenset(noun for nouns in PLURAL.values() for noun in nouns)
_ADJECTIVE = {word: (slot, k) for slot, both in ADJECTIVES.items() for k, words in enumerate(both) for word in words}
_VERB = {word: k for k, words in enumerate(VERBS) for word in words}
ONE_CLAUSE = 0.15  # how often a review has one clause
PRONOUN = 0.25  # how often a clause has a pronoun
ADVERB = 0.5  # how often an adjective has an adverb


@dataclass(frozen=True)
class Review:
    """The content of a sentence of the grammar.

    sentiment: 0 negative, 1 positive. slots: (slot, noun) in the order of the sentence.
    """

    sentiment: int
    slots: tuple[tuple[str, str], ...]


def vocabulary() -> tuple[str, ...]:
    """Every word of the grammar, once, in a fixed order."""
    nouns = [noun for slot in SLOTS for noun in NOUNS[slot]]
    return (".", "and", "the", "was", "were", *PRONOUNS, *ADVERBS, *VERBS[0], *VERBS[1], *nouns, *_ADJECTIVE)


def size() -> int:
    """How many different sentences there are.

    These are single clauses, and ordered pairs of clauses about two slots, of either sentiment.
    """
    total = 0
    for k in range(2):
        clauses = [
            len(NOUNS[s]) * ((1 + len(ADVERBS)) * len(ADJECTIVES[s][k]) + len(PRONOUNS) * len(VERBS[k])) for s in SLOTS
        ]
        total += sum(clauses) + sum(clauses) ** 2 - sum(n * n for n in clauses)
    return total


def generate(generator: Generator, n: int) -> list[str]:
    """n sentences drawn from `generator`, words separated by blanks.

    On average half of them are of either sentiment.
    """
    draws = torch.rand(n, 14, generator=generator, dtype=torch.float64).tolist()
    return [_review(iter(row)) for row in draws]


def _pick(options: tuple[str, ...], u: float) -> str:
    return options[int(u * len(options))]


def _review(u: Iterator[float]) -> str:
    """A sentence from at most 14 draws in [0, 1)."""
    k = int(next(u) * 2)
    first = int(next(u) * len(SLOTS))
    second = int(next(u) * (len(SLOTS) - 1))
    second += second >= first
    alone = next(u) < ONE_CLAUSE
    clauses = [_clause(SLOTS[s], k, u) for s in ((first,) if alone else (first, second))]
    return " and ".join(clauses) + " ."


def _clause(slot: str, k: int, u: Iterator[float]) -> str:
    """One clause of sentiment k; takes five draws whatever its form."""
    noun = _pick(NOUNS[slot], next(u))
    has_pronoun = next(u) < PRONOUN
    has_adverb = next(u) < ADVERB
    a = next(u)
    b = next(u)
    if has_pronoun:
        return f"{_pick(PRONOUNS, a)} {_pick(VERBS[k], b)} the {noun}"
    adverb = f"{_pick(ADVERBS, a)} " if has_adverb else ""
    return f"the {noun} {'were' if noun in _PLURALS else 'was'} {adverb}{_pick(ADJECTIVES[slot][k], b)}"


def parse(sentence: str) -> Review | None:
    """The content of a sentence, or None where the grammar cannot generate it."""
    words = sentence.split()
    if len(words) < 2 or words[-1] != ".":
        return None
    clauses, start = [], 0
    body = words[:-1]
    for end in [k for k, word in enumerate(body) if word == "and"] + [len(body)]:
        clauses.append(_parse_clause(tuple(body[start:end])))
        start = end + 1
    if None in clauses or len(clauses) > 2:
        return None
    sentiments = {k for k, _, _ in clauses}
    slots = {slot for _, slot, _ in clauses}
    if len(sentiments) > 1 or len(slots) < len(clauses):
        return None
    return Review(clauses[0][0], tuple((slot, noun) for _, slot, noun in clauses))


@functools.lru_cache(maxsize=4096)  # a corpus has 31,000 sentences of 1,184 clauses
def _parse_clause(words: tuple[str, ...]) -> tuple[int, str, str] | None:
    """(sentiment, slot, noun) of one clause, or None."""
    if len(words) == 4 and words[0] in PRONOUNS:
        _, verb, the, noun = words
        return (_VERB[verb], SLOT_OF[noun], noun) if verb in _VERB and the == "the" and noun in SLOT_OF else None
    if len(words) == 5 and words[3] in ADVERBS:
        words = words[:3] + words[4:]
    if len(words) != 4:
        return None
    the, noun, verb, adjective = words
    if the != "the" or noun not in SLOT_OF or adjective not in _ADJECTIVE:
        return None
    if verb != ("were" if noun in _PLURALS else "was"):
        return None
    slot, k = _ADJECTIVE[adjective]
    return (k, slot, noun) if slot == SLOT_OF[noun] else None
