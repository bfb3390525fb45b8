"""Axis: a knob or a numeric set-up field of a method, and the values that it goes through."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine.core.declare import Declaration, InvalidValue, brief, offer
from engine.core.method import Method

MOST_VALUES = 16
DIGITS = 6  # significant ones of a value, so that grids that overlap have the very same values
NUMERIC = ("number", "whole")
FORM = "NAME=LOW:HIGH:COUNT or NAME=LOW:HIGH:COUNT:log"


@dataclass(frozen=True)
class Axis:
    """`count` values of the field `name`, from `low` to `high`: equally spaced, or with equal
    ratios where `log`.
    """

    name: str
    low: float
    high: float
    count: int
    log: bool = False

    @classmethod
    def parsed(cls, text: str) -> Axis:
        """Read NAME=LOW:HIGH:COUNT[:log]. Raises InvalidValue."""
        name, equals, span = text.partition("=")
        low, high, count, scale = (*span.split(":"), "linear", "")[:4] if span.count(":") >= 2 else ("",) * 4
        try:
            if not equals or scale not in ("log", "linear") or span.count(":") > 3:
                raise ValueError
            return cls(name, float(low), float(high), int(count), scale == "log")
        except ValueError:
            raise InvalidValue(f"{brief(text)} is no axis: give {FORM}") from None

    @cached_property
    def values(self) -> tuple[float, ...]:
        """The values, rounded to DIGITS digits. Raises InvalidValue where there are none such."""
        if not 1 <= self.count <= MOST_VALUES:
            raise InvalidValue(f"{self.name}: {self.count} values are not allowed: give 1 to {MOST_VALUES}")
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            raise InvalidValue(f"{self.name}: {self.low:g} to {self.high:g} is no range: give the lower number first")
        if self.log and self.low <= 0:
            raise InvalidValue(f"{self.name}: a log scale begins above 0, not at {self.low:g}")
        shares = [i / (self.count - 1) if self.count > 1 else 0.0 for i in range(self.count)]
        if self.log:
            found = [self.low * (self.high / self.low) ** share for share in shares]
        else:
            found = [self.low + (self.high - self.low) * share for share in shares]
        return tuple(float(f"{value:.{DIGITS}g}") for value in found)

    def declaration(self, method: type[Method]) -> Declaration:
        """That of the field. Raises InvalidValue where it is none of the method's numbers."""
        declared = numeric(method)
        if self.name not in declared:
            raise InvalidValue(
                f"{method.name} has no number {brief(self.name)} to go through: {offer(self.name, declared)}"
            )
        return declared[self.name]

    def checked(self, method: type[Method]) -> tuple[float | int, ...]:
        """The values as the method has them. Raises InvalidValue for one that is not allowed, and
        where whole numbers would come twice.
        """
        declaration = self.declaration(method)
        values = self.values
        if declaration.kind == "whole":
            values = tuple(float(round(value)) for value in values)
        found = tuple(declaration.check(self.name, value) for value in values)
        if len(set(found)) < len(found):
            raise InvalidValue(
                f"{self.name}: {self.count} values from {self.low:g} to {self.high:g} are not all different: give fewer"
            )
        return found

    def to_json(self) -> dict[str, Any]:
        """As reports have it."""
        return {"name": self.name, "low": self.low, "high": self.high, "count": self.count, "log": self.log}


def numeric(method: type[Method]) -> Mapping[str, Declaration]:
    """The knobs and set-up fields of a method that are numbers."""
    declared = {**method.Setup.declarations(), **method.Knobs.declarations()}
    return {name: d for name, d in declared.items() if d.kind in NUMERIC}
