"""Tables as visitors have them: CSV with any separator.

A table is read the same way for sentences and for points: `engine.data.encoding` makes text of its
bytes, `records` (for JSON `engine.data.json_tables`) cuts that into cells, `engine.data.columns`
finds out by their names what the columns hold, and an `Understood` says what was found, on the page
and with --json.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.data.encoding import InvalidTable, lines, quoted

csv.field_size_limit(2**31 - 1)  # a sentence may be as long as the file; the file's size is limited
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars", ",": "commas", " ": "blanks"}
DECLARED = re.compile(r'"?sep=([;,|\t])"?\s*', re.IGNORECASE)  # the first line with which Excel is given a separator
RULE = re.compile(r":?-+:?")
SHOWN = 6  # columns named in a message


class Nested(str):
    """A cell that is a list or an object in JSON."""


@dataclass(frozen=True)
class Record:
    """A row of a table.

    line: the number of its first line in the file, from 1. entry: its number in a document of JSON,
    from 1; 0 where it has lines of its own. shown: the entry as it stands.
    """

    line: int
    cells: tuple[str, ...]
    entry: int = 0
    shown: str = ""

    @property
    def place(self) -> str:
        """Where the row stands, as a message begins."""
        return f"Entry {self.entry}" if self.entry else f"Line {self.line}"

    def quoted(self, text: str) -> str:
        """The row as it stands in the text, in quotation marks and cut where it is long."""
        return self.shown if self.entry else quoted(text, self.line)


@dataclass(frozen=True)
class Understood:
    """What was read in a file, to be told to its owner.

    encoding: its name. separator: a word of SEPARATORS, a separator in quotation marks, or the form
    where there is none. header:
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
        by = self.separator in SEPARATORS.values() or self.separator.startswith("“")
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


def counted(n: int, one: str, many: str = "") -> str:
    """A number of things, such as "1 cell" and "1,200 cells"."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def separator_name(separator: str) -> str:
    """What a separator is called in messages."""
    return SEPARATORS.get(separator, f"“{separator}”")


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


def records(text: str, separator: str, quotes: bool = True, enclosed: bool = False) -> list[Record]:
    """The rows of a table that are not blank, cells without blanks around them.

    separator: a blank stands for any number of blanks. quotes: whether quotation marks enclose
    cells; never with a separator of several characters. enclosed: whether they enclose cells that
    hold blanks where blanks separate. Raises InvalidTable for a quotation mark that is not closed.
    """
    if separator == " " and not enclosed:
        rows = ((n, [cell.strip('"') for cell in _blanks(line)]) for n, line in enumerate(lines(text), 1))
        return [Record(n, tuple(row)) for n, row in rows if row]
    if not quotes or len(separator) > 1:
        rows = ((n, line.split(separator)) for n, line in enumerate(lines(text), 1))
    else:
        rows = _quoted_rows(text, separator)
    found = [Record(n, cells) for n, row in rows if any(cells := tuple(cell.strip() for cell in row))]
    if separator == "|":  # a table of Markdown has a line of hyphens under its names
        return [row for row in found if not all(RULE.fullmatch(cell) for cell in row.cells if cell)]
    return found


def _blanks(line: str) -> list[str]:
    """The cells of a line between blanks; no-break blanks may group the digits of its numbers."""
    cells = [cell for cell in re.split(r"[ \t\v\f]+", line) if cell.strip()]
    return cells if len(cells) > 1 else line.split()


def with_row_names(header: tuple[str, ...], rows: Sequence[Record]) -> tuple[str, ...]:
    """The header, and a name "" before it where every row has one cell more, all different: R
    names no column for the names of the rows that it writes in front of them.
    """
    if rows and all(len(row.cells) == len(header) + 1 for row in rows):
        if len({row.cells[0] for row in rows}) == len(rows):
            return ("", *header)
    return header


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
