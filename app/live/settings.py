"""Settings of the server, from variables of the environment."""

from __future__ import annotations

import os

from engine.core.parallel import cores

MOST_WORKERS = 8  # by default; each takes 55 MB once it has trained something


def _number(name: str, default: float, low: float, high: float) -> float:
    """The number in a variable. Ends the program with a message where it is none."""
    text = os.environ.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise SystemExit(f"{name} = {text!r} is not allowed: give a number from {low:g} to {high:g}.")
    return value


RUNS = int(_number("SADDLE_RUNS", 128, 1, 10_000))  # in memory at once, of all visitors
DROP_AFTER = _number("SADDLE_DROP_AFTER", 60, 0, 86_400)  # seconds without a watcher until a run rests
# Processes for runs; 0 keeps them in the server's own.
WORKERS = int(_number("SADDLE_WORKERS", min(cores(), MOST_WORKERS), 0, 256))
