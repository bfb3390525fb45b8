"""Densities of the plane: samplers, blurred histograms, modes, paintings."""

import pytest
import torch

from engine.core.streams import stream
from engine.data import density as plane
from engine.metrics import divergences as dv


@pytest.mark.parametrize("name", plane.SHAPES)
def test_samples_have_the_density_that_is_known(name):
    density = plane.make(name)
    p, x = density.grid(), density.sample(8192, stream(0, "x"))
    assert p.sum().item() == pytest.approx(1) and x.shape == (8192, 2)
    assert dv.js(p, plane.blurred(x).double()) < 0.002
    assert dv.js(p, plane.blurred(x + torch.tensor([0.3, 0.0])).double()) > 0.05


def test_every_point_counts_on_the_grid():
    """All mass is there, also of points outside the view, which count at its edge."""
    x = torch.tensor([[0.0, 0.0], [50.0, 0.0], [0.0, -50.0]])
    p = plane.blurred(x)
    assert p.sum().item() == pytest.approx(1, abs=1e-6)
    assert p[:, -8:].sum().item() == pytest.approx(1 / 3, abs=1e-3)
    assert p[:8].sum().item() == pytest.approx(1 / 3, abs=1e-3)


def test_modes_are_counted():
    ring = plane.make("ring8")
    x = ring.sample(4000, stream(0, "x"))
    assert (plane.near_modes(x, ring).float().mean(0) > plane.MODE_SHARE).sum() == 8
    seven = x[torch.cdist(x, ring.centres[:1])[:, 0] > 0.5]
    assert (plane.near_modes(seven, ring).float().mean(0) > plane.MODE_SHARE).sum() == 7
    assert not plane.near_modes(torch.zeros(1, 2), ring).any()


def test_a_painting_is_sampled_where_there_is_ink():
    levels = [0] * plane.INK_SIDE**2
    levels[0], levels[plane.INK_SIDE**2 - 1] = 15, 5  # bottom left, top right
    painting = plane.Painting(levels)
    x = painting.sample(4000, stream(0, "x"))
    low = x[:, 0] < 0
    assert low.float().mean().item() == pytest.approx(0.75, abs=0.03)
    assert (x[low] < torch.tensor([-2.25, -1.6875])).all() and (x[~low] > torch.tensor([2.25, 1.6875])).all()
    assert dv.js(painting.grid(), plane.blurred(x).double()) < 0.005
