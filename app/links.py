"""Links: set-up, knobs and seed as query parameters, and back. Defaults are left out."""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Mapping
from typing import Any

from engine.core.declare import Declaration, Declared, InvalidValue, Knobs, Setup
from engine.core.method import Method
from engine.core.snapshot import Snapshot
from engine.data.plane import Row
from engine.runs.run import Run

FIRST = ("dataset", "corpus")  # choices on which the defaults of other fields depend
UNIT = 1000  # coordinates are kept in thousandths, as in web/input/points.js
SEEDS = (0, 999_999)  # the least and the greatest


def encode_rows(rows: tuple[Row, ...]) -> str:
    """Labelled points as URL text: int16 x, int16 y, uint8 label, little endian, base64url."""
    raw = b"".join(struct.pack("<hhB", round(x * UNIT), round(y * UNIT), label) for x, y, label in rows)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_rows(text: str) -> list[Row]:
    """The inverse of `encode_rows`. Raises InvalidValue."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return [(x / UNIT, y / UNIT, label) for x, y, label in struct.iter_unpack("<hhB", raw)]
    except (binascii.Error, struct.error, ValueError) as error:
        raise InvalidValue("the points in the link are damaged") from error


def encode_ink(levels: tuple[int, ...]) -> str:
    """A painted density as URL text, as in web/input/painting.js.

    Two levels to a byte, the first in the low half, base64url.
    """
    levels = levels + (0,) * (len(levels) % 2)
    raw = bytes(low | high << 4 for low, high in zip(levels[::2], levels[1::2]))
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_ink(text: str) -> list[int]:
    """The inverse of `encode_ink`. Raises InvalidValue."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidValue("the painting in the link is damaged") from error
    return [level for byte in raw for level in (byte & 15, byte >> 4)]


DECODE = {"points": decode_rows, "ink": decode_ink}


def text_of(declaration: Declaration, value: Any) -> str:
    """A value as text of a query."""
    if declaration.kind == "points":
        return encode_rows(value)
    return encode_ink(value) if declaration.kind == "ink" else str(value)


def _read(kind: type[Declared], params: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    """The values of `kind` in a query. What is wrong is left out, and a line goes to `problems`."""
    values = {}
    for name, declaration in kind.declarations().items():
        if name in params:
            try:
                values[name] = declaration.check(name, DECODE.get(declaration.kind, str)(params[name]))
            except InvalidValue as error:
                problems.append(str(error))
    return values


def _knobs(
    method: type[Method],
    setup: Setup,
    values: Mapping[str, Any],
    problems: list[str],
    defaults: Mapping[str, Any] | None = None,
) -> Knobs:
    """Knobs from a link, or the defaults where the values do not go together."""
    try:
        return method.make_knobs(setup, values)
    except InvalidValue as error:
        problems.append(str(error))
        return method.make_knobs(setup, defaults)


def read(
    method: type[Method], params: Mapping[str, str], start: Snapshot | None = None, first_seed: int = 0
) -> tuple[Setup, int, Knobs, list[str]]:
    """Set-up, seed, knobs and problems of a link.

    Everything invalid is at its default, and a line in the list of problems names it.

    start: the snapshot that the link begins from; set-up and seed are then the snapshot's, and its
    knobs are the defaults. first_seed: the seed of a page that is opened without any parameter. A
    link that has parameters but no seed means seed 0, as it always did.
    """
    problems: list[str] = []
    given = _read(method.Knobs, params, problems)
    if start is not None:
        setup = method.Setup.of(start.setup)
        knobs = _knobs(method, setup, {**start.knobs, **given}, problems, start.knobs)
        return setup, start.seeds[0], knobs, problems
    try:
        setup = method.make_setup(_read(method.Setup, params, problems))
    except InvalidValue as error:  # values that are allowed one by one, but not together
        problems.append(str(error))
        setup = method.make_setup({})
    seed = 0 if params else first_seed
    if "seed" in params:
        try:
            seed = Declaration("whole", 0, "", low=SEEDS[0], high=SEEDS[1]).check("seed", params["seed"])
        except InvalidValue as error:
            problems.append(str(error))
    return setup, seed, _knobs(method, setup, given, problems), problems


def of_setup(method: type[Method], values: Mapping[str, Any]) -> dict[str, str]:
    """Query parameters that reopen a set-up."""
    try:
        defaults = method.make_setup({k: v for k, v in values.items() if k in FIRST}).to_dict()
    except InvalidValue:  # a data set that needs further values, such as a visitor's own text
        defaults = method.make_setup({}).to_dict()
    declared = method.Setup.declarations()
    return {
        name: text_of(declared[name], value)
        for name, value in method.make_setup(values).to_dict().items()
        if value != defaults[name] or name in FIRST
    }


def of_parts(method: type[Method], setup: Setup, knobs: Mapping[str, Any], seed: int) -> dict[str, str]:
    """Query parameters for a set-up, knobs and a seed."""
    defaults = method.make_knobs(setup).to_dict()
    declared = method.Knobs.declarations()
    turned = {n: text_of(declared[n], v) for n, v in knobs.items() if v != defaults[n]}
    return {**of_setup(method, setup.to_dict()), **turned, **({"seed": str(seed)} if seed else {})}


def of_run(method: type[Method], run: Run) -> dict[str, str]:
    """Query parameters for the set-up, seed and knobs of a run."""
    return of_parts(method, run.setup, run.knobs.to_dict(), run.seeds[0])
