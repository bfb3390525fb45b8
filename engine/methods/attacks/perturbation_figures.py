"""What is said of a perturbation: its sizes, what rounding does to it, and how it is shown."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def sizes(delta: Tensor) -> dict[str, float]:
    """L0 (pixels changed in any channel, of (C, H, W) or (D,)), L2 and L∞ in pixel units."""
    changed = (delta != 0).any(0) if delta.dim() == 3 else delta != 0
    return {"l0": float(changed.sum()), "l2": float(delta.double().norm()), "linf": float(delta.abs().max())}


def rounded(image: Tensor) -> Tensor:
    """The image as an eight-bit file would keep it."""
    return (image * 255).round() / 255


def shown(delta: Tensor) -> np.ndarray:
    """δ (...) as uint8 with 128 for 0 and ±127 for ±‖δ‖_∞: δ = (value − 128)/127·‖δ‖_∞, so the
    browser can magnify it by any m, exactly to half a grey level while m·‖δ‖_∞ ≤ ½, which is as far
    as ½ + m·δ can be shown.
    """
    largest = float(delta.abs().max()) if delta.numel() else 0.0
    if largest == 0:
        return np.full(tuple(delta.shape), 128, np.uint8)
    return (delta * (127 / largest) + 128).round().to(torch.uint8).numpy()


def noise_like(delta: Tensor, norm: str, generator: torch.Generator) -> Tensor:
    """Random noise of the same size as δ: ±‖δ‖_∞ for each value in L∞, a random direction of length
    ‖δ‖₂ in L2.
    """
    if norm == "linf":
        return (torch.randint(0, 2, delta.shape, generator=generator).to(delta.dtype) * 2 - 1) * delta.abs().max()
    draw = torch.randn(delta.shape, generator=generator, dtype=delta.dtype)
    return draw * (delta.norm() / draw.norm())
