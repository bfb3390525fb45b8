"""Paths between codes: straight ones, ones on a sphere, tours, planes."""

import math

import pytest
import torch

from engine.core.streams import stream
from engine.methods.gan import latent_paths


def test_paths_start_and_end_at_their_anchors():
    a, b = torch.randn(2, 64, generator=stream(0, "z"))
    t = torch.linspace(0, 1, 5)
    for path in latent_paths.PATHS.values():
        assert torch.allclose(path(a, b, t)[[0, -1]], torch.stack([a, b]), atol=1e-5)


def test_slerp_keeps_the_length_that_lerp_loses():
    """Half-way between two Gaussian codes of high dimension lerp is √½ as long as they are; slerp
    goes evenly from one length to the other.
    """
    z = torch.randn(200, 2, 400, generator=stream(0, "z"))
    half = torch.tensor([0.5])
    ratio = (
        torch.stack([latent_paths.lerp(a, b, half)[0].norm() / ((a.norm() + b.norm()) / 2) for a, b in z]).mean().item()
    )
    assert ratio == pytest.approx(math.sqrt(0.5), abs=0.005)
    for a, b in z[:20]:
        assert latent_paths.slerp(a, b, half)[0].norm().item() == pytest.approx(
            (a.norm() + b.norm()).item() / 2, rel=1e-5
        )
    a, b = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    assert torch.allclose(
        latent_paths.slerp(a, b, torch.tensor([1 / 3]))[0], torch.tensor([math.cos(math.pi / 6), math.sin(math.pi / 6)])
    )


def test_slerp_of_parallel_and_of_zero_codes_is_straight():
    a, t = torch.tensor([1.0, 2.0]), torch.tensor([0.25])
    for b in (3 * a, -a, 0 * a, a):
        assert torch.allclose(latent_paths.slerp(a, b, t), latent_paths.lerp(a, b, t), atol=1e-6)
        assert latent_paths.slerp(a, b, t).isfinite().all()


def test_tours_open_and_closed():
    anchors = torch.randn(3, 20, generator=stream(0, "z"))
    opened, closed = (latent_paths.tour(anchors, 4, "lerp", c) for c in (False, True))
    assert len(opened) == 2 * 4 + 1 and len(closed) == 3 * 4
    assert torch.equal(opened[::4], anchors) and torch.equal(closed[::4], anchors)


def test_a_plane_goes_through_its_three_codes():
    anchors = torch.randn(3, 20, generator=stream(0, "z"))
    at = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1 / 3, 1 / 3]])
    z = latent_paths.plane(anchors, at)
    assert torch.allclose(z[:3], anchors, atol=1e-6) and torch.allclose(z[3], anchors.mean(0), atol=1e-6)
