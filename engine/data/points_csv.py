"""A visitor's own points, from a table of x, y, label."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.data import columns, numbers, point_forms
from engine.data.encoding import InvalidTable, decode, lines, quoted
from engine.data.json_tables import json_table, spread
from engine.data.numbers import is_number
from engine.data.plane import Row
from engine.data.tables import (
    Record,
    Understood,
    counted,
    declared_separator,
    listed,
    records,
    separator_name,
    with_row_names,
    without_empty_ends,
)

MOST_ROWS = 1000
MOST_BYTES = 1_000_000
FILL = 1.5  # own points are scaled to fill [−FILL, FILL] along their wider side
ORDER = (";", "\t", "|", ",", " ")  # commas after those beside which they are decimal marks
EXAMPLE = '{"x": 0.5, "y": -1.2, "label": 1}'
INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
MISSING = ("", "nan", "na", "n/a", "#n/a", "null", "none", "-", "?")


@dataclass(frozen=True)
class Table:
    """The points of a file.

    rows: x, y, label 0 or 1, scaled to the plane's view. names: the names of classes 0 and 1 in the
    file. understood: how it was read.
    """

    rows: tuple[Row, ...]
    names: tuple[str, str]
    understood: Understood = field(default_factory=Understood, compare=False)

    def told(self) -> str:
        """What was read, in one line, for the owner of the file."""
        taken = self.understood.columns
        places = f"x from {taken['x'][:40]}, y from {taken['y'][:40]}"
        if "label" not in taken:
            return f"{counted(len(self.rows), 'point')}; {places}; {self.understood.phrase()}"
        counts = [sum(label == k for *_, label in self.rows) for k in (0, 1)]
        classes = ", ".join(f"{name[:40]} → {k}: {n}" for k, (name, n) in enumerate(zip(self.names, counts)))
        return (
            f"{counted(len(self.rows), 'point')}, 2 classes ({classes}); {places}, labels from {taken['label'][:40]}; "
            f"{self.understood.phrase()}"
        )

    def data(self) -> dict[str, Any]:
        """The same for --json."""
        counts = [sum(label == k for *_, label in self.rows) for k in (0, 1)]
        classes = {"classes": dict(zip(self.names, counts))} if "label" in self.understood.columns else {}
        return {"points": len(self.rows), **classes, **self.understood.data()}


def read(data: bytes, labelled: bool = True) -> Table:
    """The points of a table of x, y, label, or of x, y where `labelled` is false.

    All labels are 0 in the second case. Columns are taken by their names, or by their places where
    there are no names and no more than these columns. Cells may be separated by semicolons, tabs,
    bars, commas or blanks, numbers may have a decimal comma, and labels may be any two words or
    numbers, of which the smaller becomes 0. Both axes are scaled by the same factor. Raises
    InvalidTable, which quotes the line that cannot be read.
    """
    if len(data) > MOST_BYTES:
        raise InvalidTable(f"The file has {len(data) / 1e6:.1f} MB; give one of at most {MOST_BYTES / 1e6:g} MB.")
    decoded = decode(data)
    text, found = _table(decoded.text, labelled)
    header, rows = found.header, found.rows
    if not rows:
        seen = next((f" Line {n} is {quoted(text, n)}." for n, line in enumerate(lines(text), 1) if line.strip()), "")
        raise InvalidTable(
            f"No points found. The file needs two lines or more of {_form(labelled)}, such as "
            f"0.5,-1.2{',1' if labelled else ''}.{seen}"
        )
    if len(rows) > MOST_ROWS:
        raise InvalidTable(f"{len(rows):,} points are too many; give at most {MOST_ROWS:,}.")
    at = _places(text, header, rows, labelled)
    names = header or tuple(f"column {k + 1}" for k in range(len(rows[0].cells)))
    values, style = _numbers(text, rows, at[:2], found.separator)
    understood = Understood(
        encoding=decoded.encoding,
        separator=separator_name(found.separator) if found.separator else found.form,
        header=bool(header) and bool(found.separator),
        columns={role: names[k] or "the column without a name" for role, k in zip(("x", "y", "label"), at)},
        left_out=tuple(name for k, name in enumerate(names) if k not in at),
        notes=(*found.notes, *style.notes),
    )
    if not labelled:
        return Table(_fit([(x, y, 0) for x, y in values]), ("", ""), understood)
    labels, spellings = _labels(text, rows, at[2], style.decimal)
    kinds = sorted(set(labels), key=lambda label: _label_order(label, style.decimal))
    if len(kinds) != 2:
        many = f"has {len(kinds)} different labels, such as {', '.join(kind[:30] for kind in kinds[:3])}"
        few = f"has one different label, {kinds[0][:30]}"
        raise InvalidTable(
            f"{_column(understood.columns['label'])} {many if kinds[1:] else few}: two classes are needed. "
            f"{rows[0].place} is {rows[0].quoted(text)}: if the labels stand in another column, name the columns in a "
            f"first line, such as x,y,label."
        )
    points = [(x, y, kinds.index(label)) for (x, y), label in zip(values, labels)]
    return Table(_fit(points), (kinds[0], kinds[1]), replace(understood, notes=(*understood.notes, *spellings)))


@dataclass(frozen=True)
class _Found:
    """A text cut into cells. separator: "" where it is of a form that has none."""

    header: tuple[str, ...]
    rows: list[Record]
    separator: str = ""
    form: str = ""
    notes: tuple[str, ...] = ()


def _column(name: str) -> str:
    """A column's name at the beginning of a sentence."""
    return name[:1].upper() + name[1:] if name.startswith(("column ", "the column")) else f"The column {name[:40]}"


