"""Tables as visitors have them: CSV with any separator, or one JSON object a line.

A table is read the same way for sentences and for points: `engine.data.encoding` makes text of its
bytes, `records` cuts that into cells, `engine.data.columns` finds out by their names what the
columns hold, and an `Understood` says what was found, on the page and with --json.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.data.encoding import InvalidTable, lines, quoted

csv.field_size_limit(2**31 - 1)  # a sentence may be as long as the file; the file's size is limited
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars", ",": "commas", " ": "blanks"}
DECLARED = re.compile(r'"?sep=([;,|\t])"?\s*', re.IGNORECASE)  # the first line with which Excel is given a separator
SHOWN = 6  # columns named in a message


@dataclass(frozen=True)
class Record:
    """A row of a table. line: the number of its first line in the file, from 1."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Understood:
    """What was read in a file, to be told to its owner.

    encoding: its name. separator: a word of SEPARATORS, or the form where there is none. header:
    whether the first line names the columns. columns: what is read → the column it was read from.
    left_out: names of columns that were not read. notes: other things worth knowing.
    """

    encoding: str = "UTF-8"
    separator: str = ""
    header: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def phrase(self) -> str:
        """One line, such as "header read; separated by commas; UTF-8"."""
        by = self.separator in SEPARATORS.values()
        return "; ".join(
            filter(
                None,
                (
                    "header read" if self.header else "no header" if by else "",
                    f"separated by {self.separator}" if by else self.separator,
                    f"left out: {listed(self.left_out)}" if self.left_out else "",
                    *self.notes,
                    self.encoding,
                ),
            )
        )

    def data(self) -> dict[str, Any]:
        """The same for --json."""
        return {
            "columns": dict(self.columns),
            "left_out": list(self.left_out),
            "header": self.header,
            "separator": self.separator,
            "encoding": self.encoding,
            "notes": list(self.notes),
        }


def listed(names: Sequence[str]) -> str:
    """Names of columns, a few of them and each cut short; one without a name is called so."""
    shown = [name[:30] if name else "one without a name" for name in names[:SHOWN]]
    return ", ".join(shown) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def declared_separator(text: str) -> tuple[str, str]:
    """The separator of a first line such as `sep=;` and the text with that line blank; "" for
    none.
    """
    first = lines(text)[0]
    if found := DECLARED.fullmatch(first):
        return found[1], text[len(first) :]
    return "", text


def records(text: str, separator: str, quotes: bool = True) -> list[Record]:
    """The rows of a table that are not blank, cells without blanks around them.

    separator: one character; a blank stands for any number of blanks. quotes: whether quotation
    marks enclose cells. Raises InvalidTable for a quotation mark that is not closed.
    """
    if separator == " ":
        rows = ((n, [cell.strip('"') for cell in line.split()]) for n, line in enumerate(lines(text), 1))
        return [Record(n, tuple(row)) for n, row in rows if row]
    if not quotes:
        rows = ((n, line.split(separator)) for n, line in enumerate(lines(text), 1))
    else:
        rows = _quoted_rows(text, separator)
    return [Record(n, cells) for n, row in rows if any(cells := tuple(cell.strip() for cell in row))]


def _quoted_rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    line = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InvalidTable(
                f"Line {line}: a quotation mark is not closed, or stands inside a cell: {quoted(text, line)}. Put the "
                f'cell into quotation marks and double those inside it: "a ""good"" film".'
            ) from error
        yield line, row
        line = reader.line_num + 1


def without_empty_ends(rows: list[Record]) -> list[Record]:
    """Rows without the empty cells at their ends that all of them have: separators at line ends."""
    ends = min((_empty_end(r.cells) for r in rows), default=0)
    return [Record(r.line, r.cells[: len(r.cells) - ends]) for r in rows] if ends else rows


def _empty_end(cells: Sequence[str]) -> int:
    return next((k for k, cell in enumerate(reversed(cells)) if cell), len(cells))


def json_table(text: str) -> tuple[tuple[str, ...], list[Record]] | None:
    """Header and rows of a file with one JSON object a line, or with one JSON list of objects.

    None for what is neither. Raises InvalidTable for a line that is no object.
    """
    text_only = text.lstrip()
    if text_only.startswith("["):
        try:
            items = json.loads(text)
        except (ValueError, RecursionError):
            return None  # a sentence may begin with a bracket
        if items and all(isinstance(item, str) for item in items):
            items = [{"text": item} for item in items]
        if not items or not all(isinstance(item, dict) for item in items):
            return None
        objects = [(1, item) for item in items]
    elif re.match(r'\{\s*["}]', text_only):
        numbered = [(n, line) for n, line in enumerate(lines(text), 1) if line.strip()]
        objects = [(n, _object(text, n, line)) for n, line in numbered]
    else:
        return None
    header = tuple(dict.fromkeys(key for _, item in objects for key in item))
    return header, [Record(n, tuple(_cell(item.get(key)) for key in header)) for n, item in objects]


def _object(text: str, number: int, line: str) -> dict[str, Any]:
    try:
        item = json.loads(line)
    except (ValueError, RecursionError):
        item = None
    if not isinstance(item, dict):
        raise InvalidTable(
            f"Line {number} is no JSON object: {quoted(text, number)}. Give one object a line, such as "
            f'{{"text": "a good film", "label": "pos"}}, or a table.'
        )
    return item


def _cell(value: Any) -> str:
    """A value of JSON as a cell: text as it is, nothing for null."""
    if value is None:
        return ""
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
