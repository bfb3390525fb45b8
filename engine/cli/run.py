"""`python -m engine run`: train a method and print its final metrics; `list`: which methods, set-up
fields and knobs there are.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from typing import Any

from engine.cli.output import (
    JSON_HELP,
    contents,
    declared_values,
    diverged_code,
    print_reports,
    progress_bar,
    report,
    writable,
)
from engine.core.declare import Declaration, Declared, InvalidValue, Knobs, Setup, brief, offer
from engine.core.method import Method
from engine.core.parallel import cores, threads
from engine.core.registry import find, methods
from engine.core.shipped import open_named, shipped
from engine.core.snapshot import MOST_MB, MOST_THREADS, InvalidSnapshot, Snapshot
from engine.data import points_csv
from engine.data.text import own_sentences
from engine.runs.host import Host
from engine.runs.repeat import Repeat
from engine.runs.run import Run

CHUNK = 20  # steps between two updates of the progress bar


def add_command(commands: Any) -> None:
    """Put `list` and `run` among the subcommands."""
    listing = commands.add_parser("list", help="methods with their set-up fields and knobs")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(call=_list)
    run = commands.add_parser("run", help="train a method and print its final metrics")
    run.add_argument("method")
    run.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="a set-up field")
    run.add_argument(
        "--sentences",
        metavar="FILE",
        help="your own text for methods with a corpus: one sentence a line, or a table with the columns text and label",
    )
    run.add_argument(
        "--points",
        metavar="FILE",
        help="your own points for methods in the plane: a table with the columns x, y and label",
    )
    run.add_argument("--knob", action="append", default=[], metavar="NAME=VALUE", help="a knob")
    run.add_argument("--steps", type=_count, help="training steps (default: the method's own)")
    run.add_argument(
        "--threads",
        type=_threads,
        metavar="N",
        help="threads of torch's (default: 1); another number rounds otherwise, so that the same numbers come with the "
        "same number alone",
    )
    group = run.add_mutually_exclusive_group()
    group.add_argument("--seed", type=int)
    group.add_argument("--seeds", type=span, metavar="A:B", help="seeds A to B, B excluded, trained as batches")
    run.add_argument(
        "--from", dest="start", metavar="SNAPSHOT", help="go on from a snapshot: a file, or the name of an included one"
    )
    run.add_argument("--save", metavar="SNAPSHOT", help="write a snapshot at the end")
    run.add_argument(
        "--slim",
        action="store_true",
        help="with --save: its small form, with weights in half precision and no moments of optimisers; training goes "
        "on from it, not bit for bit",
    )
    run.add_argument(
        "--measure",
        action="append",
        default=[],
        metavar="NAME",
        help="at the end, also work out a measurement that takes seconds or minutes",
    )
    run.add_argument("--json", action="store_true", help=JSON_HELP)
    run.set_defaults(call=_run)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of steps: give 0 or more")
    return int(text)


def _threads(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= MOST_THREADS):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of threads: give 1 to {MOST_THREADS}")
    return int(text)


def span(text: str) -> range:
    """Seeds from an option: A:B. Raises argparse.ArgumentTypeError."""
    first, _, last = text.partition(":")
    if not (first.isdecimal() and last.isdecimal() and int(first) < int(last)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a span of seeds: give A:B with A < B, such as 0:50")
    return range(int(first), int(last))


# -- list ----------------------------------------------------------------------------------------


def _list(options: argparse.Namespace) -> int:
    known = methods()
    if options.json:
        out = [
            {
                "method": m.name,
                "title": m.title,
                "setup": _declarations(m.Setup),
                "knobs": _declarations(m.Knobs),
                "snapshots": [s.name for s in shipped(m.name)],
            }
            for m in known.values()
        ]
        print(json.dumps(out, ensure_ascii=False))
        return 0
    for method in known.values():
        print(f"{method.name}: {method.title}")
        for title, kind in (("set-up", method.Setup), ("knobs", method.Knobs)):
            print(f"  {title}")
            for name, declaration in kind.declarations().items():
                default = _default_text(declaration)
                print(f"    {name:18} {default:10} {declaration.help} [{_allowed_text(declaration)}]")
        for s in shipped(method.name):
            print(f"  snapshot {s.name}: {s.description}\n    trained with {s.command}")
    return 0


def _declarations(kind: type[Declared]) -> dict[str, Any]:
    return {name: d.to_json() for name, d in kind.declarations().items()}


def _default_text(declaration: Declaration) -> str:
    default = declaration.default
    if default == ():
        return "none"
    return f"{default:g}" if isinstance(default, float) else str(default)


def _allowed_text(declaration: Declaration) -> str:
    """The options of a choice, the range of a number, else the kind."""
    options = ", ".join(value for value, _ in declaration.options)
    if options:
        return options
    return declaration.range() if declaration.kind in ("number", "whole") else declaration.kind


# -- run -----------------------------------------------------------------------------------------


def _run(options: argparse.Namespace) -> int:
    seed = 0 if options.seed is None else options.seed
    if not 0 <= seed < 2**53:
        raise InvalidValue(f"seed = {seed} is not allowed: give a whole number from 0")
    writable(options.save, "--save")
    if options.slim and options.save is None:
        raise InvalidValue("--slim is for --save: name a file")
    if options.threads and options.seeds is not None:
        raise InvalidValue("--threads is for one run: --seeds trains several at once, each with one thread")
    with threads(options.threads or 1):
        return _train(options, seed)


def _train(options: argparse.Namespace, seed: int) -> int:
    if options.start is not None:
        run, knobs = _continue(options)
    else:
        method = find(options.method)
        setup = method.make_setup(declared_values(options.set, method.Setup) | _uploads(options, method))
        knobs = method.make_knobs(setup, declared_values(options.knob, method.Knobs))
        if options.seeds is not None:
            return _repeat(options, method, setup, knobs)
        run = Run(method, setup, seed)
    _tell_size(options, run.snapshot())
    known = type(run.method).measures
    for name in options.measure:
        if name not in known:
            raise InvalidValue(f"{run.method.name} has no measurement {brief(name)}: {offer(name, known)}")
    start = time.monotonic()
    steps = type(run.method).default_steps if options.steps is None else options.steps
    for done in range(0, steps, CHUNK):
        run.advance(knobs, min(CHUNK, steps - done))
        progress_bar(options, 1.0 if run.stopped else min(done + CHUNK, steps) / steps)
        if run.stopped:
            break
    seconds = time.monotonic() - start
    run.diverged()  # looks, so that what is saved is finite
    if options.save:
        snapshot = run.snapshot()
        (snapshot.slim() if options.slim else snapshot).save(options.save)
    results = run.metrics(knobs=knobs)
    found = run.diverged()
    for name in options.measure:
        results = [m | ({name: math.nan} if any(found) else _measured(options, run, knobs, name)) for m in results]
    reports = [
        report(run.method, run.setup, knobs, s, run.step, seconds, m, d) for s, m, d in zip(run.seeds, results, found)
    ]
    print_reports(options, _with_data(options, reports))
    return diverged_code(reports, type(knobs), options.save)


def _tell_size(options: argparse.Namespace, snapshot: Snapshot) -> None:
    """Say before the first step where --save will write more than a page opens."""
    size = (snapshot.slim() if options.slim else snapshot).megabytes
    if options.save and size > MOST_MB:
        print(
            f"engine: {options.save} will take {size:.0f} MB, and a page opens {MOST_MB} MB at most: --from opens it "
            "here; for a page add --slim or choose smaller networks",
            file=sys.stderr,
        )


def _continue(options: argparse.Namespace) -> tuple[Run, Knobs]:
    """The run behind --from, and its knobs with the --knob options turned."""
    others = (options.sentences, options.points, options.seed, options.seeds)
    if options.set or any(option is not None for option in others):
        raise InvalidValue(
            "--from brings its own set-up and seed: leave out --set, --sentences, --points, --seed and --seeds"
        )
    find(options.method)
    run = Run.restore(open_named(options.start))
    if run.method.name != options.method:
        raise InvalidSnapshot(f"{options.start} is a snapshot of {run.method.name}, not of {options.method}")
    return run, run.knobs.with_values(declared_values(options.knob, type(run.knobs)))


def _uploads(options: argparse.Namespace, method: type[Method]) -> dict[str, Any]:
    """The set-up fields that name the text behind --sentences or hold the points behind --points.

    What was understood of the file goes into options.data, and without --json to the terminal.
    """
    options.data = None
    fields = method.Setup.declarations()
    out: dict[str, Any] = {}
    if options.sentences is not None:
        if "own" not in fields:
            raise InvalidValue(f"{method.name} reads no sentences: leave out --sentences")
        text = own_sentences.read(contents(options.sentences, "--sentences"))
        options.data, told = text.data(), text.told()
        out = {"corpus": "own", "own": own_sentences.store_text(text)}
    if options.points is not None:
        if "rows" not in fields:
            raise InvalidValue(f"{method.name} reads no points: leave out --points")
        labelled = "train" in fields  # a game in the plane has no training sample and no labels
        table = points_csv.read(contents(options.points, "--points"), labelled)
        options.data, told = table.data(), table.told()
        out = {"dataset": "own", "rows": table.rows}
    if options.data and not options.json:
        print(f"{options.sentences or options.points}: {told}")
    return out


def _with_data(options: argparse.Namespace, reports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Reports with what was understood of the file that their runs learned from."""
    data = getattr(options, "data", None)
    return [one | {"data": data} for one in reports] if data else reports


