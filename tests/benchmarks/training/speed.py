"""Six ways to train against perturbations: the batched run against plain eager loops.

`python -m tests.benchmarks.training.speed`
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.methods.training.ensemble import KINDS
from engine.methods.training.plane import Training, TrainingKnobs
from engine.runs.run import Run
from tests.benchmarks.timing import alternate


def network(hidden: int, depth: int) -> nn.Sequential:
    """One network of the lab as anyone would write it."""
    widths = [2, *[hidden] * depth, 2]
    layers: list[nn.Module] = []
    with torch.random.fork_rng():
        for a, b in zip(widths, widths[1:]):
            layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def learner(kind: str, net: nn.Module, x: Tensor, y: Tensor, knobs: TrainingKnobs) -> Callable[[], None]:
    """A function that does one training step of `kind` in L∞."""
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    g, epsilon = torch.Generator().manual_seed(1), knobs.epsilon

    def gradient(at: Tensor, loss: Callable[[Tensor], Tensor]) -> Tensor:
        at = at.detach().requires_grad_()
        return torch.autograd.grad(loss(net(at)), at)[0]

    def label_loss(logits: Tensor) -> Tensor:
        return F.cross_entropy(logits, y)

    def loss() -> Tensor:
        if kind == "standard":
            return label_loss(net(x))
        if kind == "smoothing":
            return F.cross_entropy(net(x), y, label_smoothing=knobs.smoothing)
        if kind == "pgd":
            delta = torch.zeros_like(x)
            for _ in range(knobs.steps):
                delta = (delta + knobs.step_size * gradient(x + delta, label_loss).sign()).clamp(-epsilon, epsilon)
            return label_loss(net(x + delta))
        logits = net(x)
        if kind == "vat":
            p = logits.detach().softmax(1)
            d = F.normalize(torch.randn(x.shape, generator=g), dim=1)
            d = F.normalize(
                gradient(x + 1e-3 * d, lambda out: F.kl_div(out.log_softmax(1), p, reduction="batchmean")), dim=1
            )
            return label_loss(logits) + knobs.lam * F.kl_div(
                net(x + epsilon * d).log_softmax(1), p, reduction="batchmean"
            )
        r = (
            epsilon * gradient(x, label_loss).sign()
            if kind == "fgsm"
            else epsilon * (2 * torch.rand(x.shape, generator=g) - 1)
        )
        return knobs.alpha * label_loss(logits) + (1 - knobs.alpha) * label_loss(net(x + r))

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        loss().backward()
        optimizer.step()

    return step


def six() -> tuple[float, float, float]:
    """One step of the six: a plain loop of each in turn against the batched run."""
    run = Run(Training, Training.make_setup({}), seed=0)
    knobs = Training.make_knobs(run.setup)
    x, y = run.method.plane_task.data[0].train_z.float(), run.method.plane_task.data[0].train_y
    loops = [learner(kind, network(int(run.setup.hidden), run.setup.depth), x, y, knobs) for kind in KINDS]
    return alternate(lambda: [step() for step in loops], lambda: run.advance(knobs))


if __name__ == "__main__":
    torch.set_num_threads(1)
    eager, batched, ratio = six()
    print(f"six members: eager loop {eager * 1e3:.2f} ms, batched {batched * 1e3:.2f} ms, ratio {ratio:.2f}")
