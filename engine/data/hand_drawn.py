"""A digit drawn by hand, scaled and moved to the size and place of MNIST's digits."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.core.declare import InvalidValue
from engine.data.mnist import PIXELS, SIDE

# MNIST's digits fill a box of 20 pixels, and their centre of mass is at pixel 14 (LeCun, Bottou,
# Bengio, Haffner 1998, "Gradient-based learning applied to document recognition").
INNER = 20


def drawn(pixels: Any) -> Tensor:
    """Grey levels (784,) in [0, 1] of a drawing, scaled and centred.

    pixels: 784 numbers from 0 (paper) to 255 (ink), row by row from the top. Raises InvalidValue
    for another number of them, for numbers out of range, and where there is hardly any ink.
    """
    try:
        image = torch.tensor([float(v) for v in pixels])
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidValue(f"pixels: give a list of {PIXELS} numbers from 0 to 255") from error
    if image.numel() != PIXELS or not (image.isfinite() & (image >= 0) & (image <= 255)).all():
        raise InvalidValue(f"pixels: give a list of {PIXELS} numbers from 0 to 255, row by row from the top")
    image = image.reshape(SIDE, SIDE) / 255
    inked = image > 0.1
    if inked.sum() < 8:
        raise InvalidValue("The drawing is empty: draw a digit first, in strokes a few pixels wide")
    rows, columns = inked.any(1).nonzero().flatten(), inked.any(0).nonzero().flatten()
    box = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = INNER / max(box.shape)
    size = [max(1, round(n * scale)) for n in box.shape]
    box = F.interpolate(box[None, None], size, mode="bilinear", antialias=True, align_corners=False)[0, 0].clamp(0, 1)
    mass = box / box.sum()
    down, across = (
        (mass.sum(1) @ torch.arange(size[0]).float()).item(),
        (mass.sum(0) @ torch.arange(size[1]).float()).item(),
    )
    top, left = (min(max(0, round(SIDE / 2 - at)), SIDE - n) for at, n in zip((down, across), size))
    out = torch.zeros(SIDE, SIDE)
    out[top : top + size[0], left : left + size[1]] = box
    return out.flatten()