def _form(labelled: bool) -> str:
    return "x, y, label" if labelled else "x, y"


def _table(text: str, labelled: bool) -> tuple[str, _Found]:
    """The text whose lines messages quote, and its cells. Raises InvalidTable."""
    if '"' not in text and ":" not in text and (rows := point_forms.printed(text)) is not None:
        return _cut(rows, labelled, "a list in brackets")
    if (found := json_table(text, EXAMPLE)) is not None:
        return text, _Found(*spread(*found), form="JSON objects" if found[0] else "JSON lists")
    text, comments = point_forms.without_comments(text)
    notes = (f"{counted(comments, 'line')} of comments left out",) if comments else ()
    if (table := point_forms.sparse(text)) is not None:
        return _cut(table, labelled, "lines of LIBSVM", notes)
    if labelled and (table := point_forms.of_blocks(text)) is not None:
        return _cut(table, labelled, "", (*notes, "labels from its two blocks"))
    return _cut(text, labelled, "", notes)


def _cut(text: str, labelled: bool, form: str, notes: tuple[str, ...] = ()) -> tuple[str, _Found]:
    """Lines of a text cut into cells. form: what they were, where not a table."""
    declared, text = declared_separator(text)
    if not text.strip():
        return text, _Found((), [])
    tries = [(s, _split(text, s)) for s in ((declared,) if declared else ORDER)]
    separator, rows = max(tries, key=lambda found: _fits(found[1]))  # of equals the first
    header: tuple[str, ...] = ()
    if rows and _is_header(rows):
        header, rows = rows[0].cells, rows[1:]
    _check_widths(text, header, rows, separator, labelled)
    return text, _Found(header, rows, "" if form else separator, form, notes)


def _split(text: str, separator: str) -> list[Record]:
    try:
        rows = without_empty_ends(records(text, separator))
    except InvalidTable:
        rows = without_empty_ends(records(text, separator, quotes=False))
    # R names no column for the numbers of the rows that it writes in front of them.
    first, *others = rows or [None]
    width = len(first.cells) + 1 if first else 0
    if others and all(len(row.cells) == width for row in others) and not any(map(is_number, first.cells)):
        if columns.counts_rows([row.cells[0] for row in others]):
            return [Record(first.line, ("", *first.cells)), *others]
        if columns.pair(first.cells):
            return [Record(first.line, with_row_names(first.cells, others)), *others]
    return rows


def _fits(rows: Sequence[Record]) -> tuple[bool, float, bool]:
    """How well a separator fits: whether all lines have as many cells and two of them are numbers,
    which share of a line's cells are numbers, and whether any line has several cells at all.
    """
    if not rows:
        return (False, 0.0, False)
    cells = rows[min(1, len(rows) - 1)].cells  # the first line may be a header
    n = sum(map(is_number, cells))
    even = len({len(row.cells) for row in rows}) == 1
    return (even and n > 1, n / len(cells) if n > 1 else 0.0, any(len(row.cells) > 1 for row in rows))


def _is_header(rows: Sequence[Record]) -> bool:
    """Whether the first line names columns: no numbers, but 0, 1, … as pandas numbers columns."""
    first = rows[0].cells
    found = [cell for cell in first if is_number(cell)]
    if not found:
        return not any(cell.lower() in MISSING[1:] for cell in first)
    if found != [str(k) for k in range(len(found))]:
        return False
    later = {cell for row in rows[1:] for cell in row.cells}
    named = columns.pair(first) or any(first[k] not in later for k in columns.known(columns.LABELS, first))
    empty = not first[0] and len(rows) > 1 and rows[1].cells[0]
    return bool(named or empty)


