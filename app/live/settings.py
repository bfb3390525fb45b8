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
# Ray in place of forked processes: "auto" or the address of a cluster (app/live/ray/cluster.py).
RAY = os.environ.get("SADDLE_RAY", "").strip()
RAY_ACTORS = int(_number("SADDLE_RAY_ACTORS", 0, 0, 4096))  # 0: as many as there is room for
RAY_CPUS = int(_number("SADDLE_RAY_CPUS", 1, 1, 256))  # of each actor
RAY_GPUS = _number("SADDLE_RAY_GPUS", 0, 0, 64)
RAY_CODE = os.environ.get("SADDLE_RAY_CODE", "").strip()  # the checkout on the cluster's machines; "": it is sent
