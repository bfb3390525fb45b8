"""Robustness report of digit classifiers: attacks × ε, signs of gradient masking, minimum-norm distances, worst cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from engine import attacks
from engine.attacks import Task
from engine.frame import Answer
from engine.geometry import Norm
from engine.robustness import SHARES, WORST, signs

ATTACKS = {"noise": "random noise", "fgsm": "FGSM", "pgd": "PGD, 10 steps", "long": "PGD, 40 steps from a random place"}
LARGE = {"linf": 0.5, "l2": 8.0}  # a ball that can turn any digit grey


def report(nets: Mapping[str, nn.Module], x: Tensor, y: Tensor, norm: Norm, epsilon: float, generator: torch.Generator) -> Iterator[float | Answer]:
    """Work out the report of `nets` at images x (N, 784): shares done, then the Answer; numbers as in engine/robustness.py.

    distances: of DeepFool's perturbation in the run's norm, 0 for a digit that is wrong as it is. worst: [number in the probe, label, what is said of it
    there, distance], the nearest first.
    """
    radii = [share * epsilon for share in SHARES] + [LARGE[norm.name]]
    members, done, parts = {}, 0.0, len(nets) * (len(radii) * len(ATTACKS) + 1)
    for name, net in nets.items():
        table: dict[str, list[float]] = {attack: [] for attack in ATTACKS}
        for radius in radii:
            for attack in ATTACKS:
                with torch.no_grad():
                    answers = net(_moved(net, x, y, norm, radius, attack, generator)).argmax(1)
                table[attack].append(100 * (answers != y).double().mean().item())
                done += 1 / parts
                yield min(done, 1.0)
        wide = Task(net, x, y, norm=norm, epsilon=2 * LARGE[norm.name])
        moved = attacks.run("deepfool", wide, attacks.Settings(steps=30), generator)
        distance = norm.size(moved - x)
        with torch.no_grad():
            said = net(moved).argmax(1)
        order = distance.argsort()[:WORST]
        worst = [[int(i), int(y[i]), int(said[i]), float(distance[i])] for i in order]
        done += 1 / parts
        yield min(done, 1.0)
        members[name] = {"table": list(table.values()), "warnings": warnings(radii, table), "distances": distance.tolist(), "worst": worst}
    yield Answer({"epsilons": radii, "epsilon": epsilon, "attacks": list(ATTACKS.values()), "points": len(x), "norm": norm.symbol, "members": members})


def _moved(net: nn.Module, x: Tensor, y: Tensor, norm: Norm, radius: float, attack: str, generator: torch.Generator) -> Tensor:
    if attack == "noise":
        return (x + norm.random(x, radius, generator)).clamp(0, 1)
    steps, start = (40, True) if attack == "long" else (10, False)
    how = attacks.Settings(step_size=2.5 * radius / steps, steps=steps, random_start=start)
    return attacks.run("fgsm" if attack == "fgsm" else "pgd", Task(net, x, y, norm=norm, epsilon=radius), how, generator)


def warnings(radii: list[float], table: Mapping[str, list[float]]) -> list[str]:
    """What in a table speaks of masked gradients, in sentences; the last radius is the large one."""
    out = signs(radii, table, ATTACKS, ("noise", "fgsm", "pgd", "long"))
    if table["long"][-1] < 99:
        out.append(f"At ε = {radii[-1]:.3g} any digit can be turned grey, but {ATTACKS['long']} breaks {table['long'][-1]:.1f} % only: its gradients lead nowhere.")
    return out
