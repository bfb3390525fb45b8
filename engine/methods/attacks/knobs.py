"""The knobs of the attacks lab: which attack, in which ball, with what steps.

photos.py and digits.py beside this file share them and add their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.attacks import ATTACKS, Attack, Settings
from engine.attacks.fgsm_pgd import Iterative
from engine.attacks.norms import NORMS, Norm
from engine.core.declare import Knobs, choice, flag, number, whole

GREY = 255  # grey levels of a pixel: in L∞ the knob ε is k of k/255

# Setting → the attacks that read it.
USES = {
    setting: tuple(a.name for a in ATTACKS.values() if setting in a.uses) for setting in Settings.__dataclass_fields__
}
STEPLESS = tuple(name for name in ATTACKS if name not in USES["step_size"])
# The attacks that follow the gradient of the objective.
CLIMBING = tuple(a.name for a in ATTACKS.values() if isinstance(a, Iterative))


def _with(setting: str) -> tuple[str, tuple[str, ...]]:
    """The condition that the chosen attack reads `setting`."""
    return ("method", USES[setting])


@dataclass(frozen=True)
class AttackKnobs(Knobs):
    """The knobs of an attack.

    ε and the step size have a value for each norm: grey levels (k of k/255) in L∞, pixel units in
    L2.
    """

    method: str = choice("pgd", {a.name: a.title for a in ATTACKS.values()}, help="The attack", label="attack")
    norm: str = choice(
        "linf", {n.name: n.symbol for n in NORMS.values()}, help="The norm that measures the perturbation", label="norm"
    )
    epsilon: float = number(
        2,
        0.25,
        128,
        0,
        symbol="ε",
        unit="/255",
        scale="log",
        zero=True,
        when=("norm", ("linf",)),
        help="Radius in L∞: how many grey levels a pixel may move",
    )
    epsilon_l2: float = number(
        1,
        0,
        20,
        0.05,
        symbol="ε₂",
        unit="pixel units",
        when=("norm", ("l2",)),
        help="Radius in L2, pixels going from 0 to 1",
    )
    step_size: float = number(
        0.5,
        0.05,
        128,
        0,
        symbol="α",
        label="step",
        unit="/255",
        scale="log",
        when=("norm", ("linf",)),
        unless=("method", STEPLESS),
        help="Length of a step in L∞, grey levels",
    )
    step_size_l2: float = number(
        0.25,
        0.005,
        20,
        0,
        symbol="α₂",
        label="step",
        unit="pixel units",
        scale="log",
        when=("norm", ("l2",)),
        unless=("method", STEPLESS),
        help="Length of a step in L2",
    )
    steps: int = whole(
        30,
        1,
        1000,
        symbol="T",
        label="steps",
        when=_with("steps"),
        help="Steps of one try, in Carlini–Wagner of each c; then it rests, or starts anew",
    )
    random_start: bool = flag(
        True,
        label="random start",
        when=_with("random_start"),
        help="Start from a random point of the ball instead of the image",
    )
    restarts: int = whole(
        0,
        0,
        20,
        label="restarts",
        when=_with("restarts"),
        unless=("random_start", (False,)),
        help="Tries beyond the first, each from a new random start; the strongest is kept",
    )
    difference: bool = flag(
        False,
        label="L(y) − L(t)",
        when=("method", CLIMBING),
        unless=("target", ("",)),
        help="With a target, raise L(·, y) − L(·, t) instead of −L(·, t) alone",
    )
    momentum: float = number(
        0.9,
        0,
        1,
        0.01,
        symbol="μ",
        label="momentum",
        when=_with("momentum"),
        help="Share of the gathered gradient kept at each step",
    )
    rate: float = number(
        0.1,
        1e-4,
        100,
        0,
        symbol="η",
        label="rate",
        scale="log",
        when=_with("rate"),
        help="Learning rate of SGD on δ, and of Carlini–Wagner's Adam",
    )
    c: float = number(
        1,
        1e-5,
        1e4,
        0,
        symbol="c",
        label="first weight",
        scale="log",
        when=_with("c"),
        help="First weight of the search: Carlini–Wagner's c, L-BFGS's c",
    )
    confidence: float = number(
        0,
        0,
        20,
        0.1,
        symbol="κ",
        label="confidence",
        when=_with("confidence"),
        help="By how many logits Carlini–Wagner must win",
    )
    searches: int = whole(
        4,
        1,
        10,
        label="searches",
        when=_with("searches"),
        help="How many values of c Carlini–Wagner tries, with T steps each",
    )
    overshoot: float = number(
        0.02,
        0,
        1,
        0.01,
        label="overshoot",
        when=_with("overshoot"),
        help="How much further than the face DeepFool goes",
    )


# For the contract test that every knob acts: the values of other knobs with which it acts.
COMPANIONS: dict[str, Mapping[str, Any]] = {
    "epsilon_l2": {"norm": "l2"},
    "step_size": {"epsilon": 64},
    "step_size_l2": {"norm": "l2", "epsilon_l2": 10},
    "steps": {"steps": 25, "restarts": 1},
    "random_start": {"steps": 5, "restarts": 20},
    "restarts": {"steps": 5},
    "momentum": {"method": "momentum", "epsilon": 64},
    "rate": {"method": "sgd", "epsilon": 64},
    "c": {"method": "cw", "norm": "l2", "epsilon_l2": 20},
    "confidence": {"method": "cw", "norm": "l2", "epsilon_l2": 20, "steps": 40},
    "searches": {"method": "cw", "norm": "l2", "epsilon_l2": 20, "steps": 2},
    "overshoot": {"method": "deepfool", "norm": "l2", "epsilon_l2": 20},
}


class ChosenAttack(NamedTuple):
    """What the knobs choose. epsilon: pixel units."""

    attack: Attack
    norm: Norm
    epsilon: float
    settings: Settings


def attack_of(knobs: AttackKnobs) -> ChosenAttack:
    """The attack that the knobs choose, its norm, ε and settings."""
    linf = knobs.norm == "linf"
    same = {name: getattr(knobs, name) for name in Settings.__dataclass_fields__ if name != "step_size"}
    settings = Settings(step_size=knobs.step_size / GREY if linf else knobs.step_size_l2, **same)
    epsilon = knobs.epsilon / GREY if linf else knobs.epsilon_l2
    return ChosenAttack(ATTACKS[knobs.method], NORMS[knobs.norm], epsilon, settings)
