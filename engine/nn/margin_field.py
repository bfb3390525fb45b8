"""The margin of class 1 over class 0 on a lattice of the plane, for many small networks.

A picture of it is computed for every frame, so it is made of what a lattice allows. Its points are
all pairs of an x and a y, so the first layer is one value for each x plus one for each y. The last
layer is needed as the difference of two classes alone. And one network after the other, since its
hidden values then stay in the processor's cache: all of them at once, point by point, take five
times as long.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.nn.batched_mlp import Layers, forward


@torch.no_grad()
def margin_field(layers: Layers, x: Tensor, y: Tensor) -> Tensor:
    """Logit of class 1 minus that of class 0, (M, R, C), at all (x, y) for x (C,) and y (R,).

    layers: ReLU networks of plane coordinates, M members. A member whose logits overflow at a
    corner is NaN everywhere, though their difference may be finite.
    """
    corners = torch.cartesian_prod(x[[0, -1]], y[[0, -1]]).expand(len(layers[0][0]), -1, -1)
    overflown = ~forward(layers, corners).isfinite().all(-1).all(-1)
    return torch.where(overflown[:, None, None], torch.nan, _margins(layers, x, y))


def _margins(layers: Layers, x: Tensor, y: Tensor) -> Tensor:
    *hidden, (last, last_bias) = layers
    constant = (last_bias[..., 1] - last_bias[..., 0])[..., None]
    difference = last[..., 1] - last[..., 0]  # (M, H)
    if not hidden:
        return y[:, None] * difference[:, None, None, 1] + x * difference[:, None, None, 0] + constant
    (weight, bias), *hidden = hidden
    along = x[:, None] * weight[:, None, 0]  # (M, C, H)
    up = y[:, None] * weight[:, None, 1] + bias  # (M, R, H)
    out = x.new_empty(len(weight), len(y), len(x))
    values = x.new_empty(len(y), len(x), weight.shape[-1])
    for member in range(len(weight)):
        torch.add(up[member][:, None], along[member], out=values)
        h = values.relu_().view(-1, values.shape[-1])
        for w, b in hidden:
            h = torch.addmm(b[member], h, w[member]).relu_()
        torch.mv(h, difference[member], out=out[member].view(-1))
    return out + constant
