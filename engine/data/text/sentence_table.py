"""Sentences and their labels in a text: one a line, a table, fastText's form, or JSON.

Where a text may be a table or may not, it is refused with the line in question and with what to
write into a first line; nothing is guessed that would teach a model its labels as words.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.data import columns
from engine.data.encoding import InvalidTable, lines, quoted
from engine.data.json_tables import json_table
from engine.data.tables import (
    SEPARATORS,
    Nested,
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
from engine.data.text import labelled_lines
from engine.data.text.labelled_lines import MOST_CLASSES, NAMED, Pair, empty, one_blank, unquoted

LABEL_WORDS = 3  # words of a label, at most, in a column without a name
ORDER = ("\t", ";", "|", ",")  # commas last: they stand in sentences and in numbers, too
LABEL = re.compile(r"[\w+-]+(?: [\w+-]+)*")
FORM = "give one sentence a line, or a table whose first line names its columns, such as text,label"
# Separators of several characters: `neg +++$+++ a film`, `a film ||| neg`, `1::a film`.
WIDE = re.compile(r"(?<=\s)[^\w\s]{2,}(?=\s)|[+$|]{3,}|\|\||:{2,}|@{2,}|#{2,}|<sep>|\[SEP\]|=>|->", re.IGNORECASE)
YAML = re.compile(r"\s*(---\s*[\r\n]\s*)?- *(text|sentence|review|label|class|sentiment): ", re.IGNORECASE)
PROSE = re.compile(r"[.,!?'\"()-]+")


@dataclass(frozen=True)
class _Table:
    header: tuple[str, ...]
    rows: list[Record]
    separator: str  # a word of SEPARATORS, or the form


def read_pairs(text: str) -> tuple[list[Pair], Understood]:
    """(sentence, label) pairs of a text, in its order, labels "" where it has none.

    Sentences and labels come with NFC letters and single blanks, so that what is written from them
    is read again as it was. Raises InvalidTable.
    """
    if not text.strip():
        raise InvalidTable(f"This file is empty: {FORM}.")
    if (found := json_table(text)) is not None:
        return _of_json(text, *found)
    if YAML.match(text):
        n = next(n for n, line in enumerate(lines(text), 1) if line.strip())
        raise InvalidTable(f"Line {n} is {quoted(text, n)}: this looks like YAML. Save it as JSON or CSV (UTF-8).")
    declared, text = declared_separator(text)
    order = (declared,) if declared else (*_wide_separators(text), *ORDER)
    first = next(line for line in lines(text) if line.strip())
    for separator in order:
        if not NAMED.search(first) and _is_header(_cells(first, separator)):
            header, *rows = without_empty_ends(_rows(text, separator))
            return _by_names(text, _Table(header.cells, rows, separator_name(separator)))
    if len(only := _cells(first, ",")) == 1 and columns.known(columns.SENTENCES[:1], only):
        return _one_column(text), Understood(
            separator="one sentence a line", header=True, columns={"sentence": only[0]}
        )
    if (found := labelled_lines.fasttext(text) or labelled_lines.trees(text) or _with_blanks(text, first)) is not None:
        return found
    for separator in order:
        if (found := _without_names(text, separator)) is not None:
            return found
    if (found := labelled_lines.labelled(text)) is not None:
        return found
    return _plain_lines(text), Understood(separator="one sentence a line")


def _of_json(text: str, header: tuple[str, ...], rows: list[Record]) -> tuple[list[Pair], Understood]:
    if header:
        return _by_names(text, _Table(header, rows, "JSON"))
    names = [f"value {k + 1}" for k in range(len(rows[0].cells))]
    found = _by_places(rows, names, Understood(separator="JSON lists"))
    if found is None:
        raise InvalidTable(
            f"{rows[0].place} of this JSON is {rows[0].quoted(text)}: which is the sentence, and which the label? Give "
            f'objects, such as {{"text": "a good film", "label": "pos"}}.'
        )
    return found


def _with_blanks(text: str, first: str) -> tuple[list[Pair], Understood] | None:
    """A table whose columns are separated by blanks, as R writes it; None where the first line is
    not made of names alone.
    """
    names = [name.strip('"') for name in first.split()]
    at, label = columns.known(columns.SENTENCES[:1], names), columns.known(columns.LABELS, names)
    others = [k for k in range(len(names)) if k not in (*at, *label)]
    if len(at) != 1 or len(label) != 1 or any(not columns.is_left_out(names[k]) for k in others):
        return None
    try:
        header, *rows = without_empty_ends(records(text, " ", enclosed=True))
    except InvalidTable:
        rows = []
    if rows and {len(row.cells) for row in rows} in ({len(names)}, {len(names) + 1}):
        return _by_names(text, _Table(header.cells, rows, SEPARATORS[" "]))
    if len(names) > 2:
        n = next(n for n, line in enumerate(lines(text), 1) if line.strip())
        raise InvalidTable(
            f"Line {n} is {quoted(text, n)}: names of columns, separated by blanks, which stand in the sentences, too. "
            f"Separate the columns with tabs, or put the sentences into quotation marks."
        )
    pairs = labelled_lines.under_names(text, label < at)
    columns_read = {"sentence": names[at[0]], "label": names[label[0]]}
    return pairs, Understood(separator=SEPARATORS[" "], header=True, columns=columns_read)


def _wide_separators(text: str) -> list[str]:
    """Separators of several characters that all lines have, and all equally often."""
    found = [line for line in lines(text) if line.strip()]
    candidates = dict.fromkeys(one.strip() for one in WIDE.findall(found[0]))
    return [one for one in candidates if len({line.count(one) for line in found}) == 1]


def _plain_lines(text: str) -> list[Pair]:
    """Every line as a sentence."""
    found = unquoted([line for raw in lines(text) if (line := one_blank(raw))])
    return [(line, "") for raw in found if (line := one_blank(raw))]


def _one_column(text: str) -> list[Pair]:
    """The lines after the first; cells where those that hold a comma are in quotation marks."""
    try:
        rows = records(text, ",")
    except InvalidTable:
        rows = []
    if rows and all(len(row.cells) == 1 for row in rows):
        return [(one_blank(row.cells[0]), "") for row in rows[1:]]
    return _plain_lines(text)[1:]


def _cells(line: str, separator: str) -> list[str]:
    """One line as cells, whatever its quotation marks are like."""
    if len(separator) > 1:
        return [cell.strip() for cell in line.split(separator)]
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])]


def _is_header(names: Sequence[str]) -> bool:
    """Whether cells of a first line are names of columns, one of them known."""
    if len(names) < 2:
        return False
    if columns.known(columns.SENTENCES, names):
        return True
    if len(names) > 2 and columns.like(columns.SENTENCES, names) and columns.like(columns.LABELS, names):
        return True
    return len(names) == 2 and bool(columns.known(columns.LABELS[:1], names))


def _rows(text: str, separator: str) -> list[Record]:
    """The rows of a table. With commas quotation marks enclose cells; with other separators they
    may just as well be the text's own.
    """
    if separator == "," or len(separator) > 1:
        return records(text, separator)
    bare = records(text, separator, quotes=False)
    even = len({len(row.cells) for row in bare}) == 1
    try:
        enclosed = records(text, separator)
    except InvalidTable:
        if even:
            return bare
        raise
    return bare if even and len(bare) != len(enclosed) else enclosed


# -- tables with names ---------------------------------------------------------------------------


def _by_names(text: str, table: _Table) -> tuple[list[Pair], Understood]:
    rows = table.rows
    header = with_row_names(table.header, rows)
    for row in rows:
        if len(row.cells) < len(header) or any(row.cells[len(header) :]):
            raise InvalidTable(
                f"{row.place} has {counted(len(row.cells), 'column')}, and the first line names {len(header)}: "
                f"{row.quoted(text)}. Put sentences that hold the separator into quotation marks, or separate "
                f"the columns with tabs."
            )
    at, label = _columns(text, header, rows, certain=table.separator == "JSON")
    pairs: list[Pair] = []
    for row in rows:
        for k in (at, label):
            if k is not None and isinstance(row.cells[k], Nested):
                raise InvalidTable(
                    f"{row.place} has a list or an object as {header[k]}: {row.quoted(text)}. Give a text there, such "
                    f'as {{"text": "a good film", "label": "pos"}}.'
                )
        sentence = one_blank(row.cells[at])
        name = "" if label is None else one_blank(row.cells[label])
        if sentence and label is not None and not name:
            raise InvalidTable(f"{row.place} has no label: {row.quoted(text)}. Give it one, or take the line out.")
        if sentence:
            pairs.append((sentence, name))
    taken = {"sentence": header[at]} | ({} if label is None else {"label": header[label]})
    return pairs, Understood(
        separator="JSON objects" if table.separator == "JSON" else table.separator,
        header=table.separator != "JSON",
        columns=taken,
        left_out=tuple(name for k, name in enumerate(header) if k not in (at, label)),
        notes=empty(len(rows) - len(pairs)),
    )


def _columns(text: str, header: Sequence[str], rows: Sequence[Record], certain: bool) -> tuple[int, int | None]:
    """The columns of sentences and of labels. certain: whether the header is one for certain, so
    that it need not have a name that is known. Raises InvalidTable.
    """
    if certain and not columns.like(columns.SENTENCES, header) and not columns.like(columns.LABELS, header):
        kept = [k for k, name in enumerate(header) if not columns.is_left_out(name)]
        if (found := _sentence_and_label([[row.cells[k] for row in rows] for k in kept])) is not None:
            return kept[found[0]], kept[found[1]]
    at = _sentence_column(text, header)
    return at, _label_column(header, rows, at)


def _sentence_column(text: str, header: Sequence[str]) -> int:
    labels = columns.known(columns.LABELS, header)
    found = [k for k in columns.like(columns.SENTENCES, header) if k not in labels]
    if not found:
        found = [k for k, name in enumerate(header) if k not in labels and not columns.is_left_out(name)]
        if len(found) != 1:
            first = next(n for n, line in enumerate(lines(text), 1) if line.strip())
            raise InvalidTable(
                f"None of the columns {listed(header)} is called text, so which holds the sentences? The first line "
                f"is {quoted(text, first)}: call that column text."
            )
    if len(found) > 1:
        names = listed([header[k] for k in found])
        raise InvalidTable(
            f"The columns {names} could each hold the sentences: call the one to use text, and take the others out."
        )
    return found[0]


def _label_column(header: Sequence[str], rows: Sequence[Record], at: int) -> int | None:
    def cells(k: int) -> list[str]:
        return [row.cells[k] for row in rows]

    found = [k for k in columns.like(columns.LABELS, header) if k != at]
    if len(found) > 1:
        chosen = columns.one_of_equal([cells(k) for k in found])
        if chosen is None:
            names = listed([header[k] for k in found])
            raise InvalidTable(
                f"The columns {names} could each hold the labels: call the one to use label, and take the others out."
            )
        found = [found[chosen]]
    if not found:  # the one other column, if it divides the sentences into a few classes
        found = [k for k, name in enumerate(header) if k != at and not columns.is_left_out(name)]
        if len(found) != 1 or not _divides(cells(found[0])):
            return None
    return found[0]


# -- tables without names ------------------------------------------------------------------------


def _few(cells: Sequence[str]) -> bool:
    """Whether cells may be labels: a few different ones, of a few words each."""
    kinds = set(cells)
    return len(kinds) <= MOST_CLASSES < len(cells) and all(0 < len(kind.split()) <= LABEL_WORDS for kind in kinds)


def _divides(cells: Sequence[str]) -> bool:
    """Whether cells are labels for certain: at least two, and each of them twice."""
    return _few(cells) and len(set(cells)) > 1 and min(Counter(cells).values()) > 1


def _without_names(text: str, separator: str) -> tuple[list[Pair], Understood] | None:
    """The pairs of a table without a header; None where the text is no table with this separator.

    Raises InvalidTable where it may be one.
    """
    numbered = [(n, line) for n, line in enumerate(lines(text), 1) if line.strip()]
    with_it = sum(separator in line.strip() for _, line in numbered)
    if len(numbered) < 2 or with_it < (0.8 if separator == "\t" else 1) * len(numbered):
        return None
    try:
        rows = without_empty_ends(_rows(text, separator))
    except InvalidTable:
        rows = []
    widths = Counter(len(row.cells) for row in rows)
    if len(widths) != 1 or 1 in widths:
        return _uneven(text, separator, numbered, widths)
    names = [f"column {k + 1}" for k in range(len(rows[0].cells))]
    blank_after = separator == "," and any(f"{separator} " in line for _, line in numbered)
    found = _by_places(rows, names, Understood(separator=separator_name(separator)), separator, blank_after)
    if found is not None:
        return found
    if len(separator) > 1:
        if PROSE.fullmatch(separator):
            return None
        raise _asking(text, numbered[0][0], separator)
    if separator == "\t" or _may_have_labels(numbered, separator):
        raise _asking(text, numbered[0][0], separator)
    return None


def _by_places(
    rows: Sequence[Record], names: Sequence[str], understood: Understood, separator: str = "", blank_after: bool = False
) -> tuple[list[Pair], Understood] | None:
    """The pairs of rows without names, by what their columns hold; None where that is not certain.

    separator: "" where the cells are certain ones. blank_after: whether it may be the comma of
    prose.
    """
    cells = [[row.cells[k] for row in rows] for k in range(len(names))]
    left_out = [k for k, some in enumerate(cells) if columns.counts_rows(some) or not any(some) or _are_ids(some)]
    kept = [k for k in range(len(names)) if k not in left_out]
    if any(isinstance(row.cells[k], Nested) for row in rows for k in kept):
        return None
    understood = replace(understood, left_out=tuple(names[k] for k in left_out))
    if len(kept) == 1 and (left_out or not separator):
        pairs = [(one_blank(cell), "") for cell in cells[kept[0]] if cell]
        return pairs, replace(understood, columns={"sentence": names[kept[0]]}, notes=empty(len(rows) - len(pairs)))
    if len(kept) != 2 or (found := _sentence_and_label([cells[k] for k in kept], certain=not separator)) is None:
        return None
    at, label = (kept[k] for k in found)
    if blank_after and not labelled_lines.are_sure(cells[label]):
        return None
    if PROSE.fullmatch(separator) and len(separator) > 1 and any(" " in cell for cell in cells[label]):
        return None
    if not separator or separator == "\t" or cells[at][0] not in cells[at][1:]:
        pairs = [(one_blank(s), one_blank(name)) for s, name in zip(cells[at], cells[label]) if s]
        if all(name for _, name in pairs):
            taken = {"sentence": names[at], "label": names[label]}
            return pairs, replace(understood, columns=taken, notes=empty(len(rows) - len(pairs)))
    return None


def _sentence_and_label(cells: Sequence[Sequence[str]], certain: bool = True) -> tuple[int, int] | None:
    """Which of two columns holds sentences and which labels; None where that is not certain.

    certain: whether the cells are columns for certain.
    """
    if len(cells) != 2:
        return None
    labels = [k for k in (0, 1) if (_few if certain else _divides)(cells[k])]
    if len(labels) != 1 or _few(cells[1 - labels[0]]):
        return None
    return 1 - labels[0], labels[0]


def _are_ids(cells: Sequence[str]) -> bool:
    """Whether a column holds the numbers or codes of its rows: all different, with digits, and not
    words.
    """
    ids = all(re.fullmatch(r"[\w-]*\d[\w-]*", cell) and len(cell) > 3 for cell in cells)
    return len(cells) > MOST_CLASSES and ids and len(set(cells)) == len(cells)


def _may_have_labels(numbered: Sequence[tuple[int, str]], separator: str) -> bool:
    """Whether all lines begin or end with one of a few words, set off by the separator.

    Behind a blank, as a comma of prose has it, these must be single words and not all the same.
    """
    ends = [line.rsplit(separator, 1) for _, line in numbered]
    starts = [line.split(separator, 1)[::-1] for _, line in numbered]
    for cells in (ends, starts):
        prose = any(rest[:1].isspace() or rest[-1:].isspace() for pair in cells for rest in pair)
        words = [pair[1].strip().strip('"') for pair in cells]
        for found in (words, words[1:]):  # the first line may be a header with names that are not known
            kinds = set(found)
            if _few(found) and all(LABEL.fullmatch(kind) for kind in kinds):
                if not prose or len(kinds) > 1 and not any(" " in kind for kind in kinds):
                    return True
    return False


def _uneven(text: str, separator: str, numbered: Sequence[tuple[int, str]], widths: Counter[int]) -> None:
    """Lines with different numbers of the separator are sentences, unless all begin or end with one
    of a few words, which may be labels. Raises InvalidTable there.
    """
    if separator == "\t":
        width = widths.most_common(1)[0][0] if widths else 2
        first = next((n for n, line in numbered if len(line.split(separator)) != width), numbered[0][0])
        raise _asking(text, first, separator)
    if _may_have_labels(numbered, separator):
        raise _asking(text, numbered[0][0], separator)
    return None


def _asking(text: str, number: int, separator: str) -> InvalidTable:
    example = f"text{'⇥' if separator == chr(9) else separator if len(separator) < 2 else f' {separator} '}label"
    return InvalidTable(
        f"Line {number} is {quoted(text, number)}: are these columns? If so, name them in a first line, such as "
        f"{example}, and put sentences with {separator_name(separator)} into quotation marks. If "
        f"every line is one sentence, make the first line the word text."
    )
