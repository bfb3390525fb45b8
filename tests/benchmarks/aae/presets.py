"""What each *Try this* of the AAE lab shows, in numbers, over seeds.

`python -m tests.benchmarks.aae.presets [PART OF A TITLE ...]`

A story is a list of (steps, knobs): train so many steps with these knobs turned, then look.
"""

from __future__ import annotations

import sys

import torch

from engine.core.registry import find
from engine.data.priors import CLASSES
from engine.metrics.prior_fit import FIT
from engine.runs.run import Run

SWINGING = {"penalty": 0, "noise": 0, "rate_d": 2e-3, "lam": 10}
PLAIN = ("no gradient penalty", "…")  # stories whose D has no waves
STORIES: dict[str, tuple[str, list[tuple[int, dict[str, object]]]]] = {
    "plain autoencoder (λ = 0)": ("aae", [(600, {"lam": 0})]),
    "the game (λ = 1)": ("aae", [(600, {})]),
    "λ too large": ("aae", [(600, {"lam": 30})]),
    "no gradient penalty, a strong game, D without waves": (
        "aae",
        [(300, SWINGING), (300, {}), (300, {"penalty": 0.2})],
    ),  # mended at the end
    "… with the penalty from the start": ("aae", [(300, SWINGING | {"penalty": 0.2}), (300, {})]),
    "… without the strong game": ("aae", [(600, SWINGING | {"lam": 1})]),
    "prior swapped mid-run": ("aae", [(500, {}), (500, {"prior": "ring"}), (500, {"prior": "swiss"})]),
    "AAE beside VAE": ("aae-vae", [(1000, {})]),
    "0, then 10,000 labels": ("aae", [(500, {}), (800, {"labels": 10000})]),
}
SEEDS = range(5)


def own_petal(run: Run, knobs: object) -> float:
    """Per cent of held-out images whose code lies in their own digit's tenth of the prior."""
    method = run.method
    z = method.codes(method.members[0], method.held_out)
    tenth = knobs.p().component(z) * CLASSES // knobs.p().components
    return 100 * (tenth == method.test_y[: len(z)]).double().mean().item()


def tell(title: str, seed: int) -> list[dict[str, float]]:
    """The numbers after each chapter of a story."""
    name, chapters = STORIES[title]
    method = find(name)
    setup = method.make_setup({"waves": 0} if title.startswith(PLAIN) else {})
    run, knobs, out = Run(method, setup, seed), method.make_knobs(setup), []
    for steps, values in chapters:
        knobs = knobs.with_values(values)
        run.advance(knobs, steps)
        numbers = run.method.metrics(knobs, (*FIT, "reconstruction"))[0]
        furthest = max(run.method.codes(m, run.method.held_out).abs().max().item() for m in run.method.members)
        out.append({"step": run.step, **numbers, "own_petal": own_petal(run, knobs), "furthest_code": furthest})
    return out


if __name__ == "__main__":
    torch.set_num_threads(1)
    for title in STORIES:
        if len(sys.argv) > 1 and not any(word in title for word in sys.argv[1:]):
            continue
        for seed in SEEDS:
            for numbers in tell(title, seed):
                print(f"{title}, seed {seed}: " + ", ".join(f"{k} {v:.4g}" for k, v in numbers.items()), flush=True)
