"""Margins: how far points of the plane are from a network's decision boundary, found by looking
everywhere instead of along gradients.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.nn.batched_mlp import Layers, forward

ALL, BEGIN, END = slice(None), slice(None, -1), slice(1, None)
NEIGHBOURS = (
    ((ALL, BEGIN), (ALL, END)),
    ((BEGIN, ALL), (END, ALL)),
    ((BEGIN, BEGIN), (END, END)),
    ((BEGIN, END), (END, BEGIN)),
)


def lattice(view: tuple[float, float], rows: int, columns: int, dtype: torch.dtype) -> Tensor:
    """Centres (rows·columns, 2) of the cells of [−a, a] × [−b, b] for view (a, b), row by row from
    low y.
    """
    across = torch.linspace(-view[0], view[0], 2 * columns + 1, dtype=dtype)[1::2]
    up = torch.linspace(-view[1], view[1], 2 * rows + 1, dtype=dtype)[1::2]
    y, x = torch.meshgrid(up, across, indexing="ij")
    return torch.stack([x, y], -1).reshape(-1, 2)


def crossings(field: Tensor, places: Tensor) -> Tensor:
    """Where `field` (rows, columns) is 0 between two of `places` (rows, columns, 2) that are
    neighbours, also across corners: (B, 2).
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
    """Signed distance (M, N) of points z (N, 2) with labels (N,) to each network's boundary, and
    the nearest place of it (M, N, 2).

    Negative for a point on the wrong side. norm: "linf" or "l2". The boundary is sought on a grid
    over the view and is exact to a third of a cell, from above; NaN where a network has no boundary
    in view.
    """
    places = lattice(view, rows, columns, z.dtype)
    members = len(layers[0][0])
    logits = forward(layers, torch.cat([places, z]).expand(members, -1, -1))
    score = logits[..., 1] - logits[..., 0]
    fields, right = score[:, : len(places)].view(members, rows, columns), (score[:, len(places) :] > 0) == (labels == 1)
    distance, nearest = (
        torch.full(right.shape, torch.nan, dtype=z.dtype),
        torch.full((*right.shape, 2), torch.nan, dtype=z.dtype),
    )
    for m in range(members):
        boundary = crossings(fields[m], places.view(rows, columns, 2))
        if len(boundary):
            away = (z[:, None] - boundary[None]).abs()
            sizes = away.amax(-1) if norm == "linf" else away.square().sum(-1).sqrt()
            least, index = sizes.min(1)
            distance[m], nearest[m] = torch.where(right[m], least, -least), boundary[index]
    return distance, nearest
