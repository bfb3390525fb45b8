"""AAE from scratch on petals: time of one core to ten modes and to sliced W2 ≤ .18.

`python -m tests.benchmarks.aae.scratch`
"""

from __future__ import annotations

import time

import torch

from engine.core.registry import find
from engine.runs.run import Run

SEEDS, CHUNK, SECONDS, GOAL = range(5), 25, 180, 0.18


def from_scratch(seed: int) -> dict[str, float]:
    """One seed trained until both goals are reached or SECONDS of one core are spent on training;
    looking is not counted.
    """
    method = find("aae")
    setup = method.make_setup({})
    run, knobs, trained, reached = Run(method, setup, seed), method.make_knobs(setup), 0.0, {}
    while trained < SECONDS and len(reached) < 4:
        start = time.process_time()
        run.advance(knobs, CHUNK)
        trained += time.process_time() - start
        now = run.method.metrics(knobs, ("modes_covered", "sliced_w2"))[0]
        for name, done in (("modes", now["modes_covered"] == 10), ("w2", now["sliced_w2"] <= GOAL)):
            if done and f"{name}_seconds" not in reached:
                reached |= {f"{name}_seconds": round(trained, 1), f"{name}_steps": run.step}
    return reached


if __name__ == "__main__":
    torch.set_num_threads(1)
    for seed in SEEDS:
        print(f"seed {seed}: {from_scratch(seed)}", flush=True)
