"""The networks of the game on digits."""

import pytest
import torch

from engine.core.streams import stream
from engine.methods.gan.digit_networks import as_vector, build


@pytest.mark.parametrize("net", ["dense", "conv"])
def test_networks_fit_and_their_vectors_are_their_weights(net):
    g, d = build(net, 5, 16, stream(0, "w"))
    vector = as_vector(g)
    x = g(torch.randn(3, 5, generator=stream(0, "z")))
    assert x.shape == (3, 784) and 0 <= x.min() and x.max() <= 1 and d(x).shape == (3,)
    masks = tuple(torch.zeros(3, *shape) for shape in d.hidden)
    assert torch.equal(d(x, masks), d(0 * x, masks))  # with every unit dropped nothing of the image comes through
    vector.zero_()
    assert all(not p.any() for p in g.parameters())
