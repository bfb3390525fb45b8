"""Images turned, moved and noised at random."""

import pytest
import torch

from engine.data import mnist
from engine.data.augmentation import perturbed
from tests.draws import generator


def test_turns_and_shifts():
    x = mnist.images("train")[:8].float() / 255
    assert torch.equal(perturbed(x, generator(), 0, 0, 0), x)
    moved = perturbed(x, generator(), 15, 2, 0)
    assert 0.005 < (moved - x).abs().mean() < 0.2 and moved.sum().item() == pytest.approx(x.sum().item(), rel=0.06)
    noisy = perturbed(x, generator(), 0, 0, 0.3)
    assert (noisy - x).std().item() == pytest.approx(0.3, rel=0.06)
    a, b = generator(), generator()
    perturbed(x, a, 0, 0, 0), perturbed(x, b, 9, 1, 0.5)
    assert torch.equal(a.get_state(), b.get_state())
