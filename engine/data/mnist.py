"""MNIST (LeCun, Cortes, Burges): all 70,000 handwritten digits, read from the files that ship and kept once a process."""

from __future__ import annotations

import functools
import gzip

import numpy as np
import torch
from torch import Tensor

from engine.assets import ASSETS

SIDE = 28
PIXELS = SIDE * SIDE
FILES = {"train": "train", "test": "t10k"}


@functools.cache
def images(split: str) -> Tensor:
    """Grey images, uint8 (60000, 784) for "train" and (10000, 784) for "test". Shared: never written to."""
    return _read(f"{FILES[split]}-images-idx3-ubyte.gz", 16).reshape(-1, PIXELS)


@functools.cache
def labels(split: str) -> Tensor:
    """The digits' labels, int64 (N,)."""
    return _read(f"{FILES[split]}-labels-idx1-ubyte.gz", 8).long()


def _read(name: str, header: int) -> Tensor:
    """The bytes of an IDX file after its header."""
    with gzip.open(ASSETS / "mnist" / name) as file:
        return torch.from_numpy(np.frombuffer(file.read(), np.uint8, offset=header).copy())
