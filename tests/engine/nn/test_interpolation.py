"""Paths between two codes: ends, length, even speed, and Shoemake's formula."""

import math

import pytest
import torch

from engine.nn.interpolation import arc, lerp, slerp
from tests.draws import draw

T = torch.linspace(0, 1, 9)


def test_an_arc_moves_at_an_even_angle_and_its_length_changes_evenly():
    a, b = draw(2, 12).float()
    path = slerp(a, 3 * b, T)
    lengths = path.norm(dim=1)
    torch.testing.assert_close(lengths, (1 - T) * a.norm() + T * 3 * b.norm())
    unit = path / lengths[:, None]
    turns = torch.arccos((unit[1:] * unit[:-1]).sum(1).clamp(-1, 1))
    torch.testing.assert_close(turns, turns.mean().expand(8), rtol=1e-3, atol=0)
    torch.testing.assert_close(path[0], a)
    torch.testing.assert_close(path[-1], 3 * b)


@pytest.mark.parametrize("angle", [5e-4, 1.5e-3, 2.5e-3, 0.3, 3.0])
def test_arc_is_shoemakes_formula_at_every_angle(angle):
    """Near 0 the straight line stands in; it is the same to float32."""
    a = torch.tensor([1.0, 0.0])
    b = torch.tensor([math.cos(angle), math.sin(angle)])
    t = torch.linspace(0, 1, 7, dtype=torch.float64)
    omega = torch.tensor(angle, dtype=torch.float64)
    wanted = (
        torch.sin((1 - t) * omega)[:, None] * a.double() + torch.sin(t * omega)[:, None] * b.double()
    ) / omega.sin()
    torch.testing.assert_close(arc(a, b, 7).double(), wanted, rtol=0, atol=2e-6)


def test_what_has_no_great_circle_is_joined_by_a_straight_line():
    a = draw(5).float()
    for b in (torch.zeros(5), 2 * a, -a):
        torch.testing.assert_close(slerp(a, b, T), lerp(a, b, T))
