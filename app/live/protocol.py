"""Messages of the live channel.

Server to browser: JSON text `{type: ready | resumed | error | gone | full | rests | refused | ended
| closed | stopping, ...}`, and frames as binary: a little-endian uint32 length, a JSON header of
that length (padded with spaces to a multiple of 4), then the arrays one after another, each padded
to 4 bytes. The header's `layers` and `scene` list [name, dtype, shape, offset] with offsets counted
from the end of the header; the dtype "d1" is uint8 minus the same layer of the frame before (modulo
256). Replies to `ask`, `explain` and `measure` have the same form; their header has `reply`, the id
of the question.

Browser to server: JSON text `{type: ..., ...}`, see COMMANDS; app/live/replies.py lists those that
are answered, and app/live/websocket.py takes `{type: "link", query}`.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import numpy as np

from app.links import SEEDS
from engine.core.declare import InvalidValue, brief
from engine.runs.live import Live, View

MOST_BYTES = 65_536  # of a message from the browser
MOST_QUERY = 16_384  # characters of a link
DTYPES = {"uint8": "u1", "float32": "f4"}
LEAST_PICTURE = 512  # values of a layer from which on its change is sent


MOST_ERROR = 600  # characters of an error text for a visitor


class BadMessage(ValueError):
    """A message that cannot be carried out; the browser gets the text, cut to MOST_ERROR."""

    def __init__(self, text: str) -> None:
        super().__init__(shortened(text))


def shortened(text: str) -> str:
    """A text for a visitor, cut to MOST_ERROR."""
    return text if len(text) <= MOST_ERROR else f"{text[:MOST_ERROR]}…"


class Coded(NamedTuple):
    """An array as it is sent. more: what its row in the header has besides."""

    dtype: str
    shape: tuple[int, ...]
    raw: bytes
    more: tuple[float, ...] = ()


def pack(header: Mapping[str, Any], changes: Collection[str] = (), **tables: Mapping[str, np.ndarray]) -> bytes:
    """One binary message: `header`, which lists the arrays of each of `tables`, then the arrays.

    changes: names of the layers that are differences from the frame before.
    """

    def coded(array: np.ndarray, change: bool) -> Coded:
        return Coded("d1" if change else DTYPES[str(array.dtype)], array.shape, np.ascontiguousarray(array).tobytes())

    return pack_coded(
        header,
        **{t: {n: coded(a, t == "layers" and n in changes) for n, a in arrays.items()} for t, arrays in tables.items()},
    )


def pack_coded(header: Mapping[str, Any], **tables: Mapping[str, Coded]) -> bytes:
    """The same of arrays that are coded already."""
    blobs: list[bytes] = []
    offset = 0
    rows: dict[str, list[Any]] = {}
    for table, arrays in tables.items():
        rows[table] = []
        for name, (dtype, shape, raw, more) in arrays.items():
            rows[table].append([name, dtype, shape, offset, *more])
            raw += bytes(-len(raw) % 4)
            blobs.append(raw)
            offset += len(raw)
    text = json.dumps({**finite(header), **rows}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    return b"".join([struct.pack("<I", len(text)), text, *blobs])


def finite(value: Any) -> Any:
    """`value` with None for NaN and infinities, which JSON lacks; the browser shows a dash."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {k: finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(v) for v in value]
    return value


class Sent:
    """The pictures that a watcher has, so that of the next frame only their change is sent.

    A field changes little from frame to frame, so its change is nearly all zeros, which the
    WebSocket's own compression makes very small: a third of the field's compressed size.
    """

    def __init__(self) -> None:
        self._layers: dict[str, np.ndarray] = {}

    def changes(self, layers: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], set[str]]:
        """The layers as they are to be sent, and the names of those that are changes."""
        out = dict(layers)
        changed = set()
        for name, array in layers.items():
            if array.dtype != np.uint8 or array.size < LEAST_PICTURE:
                continue
            before = self._layers.get(name)
            if before is not None and before.shape == array.shape:
                out[name] = array - before
                changed.add(name)
            self._layers[name] = array.copy()  # the method may write the next picture into the same memory
        return out, changed


