"""Margins: how far points of the plane are from a network's decision boundary.

The boundary is found on a grid over the whole plane and not along gradients, which masking would
mislead.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.nn.batched_mlp import Layers, forward
from engine.nn.margin_field import margin_field

ALL = slice(None)
BEGIN = slice(None, -1)
END = slice(1, None)
# Pairs of slices (rows, columns) of a grid that put each cell beside its neighbour: to the right,
# above, and across both corners.
NEIGHBOURS = (
    ((ALL, BEGIN), (ALL, END)),
    ((BEGIN, ALL), (END, ALL)),
    ((BEGIN, BEGIN), (END, END)),
    ((BEGIN, END), (END, BEGIN)),
)


def cell_centres(half: float, count: int, dtype: torch.dtype) -> Tensor:
    """Centres (count,) of equal cells of [−half, half]."""
    return torch.linspace(-half, half, 2 * count + 1, dtype=dtype)[1::2]


def lattice(view: tuple[float, float], rows: int, columns: int, dtype: torch.dtype) -> Tensor:
    """Centres (rows·columns, 2) of the cells of [−a, a] × [−b, b] for view (a, b).

    Row by row from low y, each row from low x.
    """
    across, up = cell_centres(view[0], columns, dtype), cell_centres(view[1], rows, dtype)
    y, x = torch.meshgrid(up, across, indexing="ij")
    return torch.stack([x, y], -1).reshape(-1, 2)


def crossings(field: Tensor, places: Tensor) -> Tensor:
    """The points (B, 2) between neighbouring `places` (rows, columns, 2) where `field` is 0.

    field: its values (rows, columns) at the places, linear in between. Neighbours across a corner
    count.
    """
    found = []
    for first, second in NEIGHBOURS:
        a, b, p, q = field[first], field[second], places[first], places[second]
        differs = (a > 0) != (b > 0)
        share = (a[differs] / (a[differs] - b[differs]))[:, None]
        found.append(p[differs] + share * (q[differs] - p[differs]))
    return torch.cat(found)


@torch.no_grad()
def margins(
    layers: Layers, z: Tensor, labels: Tensor, norm: str, view: tuple[float, float], rows: int = 54, columns: int = 72
) -> tuple[Tensor, Tensor]:
    """Signed distance (M, N) of points to each network's boundary, and its nearest point (M, N, 2).

    layers: of M networks. z: points (N, 2). labels: (N,), 0 or 1. norm: "linf" or "l2". view: (a,
    b), the plane being [−a, a] × [−b, b], on which a grid of rows · columns is laid. Negative for a
    point on the wrong side. The distance is exact to a third of a cell, from above; NaN where a
    network has no boundary in view.
    """
    places = lattice(view, rows, columns, z.dtype)
    members = len(layers[0][0])
    fields = margin_field(layers, *(cell_centres(view[k], n, z.dtype) for k, n in enumerate((columns, rows))))
    logits = forward(layers, z.expand(members, -1, -1))
    right = (logits[..., 1] > logits[..., 0]) == (labels == 1)
    distance = torch.full(right.shape, torch.nan, dtype=z.dtype)
    nearest = torch.full((*right.shape, 2), torch.nan, dtype=z.dtype)
    for m in range(members):
        boundary = crossings(fields[m], places.view(rows, columns, 2))
        if len(boundary):
            away = (z[:, None] - boundary[None]).abs()
            sizes = away.amax(-1) if norm == "linf" else away.square().sum(-1).sqrt()
            least, index = sizes.min(1)
            distance[m] = torch.where(right[m], least, -least)
            nearest[m] = boundary[index]
    return distance, nearest
