"""Paths and planes through the space of codes z."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.nn.interpolation import lerp, slerp

PATHS = {"slerp": slerp, "lerp": lerp}


def tour(anchors: Tensor, steps: int, how: str, closed: bool = False) -> Tensor:
    """Codes (N, D) through the anchors (K, D), K ≥ 2, along paths of the kind `how` of PATHS.

    Each anchor is followed by steps − 1 codes on the way to the next. An open tour ends on the last
    anchor, N = (K − 1)·steps + 1; a closed one goes back to the first and ends before it, N =
    K·steps.
    """
    stops = torch.cat([anchors, anchors[:1]]) if closed else anchors
    t = torch.arange(steps) / steps
    legs = [PATHS[how](a, b, t) for a, b in zip(stops, stops[1:])]
    return torch.cat(legs if closed else [*legs, stops[-1:]])


def plane(anchors: Tensor, at: Tensor) -> Tensor:
    """Codes (N, D) at a + u·(b − a) + v·(c − a), for anchors a, b, c (3, D) and at (N, 2) of u, v.

    The anchors lie at (0, 0), (1, 0) and (0, 1).
    """
    a, b, c = anchors
    return a + at[:, :1] * (b - a) + at[:, 1:] * (c - a)
