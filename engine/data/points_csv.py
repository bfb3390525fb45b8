"""A visitor's own points, from a table of x, y, label."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.data import columns
from engine.data.encoding import InvalidTable, decode, lines, quoted
from engine.data.plane import Row
from engine.data.tables import (
    SEPARATORS,
    Record,
    Understood,
    declared_separator,
    json_table,
    listed,
    records,
    without_empty_ends,
)

MOST_ROWS = 1000
MOST_BYTES = 1_000_000
FILL = 1.5  # own points are scaled to fill [−FILL, FILL] along their wider side
ORDER = (";", "\t", "|", ",", " ")  # commas after those beside which they are decimal marks
NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]+|\.)?|[.,][0-9]+)([eE][+-]?[0-9]+)?")
MISSING = ("", "nan", "na", "n/a", "null", "none", "-", "?", "inf", "-inf", "+inf", "infinity", "-infinity")


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
            return f"{len(self.rows)} points; {places}; {self.understood.phrase()}"
        counts = [sum(label == k for *_, label in self.rows) for k in (0, 1)]
        classes = ", ".join(f"{name[:40]} → {k}: {n}" for k, (name, n) in enumerate(zip(self.names, counts)))
        return (
            f"{len(self.rows)} points, 2 classes ({classes}); {places}, labels from {taken['label'][:40]}; "
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
    text, (header, rows, separator) = _table(decoded.text, labelled)
    if not rows:
        seen = next((f" Line {n} is {quoted(text, n)}." for n, line in enumerate(lines(text), 1) if line.strip()), "")
        raise InvalidTable(
            f"No points found. The file needs two lines or more of {_form(labelled)}, such as "
            f"0.5,-1.2{',1' if labelled else ''}.{seen}"
        )
    if len(rows) > MOST_ROWS:
        raise InvalidTable(f"{len(rows)} points are too many; give at most {MOST_ROWS}.")
    at = _places(text, header, rows, labelled)
    names = header or tuple(f"column {k + 1}" for k in range(len(rows[0].cells)))
    values, decimal_commas = _numbers(text, rows, at[:2])
    understood = Understood(
        encoding=decoded.encoding,
        separator=separator,
        header=bool(header) and separator != "JSON objects",
        columns={role: names[k] or "the column without a name" for role, k in zip(("x", "y", "label"), at)},
        left_out=tuple(name for k, name in enumerate(names) if k not in at),
        notes=("decimal commas",) if decimal_commas else (),
    )
    if not labelled:
        return Table(_fit([(x, y, 0) for x, y in values]), ("", ""), understood)
    labels = _labels(text, rows, at[2])
    kinds = sorted(set(labels), key=_label_order)
    if len(kinds) != 2:
        raise InvalidTable(
            f"The column {understood.columns['label']} has {'one' if len(kinds) == 1 else len(kinds)} different "
            f"label(s); two classes are needed. Line {rows[0].line} is {quoted(text, rows[0].line)}: if the labels "
            f"stand in another column, name the columns in a first line, such as x,y,label."
        )
    points = [(x, y, kinds.index(label)) for (x, y), label in zip(values, labels)]
    return Table(_fit(points), (kinds[0], kinds[1]), understood)


def _form(labelled: bool) -> str:
    return "x, y, label" if labelled else "x, y"


def _number(cell: str) -> float | None:
    """A cell as a number, with a decimal point or a decimal comma; None for what is none."""
    cell = cell.replace("\u2212", "-")
    return float(cell.replace(",", ".")) if NUMBER.fullmatch(cell) else None


def _table(text: str, labelled: bool) -> tuple[str, tuple[tuple[str, ...], list[Record], str]]:
    """The text without a declared separator, and its header (() for none), rows and separator.

    Raises InvalidTable.
    """
    if (found := json_table(text)) is not None:
        return text, (*found, "JSON objects")
    declared, text = declared_separator(text)
    text = re.sub(r"^(\s*)#", r"\1", text, count=1)  # NumPy writes the names behind this sign
    if not text.strip():
        return text, ((), [], "")
    tries = [(s, _split(text, s)) for s in ((declared,) if declared else ORDER)]
    separator, rows = max(tries, key=lambda found: _fits(found[1]))  # of equals the first
    header: tuple[str, ...] = ()
    if rows and _is_header(rows):
        header, rows = rows[0].cells, rows[1:]
    _check_widths(text, header, rows, separator, labelled)
    return text, (header, rows, SEPARATORS.get(separator, repr(separator)))


def _split(text: str, separator: str) -> list[Record]:
    try:
        rows = without_empty_ends(records(text, separator))
    except InvalidTable:
        rows = without_empty_ends(records(text, separator, quotes=False))
    # R names no column for the numbers of the rows that it writes in front of them.
    first, *others = rows or [None]
    width = len(first.cells) + 1 if first else 0
    if others and all(len(row.cells) == width for row in others) and not any(map(_number, first.cells)):
        if columns.counts_rows([row.cells[0] for row in others]):
            return [Record(first.line, ("", *first.cells)), *others]
    return rows


def _fits(rows: Sequence[Record]) -> tuple[bool, float, bool]:
    """How well a separator fits: whether all lines have as many cells and two of them are numbers,
    which share of a line's cells are numbers, and whether there are several cells at all.
    """
    if not rows:
        return (False, 0.0, False)
    cells = rows[min(1, len(rows) - 1)].cells  # the first line may be a header
    numbers = sum(_number(cell) is not None for cell in cells)
    even = len({len(row.cells) for row in rows}) == 1
    return (even and numbers > 1, numbers / len(cells) if numbers > 1 else 0.0, len(cells) > 1)


def _is_header(rows: Sequence[Record]) -> bool:
    """Whether the first line names columns: no numbers, but 0, 1, … as pandas numbers columns."""
    first = rows[0].cells
    numbers = [cell for cell in first if _number(cell) is not None]
    if not numbers:
        return not any(cell.lower() in MISSING[1:] for cell in first)
    if numbers != [str(k) for k in range(len(numbers))]:
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
            hint = " If the comma is the decimal mark, separate the columns with semicolons, such as 0,5;1,2;0."
        if len(header) == 1:
            raise InvalidTable(
                f"Line {row.line} is {quoted(text, row.line)}, with another separator than the first line, "
                f"“{header[0][:40]}”: use one separator in all lines."
            )
        before = "the first line names" if header else "the lines before it have"
        raise InvalidTable(
            f"Line {row.line} has {n} cell{'s' if n > 1 else ''}, and {before} {width}: {quoted(text, row.line)}. Give "
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
    by_place = len(cells) == 3 and not any(_number(cell) is None for column in cells[:2] for cell in column)
    if by_place and len(set(cells[2])) <= 2:
        return (0, 1, 2) if labelled else (0, 1)
    kept = [k for k, column in enumerate(cells) if not (len(cells) > 2 and columns.counts_rows(column))]
    words = [k for k in kept if all(_number(cell) is None for cell in cells[k])]
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
    semicolons = ", or, if the comma is the decimal mark, separate them with semicolons, such as 0,5;1,2;0"
    return InvalidTable(
        f"Line {row.line} has {n} cells, {quoted(text, row.line)}, and there is no line with their names. Name the "
        f"columns in a first line, such as {'x,y,label' if labelled else 'x,y'}"
        + (semicolons if lines(text)[row.line - 1].count(",") >= 3 else "")
        + "."
    )


# -- values --------------------------------------------------------------------------------------


def _numbers(text: str, rows: Sequence[Record], at: Sequence[int]) -> tuple[list[tuple[float, float]], bool]:
    """x and y of every row, and whether they have decimal commas. Raises InvalidTable."""
    cells = [row.cells[k] for row in rows for k in at]
    commas, points = any("," in cell for cell in cells), any("." in cell for cell in cells)
    out = []
    for row in rows:
        pair = [_number(row.cells[k]) for k in at]
        for k, value in zip(at, pair):
            cell = row.cells[k]
            if cell.lower() in MISSING or value is not None and not math.isfinite(value):
                raise InvalidTable(f"Line {row.line} has a missing or infinite value: {quoted(text, row.line)}.")
            if value is None:
                raise InvalidTable(
                    f"Line {row.line} has {cell[:30]!r} where a number is expected: {quoted(text, row.line)}. Give "
                    f"numbers such as 0.5; if this is another column, name the columns in a first line: x,y,label."
                )
            if "," in cell and points:
                raise InvalidTable(
                    f"Line {row.line} has a decimal comma, and other lines have decimal points: "
                    f"{quoted(text, row.line)}. Use one of the two in all lines."
                )
        out.append((pair[0], pair[1]))
    return out, commas


def _labels(text: str, rows: Sequence[Record], at: int) -> list[str]:
    """The label of every row; numbers that are equal, such as 1 and 1.0, are one label."""
    numbers: dict[float, str] = {}
    out = []
    for row in rows:
        cell = row.cells[at]
        if not cell or cell.lower() in ("nan", "null"):
            raise InvalidTable(f"Line {row.line} has a missing or infinite value: {quoted(text, row.line)}.")
        value = _number(cell)
        out.append(cell if value is None else numbers.setdefault(value, cell))
    return out


def _label_order(label: str) -> tuple[int, float, str]:
    """The sort key of a label: numbers by value, before words."""
    value = _number(label)
    return (1, 0.0, label) if value is None else (0, value, label)


def _fit(rows: list[Row]) -> tuple[Row, ...]:
    """The rows, centred and scaled to FILL. Raises InvalidTable where all lie in one place."""
    xs, ys = [r[0] for r in rows], [r[1] for r in rows]
    middle_x, middle_y = (min(xs) / 2 + max(xs) / 2), (min(ys) / 2 + max(ys) / 2)
    # Halved before subtracting, so that coordinates near the largest float do not overflow.
    half = max(max(xs) / 2 - min(xs) / 2, max(ys) / 2 - min(ys) / 2)
    if not half > 0:
        raise InvalidTable("All points lie in one place; give points that differ.")
    scale = FILL / half
    return tuple((round((x - middle_x) * scale, 3), round((y - middle_y) * scale, 3), c) for x, y, c in rows)
