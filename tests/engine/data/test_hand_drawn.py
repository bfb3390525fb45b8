"""A digit that a visitor draws is brought to the form of MNIST's digits."""

import pytest
import torch

from engine.data import mnist
from engine.data.hand_drawn import drawn


def test_a_drawing_is_centred_like_mnist():
    small = [200 if 2 <= k // 28 < 10 and 3 <= k % 28 < 5 else 0 for k in range(784)]  # a stroke in a corner
    image = drawn(small).reshape(28, 28)
    rows, columns = torch.arange(28.0), torch.arange(28.0)
    mass = image.sum()
    assert ((image.sum(1) @ rows) / mass).item() == pytest.approx(14, abs=0.6)
    assert ((image.sum(0) @ columns) / mass).item() == pytest.approx(14, abs=0.6)
    assert (image.amax(1) > 0.1).sum() == 20
    # A test digit that already is as MNIST wants it stays nearly where it was.
    x = mnist.images("test")[0].float()
    assert (drawn(x.tolist()) - x / 255).abs().mean() < 0.03
