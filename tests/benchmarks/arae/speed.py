"""Speeds of the ARAE lab's engine.

`python -m tests.benchmarks.arae.speed`

Wall-clock and CPU time of one thread; the two agree where the machine is quiet.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch

from engine.core.registry import find
from engine.core.shipped import open_shipped, shipped
from engine.runs.run import Run


def timed(work: Callable[[], object], times: int) -> str:
    """Median milliseconds of a call by the wall and by the CPU."""
    wall, cpu = [], []
    for _ in range(times + 2):
        w, c = time.perf_counter(), time.thread_time()
        work()
        wall.append(time.perf_counter() - w)
        cpu.append(time.thread_time() - c)
    return f"{1000 * statistics.median(wall[2:]):8.1f} ms wall {1000 * statistics.median(cpu[2:]):8.1f} ms CPU"


def of_run(title: str, run: Run) -> None:
    """A step, and what a frame costs."""
    kind, knobs = type(run.method), run.knobs
    print(f"{title:32} step      {timed(lambda: run.advance(knobs), 40)}", flush=True)
    print(f"{title:32} layers    {timed(lambda: run.method.layers(knobs, kind.frame_layers), 10)}", flush=True)
    print(f"{title:32} quick     {timed(lambda: run.method.metrics(knobs, kind.quick_metrics), 10)}", flush=True)


def of_questions(name: str, text: str) -> None:
    """What a typed sentence costs on a run that ships."""
    run = Run.restore(open_shipped(name))
    for question in ("transfer", "encode"):
        print(
            f"{name:32} {question:9} {timed(lambda q=question: run.method.ask(run.knobs, q, {'text': text}), 20)}",
            flush=True,
        )


def main() -> None:
    """Print a line for each figure."""
    torch.set_num_threads(1)
    for title, name, setup in (
        ("ARAE with transfer, grammar", "arae", {"transfer": True}),
        ("ARAE, grammar", "arae", {}),
        ("AE, grammar", "arae", {"prior": "none"}),
        ("Cross-AE, grammar", "cross-ae", {}),
        ("ARAE with transfer, reviews", "arae", {"transfer": True, "corpus": "reviews"}),
        ("ARAE, digits", "arae-digits", {}),
    ):
        of_run(title, Run(name, find(name).make_setup(setup), 0))
    known = [s.name for s in shipped()]
    for name, text in (
        ("grammar-transfer", "the food was awful and the staff was rude"),
        ("reviews-transfer", "the film is a terrible mess"),
    ):
        if name in known:
            of_questions(name, text)


if __name__ == "__main__":
    main()
