"""AAE against VAE over seeds: same networks, initial weights, batches and clock.

`python -m tests.benchmarks.aae.against_vae [STEPS]`
"""

from __future__ import annotations

import sys

import torch

from engine.core.registry import find
from engine.metrics.prior_fit import FIT
from engine.runs.run import Run

SEEDS, STEPS = range(3), 1500


def side_by_side(seed: int, prior: str, steps: int) -> dict[str, float]:
    """Fit and reconstruction of both on 1000 held-out images."""
    method = find("aae-vae")
    setup = method.make_setup({})
    run, knobs = Run(method, setup, seed), method.make_knobs(setup, {"prior": prior})
    run.advance(knobs, steps)
    return run.method.metrics(knobs, (*FIT, "reconstruction"))[0]


if __name__ == "__main__":
    torch.set_num_threads(1)
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else STEPS
    for prior in ("petals", "gaussian"):
        for seed in SEEDS:
            numbers = side_by_side(seed, prior, steps)
            print(
                f"{prior} seed {seed}, {steps} steps: " + ", ".join(f"{k} {v:.4g}" for k, v in numbers.items()),
                flush=True,
            )
