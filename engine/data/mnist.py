"""MNIST (LeCun, Cortes, Burges): all 70,000 handwritten digits, from the files that ship.

Each file is read once in a process.
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
    """Grey images, uint8 (60000, 784) for "train" and (10000, 784) for "test".

    Shared by all who ask: not to be written to. Raises KeyError for another split.
    """
    return _read(f"{FILES[split]}-images-idx3-ubyte.gz", 16).reshape(-1, PIXELS)


@functools.cache
def labels(split: str) -> Tensor:
    """Labels 0 to 9 of the images, int64 (N,). Raises KeyError for another split."""
    return _read(f"{FILES[split]}-labels-idx1-ubyte.gz", 8).long()


def balanced_order(generator: Generator) -> Tensor:
    """A random order (60000,) of the training images with all ten digits equally often.

    That holds for the first n of any n, as far as there are enough images of each digit.
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
    """The test images, uint8 (10000, 784), and labels (10000,), in a fixed random order.

    So the first few of them represent all. In the order of the file they do not: the first half was
    written by other, neater writers than the second.
    """
    order = torch.randperm(10000, generator=torch.Generator().manual_seed(0x7E57))
    return images("test")[order], labels("test")[order]


def _read(name: str, header: int) -> Tensor:
    """The bytes of an IDX file after its header."""
    with gzip.open(ASSETS / "mnist" / name) as file:
        return torch.from_numpy(np.frombuffer(file.read(), np.uint8, offset=header).copy())
