"""MNIST in mixed and in balanced order."""

import torch

from engine.core.streams import stream
from engine.data import mnist


def test_the_mixed_test_set_is_the_test_set():
    x, y = mnist.mixed_test()
    assert torch.allclose(x.float().mean(0), mnist.images("test").float().mean(0), atol=1e-3)
    assert torch.equal(y.sort().values, mnist.labels("test").sort().values) and not torch.equal(y, mnist.labels("test"))
    assert all(mnist.balanced_order(stream(0, "labels")).sort().values == torch.arange(60000))
