"""Random numbers for tests, always from a generator of their own."""

import torch

from engine.core.streams import stream


def generator(seed=0):
    """A new generator."""
    return torch.Generator().manual_seed(seed)


def draw(*shape, seed=0, name="test"):
    """Standard normal numbers of a named stream, in double precision."""
    return torch.randn(*shape, generator=stream(seed, name), dtype=torch.float64)
