"""Two pieces of work timed against each other."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def alternate(a: Callable[[], object], b: Callable[[], object], seconds: float = 6) -> tuple[float, float, float]:
    """Median seconds of a, of b, and the median of the ratios a/b taken pair by pair."""
    for _ in range(3):
        a(), b()
    pairs, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        t0 = time.perf_counter()
        a()
        t1 = time.perf_counter()
        b()
        pairs.append((t1 - t0, time.perf_counter() - t1))
    return (*(statistics.median(p[i] for p in pairs) for i in (0, 1)), statistics.median(p[0] / p[1] for p in pairs))
