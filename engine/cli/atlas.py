"""`python -m engine atlas`: train a grid of one or two knobs or set-up fields, and print what each
place reached.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.atlas.atlas import answers, places
from engine.atlas.axis import Axis
from engine.atlas.cache import Cache
from engine.atlas.cells import Cell, Result
from engine.atlas.question import METHODS, MOST_SEEDS, Question
from engine.cli.output import JSON_HELP, declared_values, progress_bar, writable
from engine.cli.run import span
from engine.core.declare import InvalidValue
from engine.core.registry import find

SHOWN = 3  # significant digits in the printed map
STATISTICS = ("mean", "sd", "min", "max", "median")


def add_command(commands: Any) -> None:
    """Put `atlas` among the subcommands."""
    atlas = commands.add_parser("atlas", help="train a grid of one or two knobs or set-up fields")
    atlas.add_argument("method", choices=METHODS)
    form = "NAME=LOW:HIGH:COUNT[:log]"
    atlas.add_argument("--x", type=str, required=True, metavar=form, help="a knob or a numeric set-up field")
    atlas.add_argument("--y", type=str, metavar=form, help="another one, for a grid in place of a line")
    atlas.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="a set-up field")
    atlas.add_argument("--knob", action="append", default=[], metavar="NAME=VALUE", help="a knob")
    atlas.add_argument(
        "--seeds", type=span, default=range(1), metavar="A:B", help=f"at most {MOST_SEEDS} (default: 0:1)"
    )
    atlas.add_argument("--steps", type=int, default=1000, help="of each run (default: 1000)")
    atlas.add_argument(
        "--members",
        metavar="A,B",
        help="which of the networks of vat or training to train (default: those that the axes act on)",
    )
    atlas.add_argument("--metric", metavar="NAME", help="the one to print as a map (default: the first)")
    atlas.add_argument("--out", metavar="CSV", help="write all places into a table")
    atlas.add_argument(
        "--optuna", metavar="DB", help="write all runs as a study into an SQLite file for Optuna's dashboard"
    )
    atlas.add_argument("--cache", metavar="FILE", default=str(default_cache()), help="where trained cells are kept")
    atlas.add_argument("--no-cache", action="store_true", help="train all cells, and keep none")
    atlas.add_argument("--json", action="store_true", help=JSON_HELP)
    atlas.set_defaults(call=_atlas)


def default_cache() -> Path:
    """The file in the user's folder of caches."""
    folder = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(folder) / "saddle" / "atlas.sqlite"


def _atlas(options: argparse.Namespace) -> int:
    writable(options.out, "--out")
    question = _question(options)
    study = _study(options)  # before the work, where Optuna is missing
    cells = list(question.cells())
    results: dict[Cell, Result] = {}
    start = time.monotonic()
    for more in answers(question, None if options.no_cache else Cache(Path(options.cache))):
        results |= more
        _check_metric(options.metric, results)  # before all the others are trained
        progress_bar(options, len(results) / len(cells))
    seconds = time.monotonic() - start
    found = places(question, results)
    names = list(dict.fromkeys(name for place in found for name in place["metrics"]))
    if options.out:
        _write_table(Path(options.out), question, found, names)
    if study is not None:
        study(question, results)
    if options.json:
        print(json.dumps(_report(question, found, seconds)))
    else:
        _print_map(question, found, options.metric or next(iter(names), "no metric"), seconds)
    bad = sum(bool(result.diverged) for result in results.values())
    if bad:
        print(f"engine: {bad} of {len(cells)} runs diverged", file=sys.stderr)
    return 0


def _question(options: argparse.Namespace) -> Question:
    """What the options ask. Raises InvalidValue."""
    method = find(options.method)
    return Question(
        method.name,
        Axis.parsed(options.x),
        Axis.parsed(options.y) if options.y else None,
        declared_values(options.set, method.Setup),
        declared_values(options.knob, method.Knobs),
        tuple(options.seeds),
        options.steps,
        tuple(options.members.split(",")) if options.members else (),
    ).checked()


def _report(question: Question, found: Sequence[Mapping[str, Any]], seconds: float) -> dict[str, Any]:
    setup, _ = question.made(next(question.cells()))
    on_axes = {axis.name for axis in question.axes}
    return {
        "method": question.method,
        "setup": {name: value for name, value in setup.to_dict().items() if name not in on_axes},
        "x": question.x.to_json(),
        "y": question.y and question.y.to_json(),
        "seeds": list(question.seeds),
        "steps": question.steps,
        "seconds": round(seconds, 3),
        "cells": list(found),
    }


def _write_table(path: Path, question: Question, found: Sequence[Mapping[str, Any]], names: Sequence[str]) -> None:
    """A row a place: the values on the axes, how many seeds diverged, five statistics a metric."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        axes = [axis.name for axis in question.axes]
        table.writerow([*axes, "diverged", *(f"{name} {kind}" for name in names for kind in STATISTICS)])
        for place in found:
            spreads = [place["metrics"].get(name) or dict.fromkeys(STATISTICS, "") for name in names]
            values = [spread[kind] for spread in spreads for kind in STATISTICS]
            table.writerow([*(place[axis] for axis, _ in zip("xy", axes)), place["diverged"], *values])


def _check_metric(metric: str | None, results: Mapping[Cell, Result]) -> None:
    """Raise InvalidValue where runs have metrics, and none of that name."""
    known = {name for result in results.values() for name in result.metrics}
    if metric and known and metric not in known:
        raise InvalidValue(f"there is no metric {metric!r}: known are {', '.join(sorted(known))}")


def _print_map(question: Question, found: Sequence[Mapping[str, Any]], metric: str, seconds: float) -> None:
    """The mean of a metric at every place, y upwards."""

    def text(place: Mapping[str, Any]) -> str:
        spread = place["metrics"].get(metric)
        return "diverged" if spread is None else f"{spread['mean']:.{SHOWN}g}"

    xs = list(dict.fromkeys(place["x"] for place in found))
    ys = list(dict.fromkeys(place["y"] for place in found))
    at = {(place["x"], place["y"]): text(place) for place in found}
    print(f"{question.method}: {metric}, mean of {len(question.seeds)} seeds at step {question.steps}, {seconds:.1f} s")
    for y in reversed(ys):
        print(f"{'' if y is None else format(y, '.4g'):>10} " + " ".join(f"{at[x, y]:>8}" for x in xs))
    print(f"{'':>10} " + " ".join(f"{x:>8.4g}" for x in xs))
    print(f"right: {question.x.name}" + (f"; up: {question.y.name}" if question.y else ""))


def _study(options: argparse.Namespace) -> Any:
    """What writes the study of `--optuna`; None without the option. Raises InvalidValue."""
    if not options.optuna:
        return None
    writable(options.optuna, "--optuna")
    try:
        from engine.atlas.study import write
    except ImportError:
        raise InvalidValue("--optuna needs Optuna: python -m pip install 'optuna>=4'") from None
    return lambda question, results: write(Path(options.optuna), question, results)
