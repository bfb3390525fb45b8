"""`python -m engine join-digits`: two digit classifiers that ship, as one snapshot of the training
lab's pair; `join-priors`: three runs of `arae` that differ in their prior alone, as one snapshot of
`arae-three`.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.cli.output import writable
from engine.core.declare import InvalidValue, brief, offer
from engine.core.shipped import open_named
from engine.core.snapshot import Snapshot
from engine.methods.arae.three_priors import MEMBERS, combined
from engine.methods.training.classifier_recipes import BATCH, RECIPES
from engine.methods.training.digits import TrainingDigits
from engine.nn.digit_classifiers import NETS, load
from engine.runs.run import Run

LEARNING_RATE = 1e-4  # low, since both nets are trained and Adam begins without moments
TRAINING_DIGITS = 60_000


def add_command(commands: Any) -> None:
    """Put `join-digits` and `join-priors` among the subcommands."""
    digits = commands.add_parser("join-digits", help="two included digit classifiers as a pair of the training lab")
    digits.add_argument("standard", metavar="STANDARD")
    digits.add_argument("robust", metavar="ROBUST")
    digits.add_argument("--save", required=True, metavar="SNAPSHOT")
    digits.set_defaults(call=_join_digits)
    priors = commands.add_parser("join-priors", help="AE, AAE and ARAE as one run on one clock")
    for name in MEMBERS:
        priors.add_argument(name, metavar=name.upper(), help="a file, or the name of an included one")
    priors.add_argument("--save", required=True, metavar="FILE")
    priors.set_defaults(call=_join_priors)


def joined_classifiers(standard: str, robust: str) -> Snapshot:
    """A snapshot of `training-digits` whose networks are NETS[standard] and NETS[robust], trained
    by their own recipes from the same weights.

    Its step is the number of steps of the robust one; its knobs are the robust one's recipe. Raises
    InvalidValue where the two do not go together.
    """
    for name in (standard, robust):
        if name not in NETS:
            raise InvalidValue(f"there is no digit model {brief(name)}: {offer(name, NETS)}")
    architecture, _, _ = NETS[standard]
    other, epsilon, _ = NETS[robust]
    if architecture != other or not epsilon:
        raise InvalidValue(
            f"{standard} and {robust} make no pair: give a standard net and a robust one of the same architecture"
        )
    recipe = RECIPES[robust]
    setup = TrainingDigits.make_setup(
        {"architecture": architecture, "batch": BATCH, "warm_up": round(recipe.rise * TRAINING_DIGITS / BATCH)}
    )
    knobs = TrainingDigits.make_knobs(
        setup,
        {
            "epsilon": epsilon,
            "attack": "pgd",
            "alpha": 0,
            "step_size": recipe.step_size,
            "steps": recipe.steps,
            "learning_rate": LEARNING_RATE,
        },
    )
    run = Run(TrainingDigits, setup)
    run.method.pair.standard.load_state_dict(load(standard).state_dict())
    run.method.pair.robust.load_state_dict(load(robust).state_dict())
    step = recipe.epochs * TRAINING_DIGITS // BATCH
    return replace(run.snapshot(), step=step, knobs=knobs.to_dict(), log=((step, knobs.to_dict()),))


def _join_digits(options: argparse.Namespace) -> int:
    writable(options.save, "--save")
    joined_classifiers(options.standard, options.robust).save(options.save)
    return 0


def _join_priors(options: argparse.Namespace) -> int:
    writable(options.save, "--save")
    combined({member: open_named(getattr(options, member)) for member in MEMBERS}).save(Path(options.save))
    return 0
