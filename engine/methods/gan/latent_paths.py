"""Paths and planes through the space of codes z."""

from __future__ import annotations

import torch
from torch import Tensor


def lerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """(1 − t)·a + t·b for codes (D,) and t (N,): (N, D). Half-way between two Gaussian codes it is
    .707 as long as they are.
    """
    return a + t[:, None] * (b - a)


def slerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """From a to b along the great circle between their directions, the length changing evenly: (N,
    D) (Shoemake 1985; White 2016, 1609.04468).

    Straight where the two directions are the same or opposite, or one code is zero.
    """
    lengths = a.norm(), b.norm()
    if min(lengths) == 0:
        return lerp(a, b, t)
    u, v = a / lengths[0], b / lengths[1]
    angle = torch.arccos((u @ v).clamp(-1, 1))
    if angle.sin() < 2e-3:  # as near as float32 tells directions apart
        return lerp(a, b, t)
    t = t[:, None]
    direction = (torch.sin((1 - t) * angle) * u + torch.sin(t * angle) * v) / angle.sin()
    return direction * ((1 - t) * lengths[0] + t * lengths[1])


PATHS = {"slerp": slerp, "lerp": lerp}


def tour(anchors: Tensor, steps: int, how: str, closed: bool = False) -> Tensor:
    """Codes through anchors (K, D), K ≥ 2: `steps` from each to the next; an open tour ends on the
    last anchor, a closed one before the first.
    """
    stops = torch.cat([anchors, anchors[:1]]) if closed else anchors
    t = torch.arange(steps) / steps
    legs = [PATHS[how](a, b, t) for a, b in zip(stops, stops[1:])]
    return torch.cat(legs if closed else [*legs, stops[-1:]])


def plane(anchors: Tensor, at: Tensor) -> Tensor:
    """Codes a + u·(b − a) + v·(c − a) for anchors (3, D) and at (N, 2) of u, v: (N, D). The anchors
    lie at (0, 0), (1, 0) and (0, 1).
    """
    a, b, c = anchors
    return a + at[:, :1] * (b - a) + at[:, 1:] * (c - a)
