"""Structural similarity of images."""

import pytest
import torch

from engine.metrics.ssim import ssim


def test_ssim_is_scikit_images_definition():
    """One for equal pictures, symmetric, and for two constants the closed form (2ab + C1)/(a² + b²
    + C1).
    """
    x = torch.rand(3, 40, 30, generator=torch.Generator().manual_seed(0))
    y = (x + 0.1 * torch.randn(3, 40, 30, generator=torch.Generator().manual_seed(1))).clamp(0, 1)
    assert ssim(x, x) == pytest.approx(1) and ssim(x, y) == pytest.approx(ssim(y, x)) and 0 < ssim(x, y) < 0.99
    a, b = torch.full((1, 20, 20), 0.3), torch.full((1, 20, 20), 0.5)
    assert ssim(a, b) == pytest.approx((2 * 0.15 + 1e-4) / (0.09 + 0.25 + 1e-4), rel=1e-5)
