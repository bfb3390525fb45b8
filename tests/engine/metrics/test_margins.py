"""Margins of points to a boundary that is known."""

import math

import pytest
import torch

from engine.metrics.margins import margins


def test_margins_of_a_straight_boundary():
    # One linear layer: the logit of class 1 is x + y − .6, so the boundary is the line x + y = .6.
    layers = [
        (
            torch.tensor([[[0.0, 1.0], [0.0, 1.0]]], dtype=torch.float64),
            torch.tensor([[[0.0, -0.6]]], dtype=torch.float64),
        )
    ]
    z, y = torch.tensor([[0.0, 0.0], [1.0, 0.6], [0.0, 0.2]], dtype=torch.float64), torch.tensor([0, 1, 1])
    l2, nearest = margins(layers, z, y, "l2", (2.4, 1.8), 72, 96)
    linf, _ = margins(layers, z, y, "linf", (2.4, 1.8), 72, 96)
    assert l2[0].tolist() == pytest.approx([0.6 / math.sqrt(2), 1 / math.sqrt(2), -0.4 / math.sqrt(2)], abs=0.01)
    assert linf[0].tolist() == pytest.approx([0.3, 0.5, -0.2], abs=0.017)
    assert nearest[0].sum(-1).tolist() == pytest.approx([0.6] * 3, abs=1e-9)
    assert margins([(layers[0][0] * 0, layers[0][1])], z, y, "l2", (2.4, 1.8))[0].isnan().all()
