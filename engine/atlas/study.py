"""Study: the runs of an atlas as a study of Optuna, for its dashboard. Optuna is optional."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import optuna

from engine.atlas.cells import Cell, Result
from engine.atlas.question import Question
from engine.core.declare import InvalidValue
from engine.core.registry import find


def write(path: Path, question: Question, results: Mapping[Cell, Result]) -> None:
    """A trial a run: its values on the axes and its seed as parameters, its first metric as the
    value, and all metrics as attributes. A run that diverged is a failed trial.

    Raises InvalidValue where the file has a study of this name with other parameters.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    name = " × ".join([question.method, *(axis.name for axis in question.axes)])
    study = optuna.create_study(storage=f"sqlite:///{path}", study_name=name, load_if_exists=True)
    method = find(question.method)
    among: dict[str, optuna.distributions.BaseDistribution] = {
        "seed": optuna.distributions.IntDistribution(0, max(question.seeds))
    }
    for axis in question.axes:
        whole = axis.declaration(method).kind == "whole"
        kind = optuna.distributions.IntDistribution if whole else optuna.distributions.FloatDistribution
        values = axis.checked(method)  # rounded, they may lie outside of low to high
        among[axis.name] = kind(min(values), max(values), log=axis.log and min(values) > 0)
    trials = []
    for cell, result in results.items():
        values = {axis.name: value for axis, value in zip(question.axes, (cell.x, cell.y))} | {"seed": cell.seed}
        first = next(iter(result.metrics.values()), math.nan)
        failed = bool(result.diverged) or not math.isfinite(first)
        trials.append(
            optuna.trial.create_trial(
                params=values,
                distributions=among,
                user_attrs={n: float(v) for n, v in result.metrics.items()} | {"diverged": result.diverged},
                **({"state": optuna.trial.TrialState.FAIL} if failed else {"value": float(first)}),
            )
        )
    try:
        study.add_trials(trials)
    except ValueError as error:
        raise InvalidValue(f"--optuna: {path} has a study {name!r} of another kind: name another file") from error
