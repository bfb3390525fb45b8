"""Paths between two codes: a straight line (lerp) and an arc of a great circle (slerp)."""

from __future__ import annotations

import torch
from torch import Tensor

PARALLEL = 2e-3  # sine of the angle below which float32 no longer tells two directions apart


def lerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """(1 − t)·a + t·b for codes a, b (D,) and t (N,): (N, D).

    The middle of two independent Gaussian codes of high dimension has 1/√2 of their length.
    """
    return a + t[:, None] * (b - a)


def slerp(a: Tensor, b: Tensor, t: Tensor, even_length: bool = True) -> Tensor:
    """The great circle from the direction of a (D,) to that of b (D,), at t (N,) in [0, 1]: (N, D).

    Shoemake 1985, "Animating rotation with quaternion curves"; for codes: White 2016 (arXiv
    1609.04468). With Ω the angle between a and b, the weights are sin((1 − t)Ω)/sin Ω and
    sin(tΩ)/sin Ω. even_length: these weigh the directions, and the length goes evenly from ‖a‖ to
    ‖b‖; else they weigh a and b themselves, as Shoemake's formula has it. Both are the same where
    ‖a‖ = ‖b‖. A straight line where the two are parallel, opposite, or one of them is 0.
    """
    length_a, length_b = a.norm(), b.norm()
    if min(length_a, length_b) == 0:
        return lerp(a, b, t)
    if even_length:
        start, end, length = a / length_a, b / length_b, ((1 - t) * length_a + t * length_b)[:, None]
        cosine = start @ end
    else:
        start, end, length = a, b, 1.0
        cosine = a @ b / (length_a * length_b)
    angle = torch.arccos(cosine.clamp(-1, 1))
    if angle.sin() < PARALLEL:
        return lerp(a, b, t)
    t = t[:, None]
    return (torch.sin((1 - t) * angle) * start + torch.sin(t * angle) * end) / angle.sin() * length


def arc(a: Tensor, b: Tensor, steps: int) -> Tensor:
    """`steps` codes (steps, D) at equal angles from a to b, both among them: slerp of a and b."""
    return slerp(a, b, torch.linspace(0, 1, steps), even_length=False)
