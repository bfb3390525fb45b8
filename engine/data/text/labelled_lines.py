"""Lines that hold a sentence and its label without columns: fastText's, `0 a good film`,
`a good film @pos`, `pos: a good film`, trees of the Stanford treebank.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from engine.data import columns
from engine.data.encoding import InvalidTable, lines, quoted
from engine.data.tables import Understood, counted

MOST_CLASSES = 6
FASTTEXT = "__label__"
# A label of fastText, which has a name, and the comma that some texts have beside it.
NAMED = re.compile(rf"(?:(?<=\s),\s+)?(?<!\S){FASTTEXT}(?=[^\s,;|])(\S+)(?:\s+,(?!\S))?")
AT_AN_END = re.compile(rf"\s*{FASTTEXT}\S*(\s|$)|(.*\s)?{FASTTEXT}\S*\s*$")
LABELS = frozenset(
    "pos neg neu positive negative neutral mixed spam ham true false positiv negativ positif négatif neutre "
    "positivo negativo neutro".split()
)
FIGURE = re.compile(r"[+\u2212-]?[0-9](\.[0-9])?|10([.]0)?")
MARKED = re.compile(r"([@#/<({\[_*~=|:]*)([+\u2212-]?\w[\w+.-]*?)([>)}\]_*~=|:]*)[.,;]?")
BESIDE = (  # what stands between label and sentence: `0 - a good film`, `a good film | 0`
    re.compile(r"()[^\w\s'\"“«(\[<$€£@#&]+(?=\s|$)"),
    re.compile(r"(.*\s)[|/=<>~^*+$#@–—-]+$"),
)
TREE = re.compile(r"\(([0-9]) .*\)")
LEAF = re.compile(r"\([0-9] ([^\s()]+)\)")
BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]"}
MOST_WITHOUT = 0.2  # the share of lines without a label up to which the others' are labels
SIDES = ("the first word of the line", "the last word of the line")

Pair = tuple[str, str]  # a sentence and its label, "" for none


def fasttext(text: str) -> tuple[list[Pair], Understood] | None:
    """Lines such as `__label__pos a good film`; the label may also stand at the end.

    None where no line begins or ends with such a label. Raises InvalidTable where some lines do and
    others have no label, several, or one without a name.
    """
    numbered = _numbered(text)
    labels = [NAMED.findall(line) for _, line in numbered]
    if not all(len(found) == 1 for found in labels) and not any(AT_AN_END.match(line) for _, line in numbered):
        return None
    for (n, _), found in zip(numbered, labels):
        if len(found) != 1:
            raise InvalidTable(
                f"Line {n} has {counted(len(found), 'label') if found else 'no label'}: {quoted(text, n)}. Other lines "
                f"begin or end with {FASTTEXT}: give every line one label, such as {FASTTEXT}pos a good film. If every "
                f"line is one sentence, make the first line the word text."
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
    return _understood(zip(rest, names), "fastText lines", "the rest of the line", FASTTEXT + "…")


def trees(text: str) -> tuple[list[Pair], Understood] | None:
    """The words and the outermost label of trees such as `(3 (2 good) (2 film))`; None for others.

    Raises InvalidTable where some innermost brackets hold several words.
    """
    found = [TREE.fullmatch(line) for _, line in _numbered(text)]
    if not all(found):
        return None
    pairs = [(" ".join(BRACKETS.get(word, word) for word in LEAF.findall(one[0])), one[1]) for one in found]
    if bad := next((n for (n, _), (sentence, _) in zip(_numbered(text), pairs) if not sentence), 0):
        raise InvalidTable(
            f"Line {bad} is {quoted(text, bad)}: the innermost brackets of a tree hold one word each, such as "
            f"(3 (2 good) (2 film)). Otherwise give one sentence a line with its label first, such as 3 good film."
        )
    return _understood(pairs, "one tree a line", "the words of the tree", "its outermost node")


def labelled(text: str) -> tuple[list[Pair], Understood] | None:
    """Lines that begin or end with one of a few labels, set off by a blank; None for others.

    Such are numbers up to 10, words such as pos and spam, and words with a mark: @pos, [pos], pos:.
    Raises InvalidTable where nearly all lines have such a label, or all have the same.
    """
    numbered = _numbered(text)
    if len(numbered) <= MOST_CLASSES:
        return None
    for side in (0, 1):
        cut = [_cut(line, side) for _, line in numbered]
        form, _ = Counter(form for form, _, _ in cut).most_common(1)[0]
        if not form:
            continue
        names = [name for other, name, _ in cut if other == form]
        without = [n for (n, _), (other, _, _) in zip(numbered, cut) if other != form]
        kinds = Counter(names)
        sure = form == "w"
        if len(kinds) > MOST_CLASSES or not sure and (len(kinds) < 2 or min(kinds.values()) < 2):
            continue
        if len(kinds) == 1 and (without or kinds.total() < 2):
            continue
        if len(without) > MOST_WITHOUT * len(cut):
            continue
        n = without[0] if without else numbered[0][0]
        if without or len(kinds) == 1:
            seen = " or ".join(sorted(kinds))
            where = f"and other lines {'end' if side else 'begin'} with {seen}"
            where = where if without else f"with {seen} as in all lines"
            raise InvalidTable(
                f"Line {n} is {quoted(text, n)}, {where}. If these are labels, give every line one, of at least two "
                f"classes; if every line is one sentence, make the first line the word text."
            )
        return _understood(
            [(rest, name) for _, name, rest in cut], "one sentence a line", "the rest of the line", SIDES[side], side
        )
    return None


def are_sure(cells: Iterable[str]) -> bool:
    """Whether all cells are labels by themselves: pos, spam, 1."""
    return all(FIGURE.fullmatch(cell) or cell.lower() in LABELS for cell in cells)


def _cut(line: str, side: int) -> tuple[str, str, str]:
    """The form of a label at one side of a line, its name, and the rest; all "" for no label.

    The form is that of its marks, with w for the word.
    """
    word, _, rest = line.partition(" ") if not side else [part.strip() for part in line.rpartition(" ")][::-1]
    if not (found := MARKED.fullmatch(word)):
        return ("", "", "")
    before, name, after = found.groups()
    form = f"{before}w{after}"
    if form == "w" and not are_sure([name]):
        return ("", "", "")
    if side and after and not before:  # a sentence may end with a colon
        return ("", "", "")
    return (form, name, rest)


def under_names(text: str, label_first: bool) -> list[Pair]:
    """The lines after the first one, which is `label text` or `text label`, as sentence and label.

    Raises InvalidTable for a line of one word.
    """
    pairs = []
    numbered = _numbered(text)[1:]
    if not label_first and columns.counts_rows([line.partition(" ")[0] for _, line in numbered]):  # as pandas prints
        numbered = [(n, line.partition(" ")[2]) for n, line in numbered]
    for n, line in numbered:
        label, _, rest = line.partition(" ") if label_first else line.rpartition(" ")[::-1]
        if not rest.strip():
            raise InvalidTable(
                f"Line {n} is {quoted(text, n)}, one word, while the first line names a text and a label: give every "
                f"line both."
            )
        pairs.append((one_blank(rest), one_blank(label)))
    return pairs


def one_blank(text: str) -> str:
    """`text` with NFC letters and one blank where it has blanks of any kind, none at its ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def unquoted(found: list[str]) -> list[str]:
    """Lines without the quotation marks that enclose all of them."""
    if all(len(line) > 1 and line[0] == line[-1] == '"' and '"' not in line[1:-1].replace('""', "") for line in found):
        return [line[1:-1].replace('""', '"') for line in found]
    return found


