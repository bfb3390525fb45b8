"""What a step of a GAN costs, and a look.

`python -m tests.benchmarks.gan.speed`
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch

from engine.core.registry import find
from engine.nn.gan_losses import LOSSES
from engine.runs.run import Run


def milliseconds(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Median and least of `times` goes, in time of this thread alone, which others on the machine
    do not lengthen.
    """
    spent = []
    for _ in range(times):
        start = time.thread_time()
        work()
        spent.append(1e3 * (time.thread_time() - start))
    return statistics.median(spent), min(spent)


def show(title: str, work: Callable[[], object], times: int = 50) -> None:
    work()
    middle, least = milliseconds(work, times)
    print(f"  {title:42} {middle:7.2f} ms, at best {least:.2f}")


def plane() -> None:
    method = find("gan")
    run = Run(method, method.make_setup({}), 0)
    for loss in LOSSES:
        knobs = run.knobs.with_values({"loss": loss})
        show(f"step, {loss}", lambda knobs=knobs: run.advance(knobs, 10), 30)
    knobs = run.knobs.with_values({"loss": "ns"})
    print("  (ten steps each)")
    show("all layers", lambda: run.method.layers(knobs, method.frame_layers))
    show("quick numbers", lambda: run.method.metrics(knobs, method.quick_metrics))
    show("slow numbers", lambda: run.method.metrics(knobs, method.slow_metrics), 10)


def digits() -> None:
    method = find("gan-digits")
    for net in ("conv", "dense"):
        setup = method.make_setup({"net": net})
        run = Run(method, setup, 0)
        knobs = method.make_knobs(setup)
        print(net)
        show("step", lambda run=run, knobs=knobs: run.advance(knobs, 1), 30)
        show("samples", lambda run=run, knobs=knobs: run.method.layers(knobs, ("samples",)), 10)
        show("decode one code", lambda run=run, knobs=knobs: run.method.ask(knobs, "decode", {"anchors": [1]}), 30)
        show("walk of 16", lambda run=run, knobs=knobs: run.method.ask(knobs, "walk", {"anchors": [1, 2]}), 10)
        show("nearest of 8 among 60,000", lambda run=run, knobs=knobs: run.method.ask(knobs, "nearest", {}), 5)


if __name__ == "__main__":
    torch.set_num_threads(1)
    print("plane, default size")
    plane()
    digits()
