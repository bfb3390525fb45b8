"""Small rotations, shifts and noise of digits, to which a code should not react."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from engine.data.mnist import SIDE


def perturbed(x: Tensor, generator: Generator, turn: float, shift: float, noise: float) -> Tensor:
    """Images (N, 784), rotated, shifted and with noise, of the same shape.

    turn: they are rotated about the middle by U(−turn, turn) degrees. shift: moved by
    U(−shift, shift) pixels each way. noise: N(0, noise²) is added. The number of random draws is
    the same whatever the three are.
    """
    n = len(x)
    u = 2 * torch.rand(3, n, generator=generator) - 1
    grain = torch.randn(x.shape, generator=generator)
    if turn or shift:
        angle, across, up = u[0] * (turn * math.pi / 180), *(u[1:] * (2 * shift / SIDE))
        rows = (angle.cos(), -angle.sin(), across, angle.sin(), angle.cos(), up)
        at = F.affine_grid(torch.stack(rows, 1).reshape(n, 2, 3), [n, 1, SIDE, SIDE], align_corners=False)
        x = F.grid_sample(x.reshape(n, 1, SIDE, SIDE), at, align_corners=False).reshape(n, -1)
    return x + noise * grain if noise else x
