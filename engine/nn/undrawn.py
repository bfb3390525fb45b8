"""Modules whose weights somebody else sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn

Net = TypeVar("Net", bound=nn.Module)


def undrawn(make: Callable[[], Net]) -> Net:
    """The module that `make` builds, without a draw from torch's global generator: its parameters
    and buffers hold whatever was in memory.
    """
    with torch.device("meta"):
        module = make()
    # Not by to_empty, which asks torch's compiler how to make an empty tensor: that imports sympy,
    # 34 MB.
    return module._apply(lambda t: torch.empty(t.shape, dtype=t.dtype, device="cpu"))
