"""Messages as nobody should send them, all of harmless size: arbitrary JSON in every field."""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
HUGE = 10**400  # a whole number that no float can be
TEXTS = (
    "",
    " ",
    "0",
    "0.5",
    "-1e999",
    "NaN",
    "null",
    "true",
    "[]",
    "__class__",
    "__init__",
    "constructor",
    "../../x",
    "%s%n",
    "{0}",
    "**x** [y](z)",
    "<b>x</b>",
    "ε λ ∞",
    "\ud800",
    "\x00\x1f",
    "\u202e",
    "हिन्दी",
    "a" * 2000,
    "the food was awful .",
    "moons",
)
NUMBERS = (0, -1, 1, 2, 7, 0.5, -0.0, 1e-320, 1e308, -1e308, 2**31, 2**53 + 1, 2**63, HUGE, -HUGE)
ODD = (math.nan, math.inf, -math.inf)
KEYS = ("", "0", "x", "type", "id", "name", "values", "__proto__", "points", "epsilon", "ε")
# What the methods read from questions and measurements, taken from where they read it.
FIELDS = sorted(
    {
        name
        for path in (ROOT / "engine" / "methods").rglob("*.py")
        for name in re.findall(r"""values(?:\.get\(|\[|, )"([a-z_]+)\"""", path.read_text(encoding="utf-8"))
    }
)


class Hostile:
    """Draws messages of the live channel for runs whose names are known.

    knobs: declarations as the page gets them. layers, questions, measures: names that exist.
    """

    def __init__(
        self,
        draw: random.Random,
        knobs: Mapping[str, Any],
        layers: list[str],
        questions: list[str],
        measures: list[str],
    ) -> None:
        self._draw = draw
        self._knobs = knobs
        self._names = {"layers": layers, "ask": questions, "measure": measures}

    def anything(self, depth: int = 0) -> Any:
        """Some JSON value, or what Python's JSON takes for one."""
        draw = self._draw
        kind = draw.random()
        if depth < 3 and kind < 0.12:
            return [self.anything(depth + 1) for _ in range(draw.randrange(5))]
        if depth < 3 and kind < 0.22:
            return {draw.choice(KEYS): self.anything(depth + 1) for _ in range(draw.randrange(4))}
        if kind < 0.3:
            return draw.choice([None, True, False])
        if kind < 0.5:
            return draw.choice(TEXTS)
        if kind < 0.6:
            return draw.choice(ODD)
        if kind < 0.85:
            return draw.choice(NUMBERS)
        return draw.uniform(-10, 10)

    def near(self, knob: Mapping[str, Any]) -> Any:
        """A value for a knob that is right, or almost."""
        draw = self._draw
        if knob["kind"] == "choice":
            return draw.choice([value for value, _ in knob["options"]])
        if knob["kind"] in ("number", "whole"):
            low, high = knob["low"], knob["high"]
            value = draw.choice([low, high, low - 1, high + 1, draw.uniform(low, high)])
            return int(value) if knob["kind"] == "whole" and draw.random() < 0.8 else value
        if knob["kind"] == "points":
            return [
                [draw.uniform(-2, 2), draw.uniform(-2, 2), draw.choice([0, 1, 2])] for _ in range(draw.randrange(9))
            ]
        if knob["kind"] == "ink":
            return [draw.randrange(-1, 17) for _ in range(draw.choice([0, 16, 255, 256]))]
        return draw.choice([True, False])

    def knobs(self) -> Any:
        """Values of some knobs."""
        draw = self._draw
        if draw.random() < 0.1:
            return self.anything()
        names = draw.sample(sorted(self._knobs), min(len(self._knobs), draw.randrange(1, 4)))
        values = {n: self.near(self._knobs[n]) if draw.random() < 0.4 else self.anything() for n in names}
        if draw.random() < 0.15:
            values[draw.choice(KEYS)] = self.anything()
        return values

    def message(self) -> str | bytes:
        """One message, as it goes over the wire."""
        draw = self._draw
        if draw.random() < 0.06:
            return self.junk()
        message = draw.choice(self._forms)(self)
        for name in list(message):
            if draw.random() < (0.02 if name == "type" else 0.15):
                message[name] = self.anything()
            elif draw.random() < 0.04:
                del message[name]
        if draw.random() < 0.1:
            message[draw.choice(KEYS)] = self.anything()
        return json.dumps(message)

    def junk(self) -> str | bytes:
        """What is no message at all."""
        draw = self._draw
        return draw.choice(
            [
                lambda: draw.randbytes(draw.randrange(600)),
                lambda: "".join(chr(draw.randrange(32, 0x2FFF)) for _ in range(draw.randrange(60))),
                lambda: json.dumps(self.anything()),
                lambda: json.dumps({"type": "knobs", "values": self.knobs()})[: draw.randrange(20)],
                lambda: "[" * draw.randrange(6000),
                lambda: '{"type":' * draw.randrange(3000),
                lambda: "9" * draw.randrange(1, 9000),
                lambda: json.dumps({"type": "want", "x": "y" * 66_000}),
            ]
        )()

    def _question(self, kind: str) -> dict[str, Any]:
        draw = self._draw
        names = self._names[kind] or [""]
        values = {name: self.anything() for name in draw.sample(FIELDS, draw.randrange(5))}
        return {"type": kind, "id": draw.randrange(100), "name": draw.choice(names), "values": values}

    _forms = (
        lambda self: {"type": "want"},
        lambda self: {"type": "play"},
        lambda self: {"type": "pause"},
        lambda self: {"type": "step", "steps": self._draw.choice([1, 2, 3]), "knobs": self.knobs()},
        lambda self: {"type": "step", "steps": self.anything()},
        lambda self: {"type": "reset", "seed": self._draw.choice([0, 1, 999_999, 1_000_000, -1])},
        lambda self: {"type": "rewind", "step": self._draw.choice([0, 1, 5, 10**9])},
        lambda self: {"type": "speed", "value": self._draw.choice([0, 1, 10, 50, 200, 3])},
        lambda self: {"type": "knobs", "values": self.knobs()},
        lambda self: {"type": "knobs", "values": self.knobs()},
        lambda self: {"type": "layers", "names": self._draw.choices([*self._names["layers"], "", "x"], k=3)},
        lambda self: {"type": "show", "visible": self._draw.choice([True, True, True, False])},
        lambda self: {"type": "link", "query": self._draw.choice(TEXTS)},
        lambda self: self._question("ask"),
        lambda self: self._question("ask"),
        lambda self: self._question("measure"),
        lambda self: {"type": "explain", "id": self._draw.randrange(100)},
        lambda self: {"type": "cancel", "id": self._draw.randrange(100)},
        lambda self: {"type": "hello", "token": self._draw.choice(TEXTS)},
    )


