"""The nearest training image, by L2 distance over all pixels (Goodfellow et al. 2014, figure 2)."""

from __future__ import annotations

import functools
import threading
import time

import torch
from torch import Tensor

from engine.data import mnist

PIECE = 6000  # images at a time, so that they fit a cache as floats
KEPT = 30.0  # seconds that all images are kept as a tensor, 45 MB, after the latest use


class _Whole:
    """All training images as a tensor, uint8 (60000, 784), while somebody asks for them: to make it
    takes as long as to search it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._images: Tensor | None = None
        self._used = 0.0

    def images(self) -> Tensor:
        with self._lock:
            self._used = time.monotonic()
            if self._images is None:
                kept = mnist.images("train")
                self._images = torch.empty(len(kept), mnist.PIXELS, dtype=torch.uint8)
                for k, part in enumerate(self._images.split(PIECE)):
                    part.copy_(kept[k * PIECE : (k + 1) * PIECE])
                self._wait(KEPT)
            return self._images

    def _wait(self, seconds: float) -> None:
        timer = threading.Timer(seconds, self._let_go)
        timer.daemon = True
        timer.start()

    def _let_go(self) -> None:
        with self._lock:
            if (left := self._used + KEPT - time.monotonic()) > 0:
                self._wait(left)
            else:
                self._images = None


_whole = _Whole()


@functools.cache
def _squares() -> Tensor:
    """Σ x² of every training image, float32 (60000,), pixels in [0, 1]."""
    return torch.cat([(part.float() / 255).square().sum(1) for part in _whole.images().split(PIECE)])


@torch.no_grad()
def nearest_neighbour(x: Tensor) -> tuple[Tensor, Tensor]:
    """For each of x (N, 784) in [0, 1] the nearest of the 60,000 training images.

    Its index (N,) and the L2 distance to it (N,).
    """
    query = x.T.contiguous() * (2 / 255)
    best = torch.full((len(x),), float("inf"))
    index = torch.zeros(len(x), dtype=torch.long)
    for k, part in enumerate(_whole.images().split(PIECE)):
        gaps = _squares()[k * PIECE : k * PIECE + len(part), None] - part.float() @ query
        low, at = gaps.min(0)
        closer = low < best
        best, index = torch.where(closer, low, best), torch.where(closer, at + k * PIECE, index)
    found = mnist.images("train")[index].float() / 255
    return index, (found - x).norm(dim=1)