def _check_widths(text: str, header: Sequence[str], rows: Sequence[Record], separator: str, labelled: bool) -> None:
    """Every line has as many cells as there are names, or as the first. Raises InvalidTable."""
    width = len(header) or (len(rows[0].cells) if rows else 0)
    for row in rows:
        n = len(row.cells)
        if n == width:
            continue
        hint = ""
        if separator == "," and n >= 2 * width - 1 and not any("." in cell for cell in row.cells):
            hint = (
                " If the comma is the decimal mark, or groups thousands, separate the columns with semicolons, such as "
                "0,5;1,2;0."
            )
        if len(header) == 1:
            raise InvalidTable(
                f"Line {row.line} is {quoted(text, row.line)}, with another separator than the first line, "
                f"“{header[0][:40]}”: use one separator in all lines."
            )
        before = "the first line names" if header else "the lines before it have"
        raise InvalidTable(
            f"Line {row.line} has {counted(n, 'cell')}, and {before} {width}: {quoted(text, row.line)}. Give "
            f"every line {_form(labelled)}.{hint}"
        )


# -- which columns -------------------------------------------------------------------------------


def _places(text: str, header: Sequence[str], rows: Sequence[Record], labelled: bool) -> tuple[int, ...]:
    """The columns of x, y and, where `labelled`, of the label. Raises InvalidTable."""
    return _named(text, header, rows, labelled) if header else _unnamed(text, rows, labelled)


def _named(text: str, header: Sequence[str], rows: Sequence[Record], labelled: bool) -> tuple[int, ...]:
    pair = columns.pair(header)
    labels = [k for k in columns.known(columns.LABELS, header) if pair is None or k not in pair]
    rest = [k for k, name in enumerate(header) if k not in labels and not columns.is_left_out(name)]
    if pair is None and len(rest) == 3 and labelled and not labels:
        pair, labels = (rest[0], rest[1]), [rest[2]]  # three names that are not known: by their places
    elif pair is None and len(rest) == 2:
        pair = (rest[0], rest[1])
    if pair is None:
        raise _unknown(text, header, labelled, "which are the coordinates?")
    if not labelled:
        return pair
    if not labels:
        labels = [k for k in rest if k not in pair]
        if len(labels) != 1:
            raise _unknown(text, header, labelled, "which is the label?")
    if len(labels) > 1:
        chosen = columns.one_of_equal([[row.cells[k] for row in rows] for k in labels])
        if chosen is None:
            raise _unknown(text, header, labelled, f"which of {listed([header[k] for k in labels])} is the label?")
        labels = [labels[chosen]]
    return (*pair, labels[0])


def _unknown(text: str, header: Sequence[str], labelled: bool, asked: str) -> InvalidTable:
    line = next(n for n, line in enumerate(lines(text), 1) if line.strip())
    return InvalidTable(
        f"The columns are {listed(header)}: {asked} Line {line} is {quoted(text, line)}. Call the columns "
        f"{_form(labelled)}."
    )


