"""Sentences and their labels in a text: one a line, a table, fastText's form, or JSON.

Where a text may be a table or may not, it is refused with the line in question and with what to
write into a first line; nothing is guessed that would teach a model its labels as words.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.data import columns
from engine.data.encoding import InvalidTable, lines, quoted
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

MOST_CLASSES = 6
LABEL_WORDS = 3  # words of a label, at most, in a column without a name
FASTTEXT = "__label__"
# A label of fastText, which has a name, and the comma that some texts have beside it.
NAMED = re.compile(rf"(?:(?<=\s),\s+)?(?<!\S){FASTTEXT}(?=[^\s,;|])(\S+)(?:\s+,(?!\S))?")
AT_AN_END = re.compile(rf"\s*{FASTTEXT}\S*(\s|$)|(.*\s)?{FASTTEXT}\S*\s*$")
ORDER = ("\t", ";", "|", ",")  # commas last: they stand in sentences and in numbers, too
LABEL = re.compile(r"[\w+-]+(?: [\w+-]+)*")
FORM = "give one sentence a line, or a table whose first line names its columns, such as text,label"

Pair = tuple[str, str]  # a sentence and its label, "" for none


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
        return _by_names(text, _Table(*found, "JSON"))
    declared, text = declared_separator(text)
    order = (declared,) if declared else ORDER
    first = next(line for line in lines(text) if line.strip())
    for separator in order:
        if not NAMED.search(first) and _is_header(_cells(first, separator)):
            header, *rows = without_empty_ends(_rows(text, separator))
            return _by_names(text, _Table(header.cells, rows, SEPARATORS.get(separator, repr(separator))))
    if len(only := _cells(first, ",")) == 1 and columns.known(columns.SENTENCES[:1], only):
        return _one_column(text), Understood(
            separator="one sentence a line", header=True, columns={"sentence": only[0]}
        )
    if (found := _fasttext(text)) is not None:
        return found
    for separator in order:
        if (found := _without_names(text, separator)) is not None:
            return found
    return _plain_lines(text), Understood(separator="one sentence a line")


def one_blank(text: str) -> str:
    """`text` with NFC letters and one blank where it has blanks of any kind, none at its ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _plain_lines(text: str) -> list[Pair]:
    """Every line as a sentence."""
    found = _unquoted([line for raw in lines(text) if (line := one_blank(raw))])
    return [(line, "") for raw in found if (line := one_blank(raw))]


def _unquoted(found: list[str]) -> list[str]:
    """Lines without the quotation marks that enclose all of them."""
    if all(len(line) > 1 and line[0] == line[-1] == '"' and '"' not in line[1:-1].replace('""', "") for line in found):
        return [line[1:-1].replace('""', '"') for line in found]
    return found


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
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])]


def _is_header(names: Sequence[str]) -> bool:
    """Whether cells of a first line are names of columns, one of them known."""
    if len(names) < 2:
        return False
    if columns.known(columns.SENTENCES, names):
        return True
    return len(names) == 2 and bool(columns.known(columns.LABELS[:1], names))


def _rows(text: str, separator: str) -> list[Record]:
    """The rows of a table. With commas quotation marks enclose cells; with other separators they
    may just as well be the text's own.
    """
    if separator == ",":
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
    header, rows = table.header, table.rows
    for row in rows:
        if len(row.cells) < len(header) or any(row.cells[len(header) :]):
            raise InvalidTable(
                f"Line {row.line} has {len(row.cells)} columns, and the first line names {len(header)}: "
                f"{quoted(text, row.line)}. Put sentences that hold the separator into quotation marks, or separate "
                f"the columns with tabs."
            )
    at = _sentence_column(text, header)
    label = _label_column(header, rows, at)
    pairs: list[Pair] = []
    for row in rows:
        sentence = one_blank(row.cells[at])
        name = "" if label is None else one_blank(row.cells[label])
        if sentence and label is not None and not name:
            raise InvalidTable(
                f"Line {row.line} has no label: {quoted(text, row.line)}. Give it one, or take the line out."
            )
        if sentence:
            pairs.append((sentence, name))
    taken = {"sentence": header[at]} | ({} if label is None else {"label": header[label]})
    return pairs, Understood(
        separator="JSON objects" if table.separator == "JSON" else table.separator,
        header=table.separator != "JSON",
        columns=taken,
        left_out=tuple(name for k, name in enumerate(header) if k not in (at, label)),
        notes=_empty(len(rows) - len(pairs)),
    )


