"""Declarations: what each set-up field and each knob is, written down once.

Sliders, links, validation, the command line and its help all read it. A declared record is a frozen
dataclass whose fields are made with `number`, `whole`, `choice`, `flag`, `points`, `ink`, `text` or
`picture`.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self

FEW = 20  # up to so many options are listed in full in a message
BRIEF = 40  # characters of a value in an error line
INK = 15  # the highest level of a painted density; 0 is none


class InvalidValue(ValueError):
    """A name or value that no declaration allows. The message names the field and its range."""


@dataclass(frozen=True)
class Declaration:
    """One field. `low`, `high` and `step` are None for kinds without a range.

    points: `high` is the most rows, `step` the largest coordinate. ink: `high` is the side of the
    square. text: `high` is the most characters.
    """

    kind: str  # number, whole, choice, flag, points, ink, text, picture
    default: Any
    help: str
    symbol: str = ""
    label: str = ""  # a word or two beside the symbol
    unit: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None
    scale: str = "linear"  # or "log": equal slider travel for equal ratios
    options: tuple[tuple[str, str], ...] = ()  # choice: (value, label)
    member: str = ""  # the member of a batched run that it acts on; "" for all
    zero: bool = False  # a log scale whose left end is exactly 0
    pattern: str = ""  # text: the regular expression that all of it must match
    when: tuple[str, tuple[Any, ...]] = ()  # (field, values): has an effect only while `field` has one of `values`
    unless: tuple[str, tuple[Any, ...]] = ()  # (field, values): has no effect while `field` has one of `values`

    def check(self, name: str, value: Any) -> Any:
        """`value` in the type of the field. Raises InvalidValue, which names the field and what is
        allowed.
        """
        return getattr(self, f"_{self.kind}")(name, value)

    def _float(self, value: Any) -> float:
        """`value` as a number, NaN for what is none: then no comparison with a range holds."""
        try:
            return math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):  # no number, or a whole number beyond 1.8e308
            return math.nan

    def _number(self, name: str, value: Any) -> float:
        out = self._float(value)
        if not (out == 0 and self.zero or self.low <= out <= self.high):
            raise InvalidValue(f"{name} = {brief(value)} is not allowed: give a number from {self.range()}")
        return out

    def _whole(self, name: str, value: Any) -> int:
        out = self._float(value)
        if not self.low <= out <= self.high or out != int(out):
            raise InvalidValue(f"{name} = {brief(value)} is not allowed: give a whole number from {self.range()}")
        return int(out)

    def _choice(self, name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in dict(self.options):
            raise InvalidValue(f"{name} = {brief(value)} is not allowed: {self._offer(value)}")
        return value

    def _offer(self, value: Any) -> str:
        """What may be chosen: all of it where that fits a sentence, else the names nearest to
        `value`, else the first and the last.
        """
        allowed = [v for v, _ in self.options if v]
        if len(allowed) <= FEW:
            return f"choose one of {', '.join(allowed)}"
        near = names_like(value, allowed) if isinstance(value, str) else []
        examples = ", ".join(near) if near else f"{allowed[0]} or {allowed[-1]}"
        return f"choose one of the {len(allowed)} names, such as {examples}"

    def _flag(self, name: str, value: Any) -> bool:
        known = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}
        key = value.lower() if isinstance(value, str) else value
        # The numbers 1 and 0 are found as well, since they equal True and False.
        if not isinstance(key, (bool, int, str)) or key not in known:
            raise InvalidValue(f"{name} = {brief(value)} is not allowed: give true or false")
        return known[key]

    def _points(self, name: str, value: Any) -> tuple[tuple[float, float, int], ...]:
        try:
            rows = tuple((float(x), float(y), float(label)) for x, y, label in value)
        except (TypeError, ValueError, OverflowError) as error:
            raise InvalidValue(f"{name}: give a list of [x, y, label] with numbers") from error
        if len(rows) > self.high:
            raise InvalidValue(f"{name}: {len(rows)} points are too many, the most is {self.high:g}")
        if any(not (abs(x) <= self.step and abs(y) <= self.step) or label not in (0, 1) for x, y, label in rows):
            raise InvalidValue(f"{name}: coordinates go from {-self.step:g} to {self.step:g}, labels are 0 or 1")
        # Three decimals are finer than a pixel, and the link, which has three, reopens exactly
        # this.
        return tuple((round(x, 3), round(y, 3), int(label)) for x, y, label in rows)

    def _ink(self, name: str, value: Any) -> tuple[int, ...]:
        side = int(self.high)
        try:
            levels = tuple(float(v) for v in value)
        except (TypeError, ValueError, OverflowError) as error:
            raise InvalidValue(f"{name}: give a list of {side} × {side} whole numbers from 0 to {INK}") from error
        if levels and len(levels) != side * side or any(not (0 <= v <= INK and v == int(v)) for v in levels):
            raise InvalidValue(
                f"{name}: give {side} × {side} whole numbers from 0 to {INK}, row by row from the bottom"
            )
        return tuple(map(int, levels)) if any(levels) else ()  # a painting of zeros counts as none

    def _text(self, name: str, value: Any) -> str:
        if not (isinstance(value, str) and len(value) <= self.high and re.fullmatch(self.pattern, value)):
            raise InvalidValue(f"{name} = {brief(value)} is not allowed: {self.help}")
        return value

    def _picture(self, name: str, value: Any) -> str:
        if not isinstance(value, str) or not (value in dict(self.options) or re.fullmatch(self.pattern, value)):
            allowed = ", ".join(v for v, _ in self.options)
            raise InvalidValue(f"{name} = {brief(value)} is not allowed: choose one of {allowed}, or upload a picture")
        return value

    def range(self) -> str:
        """The allowed range in words, such as '0 to 4 input units'."""
        return f"{self.low:g} to {self.high:g}{' ' + self.unit if self.unit else ''}{' (or 0)' if self.zero else ''}"

    def to_json(self) -> dict[str, Any]:
        """A plain dict for the command line and the browser, without the fields that are at their
        class default.
        """
        out = {"kind": self.kind, "default": self.default, "help": self.help}
        for f in fields(self)[3:]:
            if (value := getattr(self, f.name)) != f.default:
                out[f.name] = value
        return out


def brief(value: Any) -> str:
    """`value` as text short enough for an error line."""
    if isinstance(value, str) and len(value) > BRIEF:
        value = value[:BRIEF]
    try:
        text = repr(value) if isinstance(value, str) else str(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, or lists in lists in lists
        return f"that {type(value).__name__}"
    return text if len(text) <= BRIEF else text[: BRIEF - 3] + "..."


def names_like(text: str, names: Sequence[str], most: int = 8) -> list[str]:
    """The names that `text` may have meant, at most `most`.

    Those that hold it as a word come first (crane: crane (bird), crane (machine)), then those with
    a word that begins with it or is spelt much like it.
    """
    text = text.strip().lower()[:BRIEF]
    words = {name: re.findall(r"\w+", name.lower()) for name in names}
    holding = [name for name in names if text and f" {text} " in f" {' '.join(words[name])} "]
    long = len(text) > 2
    ending = [name for name in names if long and any(word.endswith(text) for word in words[name])]
    if holding or ending:
        return list(dict.fromkeys([*holding, *ending]))[:most]
    beginning = [name for name in names if long and any(word.startswith(text) for word in words[name])]
    spelt = difflib.get_close_matches(text, {word for found in words.values() for word in found}, n=1, cutoff=0.8)
    near = difflib.get_close_matches(text, [name.lower() for name in names], n=3, cutoff=0.75)
    close = [name for name in names if set(spelt) & set(words[name])]
    close += [name for name in names if name.lower() in near]
    inside = [name for name in names if long and text in name.lower()]
    return list(dict.fromkeys([*beginning, *close, *inside]))[:most]


def offer(name: Any, known: Iterable[str], words: str = "known are") -> str:
    """What a message on a name that is none of `known` ends with: the nearest ones, else all of
    them, behind `words`.
    """
    known = list(known)
    near = nearest(name, known)
    return f"did you mean {' or '.join(near)}?" if near else f"{words} {', '.join(known) or 'none'}"


def nearest(name: Any, known: Sequence[str]) -> list[str]:
    """The names of `known`, at most three, that `name` may have meant."""
    near = names_like(name, known, most=3) if isinstance(name, str) else []
    return near or difflib.get_close_matches(str(name)[:BRIEF], known, n=1)


def _declared(declaration: Declaration) -> Any:
    return field(default=declaration.default, metadata={"declaration": declaration})


def number(default: float, low: float, high: float, step: float, help: str, **more: Any) -> Any:
    """A real number in [low, high]; step: of the slider, 0 for none. more: other fields of
    Declaration, such as symbol, unit, scale, member and zero.
    """
    return _declared(Declaration("number", float(default), help, low=low, high=high, step=step, **more))


def whole(default: int, low: int, high: int, help: str, step: int = 1, **more: Any) -> Any:
    """A whole number in [low, high]."""
    return _declared(Declaration("whole", default, help, low=low, high=high, step=step, **more))


def choice(default: str, options: Mapping[str, str], help: str, **more: Any) -> Any:
    """One of `options`, a mapping from value to label."""
    return _declared(Declaration("choice", default, help, options=tuple(options.items()), **more))


def flag(default: bool, help: str, **more: Any) -> Any:
    """True or false."""
    return _declared(Declaration("flag", default, help, **more))


def points(most: int, extent: float, help: str, **more: Any) -> Any:
    """Labelled points in the plane: at most `most` rows (x, y, label) with |x|, |y| ≤ extent and
    label 0 or 1.
    """
    return _declared(Declaration("points", (), help, low=0, high=most, step=extent, **more))


def ink(side: int, help: str, **more: Any) -> Any:
    """A density painted by hand: side × side levels from 0 to INK, row by row from the bottom left,
    or () for none.
    """
    return _declared(Declaration("ink", (), help, low=0, high=side, step=1, **more))


def text(default: str, pattern: str, help: str, most: int = 100, **more: Any) -> Any:
    """A line of at most `most` characters that matches `pattern`."""
    return _declared(Declaration("text", default, help, high=most, pattern=pattern, **more))


def picture(default: str, shipped: Mapping[str, str], help: str, **more: Any) -> Any:
    """A photograph: one of `shipped` (value → label) or the digest of an upload
    (engine/data/photos.py).
    """
    return _declared(
        Declaration("picture", default, help, options=tuple(shipped.items()), pattern="[0-9a-f]{32}", **more)
    )


@dataclass(frozen=True)
class Declared:
    """Base of Setup and Knobs records."""

    def __post_init__(self) -> None:
        for name, declaration in self.declarations().items():
            object.__setattr__(self, name, declaration.check(name, getattr(self, name)))

    @classmethod
    def declarations(cls) -> dict[str, Declaration]:
        """Field name → declaration, in the order of the class."""
        return {f.name: f.metadata["declaration"] for f in fields(cls)}

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Build from a mapping. Raises InvalidValue for unknown names and values out of range."""
        cls.check_names(values)
        return cls(**values)

    @classmethod
    def check_names(cls, values: Mapping[str, Any]) -> None:
        """Raise InvalidValue for a name that is not declared; the message suggests the nearest."""
        known = list(cls.declarations())
        for name in values:
            if name not in known:
                raise InvalidValue(f"there is no {cls.__name__} field {brief(name)}: {offer(name, known)}")

    def with_values(self, values: Mapping[str, Any]) -> Self:
        """A copy with some values changed, validated like `of`."""
        self.check_names(values)
        return dataclasses.replace(self, **values)

    def to_dict(self) -> dict[str, Any]:
        """Name → value, JSON-ready."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def changes_from(self, other: Self) -> dict[str, Any]:
        """The values that differ from `other`'s."""
        mine, theirs = self.to_dict(), other.to_dict()
        return {name: value for name, value in mine.items() if value != theirs[name]}


class Setup(Declared):
    """What a run is made of; changing it starts a new run."""


class Knobs(Declared):
    """What may change while a run trains."""


def make_record(
    name: str, base: type[Declared], declarations: Mapping[str, Declaration], doc: str, module: str
) -> type[Any]:
    """A frozen record class on `base` with more fields, for records that are made from others'.

    module: the name of the module that the class is to be found in.
    """
    more = [(n, Any, _declared(d)) for n, d in declarations.items()]
    record = dataclasses.make_dataclass(name, more, bases=(base,), frozen=True, namespace={"__doc__": doc})
    record.__module__ = module
    return record
