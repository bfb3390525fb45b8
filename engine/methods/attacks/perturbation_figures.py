"""Figures of a perturbation: its sizes, what rounding leaves of it, noise as large, its picture."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def sizes(delta: Tensor) -> dict[str, float]:
    """l0, l2 and linf of δ (C, H, W) or (D,).

    l0 counts the pixels changed in any channel; l2 and linf are in pixel units.
    """
    changed = (delta != 0).any(0) if delta.dim() == 3 else delta != 0
    return {"l0": float(changed.sum()), "l2": float(delta.double().norm()), "linf": float(delta.abs().max())}


def rounded(image: Tensor) -> Tensor:
    """An image in [0, 1] as a file of eight bits a channel holds it."""
    return (image * 255).round() / 255


def delta_to_bytes(delta: Tensor) -> np.ndarray:
    """δ (...) as uint8 with 128 for 0 and ±127 for ±‖δ‖_∞: δ = (value − 128)/127·‖δ‖_∞.

    So the browser can magnify it by any m. The picture ½ + m·δ is exact to half a grey level as
    long as m·‖δ‖_∞ ≤ ½; beyond that it leaves the range of grey anyway.
    """
    largest = float(delta.abs().max()) if delta.numel() else 0.0
    if largest == 0:
        return np.full(tuple(delta.shape), 128, np.uint8)
    return (delta * (127 / largest) + 128).round().to(torch.uint8).numpy()


def noise_like(delta: Tensor, norm: str, generator: torch.Generator) -> Tensor:
    """Random noise of the shape and size of δ.

    norm: "linf", ±‖δ‖_∞ for each value, or "l2", a random direction of length ‖δ‖₂.
    """
    if norm == "linf":
        return (torch.randint(0, 2, delta.shape, generator=generator).to(delta.dtype) * 2 - 1) * delta.abs().max()
    draw = torch.randn(delta.shape, generator=generator, dtype=delta.dtype)
    return draw * (delta.norm() / draw.norm())
