"""Tables in JSON: one object or list a line, or one document in the forms that programs write.

Of pandas these are records, split, index, columns, values and table; of others, lists by name
(`{"text": […], "label": […]}`), a list for each class, and a list under some key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.data import columns
from engine.data.encoding import QUOTED, InvalidTable, lines, quoted
from engine.data.tables import Nested, Record

EXAMPLE = '{"text": "a good film", "label": "pos"}'
BEGINNING = re.compile(r'\{\s*["}]|\[\s*(["{\[\]\d.tfn-]|$)')
CERTAIN = re.compile(r'\{\s*["}]|\[\s*(\{\s*"|\[\s*"|")')  # not a sentence such as [applause] …
PYTHON = re.compile(r"[\[({]\s*[\[({]?\s*'.*[\])}],?\s*$")
MOST_CLASSES = 6  # different values of a column that may hold labels
MOST_DEEP = 10  # numbers in a list that stands for as many columns

Table = tuple[tuple[str, ...], list[Record]]


def json_table(text: str, example: str = EXAMPLE) -> Table | None:
    """Header, () for none, and rows of a JSON text; None for what is none.

    example: an object as the file should have them, for messages. Raises InvalidTable for damaged
    JSON, for Python's way of writing lists, and for JSON that is no table.
    """
    start = text.lstrip()
    if not start:
        return None
    fault: tuple[int, bool] | None = None
    values: list[tuple[int, Any]] = []
    if BEGINNING.match(start):
        try:
            values = _values(text)
        except ValueError as error:
            fault = error.args
    if not values:
        if PYTHON.match(lines(start)[0]):
            first = next(n for n, line in enumerate(lines(text), 1) if line.strip())
            raise InvalidTable(
                f"Line {first} is {quoted(text, first)}: this looks like Python, not JSON. Write it with json.dump, "
                f"which gives double quotation marks, as objects such as {example}. If every line is one sentence, "
                f"make the first line the word text."
            )
        if fault and CERTAIN.match(start):
            raise _damaged(text, *fault, example)
        return None
    if len(values) > 1:
        return _of_items([value for _, value in values], example, [line for line, _ in values])
    (line, value), *_ = values
    if isinstance(value, list):
        return _of_items(value, example) if value or CERTAIN.match(start) else None
    return _of_object(value, example)


def _values(text: str) -> list[tuple[int, Any]]:
    """The objects and lists of a text, which may have commas between them, each with its line.

    Raises ValueError with the place where there is something else, and whether that begins an
    object or a list.
    """
    decoder = json.JSONDecoder()
    found: list[tuple[int, Any]] = []
    gap = re.compile(r"[\s,]*")
    at, line, seen = gap.match(text).end(), 1, 0
    while at < len(text):
        line, seen = line + len(lines(text[seen:at])) - 1, at
        try:
            value, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise ValueError(at if found else error.pos, text[at] in "{[") from error
        except (ValueError, RecursionError) as error:  # a number of thousands of digits; lists in lists in lists
            raise ValueError(at, True) from error
        if not isinstance(value, (dict, list)):
            raise ValueError(at, False)
        found.append((line, value))
        at = gap.match(text, end).end()
    return found


def _damaged(text: str, place: int, begun: bool, example: str) -> InvalidTable:
    """The refusal of a text of JSON with a fault at a place; begun: whether that is JSON so far."""
    number = len(lines(text[:place]))
    seen = quoted(text, number)
    if len(lines(text)[number - 1]) > QUOTED:
        seen = f"“… {lines(text[max(0, place - 30) : place])[-1]}{lines(text[place : place + 30])[0]} …”"
    return InvalidTable(
        f"Line {number} {'holds a fault in its JSON' if begun else 'is no JSON object'}: {seen}. Give one object a "
        f"line, such as {example}, or one list of them, or a table."
    )


def _of_object(value: Mapping[str, Any], example: str) -> Table:
    """The table of a document that is one object. Raises InvalidTable."""
    inner = list(value.values())
    names = list(value)
    if isinstance(value.get("columns"), list) and isinstance(value.get("data"), list) and value["data"]:  # split
        rows = value["data"]
        if all(isinstance(row, list) and len(row) == len(value["columns"]) for row in rows):
            return _table(tuple(map(str, value["columns"])), rows)
    if inner and all(isinstance(some, dict) for some in inner):
        return _of_objects(value, example)
    if any(inner) and all(isinstance(some, list) for some in inner):
        lengths = {len(some) for some in inner}
        named = any(columns.known(groups, names) for groups in (columns.SENTENCES, columns.LABELS))
        if not named and len(inner) > 1 and (found := _by_class(value)) is not None:
            return found
        if len(lengths) == 1 and (len(inner) > 1 or not _is_table(inner[0])):
            return _table(tuple(names), list(zip(*inner)))
        if named and not any(map(_is_table, inner)):
            counts = ", ".join(f"{name[:30]} {len(some)}" for name, some in list(value.items())[:6])
            raise InvalidTable(
                f"The lists of this JSON have different lengths ({counts}): give one value a row in each."
            )
    tables = [some for some in inner if isinstance(some, list) and _is_table(some)]
    if len(tables) == 1:
        return _of_items(tables[0], example)
    if inner and not any(isinstance(some, (dict, list)) for some in inner):
        if len(inner) > len(set(map(str, inner))) and not columns.known(columns.SENTENCES, names):
            return _table(("text", "label"), list(value.items()))  # {"a good film": "pos", …}
        return _of_items([value], example)
    keys = f"with the keys {_listed(names)}" if names else "with nothing in it"
    raise InvalidTable(
        f"This file is one JSON object {keys}, which is no table: give a list of objects, such as {example}."
    )


def _of_objects(value: Mapping[str, Mapping[str, Any]], example: str) -> Table:
    """An object of objects: rows under the names of columns, or columns under those of rows."""
    inner = list(dict.fromkeys(key for some in value.values() for key in some))

    def known(names: Sequence[str]) -> bool:
        return any(columns.known(groups, names) for groups in (columns.SENTENCES, columns.LABELS)) or bool(
            columns.pair(names)
        )

    if known(inner) or not known(list(value)) and len(inner) < len(value):
        return _of_items(list(value.values()), example)
    return _table(tuple(value), [[some.get(key) for some in value.values()] for key in inner])


def _by_class(value: Mapping[str, list[Any]]) -> Table | None:
    """A list of sentences or of points for each class; None for columns, one of which may hold a
    few labels.
    """
    if any(len(set(map(str, some))) <= MOST_CLASSES < len(some) for some in value.values()):
        return None
    items = [item for some in value.values() for item in some]
    if all(isinstance(item, str) for item in items):
        return _table(("text", "label"), [(item, key) for key, some in value.items() for item in some])
    if all(isinstance(item, list) and len(item) == 2 and all(map(_is_scalar, item)) for item in items):
        return _table(("x", "y", "label"), [(*item, key) for key, some in value.items() for item in some])
    return None


def _is_table(items: Sequence[Any]) -> bool:
    return bool(items) and (all(isinstance(i, dict) for i in items) or all(isinstance(i, list) for i in items))


def _of_items(items: Sequence[Any], example: str, at: Sequence[int] = ()) -> Table:
    """The table of a list of texts, objects or lists. at: their lines. Raises InvalidTable."""
    kinds = {_kind(item) for item in items}
    if len(kinds) > 1:
        k = next(k for k, item in enumerate(items) if _kind(item) != _kind(items[0]))
        raise InvalidTable(
            f"Entry {k + 1} of this JSON is {_kind(items[k])}, and entry 1 is {_kind(items[0])}: give objects alone, "
            f"such as {example}."
        )
    if kinds == {"a text"}:
        return _table(("text",), [[item] for item in items], at)
    if kinds == {"an object"}:
        header = tuple(dict.fromkeys(key for item in items for key in item))
        if header:
            return _table(header, [[item.get(key) for key in header] for item in items], at)
    if kinds == {"a list"} and items[0]:
        for k, item in enumerate(items):
            if len(item) != len(items[0]):
                raise InvalidTable(
                    f"Entry {k + 1} of this JSON has {len(item)} of the {len(items[0])} values that entry 1 has: "
                    f"{_brief(item)}. Give objects, such as {example}."
                )
        first = items[0]
        if all(isinstance(name, str) for name in first) and len(first) > 1:
            if any(columns.known(groups, first) for groups in (columns.SENTENCES[:1], columns.LABELS[:1])) or (
                columns.pair(first)
            ):
                return _table(tuple(first), items[1:], at[1:])
        return _table((), items, at)
    raise InvalidTable(f"This JSON holds {next(iter(kinds), 'nothing')} and no table: give objects, such as {example}.")


def _table(header: tuple[str, ...], rows: Sequence[Sequence[Any]], at: Sequence[int] = ()) -> Table:
    """Rows of JSON values as records. at: their lines, of JSON with one entry a line."""
    records = []
    for k, row in enumerate(rows):
        line, entry = (at[k], 0) if at else (1, k + 1)
        records.append(Record(line, tuple(map(_cell, row)), entry, _brief(row)))
    return tuple(map(_whole, header)), records


def spread(header: tuple[str, ...], rows: Sequence[Record]) -> Table:
    """A table whose columns of lists of numbers, all equally long, have become several columns."""
    wide: list[list[str]] = [[] for _ in rows]
    names: list[str] = []
    for k in range(len(rows[0].cells) if rows else 0):
        cells = [row.cells[k] for row in rows]
        lists = [json.loads(cell) if isinstance(cell, Nested) else None for cell in cells]
        n = len(lists[0]) if isinstance(lists[0], list) else 0
        apart = 0 < n <= MOST_DEEP and all(
            isinstance(some, list) and len(some) == n and not any(isinstance(v, (str, list, dict)) for v in some)
            for some in lists
        )
        wide = [[*before, *(map(_cell, lists[j]) if apart else [cells[j]])] for j, before in enumerate(wide)]
        names += [f"{header[k]}{j + 1}" for j in range(n)] if apart and header else [header[k]] if header else []
    return tuple(names), [replace(row, cells=tuple(cells)) for row, cells in zip(rows, wide)]


def _kind(item: Any) -> str:
    if isinstance(item, (str, dict, list)):
        return {str: "a text", dict: "an object", list: "a list"}[type(item)]
    return "null" if item is None else "true or false" if isinstance(item, bool) else "a number"


def _is_scalar(item: Any) -> bool:
    return not isinstance(item, (dict, list))


def _cell(value: Any) -> str:
    """A value of JSON as a cell: text as it is, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _whole(value).strip()
    text = _whole(json.dumps(value, ensure_ascii=False))
    return text if _is_scalar(value) else Nested(text)


def _whole(text: str) -> str:
    """A text without halves of letters, which JSON can write and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _brief(row: Sequence[Any]) -> str:
    """A row of JSON as it stands, cut where it is long."""
    text = _whole(json.dumps(row[0] if len(row) == 1 else row, ensure_ascii=False))
    return f"“{text if len(text) <= 80 else text[:80] + '…'}”"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(name[:30] for name in names[:6]) + (" …" if len(names) > 6 else "")
