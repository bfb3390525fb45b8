"""Moment: a live run at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.core.declare import Setup
from engine.core.snapshot import Snapshot


@dataclass(frozen=True)
class Moment:
    """A live run at one moment: what it needs to go on elsewhere as if nothing had been.

    snapshot: as an object or as a file's bytes; None where there is nothing new in it, or where the
    state is not finite. life: generation and step. made_of: as of Live. seconds: that it took.
    """

    snapshot: Snapshot | bytes | None
    life: tuple[int, int]
    knobs: Mapping[str, Any]
    playing: bool
    speed: int
    made_of: tuple[bool, Setup, int]
    seconds: float = 0.0
