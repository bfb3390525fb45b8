"""Dense layers and their initial weights."""

import torch

from engine.nn.dense import dense
from tests.draws import generator


def test_dense_is_drawn_from_its_generator_alone():
    before = torch.get_rng_state()
    a, b, c = dense((4, 8, 2), generator()), dense((4, 8, 2), generator()), dense((4, 8, 2), generator(1))
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(a[0].weight, b[0].weight) and not torch.equal(a[0].weight, c[0].weight)
