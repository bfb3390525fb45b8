"""Points as programs print them: brackets of NumPy, Python, Matlab, Mathematica and C, lines of
LIBSVM, blocks of gnuplot. Each becomes lines of cells.
"""

from __future__ import annotations

import re

from engine.data import columns
from engine.data.encoding import lines

COMMENT = re.compile(r"\s*(#|%|//|!)")
CELLS = re.compile(r"[\s,;|]+")
PRINTED = re.compile(r"\s*(?:[\w.]+\s*=\s*)?(?:[\w.]+\()?\s*([\[({][\s\S]*[\])}])\s*(?:,\s*dtype=[\w.]+)?\s*[);]*\s*")
ROW = re.compile(r"[\[({]([^\[\](){}]*)[\])}]")
SPARSE = re.compile(r"\s*\S+(\s+[0-9]{1,6}:\S+)+\s*")
MOST_FEATURES = 10
BLOCKS = re.compile(r"(?:[ \t]*(?:\r\n|\n|\r)){3,}")  # two blank lines, as gnuplot has them


def without_comments(text: str) -> tuple[str, int]:
    """The text with its lines of comments blank, but one that may name the columns, and how many
    became blank.

    NumPy and gnuplot write names behind the sign of a comment, in the last line before the data.
    """
    out = lines(text)
    comments = [k for k, line in enumerate(out) if COMMENT.match(line)]
    data = next((k for k, line in enumerate(out) if line.strip() and k not in set(comments)), len(out))
    names = [k for k in comments if k < data][-1:]
    for k in names:
        first = out[data] if out[data:] else ""
        separator = next((mark for mark in ";\t|," if mark in first), " ")
        words = CELLS.split(COMMENT.sub("", out[k], count=1).strip(" \t,;|"))
        if len(words) != len(CELLS.split(first.strip(" \t,;|"))) or not (
            columns.pair(words) or columns.known(columns.LABELS, words)
        ):
            names = []
        out[k] = separator.join(words)
    for k in comments:
        out[k] = out[k] if k in names else ""
    return "\n".join(out), len(comments) - len(names)


def printed(text: str) -> str | None:
    """The rows of a bracketed list of points, one a line; None for what is none."""
    found = PRINTED.fullmatch(text)
    if not found:
        return None
    rows = ROW.findall(found[1])
    if len(rows) < 2:  # Matlab ends rows with semicolons
        rows = [row for line in lines(rows[0] if rows else "") for row in line.split(";")]
    rows = [re.sub(r"['\"]", "", " ".join(row.replace("...", " ").split())).strip(",") for row in rows]
    return "\n".join(row for row in rows if row)


def sparse(text: str) -> str | None:
    """Lines such as `+1 1:0.5 2:-1.2` as a table of x, y, label; None for others.

    A feature that a line leaves out is 0.
    """
    found = [line for line in lines(text) if line.strip()]
    if not found or not all(SPARSE.fullmatch(line) for line in found):
        return None
    rows = []
    names: set[int] = set()
    for line in found:
        label, *features = line.split()
        cells = {int(name): cell for name, cell in (feature.split(":", 1) for feature in features)}
        names |= set(cells)
        rows.append((label, cells))
    if len(names) > MOST_FEATURES:
        return None
    order = sorted(names)
    head = ",".join([*(f"x{name}" for name in order), "label"])
    return "\n".join([head, *(",".join([*(cells.get(name, "0") for name in order), label]) for label, cells in rows)])


def of_blocks(text: str) -> str | None:
    """Two blocks of lines with two columns, set apart by two blank lines, as one table whose labels
    are their numbers; None for others.
    """
    blocks = [some for some in BLOCKS.split(text.strip()) if some.strip()]
    if len(blocks) != 2:
        return None
    found = [[line.strip() for line in lines(some) if line.strip()] for some in blocks]
    if any(len(re.split(r"[\s,;]+", line)) != 2 for some in found for line in some):
        return None
    separator = next((mark for mark in ";,\t" if all(mark in line for some in found for line in some)), " ")
    return "\n".join(f"{line}{separator}{k}" for k, some in enumerate(found) for line in some)
