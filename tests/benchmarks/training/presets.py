"""Whether the presets of the training lab show what they promise, over five seeds.

`python -m tests.benchmarks.training.presets [NAME ...]`

Each is opened from its link.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import torch

from app import links
from app.page.words import Preset, presets
from engine.core.frame import Answer
from engine.methods.training.plane import Training
from engine.runs.run import Run

SEEDS = range(5)
NEEDED = 4  # of them
GROUPS = ("clean_error", "fgsm_error", "pgd_error")


def trained(
    preset: Preset, seed: int, steps: int | None = None, run: Run | None = None, **turned: object
) -> tuple[Run, object, dict[str, float]]:
    """A run of the preset's link with this seed, some knobs turned, its knobs and its numbers."""
    setup, _, knobs, problems = links.read(Training, preset.query)
    assert not problems, problems
    knobs, run = knobs.with_values(turned), run or Run(Training, setup, seed)
    run.advance(knobs, preset.steps if steps is None else steps)
    return run, knobs, run.method.metrics(knobs, GROUPS)[0]


def standard(preset: Preset, seed: int) -> tuple[bool, str]:
    """Three members equal Standard, bit for bit."""
    run, *_ = trained(preset, seed)
    nets = run.method.nets
    equal = [
        all(w[nets.span(kind)].equal(w[nets.span("standard")]) for w in nets.parameters())
        for kind in ("random", "fgsm", "vat")
    ]
    return all(equal), f"equal: {equal}"


def too_large(preset: Preset, seed: int) -> tuple[bool, str]:
    """PGD training's clean error is 10 points above Standard's."""
    *_, m = trained(preset, seed)
    text = f"clean: standard {m['clean_error.standard']:.1f}, pgd {m['clean_error.pgd']:.1f}"
    return m["clean_error.pgd"] >= m["clean_error.standard"] + 10, text


def overfitting(preset: Preset, seed: int) -> tuple[bool, str]:
    """Well at step 200; in the end little error under FGSM and much under PGD, where PGD training
    has little of either.
    """
    run, _, early = trained(preset, seed, 200)
    *_, m = trained(preset, seed, preset.steps - 200, run)
    held = (
        early["pgd_error.fgsm"] <= 25
        and m["fgsm_error.fgsm"] <= 20
        and m["pgd_error.fgsm"] >= 50
        and m["pgd_error.pgd"] <= 20
    )
    return (
        held,
        f"fgsm member: PGD {early['pgd_error.fgsm']:.1f} early; FGSM {m['fgsm_error.fgsm']:.1f}, PGD "
        f"{m['pgd_error.fgsm']:.1f}; pgd member {m['pgd_error.pgd']:.1f}",
    )


def random_start(preset: Preset, seed: int) -> tuple[bool, str]:
    """PGD breaks 30 points fewer than without the random start, and as many again once that is
    taken away.
    """
    run, _, with_it = trained(preset, seed)
    *_, without = trained(preset, seed, random_start=False)
    *_, later = trained(preset, seed, run=run, random_start=False)
    with_it, without, later = (m["pgd_error.fgsm"] for m in (with_it, without, later))
    return (
        with_it <= without - 30 and later >= with_it + 30,
        f"PGD error with {with_it:.1f}, without {without:.1f}, taken away {later:.1f}",
    )


def leaking(preset: Preset, seed: int) -> tuple[bool, str]:
    """30 points fewer errors on FGSM's points than on clean ones."""
    *_, m = trained(preset, seed)
    text = f"FGSM {m['fgsm_error.fgsm']:.1f}, clean {m['clean_error.fgsm']:.1f}"
    return m["fgsm_error.fgsm"] <= m["clean_error.fgsm"] - 30, text


def masking(preset: Preset, seed: int) -> tuple[bool, str]:
    """The report warns of FGSM training and not of PGD training."""
    run, knobs, _ = trained(preset, seed)
    *_, answer = run.method.measure(knobs, "robustness", {})
    assert isinstance(answer, Answer)
    found = {kind: len(m["warnings"]) for kind, m in answer.numbers["members"].items()}
    return found["fgsm"] > 0 and found["pgd"] == 0, f"warnings: {found}"


def few_points(preset: Preset, seed: int) -> tuple[bool, str]:
    """PGD training has the smaller clean error."""
    *_, m = trained(preset, seed)
    errors = ", ".join(f"{kind} {m[f'clean_error.{kind}']:.1f}" for kind in ("standard", "fgsm", "pgd"))
    return m["clean_error.pgd"] < m["clean_error.standard"], f"clean: {errors}"


CHECKS: dict[str, Callable[[Preset, int], tuple[bool, str]]] = {
    "standard": standard,
    "too-large": too_large,
    "overfitting": overfitting,
    "random-start": random_start,
    "leaking": leaking,
    "masking": masking,
    "few-points": few_points,
}


def main(names: list[str]) -> int:
    """Print every seed; 1 where a preset holds in fewer than four of five."""
    failed = 0
    for preset in presets("training", "plane"):
        if names and preset.name not in names:
            continue
        results = [CHECKS[preset.name](preset, seed) for seed in SEEDS]
        held = sum(ok for ok, _ in results)
        failed += held < NEEDED
        print(f"{preset.name}: holds in {held} of {len(SEEDS)}")
        for seed, (ok, words) in zip(SEEDS, results):
            print(f"  seed {seed} {'yes' if ok else 'NO '} {words}", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(main(sys.argv[1:]))
