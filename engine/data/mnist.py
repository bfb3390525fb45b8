"""MNIST (LeCun, Cortes, Burges): all 70,000 handwritten digits, read from the files that ship and
kept once a process.
"""

from __future__ import annotations

import functools
import gzip

import numpy as np
import torch
from torch import Generator, Tensor

from engine.core.assets import ASSETS

SIDE = 28
PIXELS = SIDE * SIDE
CLASSES = 10
FILES = {"train": "train", "test": "t10k"}


@functools.cache
def images(split: str) -> Tensor:
    """Grey images, uint8 (60000, 784) for "train" and (10000, 784) for "test". Shared: never
    written to.
    """
    return _read(f"{FILES[split]}-images-idx3-ubyte.gz", 16).reshape(-1, PIXELS)


@functools.cache
def labels(split: str) -> Tensor:
    """The digits' labels, int64 (N,)."""
    return _read(f"{FILES[split]}-labels-idx1-ubyte.gz", 8).long()


def balanced_order(generator: Generator) -> Tensor:
    """An order of the training images whose first n have all ten digits equally often, as far as
    there are enough of each: (60000,).
    """
    y = labels("train")
    shuffled = torch.randperm(len(y), generator=generator)
    rank = torch.empty(len(y), dtype=torch.long)
    for digit in range(CLASSES):
        mine = shuffled[y[shuffled] == digit]
        rank[mine] = torch.arange(len(mine)) * CLASSES + digit
    return rank.argsort()


@functools.cache
def mixed_test() -> tuple[Tensor, Tensor]:
    """The test images (10000, 784) and labels in a fixed random order, so that the first few stand
    for all.

    In the files' own order they do not: the first half is by other, neater writers than the second.
    """
    order = torch.randperm(10000, generator=torch.Generator().manual_seed(0x7E57))
    return images("test")[order], labels("test")[order]


def _read(name: str, header: int) -> Tensor:
    """The bytes of an IDX file after its header."""
    with gzip.open(ASSETS / "mnist" / name) as file:
        return torch.from_numpy(np.frombuffer(file.read(), np.uint8, offset=header).copy())
