"""MNIST in mixed and in balanced order."""

import pytest
import torch

from engine.core.streams import stream
from engine.data import mnist


@pytest.mark.parametrize("split", mnist.FILES)
def test_what_is_kept_of_the_images_is_all_of_them(split):
    whole, found = torch.tensor(mnist._pixels(split)), mnist.images(split)
    assert len(found) == len(whole) and torch.equal(found[-7000:], whole[-7000:])
    picked = torch.randint(len(whole), (300,), generator=torch.Generator().manual_seed(0))
    for index in (3, [5, 2, 5], slice(0, 50, 7), picked, picked[:0]):
        assert torch.equal(found[index], whole[index])
    kept = found._bits.nbytes + found._values.nbytes + found._count.nbytes + found._start.nbytes
    assert kept < whole.numel() / 2.9


def test_the_mixed_test_set_is_the_test_set():
    x, y = mnist.mixed_test()
    assert torch.allclose(x[:].float().mean(0), mnist.images("test")[:].float().mean(0), atol=1e-3)
    assert torch.equal(y.sort().values, mnist.labels("test").sort().values) and not torch.equal(y, mnist.labels("test"))
    assert all(mnist.balanced_order(stream(0, "labels")).sort().values == torch.arange(60000))