def _empty(n: int) -> tuple[str, ...]:
    return (f"{n:,} {'row' if n == 1 else 'rows'} without a sentence left out",) if n else ()


def _sentence_column(text: str, header: Sequence[str]) -> int:
    found = columns.known(columns.SENTENCES, header)
    if not found:
        labels = columns.known(columns.LABELS, header)
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

    found = [k for k in columns.known(columns.LABELS, header) if k != at]
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
    width = len(rows[0].cells)
    cells = [[row.cells[k] for row in rows] for k in range(width)]
    left_out = [k for k in range(width) if columns.counts_rows(cells[k]) or not any(cells[k])]
    kept = [k for k in range(width) if k not in left_out]
    names = [f"column {k + 1}" for k in range(width)]
    understood = Understood(separator=SEPARATORS.get(separator, repr(separator)))
    understood = replace(understood, left_out=tuple(names[k] for k in left_out))
    if len(kept) == 1 and left_out:
        pairs = [(one_blank(cell), "") for cell in cells[kept[0]] if cell]
        return pairs, replace(understood, columns={"sentence": names[kept[0]]}, notes=_empty(len(rows) - len(pairs)))
    certain = [k for k in kept if _divides(cells[k])]
    blank_after = any(f"{separator} " in line for _, line in numbered)
    if len(kept) == 2 and len(certain) == 1 and not (separator == "," and blank_after):
        (label,) = certain
        (at,) = (k for k in kept if k != label)
        if not _few(cells[at]) and (separator == "\t" or cells[at][0] not in cells[at][1:]):
            pairs = [(one_blank(s), one_blank(name)) for s, name in zip(cells[at], cells[label]) if s]
            return pairs, replace(
                understood,
                columns={"sentence": names[at], "label": names[label]},
                notes=_empty(len(rows) - len(pairs)),
            )
    if separator == "\t" or _may_have_labels(numbered, separator):
        raise _asking(text, numbered[0][0], separator)
    return None


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
    example = f"text{'⇥' if separator == chr(9) else separator}label"
    return InvalidTable(
        f"Line {number} is {quoted(text, number)}: are these columns? If so, name them in a first line, such as "
        f"{example}, and put sentences with {SEPARATORS.get(separator, 'the separator')} into quotation marks. If "
        f"every line is one sentence, make the first line the word text."
    )


# -- fastText ------------------------------------------------------------------------------------


def _fasttext(text: str) -> tuple[list[Pair], Understood] | None:
    """Lines such as `__label__pos a good film`; the label may also stand at the end.

    None where no line begins or ends with such a label. Raises InvalidTable where some lines do and
    others have no label, several, or one without a name.
    """
    numbered = [(n, line) for n, line in enumerate(lines(text), 1) if line.strip()]
    numbered = list(zip((n for n, _ in numbered), _unquoted([line.strip() for _, line in numbered])))
    labels = [NAMED.findall(line) for _, line in numbered]
    if not all(len(found) == 1 for found in labels) and not any(AT_AN_END.match(line) for _, line in numbered):
        return None
    for (n, _), found in zip(numbered, labels):
        if len(found) != 1:
            count = f"{len(found)} labels" if found else "no label"
            raise InvalidTable(
                f"Line {n} has {count}: {quoted(text, n)}. Other lines begin or end with {FASTTEXT}: give every line "
                f"one label, such as {FASTTEXT}pos a good film. If every line is one sentence, make the first line the "
                f"word text."
            )
    rest = [NAMED.sub(" ", line) for _, line in numbered]
    names = [found[0].rstrip(",;|") for found in labels]
    for mark in ",;|":
        if all(mark in name for name in names):  # `__label__pos,a good film`
            if len(set(names)) <= MOST_CLASSES:  # `__label__pos,neg a film`, perhaps
                raise InvalidTable(
                    f"Line {numbered[0][0]} is {quoted(text, numbered[0][0])}: where does the label {FASTTEXT}… end? "
                    f"Put a blank behind it."
                )
            rest = [f"{name.split(mark, 1)[1]} {line}" for name, line in zip(names, rest)]
            names = [name.split(mark, 1)[0] for name in names]
    pairs = [(sentence, name) for line, name in zip(rest, names) if (sentence := one_blank(line))]
    return [(sentence, one_blank(name)) for sentence, name in pairs], Understood(
        separator="fastText lines",
        columns={"sentence": "the rest of the line", "label": FASTTEXT + "…"},
        notes=_empty(len(numbered) - len(pairs)),
    )
