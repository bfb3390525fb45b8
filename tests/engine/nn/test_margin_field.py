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


def test_a_network_whose_logits_overflow_has_no_margin():
    """Two infinite logits have no difference, though their last weights may have one."""
    nets = BatchedMLP(2, (2, 4, 2))
    with torch.no_grad():
        for weight in nets.weights:
            weight[0] = 1e25
            weight[1] = 1.0
    at = cell_centres(1.0, 5, torch.float32)
    field = margin_field(nets.layers(), at, at)
    assert field[0].isnan().all() and field[1].isfinite().all()
