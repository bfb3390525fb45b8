"""Robustness report of digit classifiers.

A table of errors, attacks × ε; signs of gradient masking; minimum-norm distances; worst cases. The
report of networks in the plane is in engine/methods/training/robustness.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from engine import attacks
from engine.attacks import Task
from engine.attacks.norms import Norm
from engine.core.diverged import finite
from engine.core.frame import Answer
from engine.methods.training.robustness import SHARES, WORST, least_gap, signs

ATTACKS = {"noise": "random noise", "fgsm": "FGSM", "pgd": "PGD, 10 steps", "long": "PGD, 40 steps from a random place"}
HALVINGS = 10  # of the bisection that shortens a perturbation
LARGE = {"linf": 0.5, "l2": 8.0}  # pixel units: in such a ball any digit can be turned grey


def report(
    nets: Mapping[str, nn.Module], x: Tensor, y: Tensor, norm: Norm, epsilon: float, generator: torch.Generator
) -> Iterator[float | Answer]:
    """The report of `nets` at images x (N, 784) with labels y (N,): shares done, then the Answer.

    epsilon: pixel units. Numbers as in engine/methods/training/robustness.py, but for two.
    distances: the smallest perturbation found that changes the answer, in the run's norm. It is an
    upper bound, from every attack of the table and DeepFool, shortened towards the image as long as
    the answer stays wrong; 0 for a digit that is wrong as it is, NaN where none was found. worst:
    [number in the probe, label, answer at that distance, distance] of the digits answered rightly,
    the nearest first.
    """
    radii = [share * epsilon for share in SHARES] + [LARGE[norm.name]]
    members, done, parts = {}, 0.0, len(nets) * (len(radii) * len(ATTACKS) + 1)
    for name, net in nets.items():
        table: dict[str, list[float]] = {attack: [] for attack in ATTACKS}
        found = Nearest(net, x, y, norm)
        sound = finite(net(x).detach())  # else argmax names digits all the same, and nothing is measured
        for radius in radii:
            for attack in ATTACKS:
                wrong = found.offer(_moved(net, x, y, norm, radius, attack, generator)) if sound else None
                table[attack].append(100 * wrong.double().mean().item() if sound else math.nan)
                done += 1 / parts
                yield min(done, 1.0)
        if sound:
            wide = Task(net, x, y, norm=norm, epsilon=2 * LARGE[norm.name])
            found.offer(attacks.run("deepfool", wide, attacks.Settings(steps=30), generator))
            distance, answers = found.shortened()
        else:
            distance, answers = torch.full((len(x),), torch.nan), y
        order = [i for i in distance.nan_to_num(torch.inf).argsort().tolist() if 0 < distance[i] < torch.inf][:WORST]
        worst = [[i, int(y[i]), int(answers[i]), float(distance[i])] for i in order]
        done += 1 / parts
        yield min(done, 1.0)
        members[name] = {
            "table": list(table.values()),
            "warnings": warnings(radii, table, len(x)),
            "diverged": not sound,
            "distances": distance.tolist(),
            "worst": worst,
        }
    yield Answer(
        {
            "epsilons": radii,
            "epsilon": epsilon,
            "attacks": list(ATTACKS.values()),
            "points": len(x),
            "norm": norm.symbol,
            "members": members,
        }
    )


class Nearest:
    """The nearest wrongly answered image found, for each of x (N, 784) with labels y (N,)."""

    def __init__(self, net: nn.Module, x: Tensor, y: Tensor, norm: Norm) -> None:
        self.net = net
        self.x = x
        self.y = y
        self.norm = norm
        self.image = x.clone()
        self.distance = torch.full((len(x),), torch.nan)
        self.offer(x)

    @torch.no_grad()
    def offer(self, images: Tensor) -> Tensor:
        """Keep those of `images` (N, 784) that are answered wrongly and are nearer than before.

        Returns whether each is answered wrongly, (N,) bool.
        """
        wrong = self.net(images).argmax(1) != self.y
        size = self.norm.size(images - self.x)
        nearer = wrong & ~(size >= self.distance)
        self.image[nearer] = images[nearer]
        self.distance[nearer] = size[nearer]
        return wrong

    @torch.no_grad()
    def shortened(self) -> tuple[Tensor, Tensor]:
        """Distances (N,) after moving each image towards its digit by bisection, and answers (N,).

        An image is moved only as far as its answer stays wrong.
        """
        low = torch.zeros(len(self.x), 1)
        high = torch.ones(len(self.x), 1)
        delta = self.image - self.x
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            wrong = (self.net(self.x + middle * delta).argmax(1) != self.y)[:, None]
            low = torch.where(wrong, low, middle)
            high = torch.where(wrong, middle, high)
        self.offer(self.x + high * delta)
        return self.distance, self.net(self.image).argmax(1)


def _moved(
    net: nn.Module, x: Tensor, y: Tensor, norm: Norm, radius: float, attack: str, generator: torch.Generator
) -> Tensor:
    """The images (N, 784) that an attack of ATTACKS makes of x in the ball of this radius."""
    if attack == "noise":
        return (x + norm.random(x, radius, generator)).clamp(0, 1)
    steps, start = (40, True) if attack == "long" else (10, False)
    settings = attacks.Settings(step_size=2.5 * radius / steps, steps=steps, random_start=start)
    task = Task(net, x, y, norm=norm, epsilon=radius)
    return attacks.run("fgsm" if attack == "fgsm" else "pgd", task, settings, generator)


def warnings(radii: list[float], table: Mapping[str, list[float]], points: int) -> list[str]:
    """The signs of masked gradients in a table, as sentences.

    radii: SHARES of ε, and LARGE as the last. table: attack → error in per cent for each radius.
    points: how many digits the errors are measured on.
    """
    out = signs(radii, table, ATTACKS, ("noise", "fgsm", "pgd", "long"), points)
    gap = least_gap(points)
    hidden, i = max((table["long"][i] - table["pgd"][i], i) for i in range(SHARES.index(1.0) + 1))
    if hidden > gap:
        out.append(
            f"At ε = {radii[i]:.3g} PGD from a random place breaks {table['long'][i]:.1f} %, from the image "
            f"itself {table['pgd'][i]:.1f} %: gradients at the "
            "image do not show the way that is there."
        )
    if table["long"][-1] < 90:
        out.append(
            f"At ε = {radii[-1]:.3g} all digits can be turned into the same grey, so that nine in ten can surely "
            f"be broken, but {ATTACKS['long']} breaks "
            f"{table['long'][-1]:.1f} %: its gradients lead nowhere."
        )
    return out
