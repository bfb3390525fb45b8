"""Experiments with GANs in the plane that reliably show something: set-ups and knobs, each checked
over five seeds.

`python -m tests.benchmarks.gan.experiments` checks them; its results are in
tests/benchmarks/GAN.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Experiment:
    """knobs: to start with. cure: knobs to turn then, or to compare with. steps: until the point
    shows (of both halves each).
    """

    title: str
    says: str
    setup: Mapping[str, Any] = field(default_factory=dict)
    knobs: Mapping[str, Any] = field(default_factory=dict)
    cure: Mapping[str, Any] = field(default_factory=dict)
    steps: int = 3000


_SURE = {"k_d": 20, "lr_d": 0.005}  # D is trained until it is almost perfect before each move of G

EXPERIMENTS = {
    "converge": Experiment(
        "Ring of 8",
        "The default: within 3000 steps all eight modes are covered and JS falls below .1 nats.",
        {"dataset": "ring8"},
    ),
    "collapse": Experiment(
        "Mode collapse",
        "G moves ten times for each move of D: it chases the one spot D likes best, and jumps when D has learned "
        "to refuse it. "
        "Never more than a few modes are covered. Set k_G back to 1 and they come back.",
        {"dataset": "ring8"},
        {"k_g": 10},
        {"k_g": 1},
        1000,
    ),
    "saturate": Experiment(
        "A D too good for minimax",
        "D is trained twenty times a step, and log(1 − D(G(z))) is flat where D is sure: G's gradient is many "
        "times smaller than the "
        "non-saturating one before the same D. Adam rescales it, so points swing about, but they do not arrive "
        "and JS does not fall. Turn the loss to non-saturating: the same D now pulls every point in.",
        {"dataset": "disjoint", "activation": "leaky"},
        {"loss": "minimax", **_SURE},
        {"loss": "ns"},
        600,
    ),
    "disjoint": Experiment(
        "Disjoint supports",
        "Real and generated points lie on strips that do not touch: JS stays near log 2 however far apart they "
        "are, so minimax knows no way. "
        "Turn the loss to WGAN with gradient penalty: its critic is a slope that leads there.",
        {"dataset": "disjoint", "activation": "leaky"},
        {"loss": "minimax", **_SURE},
        {"loss": "wgan_gp", "k_d": 5, "lr_d": 0.001},
        400,
    ),
    "k_d": Experiment(
        "k_D too small",
        "A WGAN's critic must be close to its best before G moves. With one update a step the points swirl and "
        "modes stay empty; "
        "with k_D = 5 all eight are covered.",
        {"dataset": "ring8"},
        {"loss": "wgan_gp", "k_d": 1},
        {"k_d": 5},
        1500,
    ),
}
