"""Balls and the box of pixels: projections, steepest steps, random starts."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.attacks.norms import NORMS, into_box
from tests.engine.attacks.problems import every_norm


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.floats(0.001, 3), st.sampled_from(list(NORMS)))
def test_projection_is_the_nearest_point_of_the_ball(seed, epsilon, name):
    norm, generator = NORMS[name], torch.Generator().manual_seed(seed)
    delta = torch.randn(4, 7, generator=generator, dtype=torch.float64)
    projected = norm.project(delta.clone(), epsilon)
    assert (norm.size(projected) <= epsilon * (1 + 1e-12)).all()
    assert torch.allclose(norm.project(projected.clone(), epsilon), projected, atol=1e-15)  # idempotent
    other = norm.random(delta, epsilon, generator)
    assert (norm.size(other) <= epsilon * (1 + 1e-12)).all()
    # Nearest in L2: the way back makes an obtuse angle with the way to any other point of the ball.
    assert (((delta - projected) * (other - projected)).sum(1) <= 1e-9).all()
    assert torch.equal(projected[norm.size(delta) <= epsilon], delta[norm.size(delta) <= epsilon])


@every_norm
def test_the_steepest_step_has_size_one_and_the_greatest_slope(norm):
    generator = torch.Generator().manual_seed(3)
    g = torch.randn(6, 9, generator=generator, dtype=torch.float64)
    step = norm.steepest(g)
    assert torch.allclose(norm.size(step), torch.ones(6, dtype=torch.float64))
    assert torch.allclose((g * step).sum(1), g.norm(dim=1) if norm.name == "l2" else g.abs().sum(1))
    assert torch.equal(norm.steepest(torch.zeros(2, 5)), torch.zeros(2, 5))
    tiny = norm.steepest(g.float() * 1e-30)
    assert torch.allclose(norm.size(tiny), torch.ones(6)), "squares of small gradients must not vanish"


def test_a_random_start_fills_the_ball():
    generator = torch.Generator().manual_seed(0)
    like = torch.zeros(20000, 3)
    for norm in NORMS.values():
        radius = norm.size(norm.random(like, 2.0, generator)) / 2
        # Uniform in the volume: the share within r is r³.
        for r in (0.3, 0.6, 0.9):
            assert abs((radius < r).float().mean().item() - r**3) < 0.015, (norm.name, r)


def test_the_box_only_shortens():
    x, delta = torch.rand(4, 9), torch.randn(4, 9)
    boxed = into_box(x, delta.clone())
    assert ((x + boxed) >= 0).all() and ((x + boxed) <= 1 + 1e-7).all() and (boxed.abs() <= delta.abs() + 1e-6).all()


@every_norm
@torch.no_grad()
def test_what_is_returned_obeys_the_radius_in_double_precision(norm):
    """2/255 rounds up in float32, and so does x + δ: a clamp alone leaves the ball by a bit."""
    generator = torch.Generator().manual_seed(1)
    for epsilon in [k / 255 for k in range(1, 40)] + [0.1, 0.2, 0.3, 0.7, 1e-3, 1e-6, 1e-8, 1.5, 3.0]:
        for shape in ((50, 2), (3, 784)):
            x = torch.rand(shape, generator=generator)
            delta = torch.randn(shape, generator=generator)
            delta = norm.project(9 * delta.sign() if norm.name == "linf" else 9 * norm.steepest(delta), epsilon)
            for end in (
                norm.inside(x, delta, epsilon),
                norm.undo_rounding(x, x + norm.within(delta, epsilon), epsilon),
            ):
                for d in (end.double() - x.double(), (end - x).double()):
                    assert (norm.size(d) <= epsilon).all(), (epsilon, norm.size(d).max().item())
            assert (norm.size(norm.within(delta, epsilon).double()) <= epsilon).all()
            if epsilon > 1e-4:  # and not by much
                assert (norm.size(norm.within(delta, epsilon).double()) >= epsilon * (1 - 1e-5)).all()
