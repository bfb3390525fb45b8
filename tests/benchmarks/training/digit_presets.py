"""The digit presets of the training lab that start from scratch, over five seeds.

`python -m tests.benchmarks.training.digit_presets`

Each is opened from its link.
"""

from __future__ import annotations

import torch

from app import links
from app.page.words import presets
from engine.methods.training.digits import TrainingDigits
from engine.runs.run import Run

SEEDS, STEPS = range(5), 800

if __name__ == "__main__":
    torch.set_num_threads(1)
    for preset in presets("training", "digits"):
        if preset.query.get("from") != "scratch":
            continue
        setup, _, knobs, problems = links.read(TrainingDigits, preset.query)
        assert not problems, problems
        for seed in SEEDS:
            run = Run(TrainingDigits, setup, seed)
            run.advance(knobs, STEPS)
            numbers = run.method.metrics(knobs)[0]
            print(f"{preset.title}, seed {seed}: " + ", ".join(f"{k} {v:.1f}" for k, v in numbers.items()), flush=True)