def _unnamed(text: str, rows: Sequence[Record], labelled: bool) -> tuple[int, ...]:
    cells = list(zip(*(row.cells for row in rows)))
    by_place = len(cells) == 3 and all(is_number(cell) for column in cells[:2] for cell in column)
    if by_place and len(set(cells[2])) <= 2:
        return (0, 1, 2) if labelled else (0, 1)
    kept = [k for k, column in enumerate(cells) if not (len(cells) > 2 and columns.counts_rows(column))]
    words = [k for k in kept if not any(map(is_number, cells[k]))]
    if len(kept) == 3 and len(words) < 2 and (words or labelled or len(set(cells[kept[2]])) <= len(rows) // 3):
        label = words[0] if words else kept[2]  # where no labels are needed they are left out
        places = tuple(k for k in kept if k != label)
        return (*places, label) if labelled else places
    if len(kept) == 2 and not labelled:
        return tuple(kept)
    raise _unclear(text, rows[0], labelled)


def _unclear(text: str, row: Record, labelled: bool) -> InvalidTable:
    """The refusal of lines without names that hold other columns than x, y and a label."""
    n = len(row.cells)
    points = any("." in cell for cell in row.cells)
    semicolons = ", or, if the comma is the decimal mark, separate them with semicolons, such as 0,5;1,2;0"
    return InvalidTable(
        f"{row.place} has {counted(n, 'cell')}, {row.quoted(text)}, and there is no line with their names. Name the "
        f"columns in a first line, such as {'x,y,label' if labelled else 'x,y'}"
        + (semicolons if not row.entry and lines(text)[row.line - 1].count(",") >= 3 and not points else "")
        + "."
    )


# -- values --------------------------------------------------------------------------------------


def _numbers(
    text: str, rows: Sequence[Record], at: Sequence[int], separator: str
) -> tuple[list[tuple[float, float]], numbers.Style]:
    """x and y of every row, and the style of the numbers. Raises InvalidTable."""

    def row_of(cell: str) -> Record:
        return next(row for row in rows if cell in (row.cells[at[0]], row.cells[at[1]]))

    try:
        style = numbers.style((row.cells[k] for row in rows for k in at), separator)
    except numbers.Unsure as error:
        row = row_of(cell := error.args[0])
        raise InvalidTable(
            f"{row.place} has {cell[:30]}, which may be {numbers.value(cell):.0f} or {numbers.value(cell, ','):g}: "
            f"{row.quoted(text)}. Write numbers with a decimal point and without grouping, or separate the columns "
            f"with semicolons if the comma is the decimal mark."
        ) from error
    except numbers.Mixed as error:
        row = row_of(error.args[0])
        raise InvalidTable(
            f"{row.place} has a decimal comma, and other lines have decimal points: {row.quoted(text)}. Use one of the "
            f"two in all lines."
        ) from error
    out = []
    for row in rows:
        pair = tuple(_coordinate(text, row, row.cells[k], style.decimal) for k in at)
        out.append((pair[0], pair[1]))
    for k in at:
        with_sign = [row for row in rows if row.cells[k].endswith("%")]
        if with_sign and len(with_sign) < len(rows):
            row = next(row for row in rows if row not in with_sign and numbers.value(row.cells[k], style.decimal))
            raise InvalidTable(
                f"{row.place} has no per cent sign where other lines have one: {row.quoted(text)}. Give all numbers of "
                f"a column with it, or none."
            )
    return out, style


def _coordinate(text: str, row: Record, cell: str, decimal: str) -> float:
    """The number in a cell. Raises InvalidTable."""
    if cell.lower() in MISSING or INFINITE.fullmatch(cell):
        what = "a missing" if cell.lower() in MISSING else "an infinite"
        raise InvalidTable(f"{row.place} has {what} value: {row.quoted(text)}. Give it, or take the line out.")
    exact = numbers.exactly(cell, decimal)
    if exact is None:
        raise InvalidTable(
            f"{row.place} has {cell[:30]!r} where a number is expected: {row.quoted(text)}. Give numbers such as 0.5; "
            f"if this is another column, name the columns in a first line: x,y,label."
        )
    value = float(exact)
    if not math.isfinite(value) or exact and not value:
        raise InvalidTable(
            f"{row.place} has {cell[:30]}, {'too large' if value else 'too close to 0'} for a number of 64 bits: "
            f"{row.quoted(text)}. Give numbers up to 1.8e308, and not below 5e-324."
        )
    return value


def _labels(text: str, rows: Sequence[Record], at: int, decimal: str) -> tuple[list[str], tuple[str, ...]]:
    """The label of every row, one for all spellings of it, and notes on these."""
    cells = [row.cells[at] for row in rows]
    for row, cell in zip(rows, cells):
        if not cell or cell.lower() in ("nan", "null", "n/a", "#n/a") or cell == "NA":
            raise InvalidTable(f"{row.place} has a missing label: {row.quoted(text)}. Give it, or take the line out.")
    named, notes = columns.one_class(cells, decimal)
    return [named[cell] for cell in cells], notes


def _label_order(label: str, decimal: str) -> tuple[int, float, str]:
    """The sort key of a label: numbers by value, before words."""
    value = numbers.value(label, decimal)
    return (1, 0.0, label) if value is None else (0, value, label)


def _fit(rows: list[Row]) -> tuple[Row, ...]:
    """The rows, centred and scaled to FILL. Raises InvalidTable where all lie in one place."""
    # Scaled by a power of two first, which is exact, so that coordinates near the largest float do
    # not overflow, and differences of the smallest ones are not lost.
    _, power = math.frexp(max(abs(value) for x, y, _ in rows for value in (x, y)))
    rows = [(math.ldexp(x, -power), math.ldexp(y, -power), label) for x, y, label in rows]
    xs, ys = [r[0] for r in rows], [r[1] for r in rows]
    middle_x, middle_y = (min(xs) / 2 + max(xs) / 2), (min(ys) / 2 + max(ys) / 2)
    half = max(max(xs) / 2 - min(xs) / 2, max(ys) / 2 - min(ys) / 2)
    if not half > 0:
        raise InvalidTable("All points lie in one place; give points that differ.")
    scale = FILL / half
    return tuple((round((x - middle_x) * scale, 3), round((y - middle_y) * scale, 3), c) for x, y, c in rows)