def empty(n: int) -> tuple[str, ...]:
    """A note on rows without a sentence."""
    return (f"{counted(n, 'row')} without a sentence left out",) if n else ()


def _numbered(text: str) -> list[tuple[int, str]]:
    """The lines that are not blank, with single blanks, and their numbers."""
    numbered = [(n, one_blank(line)) for n, line in enumerate(lines(text), 1)]
    numbered = [(n, line) for n, line in numbered if line]
    return list(zip((n for n, _ in numbered), map(one_blank, unquoted([line for _, line in numbered]))))


def _understood(
    found: Iterable[Pair], separator: str, sentence: str, label: str, side: int | None = None
) -> tuple[list[Pair], Understood]:
    """Pairs without what stands between label and sentence on that side, and how they were read."""
    sentences, names = map(list, zip(*found))
    if side is not None:
        beside = [BESIDE[side].match(rest) for rest in sentences]
        if all(beside) and len({one[0].removeprefix(one[1]) for one in beside}) == 1:
            sentences = [one[1] if side else rest[one.end() :] for one, rest in zip(beside, sentences)]
    sentences = [one_blank(rest) for rest in sentences]
    pairs = [(rest, one_blank(name)) for rest, name in zip(unquoted(sentences), names) if one_blank(rest)]
    pairs = [(one_blank(rest), name) for rest, name in pairs]
    return pairs, Understood(
        separator=separator, columns={"sentence": sentence, "label": label}, notes=empty(len(names) - len(pairs))
    )
