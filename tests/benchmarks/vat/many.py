"""Many VAT runs on one host in one process, each watched by somebody who always wants a frame.

`python -m tests.benchmarks.vat.many [RUNS] [WORKERS]` prints what all of them get in a second, by the
clock and by the time that the process has on a processor: the latter says more on a busy machine.
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


def measure(runs: int, workers: int | None = None) -> list[tuple[str, float, float]]:
    """Steps, frames and slow looks of all runs, and frames of the slowest: (name, a second, a second
    of a processor).
    """
    host = Host(workers)
    watched = [Watched(host, seed) for seed in range(runs)]
    for w in watched:
        w.begin()
    time.sleep(SETTLE)
    before, start, busy = [w.counts.copy() for w in watched], time.monotonic(), time.process_time()
    time.sleep(SECONDS)
    seconds, busy = time.monotonic() - start, time.process_time() - busy
    gained = [{name: w.counts[name] - b[name] for name in w.counts} for w, b in zip(watched, before)]
    for w in watched:
        w.live.close()
    host.close()
    found = {name: sum(one.get(name, 0) for one in gained) for name in ("steps", "frames", "slow looks")}
    found["frames of the slowest"] = min(one["frames"] for one in gained)
    return [(name, count / seconds, count / busy) for name, count in found.items()]


if __name__ == "__main__":
    sys.setswitchinterval(SWITCH)
    numbers = [int(word) for word in sys.argv[1:]]
    for name, a_second, a_busy_second in measure(*(numbers or [30])):
        print(f"{name}: {a_second:.1f} a second, {a_busy_second:.1f} a second of a processor")
