"""Attacks against foolbox and torchattacks, and the times that a visitor feels.

`python -m tests.benchmarks.attacks.speed`

The same model and batch, taken in turn. torchattacks pins old packages: install it with `pip
install --no-deps torchattacks`; it is left out where it is missing.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import foolbox
import torch
from torch import nn

from engine.attacks import Settings, Task, run
from engine.attacks.norms import NORMS
from engine.core.streams import stream
from engine.data import mnist, photos
from engine.methods.attacks.photos import PhotoAttack
from engine.nn.digit_classifiers import load
from engine.nn.imagenet import classifiers
from engine.nn.imagenet.class_names import names
from engine.runs.run import Run

try:
    import torchattacks
except ImportError:
    torchattacks = None


def in_turn(calls: dict[str, Callable[[], object]], seconds: float) -> dict[str, float]:
    """Median seconds of each, and under "ratio" the median over rounds of the fastest rival's time
    by ours.

    Seconds of this thread's processor time, which other programs on the machine disturb least.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times["ours"]) < 5:
        for name, call in calls.items():
            start = time.thread_time()
            call()
            times[name].append(time.thread_time() - start)
    out = {name: statistics.median(t) for name, t in times.items()}
    rival = min((name for name in out if name != "ours"), key=out.get)
    return out | {"ratio": statistics.median(r / o for r, o in zip(times[rival], times["ours"]))}


def rivals(net: nn.Module, x: torch.Tensor, y: torch.Tensor, kind: str) -> dict[str, Callable[[], object]]:
    """Ours and theirs for fgsm, pgd (L∞) or pgd2 (L2), 40 steps."""
    norm, epsilon, step = ("l2", 1.5, 0.1) if kind == "pgd2" else ("linf", 0.1, 0.01)
    how = Settings(steps=40, step_size=step, random_start=False)
    calls: dict[str, Callable[[], object]] = {
        "ours": lambda: run(
            "fgsm" if kind == "fgsm" else "pgd", Task(net, x, y, norm=NORMS[norm], epsilon=epsilon), how
        )
    }
    fool, a = foolbox.PyTorchModel(net, bounds=(0, 1)), foolbox.attacks
    theirs = {
        "fgsm": lambda: a.LinfFastGradientAttack(random_start=False),
        "pgd": lambda: a.LinfProjectedGradientDescentAttack(abs_stepsize=step, steps=40, random_start=False),
        "pgd2": lambda: a.L2ProjectedGradientDescentAttack(abs_stepsize=step, steps=40, random_start=False),
    }[kind]()
    criterion = foolbox.criteria.Misclassification(y)
    # run() leaves out the success check of a full call.
    calls["foolbox"] = lambda: theirs.run(fool, x, criterion, epsilon=epsilon)
    if torchattacks is not None:
        ta = {
            "fgsm": lambda: torchattacks.FGSM(net, eps=epsilon),
            "pgd": lambda: torchattacks.PGD(net, epsilon, step, 40, random_start=False),
            "pgd2": lambda: torchattacks.PGDL2(net, epsilon, step, 40, random_start=False),
        }[kind]()
        calls["torchattacks"] = lambda: ta(x, y)
    return calls


def against_others(seconds: float) -> None:
    for model in ("dnn4", "cnn"):
        net = nn.Sequential(nn.Flatten(), load(model)).eval()
        for count in (1, 100):
            x, y = mnist.images("test")[:count].float().view(-1, 1, 28, 28) / 255, mnist.labels("test")[:count]
            for kind in ("fgsm", "pgd", "pgd2"):
                found = in_turn(rivals(net, x, y, kind), seconds)
                times = ", ".join(f"{name} {1e3 * value:.2f} ms" for name, value in found.items() if name != "ratio")
                print(
                    f"{model:5} batch {count:3} {kind:5} {times}; fastest rival / ours {found['ratio']:.3f}", flush=True
                )


def overhead(seconds: float) -> None:
    """A PGD step against one bare forward and backward of the same model."""
    for name in classifiers.SHIPPED:
        model, x = classifiers.load(name), photos.prepare(photos.pixels("panda"))[None]
        for norm in NORMS.values():
            task = Task(model, x, model(x).argmax(1), norm=norm, epsilon=0.01 if norm.name == "linf" else 1.0)
            delta = torch.zeros_like(x)

            def ours(task: Task = task, delta: torch.Tensor = delta) -> None:
                norm = task.norm
                norm.projected_step(
                    task.x, delta, norm.steepest(task.gradient(task.x + delta)), task.epsilon / 8, task.epsilon
                )

            def bare(task: Task = task) -> None:
                at = task.x.clone().requires_grad_()
                torch.autograd.grad(nn.functional.cross_entropy(task.model(at), task.labels), at)

            found = in_turn({"ours": ours, "bare": bare}, seconds)
            print(
                f"PGD step on {name}, {norm.symbol}: {1e3 * found['ours']:.1f} ms, {1 / found['ratio']:.3f} of a "
                f"bare forward and backward",
                flush=True,
            )


def one_digit() -> None:
    """Click to picture without the network: one digit on the CNN, targeted at the next digit, and
    whether it is reached.
    """
    net = load("cnn")
    methods = {
        "fgsm": Settings(),
        "pgd": Settings(steps=40, step_size=0.02),
        "cw": Settings(steps=40, searches=3, rate=0.3, c=10.0),
    }
    for name, settings in methods.items():
        times, hits = [], 0
        for k in range(20):
            x, y = mnist.images("test")[k : k + 1].float() / 255, mnist.labels("test")[k : k + 1]
            task = Task(
                net,
                x,
                y,
                None if name == "fgsm" else (y + 1) % 10,
                NORMS["l2" if name == "cw" else "linf"],
                20.0 if name == "cw" else 0.25,
            )
            start = time.perf_counter()
            image = run(name, task, settings, stream(k, "starts"))
            times.append(time.perf_counter() - start)
            hits += int(task.succeeded(net(image)).sum())
        aim = "wrong" if name == "fgsm" else "target reached"
        print(f"one digit on the CNN, {name}: {1e3 * statistics.median(times):.1f} ms, {aim} {hits} of 20", flush=True)


def presets() -> None:
    for setup, target, steps in (({}, "", 30), ({}, "airliner", 100), ({"picture": "panda"}, "gibbon", 100)):
        live = Run(PhotoAttack, PhotoAttack.make_setup(setup))
        knobs = PhotoAttack.make_knobs(live.setup, {"target": target, "steps": steps})
        start, reached = time.perf_counter(), None
        for step in range(steps):
            live.advance(knobs)
            if reached is None and target and live.method.metrics(knobs, ["p"])[0]["p.target"] > 0.9:
                reached = step + 1
        seconds = time.perf_counter() - start
        bars = live.method.layers(knobs, ["bars"])["bars"]
        print(
            f"{names()[int(bars[0, 0])]} {bars[0, 1]:.2f} → {names()[int(bars[5, 0])]} {bars[5, 2]:.3f}: "
            f"{seconds:.1f} s for {steps} steps, looked at each"
            + (f", above .9 from step {reached}" if reached else ""),
            flush=True,
        )


if __name__ == "__main__":
    torch.set_num_threads(1)
    if torchattacks is None:
        print("torchattacks is not installed: compared with foolbox alone")
    against_others(3)
    overhead(8)
    one_digit()
    presets()
