"""`python -m engine join-digits`: two digit classifiers that ship, as one snapshot of the training
lab's pair.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from engine.core.declare import InvalidValue
from engine.core.snapshot import Snapshot
from engine.methods.training.classifier_recipes import BATCH, RECIPES
from engine.nn.digit_classifiers import NETS, load
from engine.runs.run import Run

GENTLE = 1e-4  # learning rate to go on with: the two are trained, Adam's moments are gone


def joined(standard: str, robust: str) -> Snapshot:
    """A snapshot of `training-digits` whose networks are NETS[standard] and NETS[robust], trained
    by their own recipes from the same weights.

    Its step is the number the robust one took; its knobs are the robust one's recipe. Raises
    InvalidValue where the two do not go together.
    """
    from engine.methods.training.digits import TrainingDigits

    for name in (standard, robust):
        if name not in NETS:
            raise InvalidValue(f"there is no digit model {name!r}: known are {', '.join(NETS)}")
    (architecture, _, _), (other, epsilon, _) = NETS[standard], NETS[robust]
    if architecture != other or not epsilon:
        raise InvalidValue(
            f"{standard} and {robust} make no pair: give a standard net and a robust one of the same architecture"
        )
    recipe = RECIPES[robust]
    setup = TrainingDigits.make_setup(
        {"architecture": architecture, "batch": BATCH, "warm_up": round(recipe.rise * 60000 / BATCH)}
    )
    knobs = TrainingDigits.make_knobs(
        setup,
        {
            "epsilon": epsilon,
            "attack": "pgd",
            "alpha": 0,
            "step_size": recipe.step_size,
            "steps": recipe.steps,
            "learning_rate": GENTLE,
        },
    )
    run = Run(TrainingDigits, setup)
    run.method.pair.standard.load_state_dict(load(standard).state_dict())
    run.method.pair.robust.load_state_dict(load(robust).state_dict())
    step = recipe.epochs * 60000 // BATCH
    return replace(run.snapshot(), step=step, knobs=knobs.to_dict(), log=((step, knobs.to_dict()),))


def add_command(commands: Any) -> None:
    """Put `join-digits` among the subcommands."""
    join = commands.add_parser("join-digits", help="two digit classifiers that ship as a pair of the training lab")
    join.add_argument("standard", metavar="STANDARD")
    join.add_argument("robust", metavar="ROBUST")
    join.add_argument("--save", required=True, metavar="SNAPSHOT")
    join.set_defaults(call=_join)


def _join(options: argparse.Namespace) -> int:
    joined(options.standard, options.robust).save(options.save)
    return 0
