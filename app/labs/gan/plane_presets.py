"""Try this, in the GAN lab's plane: the experiments of app/labs/gan/experiments.py as links, one
game alone or two side by side.
"""

from __future__ import annotations

from urllib.parse import urlencode

from app.labs.gan.experiments import EXPERIMENTS, Experiment
from app.page.presets import Preset
from engine.core.side_by_side import SUFFIX


def _alone(e: Experiment) -> Preset:
    return Preset(e.title, "?" + urlencode({"tab": "plane", **e.setup, **e.knobs}), e.says)


def _beside(title: str, e: Experiment, says: str) -> Preset:
    """The first game under the experiment's knobs, the second under its cure as well."""
    second = {f"{name}{SUFFIX}": value for name, value in {"loss": "ns", **e.knobs, **e.cure}.items()}
    return Preset(title, "?" + urlencode({"tab": "pair", **e.setup, **{"loss": "ns", **e.knobs}, **second}), says)


PRESETS = tuple(_alone(e) for e in EXPERIMENTS.values())
PAIRS = (
    _beside(
        "Minimax beside non-saturating, D too good",
        EXPERIMENTS["saturate"],
        "The same D, trained twenty times a step. Left, log(1 − D(G(z))) has no slope to follow; right, −log "
        "D(G(z)) has.",
    ),
    _beside(
        "Mode collapse beside its cure",
        EXPERIMENTS["collapse"],
        "Left, G moves ten times for each move of D and chases one spot; right, once.",
    ),
    _beside(
        "Disjoint supports: minimax beside WGAN-GP",
        EXPERIMENTS["disjoint"],
        "JS is log 2 on both sides at first. Only the critic's slope says which way to go.",
    ),
    _beside(
        "k_D = 1 beside k_D = 5",
        EXPERIMENTS["k_d"],
        "The same WGAN with a critic that is never near its best, and with one that is.",
    ),
)
