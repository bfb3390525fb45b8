"""Thinned: the frames of a run made small, for many who watch it over one Wi-Fi.

Each message is a frame of app/live/protocol.py, compressed here once for all (raw deflate).
Pictures ("u1", "d1") are rounded so that they change in steps of a few levels. Other arrays of many
numbers are rounded to 1/2048 of their range, which is less than a pixel, and sent as the change of
the one before ("e2", or "q2" where there was none): int16, zigzag, all low bytes before all high
ones; the row in the header ends with the range. What is rounded off is not lost: the next change
starts from what the watchers have, so at rest a picture becomes exact.

Measured at 10 frames a second, VAT's first 500 steps: 5.5 kB exact, 3.4 kB in steps of 4 levels.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from app.live.protocol import DTYPES, LEAST_PICTURE, Coded, header_of, pack_coded
from engine.runs.view import View

LEVELS = 2048  # of half a range
STEPS = (1, 2, 3, 4, 6, 8, 12, 16)  # levels of 255 by which pictures may change
DIGITS = 5  # of a metric
LEVEL = 6  # of deflate


def deflated(data: bytes) -> bytes:
    """`data` as raw deflate, which the browser's DecompressionStream reads."""
    squeeze = zlib.compressobj(LEVEL, wbits=-15)
    return squeeze.compress(data) + squeeze.flush()


def zigzag(change: np.ndarray) -> bytes:
    """Small changes as bytes that are mostly zero: all low bytes, then all high ones."""
    wide = change.astype(np.int32)
    folded = ((wide << 1) ^ (wide >> 31)).astype("<u2")
    return (folded & 255).astype(np.uint8).tobytes() + (folded >> 8).astype(np.uint8).tobytes()


class _Picture:
    """A picture as the watchers have it."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.has: np.ndarray | None = None
        self.exact = True
        self.shape = shape

    def change(self, array: np.ndarray, step: int) -> Coded:
        if self.has is None:
            self.has = array.copy()
            return self.whole()
        apart = array.astype(np.int16) - self.has
        moved = apart if step == 1 else np.rint(apart / step).astype(np.int16) * step
        now = np.clip(self.has + moved, 0, 255).astype(np.uint8)
        change = now - self.has  # modulo 256
        self.has = now
        self.exact = bool((now == array).all())
        return Coded("d1", self.shape, change.tobytes())

    def whole(self) -> Coded:
        return Coded("u1", self.shape, self.has.tobytes())


class _Numbers:
    """Places or other numbers as the watchers have them, in LEVELS of `range`."""

    exact = True

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.range = 0.0
        self.has = np.zeros(shape, np.int16)
        self.shape = shape

    def change(self, array: np.ndarray, step: int) -> Coded:
        most = float(np.abs(array).max(initial=0.0)) or 1.0
        new = not self.range / 4 <= most <= self.range
        if new:
            self.range = 2.0 ** math.ceil(math.log2(most))
        now = np.rint(array.astype(np.float64) * (LEVELS / self.range)).astype(np.int16)
        change = now if new else now - self.has
        self.has = now
        return self.whole() if new else Coded("e2", self.shape, zigzag(change), (self.range,))

    def whole(self) -> Coded:
        return Coded("q2", self.shape, zigzag(self.has), (self.range,))


class _Plain:
    """An array that is sent as it is."""

    exact = True

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def change(self, array: np.ndarray, step: int) -> Coded:
        self._has = Coded(DTYPES[str(array.dtype)], self.shape, array.tobytes())
        return self._has

    def whole(self) -> Coded:
        return self._has


def _kind(array: np.ndarray) -> type:
    if array.dtype == np.uint8:
        return _Picture if array.size >= LEAST_PICTURE else _Plain
    many = array.size >= LEAST_PICTURE  # few may be of many kinds, such as classes beside probabilities
    return _Numbers if many and np.isfinite(array).all() else _Plain


class Thinned:
    """The frames of one run for those who watch it."""

    def __init__(self, knob_names: tuple[str, ...]) -> None:
        self._knob_names = knob_names
        self._arrays: dict[str, Any] = {}
        self._scene: Mapping[str, Coded] | None = None
        self._header: dict[str, Any] = {}
        self._finest = 0  # in STEPS

    @property
    def exact(self) -> bool:
        """Whether the watchers have all pictures as they are."""
        return all(array.exact for array in self._arrays.values())

    def change(self, view: View, at_most: float = math.inf, exact: bool = False) -> bytes:
        """A frame for those who have the one before. at_most: bytes; where it is larger, pictures
        of the next ones change in larger steps. exact: whether nothing is rounded off its pictures.
        """
        if self._header.get("generation") != view.generation:
            self._arrays = {}
        step = 1 if exact else STEPS[self._finest]
        self._header = self._rounded(header_of(view, self._knob_names))
        layers = {}
        for name, array in view.frame.layers.items():
            known, kind = self._arrays.get(name), _kind(array)
            if not isinstance(known, kind) or known.shape != array.shape:
                known = self._arrays[name] = kind(array.shape)
            layers[name] = known.change(np.ascontiguousarray(array), step)
        for name in view.left_out:
            self._arrays.pop(name, None)
        more = {}
        if view.scene is not None:
            self._scene = more["scene"] = {
                n: Coded(DTYPES[str(a.dtype)], a.shape, np.ascontiguousarray(a).tobytes())
                for n, a in view.scene.items()
            }
        data = deflated(pack_coded(self._header, layers=layers, **more))
        if len(data) > at_most:
            self._finest = min(self._finest + 1, len(STEPS) - 1)
        elif len(data) < at_most / 2 and not exact:
            self._finest = max(0, self._finest - 1)
        return data

    def whole(self) -> bytes | None:
        """The last frame for those who have none; None where there was none yet."""
        if not self._header:
            return None
        layers = {name: array.whole() for name, array in self._arrays.items()}
        return deflated(
            pack_coded(self._header, layers=layers, **({} if self._scene is None else {"scene": self._scene}))
        )

    @staticmethod
    def _rounded(header: dict[str, Any]) -> dict[str, Any]:
        def short(value: Any) -> Any:
            finite = isinstance(value, float) and math.isfinite(value)
            return float(f"{value:.{DIGITS}g}") if finite else value

        return {**header, "metrics": {name: short(v) for name, v in header["metrics"].items()}}