def queries(draw: random.Random, fields: Mapping[str, Any]) -> Iterator[str]:
    """Links without end. fields: name → declaration of set-ups and knobs."""
    from urllib.parse import quote

    odd = [*TEXTS, *map(str, NUMBERS), *map(str, ODD), "scratch", "petals"]
    while True:
        names = draw.sample(sorted(fields), min(len(fields), draw.randrange(1, 6)))
        names += draw.sample(["seed", "from", "tab", "view", "lock", "play", "speed", "show_test", "x", ""], 2)
        values = [draw.choice(odd).encode("utf-8", "replace") for _ in names]
        yield "&".join(f"{quote(name)}={quote(value)}" for name, value in zip(names, values))


def broken(draw: random.Random, data: bytes, values: Hostile) -> bytes:
    """A saved run that is damaged, or that says something of itself that cannot be."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    kind = draw.randrange(6)
    if kind == 0:
        return data[: draw.randrange(len(data))]
    if kind == 1:
        at = draw.randrange(len(data))
        return data[:at] + draw.randbytes(draw.randrange(1, 40)) + data[at:]
    if kind == 2:
        return draw.randbytes(draw.randrange(400))
    run = json.loads(header["__metadata__"]["run"])
    if kind == 3:
        run[draw.choice(sorted(run))] = values.anything()
    elif kind == 4:
        part = draw.choice(["setup", "knobs"])
        if run[part]:
            run[part][draw.choice(sorted(run[part]))] = values.anything()
    else:
        tensors = sorted(name for name in header if name != "__metadata__")
        header[draw.choice(tensors)] = values.anything()
    header["__metadata__"]["run"] = json.dumps(run)
    text = json.dumps(header).encode("utf-8", "surrogatepass")
    return len(text).to_bytes(8, "little") + text + data[8 + size :]
