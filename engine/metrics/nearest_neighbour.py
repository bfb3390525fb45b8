"""The nearest training image, by L2 distance over all pixels (Goodfellow et al. 2014, figure 2)."""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from engine.data import mnist

PIECE = 6000  # images at a time, so that they fit a cache as floats


@functools.cache
def _squares() -> Tensor:
    """Σ x² of every training image, float32 (60000,), pixels in [0, 1]."""
    return torch.cat([(part.float() / 255).square().sum(1) for part in mnist.images("train").split(PIECE)])


@torch.no_grad()
def nearest_neighbour(x: Tensor) -> tuple[Tensor, Tensor]:
    """For each of x (N, 784) in [0, 1] the nearest of the 60,000 training images.

    Its index (N,) and the L2 distance to it (N,).
    """
    query = x.T.contiguous() * (2 / 255)
    best = torch.full((len(x),), float("inf"))
    index = torch.zeros(len(x), dtype=torch.long)
    for k, part in enumerate(mnist.images("train").split(PIECE)):
        gaps = _squares()[k * PIECE : k * PIECE + len(part), None] - part.float() @ query
        low, at = gaps.min(0)
        closer = low < best
        best, index = torch.where(closer, low, best), torch.where(closer, at + k * PIECE, index)
    found = mnist.images("train")[index].float() / 255
    return index, (found - x).norm(dim=1)
