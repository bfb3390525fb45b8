"""What each *Try this* of the ARAE lab shows on the grammar, in numbers.

`python -m tests.benchmarks.arae.presets [PART OF A TITLE]`

A story is a set-up and knobs; it is looked at after each of STEPS.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

import torch

from engine.core.registry import find
from engine.core.streams import stream
from engine.data.text import grammar
from engine.metrics.text_scores import grammar_scores
from engine.nn.interpolation import arc
from engine.runs.run import Run

STORIES: dict[str, tuple[str, dict[str, object], dict[str, object]]] = {
    "default knobs": ("arae", {}, {}),
    "λ₁ = 0": ("arae", {}, {"lam1": 0}),
    "λ₁ = 20": ("arae", {}, {"lam1": 20}),
    "noise 0": ("arae", {}, {"noise": 0}),
    "transfer": ("arae", {"transfer": True}, {}),
    "transfer, λ₂ = 0": ("arae", {"transfer": True}, {"lam2": 0}),
    "AE, AAE, ARAE": ("arae-three", {}, {}),
    "AE, AAE, ARAE, λ₁ × 10": ("arae-three", {}, {"lam1": 0.5}),
}
STEPS = (500, 2500)
PAIRS, AROUND = 200, 300  # ways between two sentences, and codes around one
SIGMA = 0.2  # of the noise around a code


def looks(method: object) -> Mapping[str, float]:
    """Per cent: grammatical half-way between two held-out sentences and around their codes,
    distinct samples; with transfer sentiment right and slots kept.
    """
    held, g = method.corpus.held, stream(0, "looks")
    styled = method.game.styles > 1
    y = held.y if styled else torch.zeros_like(held.y)
    codes = method.encode(held.ids)
    middle = torch.stack([arc(codes[k], codes[k + PAIRS], 3)[1] for k in range(PAIRS)])
    near = codes[:AROUND] + SIGMA * torch.randn(AROUND, codes.shape[1], generator=g)
    samples = method.corpus.texts(method.decode(method.sampled(method.look_s), method.look_style))
    out = {
        "half-way": fits(method, middle, y[:PAIRS]),
        f"around, σ = {SIGMA}": fits(method, near, y[:AROUND]),
        "distinct": 100 * len(set(samples)) / len(samples),
    }
    if styled:
        ids, to = method.moved(held.ids, held.y)
        out |= grammar_scores(method.corpus.texts(ids), method.corpus.texts(held.ids), to.tolist())
    return out


def fits(method: object, codes: torch.Tensor, y: torch.Tensor) -> float:
    texts = method.corpus.texts(method.decode(codes, y))
    return 100 * sum(grammar.parse(t) is not None for t in texts) / len(texts)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for title, (name, fields, values) in STORIES.items():
        if len(sys.argv) > 1 and sys.argv[1] not in title:
            continue
        kind = find(name)
        setup = kind.make_setup(fields)
        run, knobs = Run(kind, setup, 0), kind.make_knobs(setup, values)
        for steps in STEPS:
            run.advance(knobs, steps - run.step)
            numbers = run.method.metrics(knobs)[0]
            for member, method in getattr(run.method, "members", {"": run.method}).items():
                numbers |= {f"{k}.{member}".rstrip("."): v for k, v in looks(method).items()}
            print(f"{title}, step {run.step}: " + ", ".join(f"{k} {v:.3g}" for k, v in numbers.items()), flush=True)
