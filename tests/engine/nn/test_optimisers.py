"""Optimisers without torch.optim's classes, against torch.optim."""

import subprocess
import sys

import pytest
import torch

from engine.nn.optimisers import Adam, Momentum, adam_step
from tests.draws import generator

SHAPES = ((7, 5), (5,), (1, 3, 2), ())


def _two(g):
    """The same parameters twice."""
    first = [torch.randn(shape, generator=g).requires_grad_() for shape in SHAPES]
    return first, [p.detach().clone().requires_grad_() for p in first]


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.5, 0.9)])
def test_adam_is_torchs_to_the_last_bit_under_a_rate_that_changes(betas):
    g = generator()
    theirs, mine = _two(g)
    other = torch.optim.Adam(theirs, betas=betas, fused=True)
    adam = Adam("x", {str(k): p for k, p in enumerate(mine)}, betas)
    for step in range(30):
        gradients = [torch.randn(shape, generator=g) for shape in SHAPES]
        for p, gradient in zip(theirs, gradients):
            p.grad = gradient.clone()
        other.param_groups[0]["lr"] = rate = 1e-2 / (1 + step % 3)
        other.step()
        adam.descend(gradients, rate)
    assert all(torch.equal(a, b) for a, b in zip(theirs, mine))
    for k, p in enumerate(theirs):
        for moment, value in other.state[p].items():
            assert torch.equal(adam.state()[f"optimiser.x.{k}.{moment}"], value)


def test_adam_on_one_tensor_is_torchs_to_the_last_bit():
    g = generator()
    theirs, mine = _two(g)
    other = torch.optim.Adam(theirs, 3e-3, foreach=False)
    moments = [
        {"step": torch.zeros(()), "exp_avg": torch.zeros_like(p), "exp_avg_sq": torch.zeros_like(p)} for p in mine
    ]
    for _ in range(30):
        for p, q, m in zip(theirs, mine, moments):
            p.grad = torch.randn(p.shape, generator=g)
            adam_step(q, p.grad.clone(), m, 3e-3)
        other.step()
    assert all(torch.equal(a, b) for a, b in zip(theirs, mine))


def test_momentum_is_torchs_to_the_last_bit():
    g = generator()
    theirs, mine = _two(g)
    other = torch.optim.SGD(theirs, 0.1, momentum=0.9, fused=True)
    momentum = Momentum(mine, 0.1, 0.9)
    for _ in range(30):
        for p, q in zip(theirs, mine):
            p.grad = torch.randn(p.shape, generator=g)
            q.grad = p.grad.clone()
        other.step()
        momentum.descend()
    assert all(torch.equal(a, b) for a, b in zip(theirs, mine)) and all(p.grad is None for p in mine)


def test_training_does_not_load_the_compiler():
    """74 MB and 1.5 seconds: torch.optim's first optimiser imports it."""
    code = """
import sys
from engine.runs.run import Run
from engine.core.registry import find
for name in ("vat", "gan", "aae", "training"):
    kind = find(name)
    run = Run(kind, kind.make_setup({}), 0)
    run.advance(kind.make_knobs(run.setup, {}), 2)
print("torch._dynamo" in sys.modules, "sklearn" in sys.modules, "pandas" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", timeout=120, check=True)
    assert done.stdout.split() == ["False"] * 3
