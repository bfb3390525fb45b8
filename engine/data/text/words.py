"""Words: how a line of text is cut into them.

Lower case, with NFC letters. A word is letters and digits of any script with the marks that belong
to them: vowel signs of Hindi, vowel points of Hebrew and Arabic, an accent that NFC cannot join.
Joiners inside a word of Persian or Hindi belong to it too. Other characters that cannot be seen,
such as soft hyphens and byte order marks, neither cut a word nor make it another one.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from itertools import islice

import regex

# What cannot be seen and does not shape letters: soft hyphen, zero-width space, word joiner, byte
# order mark, marks of direction, variation selectors. Joiners shape letters, but not of the plain
# scripts.
INVISIBLE = regex.compile(r"[\p{Default_Ignorable_Code_Point}--[\u200c\u200d]]+", regex.V1)
_PLAIN = r"[\p{Latin}\p{Greek}\p{Cyrillic}\p{N}'’]"
JOINERS = regex.compile(
    rf"(?<={_PLAIN}\p{{M}}*)[\u200c\u200d]+|[\u200c\u200d]+(?={_PLAIN})|\u200c+(?![\p{{L}}\p{{M}}\p{{N}}])"
)
_SOLID = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*"
BREAKS = regex.compile(rf"(?<={_SOLID})\u200b+|\u200b+(?={_SOLID})")  # a zero-width space parts words there
APOSTROPHES = regex.compile(r"(?<=[\p{L}\p{N}]\p{M}*)[’‘＇´`](?=\p{L})")
_WORD = r"[\p{L}\p{N}][\p{L}\p{N}\p{M}\u200c\u200d]*"
# Full stop, comma, question mark and the like: Latin, then Chinese and Japanese, Hindi, Arabic.
_POINTS = ".,!?;:。、，！？；：।॥۔؟،؛"
CLEAN = regex.compile(rf"{_WORD}(?:['·׳״]{_WORD})*|[{_POINTS}]")
SECOND = regex.compile(rf"{_WORD}(?:['’]{_WORD})*|[{_POINTS}]")
EARLIER = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[.,!?;:]")  # that of edition 1 of a visitor's text
NO_BLANKS = {
    "Chinese": regex.compile(r"\p{Script=Han}"),
    "Japanese": regex.compile(r"[\p{Script=Hiragana}\p{Script=Katakana}]"),
    "Thai": regex.compile(r"\p{Script=Thai}"),
    "Lao": regex.compile(r"\p{Script=Lao}"),
    "Khmer": regex.compile(r"\p{Script=Khmer}"),
    "Burmese": regex.compile(r"\p{Script=Myanmar}"),
}
SAMPLED = 1000  # sentences in which scripts are counted


def clean(text: str, edition: int = 3) -> list[str]:
    """Lower-case words and punctuation of a line.

    edition: 1 for the words that runs learned from a visitor's text before marks belonged to their
    words, 2 for those before characters that cannot be seen left them whole; of texts that ship all
    give the same.
    """
    if edition == 1:
        return EARLIER.findall(text.replace("’", "'").lower())
    if edition == 2:
        return SECOND.findall(unicodedata.normalize("NFC", text.replace("’", "'").lower()))
    text = APOSTROPHES.sub("'", visible(text))
    return CLEAN.findall(unicodedata.normalize("NFC", text.replace("’", "'").lower()))


def visible(text: str) -> str:
    """A text without the characters that cannot be seen and do not shape its letters."""
    if text.isascii():
        return text
    return JOINERS.sub("", INVISIBLE.sub("", BREAKS.sub(" ", text)))


def is_word(token: str) -> bool:
    """Whether what `clean` cut is a word, and not punctuation."""
    return token[:1].isalnum()


def script_note(sentences: Iterable[str]) -> str:
    """What to know where most letters are of a script that writes no blanks, "" elsewhere."""
    sample = list(islice(sentences, SAMPLED))
    letters = sum(character.isalpha() for text in sample for character in text)
    found: Counter[str] = Counter()
    for text in sample:
        for name, pattern in NO_BLANKS.items():
            found[name] += len(pattern.findall(text))
    if not letters or 2 * sum(found.values()) < letters:
        return ""
    name = "Japanese" if found["Japanese"] * 10 > found["Chinese"] > 0 else found.most_common(1)[0][0]
    return (
        f"{name} is written without blanks: what stands between two blanks is taken as one word, so put a blank "
        f"between words first"
    )
