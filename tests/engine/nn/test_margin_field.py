"""The margin on a lattice, against the networks point by point."""

import pytest
import torch

from engine.metrics.margins import cell_centres, lattice
from engine.nn.batched_mlp import BatchedMLP, forward
from engine.nn.margin_field import margin_field
from tests.draws import generator


@pytest.mark.parametrize("hidden", [(), (50,), (30, 20), (7, 8, 9)])
def test_it_is_the_difference_of_the_logits_at_every_point(hidden):
    nets = BatchedMLP(5, (2, *hidden, 3), torch.float64)
    g = generator()
    with torch.no_grad():
        for p in nets.parameters():
            p.copy_(torch.randn(p.shape, generator=g, dtype=torch.float64))
    view, rows, columns = (2.4, 1.5), 9, 14
    logits = forward(nets.layers(), lattice(view, rows, columns, torch.float64).expand(5, -1, -1))
    wanted = (logits[..., 1] - logits[..., 0]).view(5, rows, columns)
    x, y = cell_centres(view[0], columns, torch.float64), cell_centres(view[1], rows, torch.float64)
    assert torch.allclose(margin_field(nets.layers(), x, y), wanted, atol=1e-11)
