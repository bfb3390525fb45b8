"""Many VAT runs on one host in one process, each watched by somebody who always wants a frame.

`python -m tests.benchmarks.vat.many [RUNS] [WORKERS]` prints what all of them get in a second.
"""

from __future__ import annotations

import collections
import sys
import time

from engine.methods.vat.vat import VAT
from engine.runs.host import Host
from engine.runs.live import Live, View
from engine.runs.run import Run

SECONDS = 12
SWITCH = 0.001  # as the server has it
SETTLE = 5  # seconds until all train; the first 500 steps of each are looked at more often


class Watched:
    """A run, and how many frames and looks at the slow metrics have come of it."""

    def __init__(self, host: Host, seed: int) -> None:
        self.counts = collections.Counter[str]()
        self.live = Live(host, Run(VAT, VAT.make_setup({}), seed))

    def begin(self) -> None:
        """Watch, and train."""
        self.live.watch(self.offer, ("field",))
        self.live.want()
        self.live.play()

    def offer(self, view: View) -> None:
        """Take a frame, and want another."""
        self.counts["frames"] += 1
        self.counts["slow looks"] += any(name.startswith("lds") for name in view.frame.metrics)
        self.counts["steps"] = view.frame.step
        self.live.want()


def measure(runs: int, workers: int | None = None) -> dict[str, float]:
    """Frames, slow looks and steps a second of all runs, and frames a second of the slowest."""
    host = Host(workers)
    watched = [Watched(host, seed) for seed in range(runs)]
    for w in watched:
        w.begin()
    time.sleep(SETTLE)
    before, start = [w.counts.copy() for w in watched], time.monotonic()
    time.sleep(SECONDS)
    seconds = time.monotonic() - start
    each = [{name: (w.counts[name] - b[name]) / seconds for name in w.counts} for w, b in zip(watched, before)]
    for w in watched:
        w.live.close()
    host.close()
    found = {f"{name}/s": sum(one.get(name, 0) for one in each) for name in ("steps", "frames", "slow looks")}
    return found | {"frames/s of the slowest": min(one["frames"] for one in each)}


if __name__ == "__main__":
    sys.setswitchinterval(SWITCH)
    numbers = [int(word) for word in sys.argv[1:]]
    for name, value in measure(*(numbers or [30])).items():
        print(f"{name}: {value:.1f}")