def encode(view: View, knob_names: tuple[str, ...], sent: Sent | None = None) -> bytes:
    """A frame as one binary message.

    knob_names: the knobs that the header contains. sent: what the watcher has already.
    """
    frame = view.frame
    layers, changed = sent.changes(frame.layers) if sent is not None else (frame.layers, set())
    scene = {} if view.scene is None else {"scene": view.scene}
    return pack(header_of(view, knob_names), changed, layers=layers, **scene)


def header_of(view: View, knob_names: tuple[str, ...]) -> dict[str, Any]:
    """The header of a frame, without its layers."""
    frame = view.frame
    return {
        "step": frame.step,
        "seed": view.seed,
        "generation": view.generation,
        "playing": view.playing,
        "speed": view.speed,
        "stepsPerSecond": round(view.steps_per_second, 1),
        "compute": round(view.compute * 1000, 2),
        "knobs": {name: frame.knobs[name] for name in knob_names},
        "metrics": frame.metrics,
        "failure": view.failure,
        "diverged": view.diverged and {**view.diverged.to_json(), "advice": view.advice},
        "leftOut": view.left_out,
        "odd": "" if view.diverged else view.advice,
    }


def decode(text: str) -> dict[str, Any]:
    """A message from the browser. Raises BadMessage."""
    if len(text) > MOST_BYTES:
        raise BadMessage(f"The message has {len(text)} characters; the most is {MOST_BYTES}.")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadMessage("The message is not JSON.") from error
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise BadMessage('The message needs a "type".')
    return message


def value(message: Mapping[str, Any], name: str, kind: type) -> Any:
    """A field of a message. Raises BadMessage where it is missing or not of that type."""
    found = message.get(name)
    if not isinstance(found, kind) or isinstance(found, bool) and kind is not bool:
        raise BadMessage(f'{message["type"]} needs "{name}" as {kind.__name__}, not {brief(found)}.')
    return found


def whole(message: Mapping[str, Any], name: str, low: int, high: int) -> int:
    """A field of a message that is a whole number from low to high. Raises BadMessage."""
    number = value(message, name, int)
    if not low <= number <= high:
        raise BadMessage(f"{name} = {brief(number)} is not allowed: give a whole number from {low} to {high}.")
    return number


COMMANDS: dict[str, Callable[[Live, Mapping[str, Any]], None]] = {
    "want": lambda live, _: live.want(),
    "play": lambda live, _: live.play(),
    "pause": lambda live, _: live.play(False),
    "step": lambda live, m: live.step(whole(m, "steps", 1, 1000), value(m, "knobs", dict) if "knobs" in m else None),
    "reset": lambda live, m: live.reset(whole(m, "seed", *SEEDS) if "seed" in m else None),
    "rewind": lambda live, m: live.rewind(whole(m, "step", 0, 10**9)),
    "speed": lambda live, m: live.set_speed(value(m, "value", int)),
    "knobs": lambda live, m: live.set_knobs(value(m, "values", dict)),
    "layers": lambda live, m: live.look(value(m, "names", list)),
    "show": lambda live, m: live.show(value(m, "visible", bool)),
}


def obey(live: Live, message: Mapping[str, Any]) -> None:
    """Carry out a message. Raises BadMessage with a text for the visitor."""
    command = COMMANDS.get(message["type"])
    if command is None:
        raise BadMessage(f"There is no message type {brief(message['type'])}; known are link, {', '.join(COMMANDS)}.")
    try:
        command(live, message)
    except InvalidValue as problem:
        raise BadMessage(str(problem)) from problem


def error(problem: BadMessage) -> str:
    """What is wrong with a message, as a message to the browser."""
    return json.dumps({"type": "error", "message": str(problem)})


def link(message: Mapping[str, Any]) -> str:
    """The query in a message of the type "link". Raises BadMessage."""
    query = value(message, "query", str)
    if len(query) > MOST_QUERY:
        raise BadMessage(f"The link has {len(query)} characters; the most is {MOST_QUERY}.")
    return query
