"""Robustness report of networks in the plane: attacks × ε, signs of gradient masking, minimum-norm
distances, worst cases.

Signs of masking after Athalye, Carlini, Wagner 2018 (arXiv 1802.00420, §3.1): a stronger attack
that does worse than a simpler one, a larger ball in which fewer points break, search that beats
gradients, and a ball that reaches everything in which gradients still find little.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from engine.attacks.batched_pgd import ascend, moved, projected
from engine.attacks.norms import Norm
from engine.core.frame import Answer
from engine.metrics.margins import margins
from engine.nn.batched_mlp import Layers, forward, input_gradient
from engine.nn.losses import one_hot

ATTACKS = {
    "fgsm": "FGSM",
    "pgd": "PGD, 10 steps",
    "restarts": "PGD, 40 steps, 4 starts",
    "search": "search of the whole ball",
}
SHARES = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0)  # of ε, the columns of the table
LARGE = 3.0  # plane units: a ball that holds both classes from anywhere
SIDE = 25  # places a side in the search
WORSE = 5.0  # points of per cent that a sign of masking must amount to
# per cent that PGD with restarts must break in the large ball; between ReLU's kinks a sound network
# may keep some
REACHES = 85.0
WORST = 8  # cases listed


def report(
    nets: Mapping[str, Layers],
    z: Tensor,
    labels: Tensor,
    norm: Norm,
    epsilon: float,
    view: tuple[float, float],
    generator: torch.Generator,
) -> Iterator[float | Answer]:
    """Work out the report of `nets` (each with a member axis of 1) at points z (N, 2): shares done,
    then the Answer.

    numbers: epsilons, attacks (titles), points, members: name → {table: error in per cent
    [attack][ε], warnings, distances: signed, plane units, worst: [[x, y, label, distance, nearest
    x, nearest y], ...]}.
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
        order = distance[0].argsort()[:WORST]
        worst = torch.cat([z, labels[:, None].to(z.dtype), distance[0][:, None], nearest[0]], 1)[order]
        members[name] = {
            "table": [table[attack] for attack in ATTACKS],
            "warnings": warnings(radii, table, len(z)),
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
    """Per cent of the points answered wrongly at the place an attack ends at (of several places: at
    any).
    """
    x, target = z[None], one_hot(labels, 2, z.dtype)[None]
    if not forward(layers, x).isfinite().all():
        return float("nan")  # a network that ran away, where argmax would count half its answers right
    if radius == 0:
        deltas = [torch.zeros_like(x)]
    elif attack == "fgsm":
        deltas = [moved(norm, torch.zeros_like(x), input_gradient(layers, x, target), radius, radius)]
    elif attack == "pgd":
        deltas = ascend(layers, x, target, norm, radius, radius / 4, 10)[-1:]
    elif attack == "restarts":
        begin = [torch.zeros_like(x), *(radius * s[None] for s in starts)]
        deltas = [ascend(layers, x, target, norm, radius, radius / 10, 40, start)[-1] for start in begin]
    else:
        line = torch.linspace(-1, 1, SIDE, dtype=z.dtype)
        places = projected(norm, torch.cartesian_prod(line, line) * radius, radius)
        at = (z[:, None] + places[None]).view(1, -1, 2)
        right = (forward(layers, at).argmax(-1).view(len(z), -1) == labels[:, None]).all(1)
        return 100 * (1 - right.double().mean().item())
    right = torch.stack([forward(layers, x + delta).argmax(-1)[0] == labels for delta in deltas]).all(0)
    return 100 * (1 - right.double().mean().item())


def warnings(radii: list[float], table: Mapping[str, list[float]], points: int) -> list[str]:
    """What in a table speaks of masked gradients, in sentences. The radii are SHARES of the
    network's ε and, last, the large one.
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
    """Per cent of `points` from which a difference counts: five, and three points at the least."""
    return max(WORSE, 300 / points - 1e-9)


def signs(
    radii: list[float], table: Mapping[str, list[float]], titles: Mapping[str, str], order: tuple[str, ...], points: int
) -> list[str]:
    """The signs any table may have: an attack that does worse than the one before it in `order`,
    which go from simple to strong, and one that breaks fewer in a larger ball.
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
