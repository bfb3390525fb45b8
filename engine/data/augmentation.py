"""Small turns, shifts and noise of digits: what an encoder should see through."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from engine.data.mnist import SIDE


def perturbed(x: Tensor, generator: Generator, turn: float, shift: float, noise: float) -> Tensor:
    """Images (N, 784) turned about the middle by U(−turn, turn) degrees, moved by U(−shift, shift)
    pixels each way, with noise N(0, noise²).

    Takes the same number of draws whatever the three are.
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
