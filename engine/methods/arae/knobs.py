"""Knobs that ARAE on sentences, ARAE on digits and Cross-AE share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.core.declare import Knobs, choice, number, whole

PENALTIES = {"gp": "Gradient penalty", "clip": "Clipped weights"}
_RATE = {"low": 1e-6, "high": 1e-2, "step": 0, "scale": "log", "zero": True}


@dataclass(frozen=True)
class AutoencoderKnobs(Knobs):
    """Noise on codes, rates, running mean."""

    noise: float = number(
        0.1,
        0,
        0.5,
        0.005,
        symbol="σ",
        label="noise",
        unit="a coordinate",
        help="Standard deviation of the noise the decoder sees codes under",
    )
    anneal: int = whole(
        0,
        0,
        100000,
        label="noise half-life",
        unit="steps",
        step=500,
        help="Steps in which the noise halves; 0 keeps it",
    )
    rate_ae: float = number(1e-3, **_RATE, symbol="η", label="rate", help="Adam's rate for encoder and decoder")
    half_life: int = whole(
        0,
        0,
        100000,
        label="half-life",
        unit="steps",
        step=500,
        help="Steps in which all learning rates halve; 0 keeps them",
    )
    ema: float = number(
        0.998,
        0,
        0.9999,
        0.0001,
        label="running mean",
        help="Decay of the running mean of the weights that everything shown comes from",
    )

    def sigma(self, step: int) -> float:
        """σ at a step: it halves every `anneal` steps."""
        return self.noise * (0.5 ** (step / self.anneal) if self.anneal else 1.0)

    def decay(self, step: int) -> float:
        """The factor of all rates at a step: it halves every `half_life` steps."""
        return 0.5 ** (step / self.half_life) if self.half_life else 1.0


@dataclass(frozen=True)
class PriorKnobs(AutoencoderKnobs):
    """A critic between codes and a prior, and a generator."""

    lam1: float = number(
        0.05,
        1e-4,
        100,
        0,
        scale="log",
        zero=True,
        symbol="λ₁",
        label="prior",
        help="Weight of the critic in what the encoder descends; 0: codes ignore the prior",
    )
    critic_steps: int = whole(5, 1, 10, symbol="k_f", label="critic steps", help="Updates of the critic a step")
    penalty: str = choice("gp", PENALTIES, label="critic", help="What keeps the critic 1-Lipschitz")
    gp: float = number(
        1,
        0.01,
        100,
        0,
        scale="log",
        zero=True,
        symbol="λ_gp",
        label="penalty",
        when=("penalty", ("gp",)),
        help="Weight of (‖∇f‖ − 1)², code by code, at points between codes and prior",
    )
    clip: float = number(
        0.05,
        0.001,
        1,
        0,
        scale="log",
        symbol="c",
        label="clip",
        when=("penalty", ("clip",)),
        help="The critic's weights stay within ±c",
    )
    rate_f: float = number(5e-4, **_RATE, symbol="η_f", label="rate of f", help="Adam's rate for the critic")
    rate_g: float = number(5e-4, **_RATE, symbol="η_g", label="rate of g", help="Adam's rate for the generator")


def transfer_weight(help: str, default: float = 1) -> float:
    """The knob λ₂ of a run that moves sentences between classes."""
    return number(default, 0.001, 100, 0, scale="log", zero=True, symbol="λ₂", label="transfer", help=help)


def classifier_rate(label: str, symbol: str, help: str, default: float) -> float:
    """The knob of Adam's rate for a network that classifies codes or states by style."""
    return number(default, **_RATE, symbol=symbol, label=label, help=help)


def trained_phases(options: Mapping[str, str]) -> str:
    """The knob `update`, which selects the phases of a step. options: value → label, with "all"."""
    return choice("all", options, label="a step trains", help="Which phases of a step are carried out")
