"""Whether the experiments of app/labs/gan/experiments.toml hold, over five seeds.

`python -m tests.benchmarks.gan.experiments [NAME ...]`
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import torch

from app.labs.gan.experiments import Experiment, experiments
from engine.methods.gan.plane import GAN
from engine.nn.gan_losses import generator_loss
from engine.runs.run import Run

SEEDS = range(5)
LOOKS = 6  # a half
Numbers = list[dict[str, float]]


def look(run: Run, loss: str) -> dict[str, float]:
    """The numbers of a moment, and the norms that G's gradient has with the minimax and with the
    non-saturating loss before this very D.
    """
    out = dict(run.method.metrics(run.knobs)[0])
    game, view = run.method.game, run.method.view(run.knobs)
    for kind in ("minimax", "ns"):
        if loss == "minimax":
            fake = game.g(view._codes[:512])
            out[f"grad_{kind}"] = game.g.gradient(generator_loss(kind, game.judge(fake)).mean()).norm().item()
    return out


def play(run: Run, changes: dict, steps: int) -> Numbers:
    """Train under the run's knobs with some turned, looking LOOKS times."""
    knobs, out = run.knobs.with_values(changes), []
    for _ in range(LOOKS):
        run.advance(knobs, steps // LOOKS)
        out.append(look(run, knobs.loss))
    return out


def start(e: Experiment, seed: int) -> Run:
    """A new run of the experiment's set-up."""
    return Run(GAN, GAN.make_setup(e.setup), seed)


def converge(e: Experiment, seed: int) -> tuple[bool, str]:
    m = play(start(e, seed), dict(e.knobs), e.steps)[-1]
    return m["modes_covered"] == 8 and m["js"] <= 0.1, f"{m['modes_covered']:.0f} modes, JS {m['js']:.3f}"


def collapse(e: Experiment, seed: int) -> tuple[bool, str]:
    run = start(e, seed)
    bad = play(run, dict(e.knobs), e.steps)[1:]
    good = play(run, dict(e.cure), 3 * e.steps)[-1]
    most = max(m["modes_covered"] for m in bad)
    text = f"at most {most:.0f} modes; after k_G = 1 {good['modes_covered']:.0f}, JS {good['js']:.3f}"
    return most <= 4 and good["modes_covered"] >= 7, text


def saturate(e: Experiment, seed: int) -> tuple[bool, str]:
    run = start(e, seed)
    bad = play(run, dict(e.knobs), e.steps)[1:]
    good = play(run, dict(e.cure), e.steps)[-1]
    ratio = sorted(m["grad_ns"] / max(m["grad_minimax"], 1e-12) for m in bad)[len(bad) // 2]
    low = min(m["js"] for m in bad)
    text = (
        f"JS ≥ {low:.2f}, D(G(z)) {bad[-1]['d_fake']:.3f}, gradient {ratio:.0f} × smaller than non-saturating; "
        f"cured: JS {good['js']:.3f}"
    )
    return low > 0.3 and ratio >= 5 and good["js"] < low / 2, text


def disjoint(e: Experiment, seed: int) -> tuple[bool, str]:
    run = start(e, seed)
    bad = play(run, dict(e.knobs), e.steps)
    good = play(run, dict(e.cure), e.steps)[-1]
    low = min(m["js"] for m in bad)
    text = (
        f"minimax: JS ≥ {low:.2f}, sliced W2 at the end {bad[-1]['sliced_w2']:.2f}; "
        f"WGAN-GP: JS {good['js']:.2f}, sliced W2 {good['sliced_w2']:.2f}"
    )
    return low > 0.45 and bad[-1]["sliced_w2"] > 0.8 and good["sliced_w2"] < 0.4, text


def k_d(e: Experiment, seed: int) -> tuple[bool, str]:
    one = play(start(e, seed), dict(e.knobs), e.steps)[-1]
    five = play(start(e, seed), {**e.knobs, **e.cure}, e.steps)[-1]
    text = (
        f"k_D 1: {one['modes_covered']:.0f} modes, JS {one['js']:.2f}; "
        f"k_D 5: {five['modes_covered']:.0f} modes, JS {five['js']:.2f}"
    )
    return one["modes_covered"] < 8 <= five["modes_covered"] and five["js"] < one["js"] - 0.1, text


CHECKS: dict[str, Callable[[Experiment, int], tuple[bool, str]]] = {
    "converge": converge,
    "collapse": collapse,
    "saturate": saturate,
    "disjoint": disjoint,
    "k_d": k_d,
}


if __name__ == "__main__":
    torch.set_num_threads(1)
    found = experiments()
    for name in sys.argv[1:] or found:
        held = 0
        for seed in SEEDS:
            holds, text = CHECKS[name](found[name], seed)
            held += holds
            print(f"  {name} seed {seed}: {'holds' if holds else 'FAILS'}: {text}", flush=True)
        print(f"{found[name].title}: holds in {held} of {len(SEEDS)} seeds", flush=True)
