"""Robustness report of networks in the plane.

A table of errors, attacks × ε; signs of gradient masking; the distances of the points to the
boundary; and the worst cases. A point is broken where an attack finds a wrong answer in its ball.

Signs of masking are those of Athalye, Carlini, Wagner 2018 (arXiv 1802.00420, §3.1): a stronger
attack that breaks fewer points than a simpler one; a larger ball in which fewer points break; a
search that breaks more than gradients do; and a ball that reaches everything, in which gradients
still break few.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from engine.attacks.batched_pgd import moved, pgd_path, pgd_step, projected
from engine.attacks.norms import Norm
from engine.core.diverged import finite
from engine.core.frame import Answer
from engine.metrics.margins import margins
from engine.nn.batched_mlp import Layers, cross_entropy_gradient, forward
from engine.nn.losses import one_hot

ATTACKS = {
    "fgsm": "FGSM",
    "pgd": "PGD, 10 steps",
    "restarts": "PGD, 40 steps, 4 starts",
    "search": "search of the whole ball",
}
SHARES = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0)  # of ε, the columns of the table
LARGE = 3.0  # plane units: from any point such a ball reaches both classes
SIDE = 25  # points along a side of the grid of the search
WORSE = 5.0  # percentage points by which errors must differ for a sign of masking
# Per cent that PGD with restarts must break in the large ball. It is below 100, because even
# without masking some points stay at local maxima between the kinks of ReLU.
REACHES = 85.0
WORST = 8  # cases listed
NO_RADIUS = "ε = 0 leaves nothing to attack with: turn ε up, then measure"


def report(
    nets: Mapping[str, Layers],
    z: Tensor,
    labels: Tensor,
    norm: Norm,
    epsilon: float,
    view: tuple[float, float],
    generator: torch.Generator,
) -> Iterator[float | Answer]:
    """The report of `nets` (each with a member axis of 1): shares done, 0 to 1, then the Answer.

    z: points (N, 2). labels: (N,). epsilon: in plane units. view: (a, b), the plane being
    [−a, a] × [−b, b]. Numbers: epsilons, epsilon, attacks (titles), points (how many), norm, and
    members: name → {table: error in per cent [attack][ε], warnings: sentences, distances: signed,
    plane units, NaN without a boundary in view; worst: [[x, y, label, distance, nearest x,
    nearest y], ...]; diverged: whether an answer is not finite, so that there are no numbers}.
    """
    radii = [share * epsilon for share in SHARES] + [LARGE]
    starts = [norm.random(z, 1.0, generator) for _ in range(3)]
    members, done = {}, 0.0
    for name, layers in nets.items():
        table: dict[str, list[float]] = {attack: [] for attack in ATTACKS}
        for radius in radii:
            for attack in ATTACKS:
                table[attack].append(_error(layers, z, labels, norm, radius, attack, starts))
                done += 1 / (len(nets) * len(radii) * len(ATTACKS))
                yield min(done, 1.0)
        distance, nearest = margins(layers, z, labels, norm.name, view, 144, 192)
        order = [i for i in distance[0].argsort().tolist() if distance[0, i].isfinite()][:WORST]
        worst = torch.cat([z, labels[:, None].to(z.dtype), distance[0][:, None], nearest[0]], 1)[order]
        members[name] = {
            "table": [table[attack] for attack in ATTACKS],
            "warnings": warnings(radii, table, len(z)),
            "diverged": any(math.isnan(error) for row in table.values() for error in row),
            "distances": distance[0].tolist(),
            "worst": worst.tolist(),
        }
    yield Answer(
        {
            "epsilons": radii,
            "epsilon": epsilon,
            "attacks": list(ATTACKS.values()),
            "points": len(z),
            "norm": norm.symbol,
            "members": members,
        }
    )


@torch.no_grad()
def _error(
    layers: Layers, z: Tensor, labels: Tensor, norm: Norm, radius: float, attack: str, starts: list[Tensor]
) -> float:
    """Per cent of the points answered wrongly where an attack ends, or at any of its ends."""
    x, target = z[None], one_hot(labels, 2, z.dtype)[None]
    if not forward(layers, x).isfinite().all():
        return math.nan  # a network that has diverged: argmax would count half its answers as right
    if radius == 0:
        deltas = [torch.zeros_like(x)]
    elif attack == "fgsm":
        gradient = cross_entropy_gradient(layers, x, target)
        deltas = [pgd_step(norm, torch.zeros_like(x), gradient, radius, radius)]
    elif attack == "pgd":
        deltas = pgd_path(layers, x, target, norm, radius, radius / 4, 10)[-1:]
    elif attack == "restarts":
        begin = [torch.zeros_like(x), *(radius * s[None] for s in starts)]
        deltas = [pgd_path(layers, x, target, norm, radius, radius / 10, 40, start)[-1] for start in begin]
    else:
        line = torch.linspace(-1, 1, SIDE, dtype=z.dtype)
        places = projected(norm, torch.cartesian_prod(line, line) * radius, radius)
        at = moved(norm, z[:, None], places.expand(len(z), -1, -1), radius).view(1, -1, 2)
        logits = forward(layers, at)
        right = (logits.argmax(-1).view(len(z), -1) == labels[:, None]).all(1)
        return 100 * (1 - right.double().mean().item()) if finite(logits) else math.nan
    ends = [forward(layers, moved(norm, x, delta, radius)) for delta in deltas]
    if not all(finite(logits) for logits in ends):
        return math.nan
    right = torch.stack([logits.argmax(-1)[0] == labels for logits in ends]).all(0)
    return 100 * (1 - right.double().mean().item())


def warnings(radii: list[float], table: Mapping[str, list[float]], points: int) -> list[str]:
    """The signs of masked gradients in a table, as sentences.

    radii: SHARES of ε, and LARGE as the last. table: attack → error in per cent for each radius.
    points: how many the errors are measured on.
    """
    out = signs(radii, table, ATTACKS, ("fgsm", "pgd", "restarts"), points)
    gap, i = max((table["search"][i] - table["restarts"][i], i) for i in range(SHARES.index(1.0) + 1))
    if gap > least_gap(points):
        out.append(
            f"Search finds {table['search'][i]:.1f} % broken at ε = {radii[i]:.3g} where gradients find "
            f"{table['restarts'][i]:.1f} %: gradients are no "
            "measure of this network's robustness."
        )
    if table["restarts"][-1] < REACHES and table["search"][-1] > 99:
        out.append(
            f"With ε = {radii[-1]:.3g} every point can be broken, but {ATTACKS['restarts']} breaks "
            f"{table['restarts'][-1]:.1f} % only: its gradients lead nowhere."
        )
    return out


def least_gap(points: int) -> float:
    """The least difference in per cent that counts: five, but at least three of the points."""
    return max(WORSE, 300 / points - 1e-9)


def signs(
    radii: list[float], table: Mapping[str, list[float]], titles: Mapping[str, str], order: tuple[str, ...], points: int
) -> list[str]:
    """The signs of masked gradients that any table may have, as sentences.

    An attack that breaks fewer points than the one before it in `order`, which goes from simple to
    strong; and an attack that breaks fewer points in a larger ball. titles: attack → its title.
    """
    out, least = [], least_gap(points)
    for simple, strong in zip(order, order[1:]):
        gap, i = max((table[simple][i] - table[strong][i], i) for i in range(len(SHARES)))
        if gap > least:
            out.append(
                f"{titles[strong]} breaks {table[strong][i]:.1f} % at ε = {radii[i]:.3g}, fewer than "
                f"{titles[simple]} with {table[simple][i]:.1f} %: "
                "a stronger attack should never do worse."
            )
    for name in order:
        gap, i = max((table[name][i - 1] - table[name][i], i) for i in range(1, len(SHARES)))
        if gap > least:
            out.append(
                f"{titles[name]} breaks {table[name][i - 1]:.1f} % at ε = {radii[i - 1]:.3g} and "
                f"{table[name][i]:.1f} % at ε = {radii[i]:.3g}: "
                "a larger ball should never hold fewer ways to break a point."
            )
    return out
