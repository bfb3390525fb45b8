"""The visitor's own sentences: a file read safely, and found again by the digest of its contents.

A set-up holds the digest under which `store` stored an upload in this process. A run's state
contains the text, so that its snapshot can be restored by a process where it was never uploaded.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from engine.core.declare import InvalidValue
from engine.data.columns import one_class
from engine.data.encoding import decode
from engine.data.tables import Understood, counted
from engine.data.text.sentence_table import FORM, MOST_CLASSES, read_pairs
from engine.data.text.words import clean, script_note

MOST_BYTES = 5_000_000
MOST_ROWS = 50_000
LEAST_ROWS = 20
STORED = 20  # uploads; beyond that the oldest are dropped
PATTERN = r"([0-9a-f]{32})?"
CELL = re.compile(r'("[^"]*(?:""[^"]*)*"|[^,\n]*)(,|\n|$)')
# How an edition cuts sentences into words and parts: see engine/data/text/corpus.py. The first line
# of the bytes says the edition, so that a saved run opens with the words that it learned.
HEADERS = {1: ("text", "label"), 2: ("sentence", "label"), 3: ("sentence", "class")}
LATEST = 3
NO_LABEL = "text"  # the name of the one class of a text without labels

_stored: OrderedDict[str, OwnText] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True)
class OwnText:
    """A visitor's text.

    rows: (sentence, class) pairs. classes: their names, (NO_LABEL,) where the file has none.
    edition: a key of HEADERS. understood: how the file was read, for one that was uploaded.
    """

    rows: tuple[tuple[str, int], ...]
    classes: tuple[str, ...]
    edition: int = LATEST
    understood: Understood = field(default_factory=Understood, compare=False)

    def to_bytes(self) -> bytes:
        """A CSV file with the columns of the edition, which `from_bytes` reads bit for bit, and
        `read` as well.
        """
        rows = [",".join(HEADERS[self.edition]), *(f"{_cell(text)},{_cell(self.classes[y])}" for text, y in self.rows)]
        return ("\n".join(rows) + "\n").encode()

    def counts(self) -> dict[str, int]:
        """Class → its sentences; nothing where there are no labels."""
        if self.classes == (NO_LABEL,):
            return {}
        found = Counter(y for _, y in self.rows)
        return {name: found[k] for k, name in enumerate(self.classes)}

    def told(self) -> str:
        """What was read, in one line, for the owner of the file."""
        counts, taken = self.counts(), self.understood.columns
        classes = ", ".join(f"{name[:40]} {n:,}" for name, n in counts.items())
        parts = [
            counted(len(self.rows), "sentence"),
            f"{counted(len(counts), 'class', 'classes')} ({classes})" if counts else "no labels",
            f"column {_short(taken['sentence'])}" if "sentence" in taken else "",
            f"labels from {_short(taken['label'])}" if "label" in taken else "",
        ]
        return f"{', '.join(filter(None, parts))}; {self.understood.phrase()}"

    def data(self) -> dict[str, Any]:
        """The same for --json; `words` counts the different words."""
        words = {word for text, _ in self.rows for word in clean(text)}
        return {
            "sentences": len(self.rows),
            "classes": self.counts(),
            "words": len(words),
            **self.understood.data(),
        }


def _short(name: str) -> str:
    """The name of a column without the word column, which stands before it."""
    return name.removeprefix("column ")[:40]


def read(data: bytes) -> OwnText:
    """The text of an uploaded file: one sentence a line, a table, fastText's lines, or JSON.

    Blanks of all kinds become one blank, and letters with their marks become NFC, in sentences and
    labels. Labels that are spelt in several ways become one (`one_class`). Raises InvalidValue.
    """
    if len(data) > MOST_BYTES:
        raise InvalidValue(f"This file has {len(data) / 1e6:.1f} MB: choose one of at most {MOST_BYTES / 1e6:.0f} MB.")
    if not data.strip():
        raise InvalidValue(f"This file is empty: {FORM}.")
    decoded = decode(data)
    pairs, understood = read_pairs(decoded.text)
    named, spellings = one_class(label for _, label in pairs if label)
    text = _of_pairs([(sentence, named[label] if label else NO_LABEL) for sentence, label in pairs], LATEST)
    if (size := sum(len(sentence.encode()) for sentence, _ in pairs)) > MOST_BYTES:
        most = f"{MOST_BYTES / 1e6:.0f} MB"
        raise InvalidValue(f"This file has {size / 1e6:.1f} MB as UTF-8: choose one of at most {most}.")
    notes = filter(
        None, (*understood.notes, *spellings, _two_labels(text), script_note(sentence for sentence, _ in pairs))
    )
    return replace(text, understood=replace(understood, encoding=decoded.encoding, notes=tuple(notes)))


def _two_labels(text: OwnText) -> str:
    """What to know where the same words stand under two labels; "" elsewhere."""
    labels: dict[tuple[str, ...], set[int]] = {}
    if len(text.classes) > 1:
        for sentence, y in text.rows:
            labels.setdefault(tuple(clean(sentence)), set()).add(y)
    n = sum(len(found) > 1 for found in labels.values())
    if not n:
        return ""
    rest = "stands under two labels and is" if n == 1 else "stand under two labels and are"
    return f"{counted(n, 'sentence')} {rest} left out"


def from_bytes(data: bytes) -> OwnText:
    """The inverse of `OwnText.to_bytes`, for the text in a saved run. Raises InvalidValue.

    Sentences and labels stay as they are. The bytes may be more than those of an upload: labels and
    quotation marks came in addition.
    """
    try:
        text = data.decode("utf-8")
        start, _, rest = text.partition("\n")
        editions = {",".join(names): edition for edition, names in HEADERS.items()}
        return _of_pairs([(sentence, label) for sentence, label in _rows(rest)], editions[start])
    except (KeyError, ValueError) as error:
        if isinstance(error, InvalidValue):
            raise
        raise InvalidValue("the text in this snapshot is damaged") from error


def _of_pairs(pairs: list[tuple[str, str]], edition: int) -> OwnText:
    """A text of (sentence, label) pairs. Raises InvalidValue for too many or too few."""
    if len(pairs) > MOST_ROWS:
        raise InvalidValue(f"This file has {counted(len(pairs), 'sentence')}: at most {MOST_ROWS:,}.")
    if len(pairs) < LEAST_ROWS:
        raise InvalidValue(f"This file has {counted(len(pairs), 'sentence')}: at least {LEAST_ROWS}.")
    classes = tuple(sorted({label for _, label in pairs}))
    if len(classes) > MOST_CLASSES:
        raise InvalidValue(
            f"The labels have {len(classes)} different values, such as {', '.join(c[:30] for c in classes[:3])}: at "
            f"most {MOST_CLASSES}. Leave that column out to learn without labels."
        )
    index = {name: k for k, name in enumerate(classes)}
    return OwnText(tuple((sentence, index[label]) for sentence, label in pairs), classes, edition)


def _cell(text: str) -> str:
    """A cell of `OwnText.to_bytes`.

    What the csv module encloses depends on Python's version: 3.13 encloses a bare CR too. A text
    must keep its digest.
    """
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n') else text


def _rows(text: str) -> Iterator[list[str]]:
    """The rows of what `to_bytes` wrote. The csv module refuses a bare CR in a cell."""
    row: list[str] = []
    for found in CELL.finditer(text):
        cell, end = found.groups()
        if not row and not cell and not end:
            return
        row.append(cell[1:-1].replace('""', '"') if cell.startswith('"') else cell)
        if end != ",":
            yield row
            row = []


def store(data: bytes) -> str:
    """Read an uploaded file and store it; returns its digest. Raises InvalidValue."""
    return store_text(read(data))


def store_text(text: OwnText) -> str:
    """Store a text; returns the digest of its contents."""
    return _store(_digest(text.to_bytes()), text)


def store_saved(digest: str, data: bytes) -> None:
    """Store the text of a saved run. Raises InvalidValue where the digest is another text's."""
    if _digest(data) != digest:
        raise InvalidValue("the text in this snapshot is not the one that the run learned")
    _store(digest, from_bytes(data))


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _store(digest: str, text: OwnText) -> str:
    with _lock:
        _stored[digest] = text
        _stored.move_to_end(digest)
        while len(_stored) > STORED:
            _stored.popitem(last=False)
    return digest


def own_text(digest: str) -> OwnText | None:
    """The text stored under a digest; None where this process does not have it."""
    with _lock:
        return _stored.get(digest)
