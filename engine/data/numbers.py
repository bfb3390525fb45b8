"""Numbers as tables write them: decimal points and commas, grouped thousands, signs, per cent.

`1,000` is a thousand in one country and one in another. Which it is in a file is decided by all its
numbers and by the separator of its columns, never by one cell; where that does not decide, the file
is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

BLANKS = " \u00a0\u2009\u202f"
MINUS = dict.fromkeys(map(ord, "\u2212\u2012\u2013\ufe63\uff0d"), "-") | {ord("\uff0b"): "+"}
FIELDS = re.compile(r"([+-]?)([0-9.,']*[0-9][0-9.,']*)(?:[eEdD]([+-]?[0-9]{1,6}))?(%?)")
UNSURE = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")  # either a thousand or a fraction of three digits


class Unsure(ValueError):
    """A number that may be a thousand or a fraction. The argument is its cell."""


class Mixed(ValueError):
    """A comma that does not go with the other numbers of its file. The argument is its cell."""


@dataclass(frozen=True)
class Style:
    """How a file writes its numbers. decimal: "." or ",". notes: what its owner should know."""

    decimal: str = "."
    notes: tuple[str, ...] = ()


def is_number(cell: str) -> bool:
    """Whether a cell is a number in some style."""
    return any(value(cell, mark) is not None for mark in ".,")


def value(cell: str, decimal: str = ".") -> float | None:
    """A cell as a number whose decimal mark is `decimal`; None for what is none.

    Too large ones are infinite. Thousands may be grouped by blanks, apostrophes or the other mark.
    """
    exact = exactly(cell, decimal)
    return None if exact is None else float(exact)


def exactly(cell: str, decimal: str = ".") -> Decimal | None:
    """`value` without rounding."""
    if (parts := _parts(cell)) is None:
        return None
    sign, digits, exponent, per_cent = parts
    whole, _, fraction = digits.partition(decimal)
    group = next((mark for mark in "'.," if mark in whole), "")
    groups = whole.split(group) if group else [whole]
    if group and not (re.fullmatch("[1-9][0-9]{0,2}", groups[0]) and all(len(some) == 3 for some in groups[1:])):
        return None
    whole = "".join(groups)
    if not (whole + fraction).isdecimal():
        return None
    return Decimal(f"{sign}{whole or 0}.{fraction or 0}e{int(exponent or 0) - 2 * bool(per_cent)}")


def _parts(cell: str) -> tuple[str, str, str, str] | None:
    """Sign, digits with their marks, exponent and per cent sign of a cell."""
    plain = "".join(_ascii(c) for c in cell.strip().translate(MINUS))
    plain = re.sub(r"\s+(?=%$)|(?<=^[+-])\s+", "", plain)
    plain = re.sub(rf"(?<=[0-9])[{BLANKS}'’](?=[0-9]{{3}}(?![0-9]))", "'", plain)
    found = FIELDS.fullmatch(plain)
    return (found[1], found[2], found[3] or "", found[4]) if found else None


def _ascii(character: str) -> str:
    """Digits and marks of other scripts as those of ASCII."""
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    return {"٫": ".", "٬": "'", "．": ".", "，": ",", "٪": "%", "％": "%"}.get(character, character)


def style(cells: Iterable[str], separator: str) -> Style:
    """The style of a file's numbers.

    separator: of its columns: where that is the comma, `1,000` in quotation marks is a thousand
    unless other numbers have decimal commas, and where it is the semicolon, commas are decimal
    marks unless other numbers show that they group. Raises Unsure and Mixed.
    """
    shows: dict[str, str] = {}  # a decimal mark → a cell that shows it to be one
    groups: dict[str, str] = {}  # a mark that groups thousands → such a cell
    weak = ""  # 1.234: with a point three decimals are common
    unsure: list[str] = []  # 1,234
    per_cent = False
    for cell in cells:
        if (parts := _parts(cell)) is None or not is_number(cell):
            continue
        _, digits, exponent, sign = parts
        per_cent = per_cent or bool(sign)
        marks = sorted(".,", key=digits.rfind)
        points, commas = digits.count("."), digits.count(",")
        if points and commas:
            groups.setdefault(marks[0], cell)
            shows.setdefault(marks[1], cell)
        elif points + commas > 1:
            groups.setdefault(marks[1], cell)
        elif points + commas and UNSURE.fullmatch(digits) and not exponent:
            weak = weak or cell * points
            unsure += [cell] * commas
        elif points + commas:
            shows.setdefault(marks[1], cell)
        if "'" in digits:
            groups.setdefault("'", cell)
    alone = weak if not shows and not groups else ""
    if weak and "." not in groups:
        shows.setdefault(".", weak)
    if len(shows) > 1 or "." in groups and "," in groups or any(mark in groups for mark in shows):
        raise Mixed(shows.get(",") or groups[","])
    mark = next(iter(shows), "," if "." in groups else "." if "," in groups else "")
    if unsure and not mark:
        if separator not in (",", ";"):
            raise Unsure(unsure[0])
        mark = "." if separator == "," else ","
    mark = mark or "."
    notes = []
    if "," in (*shows, mark):
        notes.append("decimal commas" + (f", {unsure[0]} read as {_plain(unsure[0], mark)}" if unsure else ""))
    if alone and mark == ".":
        notes.append(f"decimal points, {alone} read as {_plain(alone, mark)}")
    grouped = next(iter((*groups.values(), *(unsure if mark == "." else ()))), "")
    if grouped:
        notes.append(f"grouped thousands, {grouped} read as {_plain(grouped, mark)}")
    if per_cent:
        notes.append("per cent read as hundredths")
    return Style(mark, tuple(notes))


def _plain(cell: str, decimal: str) -> str:
    """A cell's value without grouping."""
    number = value(cell, decimal)
    return str(int(number)) if abs(number) < 1e15 and number == int(number) else str(number)
