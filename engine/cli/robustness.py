"""`python -m engine robustness`: the errors of a snapshot's networks under attacks, with signs of
masked gradients.
"""

from __future__ import annotations

import argparse
import json
import math
from typing import Any

from engine.cli.output import DIVERGED, JSON_HELP, finite, progress_bar
from engine.core.diverged import Diverged, in_words
from engine.core.frame import Answer
from engine.core.registry import methods
from engine.core.shipped import open_named
from engine.core.snapshot import InvalidSnapshot
from engine.runs.run import Run


def add_command(commands: Any) -> None:
    """Put `robustness` among the subcommands."""
    parser = commands.add_parser(
        "robustness", help="attacks × ε on the networks of a snapshot, with signs of masked gradients"
    )
    parser.add_argument("snapshot", metavar="SNAPSHOT", help="a file, or the name of one that ships")
    parser.add_argument("--json", action="store_true", help=JSON_HELP)
    parser.set_defaults(call=_robustness)


def _robustness(options: argparse.Namespace) -> int:
    run = Run.restore(open_named(options.snapshot))
    if "robustness" not in run.method.measures:
        known = ", ".join(m.name for m in methods().values() if "robustness" in m.measures)
        raise InvalidSnapshot(
            f"{options.snapshot} is a snapshot of {run.method.name}, which has no robustness report: give one of "
            f"{known}"
        )
    report: dict[str, Any] = {}
    for done in run.method.measure(run.knobs, "robustness", {}):
        if isinstance(done, Answer):
            report = dict(done.numbers)
        else:
            progress_bar(options, done)
    bad = [name for name, member in report["members"].items() if member["diverged"]]
    diverged = {"diverged": Diverged(run.step, f"answers of {in_words(bad)}").to_json()} if bad else {}
    if options.json:
        print(json.dumps(finite({"method": run.method.name, "step": run.step, **report, **diverged})))
        return DIVERGED if bad else 0
    print(f"{run.method.name}, step {run.step}: error in per cent on {report['points']} points, {report['norm']}")
    for name, member in report["members"].items():
        print(f"{name:36}{''.join(f'ε {radius:<8.3g}' for radius in report['epsilons'])}")
        for attack, errors in zip(report["attacks"], member["table"]):
            print(f"  {attack:34}{''.join(f'{_written(error):<10}' for error in errors)}")
        for warning in member["warnings"]:
            print(f"  ! {warning}")
    return DIVERGED if bad else 0


def _written(error: float) -> str:
    return f"{error:.1f}" if math.isfinite(error) else "diverged"
