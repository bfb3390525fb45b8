"""Small random networks and images to attack."""

import pytest
import torch
from torch import nn

from engine.attacks import Task
from engine.attacks.norms import NORMS

every_norm = pytest.mark.parametrize("norm", NORMS.values(), ids=lambda n: n.name)


def network(seed=0, inputs=12, classes=4, dtype=torch.float32):
    """A small random ReLU network on [0, 1]."""
    generator = torch.Generator().manual_seed(seed)
    net = nn.Sequential(nn.Linear(inputs, 16), nn.ReLU(), nn.Linear(16, classes)).to(dtype)
    for p in net.parameters():
        p.data = torch.randn(p.shape, generator=generator, dtype=dtype) * 1.5
    return net.requires_grad_(False)


def images(n=5, inputs=12, seed=1, dtype=torch.float32):
    """Random inputs in [0, 1]."""
    return torch.rand(n, inputs, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def task(net, x, norm="linf", epsilon=0.1, targeted=False, **more):
    """An attack on the answers that `net` gives, targeted at the next class or untargeted."""
    y = net(x).argmax(1)
    return Task(net, x, y, (y + 1) % 4 if targeted else None, NORMS[norm], epsilon, **more)
