"""A lone live run with one core and with all cores, in turn, in one process.

`python -m tests.benchmarks.lone [METHOD ...]` prints the medians of its steps a second and of the
ratio, pair by pair. The machine must have nothing else to do. How torch's threads wait is set by
GOMP_SPINCOUNT (engine/__init__.py); by default every method is measured that declares `threads`.
"""

from __future__ import annotations

import sys
import time
from statistics import median

import engine  # noqa: F401  (before torch: it says how torch's threads wait)
from engine.core.memory import keep_freed_memory
from engine.core.parallel import cores
from engine.core.registry import find, methods
from engine.runs.host import LONE_FOR, Host
from engine.runs.live import Live, View
from engine.runs.run import Run

PAIRS = 7
SECONDS = 2.5


def rates(name: str) -> list[tuple[float, float]]:
    """Steps a second with one core and with all, PAIRS times."""
    host, method = Host(), find(name)
    live = Live(host, Run(method, method.make_setup({}), 0))
    step = 0

    def offer(view: View) -> None:
        nonlocal step
        step = view.frame.step
        live.want()

    def rate(allotted: int) -> float:
        host.allot(allotted)
        time.sleep(2 * LONE_FOR)
        before, start = step, time.monotonic()
        time.sleep(SECONDS)
        return (step - before) / (time.monotonic() - start)

    live.watch(offer, live.default_layers)
    live.want()
    live.play()
    time.sleep(SECONDS)
    found = [(rate(1), rate(cores())) for _ in range(PAIRS)]
    live.close()
    host.close()
    return found


if __name__ == "__main__":
    keep_freed_memory()
    for name in sys.argv[1:] or [m.name for m in methods().values() if m.threads > 1]:
        found = rates(name)
        one, many = (median(pair[i] for pair in found) for i in (0, 1))
        print(f"{name}: {one:.1f} → {many:.1f} steps/s, {median(b / a for a, b in found):.2f} ×")
