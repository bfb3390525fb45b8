"""The visitor's own sentences: a file read safely, and found again by the digest of its contents.

A set-up holds the digest under which `store` stored an upload in this process. A run's state
contains the text, so that its snapshot can be restored by a process where it was never uploaded.
"""

from __future__ import annotations

import csv
import hashlib
import io
import threading
from collections import OrderedDict
from dataclasses import dataclass

from engine.core.declare import InvalidValue

MOST_BYTES = 5_000_000
MOST_ROWS = 50_000
LEAST_ROWS = 20
MOST_CLASSES = 6
STORED = 20  # uploads; beyond that the oldest are dropped
PATTERN = r"([0-9a-f]{32})?"

_stored: OrderedDict[str, OwnText] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True)
class OwnText:
    """A visitor's text.

    rows: (sentence, class) pairs. classes: their names, ("text",) where the file has none.
    """

    rows: tuple[tuple[str, int], ...]
    classes: tuple[str, ...]

    def to_bytes(self) -> bytes:
        """A CSV file with the columns text and label, which `read` reads."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("text", "label"))
        writer.writerows((text, self.classes[y]) for text, y in self.rows)
        return out.getvalue().encode()


def read(data: bytes) -> OwnText:
    """The text of a UTF-8 file: one sentence a line, or a table.

    A table is CSV or TSV whose first line names a column `text` and perhaps a column `label`.
    Raises InvalidValue.
    """
    if len(data) > MOST_BYTES:
        raise InvalidValue(f"This file has {len(data) / 1e6:.1f} MB: choose one of at most {MOST_BYTES / 1e6:.0f} MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InvalidValue(
            f"This file is not UTF-8 text (line {line}): save it as UTF-8, or choose another one."
        ) from error
    if "\0" in text:
        raise InvalidValue(
            "This file holds binary data: choose a text file with one sentence a line, or CSV with the columns "
            "text and label."
        )
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise InvalidValue("This file is empty: give one sentence a line, or CSV with the columns text and label.")
    rows = _table(text, lines[0]) or [(line, "text") for line in lines]
    rows = [(sentence.strip(), label.strip()) for sentence, label in rows if sentence.strip()]
    if len(rows) > MOST_ROWS:
        raise InvalidValue(f"This file has {len(rows)} sentences: at most {MOST_ROWS}.")
    if len(rows) < LEAST_ROWS:
        raise InvalidValue(f"This file has {len(rows)} sentences: at least {LEAST_ROWS}.")
    classes = tuple(sorted({label for _, label in rows}))
    if len(classes) > MOST_CLASSES:
        raise InvalidValue(f"The column label has {len(classes)} different values: at most {MOST_CLASSES}.")
    return OwnText(tuple((sentence, classes.index(label)) for sentence, label in rows), classes)


def _table(text: str, first: str) -> list[tuple[str, str]] | None:
    """(sentence, label) of a file with a header, or None for one without."""
    mark = "\t" if "\t" in first else ";" if ";" in first and "," not in first else ","
    names = [name.strip().strip('"').lower() for name in first.split(mark)]
    if "text" not in names or any(name not in ("text", "label") for name in names) and len(names) < 2:
        return None
    at, label = names.index("text"), names.index("label") if "label" in names else None
    out = []
    try:
        for k, row in enumerate(csv.reader(io.StringIO(text.strip()), delimiter=mark, strict=False)):
            if k == 0 or not row:
                continue
            if len(row) <= max(at, label or 0):
                raise InvalidValue(
                    f"Row {k + 1} has {len(row)} columns, the header {len(names)}: put sentences with commas "
                    f"into quotation marks."
                )
            out.append((" ".join(row[at].split()), "text" if label is None else row[label]))
    except csv.Error as error:
        raise InvalidValue(f"This CSV file cannot be read: {error}.") from error
    if label is not None and any(not name.strip() for _, name in out):
        raise InvalidValue(f"Row {[k for k, (_, name) in enumerate(out) if not name.strip()][0] + 2} has no label.")
    return out


def store(data: bytes) -> str:
    """Read an uploaded file and store it; returns its digest. Raises InvalidValue."""
    return store_text(read(data))


def store_text(text: OwnText) -> str:
    """Store a text; returns the digest of its contents."""
    digest = hashlib.blake2b(text.to_bytes(), digest_size=16).hexdigest()
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
