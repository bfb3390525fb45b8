"""A visitor's own points, from a CSV file of x, y, label."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass

from engine.data.plane import Row

MOST_ROWS = 1000
MOST_BYTES = 1_000_000
FILL = 1.5  # own points are scaled to fill [−FILL, FILL] along their wider side


class InvalidTable(ValueError):
    """A file that cannot be used; the message names the line and what to do."""


@dataclass(frozen=True)
class Table:
    """The points of a file.

    rows: x, y, label 0 or 1, scaled to the plane's view. names: the names of classes 0 and 1 in the
    file.
    """

    rows: tuple[Row, ...]
    names: tuple[str, str]


def read(data: bytes, labelled: bool = True) -> Table:
    """The points of a CSV file of x, y, label, or of x, y where `labelled` is false.

    All labels are 0 in the second case. A header line is allowed; the separator may be comma,
    semicolon or tab; labels may be any two words or numbers, of which the smaller becomes 0. Both
    axes are scaled by the same factor. Raises InvalidTable.
    """
    if len(data) > MOST_BYTES:
        raise InvalidTable(f"The file has {len(data) / 1e6:.1f} MB; give one of at most {MOST_BYTES / 1e6:g} MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidTable("This is not UTF-8 text. Save the table as CSV (UTF-8) and try again.") from error
    raw = _raw_rows(text, labelled)
    if not labelled:
        return Table(_fit([(x, y, 0) for x, y, _ in raw]), ("", ""))
    labels = sorted({label for *_, label in raw}, key=_label_order)
    if len(labels) != 2:
        found = "one" if len(labels) == 1 else str(len(labels))
        raise InvalidTable(f"The third column has {found} different label(s); two classes are needed.")
    return Table(_fit([(x, y, labels.index(label)) for x, y, label in raw]), (labels[0], labels[1]))


def _raw_rows(text: str, labelled: bool) -> list[tuple[float, float, str]]:
    """The lines of a file as x, y, label. Raises InvalidTable."""
    columns = "x, y, label" if labelled else "x, y"
    first = text.lstrip().split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    rows: list[tuple[float, float, str]] = []
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=separator))
    except csv.Error as error:
        raise InvalidTable(f"This is not a CSV file ({error}).") from error
    for number, cells in enumerate(lines, 1):
        cells = [c.strip() for c in cells]
        if not any(cells):
            continue
        try:
            x, y, label = float(cells[0]), float(cells[1]), cells[2] if labelled else "0"
        except (ValueError, IndexError) as error:
            if not rows and number == 1:
                continue  # a header
            raise InvalidTable(f"Line {number} is not {columns}: {','.join(cells)[:60]}") from error
        if not (math.isfinite(x) and math.isfinite(y)) or not label:
            raise InvalidTable(f"Line {number} has a missing or infinite value: {','.join(cells)[:60]}")
        rows.append((x, y, label))
    if len(rows) < 2:
        raise InvalidTable(
            f"No points found. The file needs lines of {columns}, such as 0.5,-1.2{',1' if labelled else ''}."
        )
    if len(rows) > MOST_ROWS:
        raise InvalidTable(f"{len(rows)} points are too many; give at most {MOST_ROWS}.")
    return rows


def _label_order(label: str) -> tuple[int, float, str]:
    """The sort key of a label: numbers by value, before words."""
    try:
        return (0, float(label), label)
    except ValueError:
        return (1, 0.0, label)


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