def _repeat(options: argparse.Namespace, method: type[Method], setup: Setup, knobs: Knobs) -> int:
    """Train all of --seeds, in as many blocks as there are cores."""
    if options.save or options.measure:
        raise InvalidValue("--save and --measure are for one run: use --seed instead of --seeds")
    steps = method.default_steps if options.steps is None else options.steps
    repeat = Repeat(Host(), method, setup, knobs, options.seeds, steps, blocks=cores())
    while not repeat.wait(0.2):
        progress_bar(options, repeat.progress)
    progress_bar(options, 1.0)
    if repeat.failure:
        raise InvalidValue(f"training failed: {repeat.failure}")
    each = repeat.seconds / len(repeat.seeds)
    results = zip(repeat.seeds, repeat.metrics, repeat.diverged)
    reports = [report(method, setup, knobs, seed, steps, each, metrics, d) for seed, metrics, d in results]
    print_reports(options, _with_data(options, reports), many=True)
    return diverged_code(reports, type(knobs))


def _measured(options: argparse.Namespace, run: Run, knobs: Knobs, name: str) -> dict[str, float]:
    """The single numbers of a measurement of the run, each named `name.key`."""
    out: dict[str, float] = {}
    for done in run.method.measure(knobs, name, {}):
        if isinstance(done, float):
            progress_bar(options, done)
        else:
            out = {f"{name}.{key}": float(v) for key, v in done.numbers.items() if isinstance(v, (int, float))}
    return out
