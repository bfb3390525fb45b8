"""The command line: `python -m engine list` and `python -m engine run METHOD ...`."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import torch

from engine.cli import join
from engine.cli.attack import add_commands
from engine.cli.join_priors import add_join
from engine.cli.quality import add_quality
from engine.cli.retrain import add_retrain
from engine.cli.transfer import add_transfer
from engine.core.declare import Declared, InvalidValue
from engine.core.frame import Answer
from engine.core.method import Method
from engine.core.registry import UnknownMethod, find, methods
from engine.core.shipped import open_named, ship, shipped
from engine.core.snapshot import InvalidSnapshot, Snapshot
from engine.data.text import own_sentences
from engine.runs.host import Host
from engine.runs.repeat import Repeat
from engine.runs.run import Run

CHUNK = 20  # steps between two looks at the clock for the progress bar


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)  # the same numbers as on the page, bit for bit
    try:
        return options.call(options)
    except (InvalidValue, UnknownMethod, InvalidSnapshot) as error:
        print(f"engine: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"engine: {error.filename or 'output'}: {error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One clear line, without the usage."""
        self.exit(2, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="engine", description="Train Saddle's methods without a browser.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    listing = commands.add_parser("list", help="methods with their set-up fields and knobs")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(call=_list)
    run = commands.add_parser("run", help="train a method and print its final metrics")
    run.add_argument("method")
    run.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="a set-up field")
    run.add_argument(
        "--sentences",
        metavar="FILE",
        help="your own text for methods with a corpus: one sentence a line, or CSV with the columns text and label",
    )
    run.add_argument("--knob", action="append", default=[], metavar="NAME=VALUE", help="a knob")
    run.add_argument("--steps", type=_count, help="training steps (default: the method's own)")
    group = run.add_mutually_exclusive_group()
    group.add_argument("--seed", type=int)
    group.add_argument("--seeds", type=_span, metavar="A:B", help="seeds A to B, B excluded, trained as batches")
    run.add_argument(
        "--from", dest="start", metavar="SNAPSHOT", help="go on from a snapshot: a file, or the name of one that ships"
    )
    run.add_argument("--save", metavar="SNAPSHOT", help="write a snapshot at the end")
    run.add_argument(
        "--measure",
        action="append",
        default=[],
        metavar="NAME",
        help="at the end, also work out a measurement that takes seconds or minutes",
    )
    run.add_argument("--json", action="store_true", help="print one JSON value on stdout and nothing else")
    run.set_defaults(call=_run)
    shipping = commands.add_parser("ship", help="put a snapshot among those that ship with Saddle")
    shipping.add_argument("snapshot")
    for name, help in (
        ("name", "what --from and the page call it"),
        ("says", "what one sees, in a few words"),
        ("command", "what trained it"),
    ):
        shipping.add_argument(f"--{name}", required=True, help=help)
    shipping.set_defaults(call=_ship)
    report = commands.add_parser(
        "robustness", help="attacks × ε on the networks of a snapshot, with signs of masked gradients"
    )
    report.add_argument("snapshot", metavar="SNAPSHOT", help="a file, or the name of one that ships")
    report.add_argument("--json", action="store_true", help="print one JSON value on stdout and nothing else")
    report.set_defaults(call=_robustness)
    add_commands(commands)
    join.add_command(commands)
    add_transfer(commands)
    add_quality(commands)
    add_join(commands)
    add_retrain(commands)
    return parser


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of steps: give 0 or more")
    return int(text)


def _span(text: str) -> range:
    first, _, last = text.partition(":")
    if not (first.isdecimal() and last.isdecimal() and int(first) < int(last)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a span of seeds: give A:B with A < B, such as 0:50")
    return range(int(first), int(last))


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
            for name, d in kind.declarations().items():
                allowed = ", ".join(v for v, _ in d.options) or (d.range() if d.kind in ("number", "whole") else d.kind)
                default = "none" if d.default == () else f"{d.default:g}" if isinstance(d.default, float) else d.default
                print(f"    {name:18} {default!s:10} {d.help} [{allowed}]")
        for s in shipped(method.name):
            print(f"  snapshot {s.name}: {s.says}\n    trained with {s.command}")
    return 0


def _ship(options: argparse.Namespace) -> int:
    snapshot = Snapshot.open(options.snapshot)
    if not options.name.replace("-", "").isalnum():
        raise InvalidValue(f"name = {options.name!r} is not allowed: give letters, digits and dashes")
    ship(Run.restore(snapshot).snapshot(), options.name, options.says, options.command)
    return 0


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
            _bar(options, done)
    if options.json:
        print(json.dumps(_finite({"method": run.method.name, "step": run.step, **report})))
        return 0
    print(f"{run.method.name}, step {run.step}: error in per cent on {report['points']} points, {report['norm']}")
    for name, member in report["members"].items():
        print(f"{name:36}{''.join(f'ε {radius:<8.3g}' for radius in report['epsilons'])}")
        for attack, errors in zip(report["attacks"], member["table"]):
            print(f"  {attack:34}{''.join(f'{error:<10.1f}' for error in errors)}")
        for warning in member["warnings"]:
            print(f"  ! {warning}")
    return 0


def _declarations(kind: type[Declared]) -> dict[str, Any]:
    return {name: d.to_json() for name, d in kind.declarations().items()}


def _pairs(texts: Sequence[str], kind: type[Declared]) -> dict[str, Any]:
    """NAME=VALUE options as a mapping. Raises InvalidValue."""
    out: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidValue(f"{text!r} is not NAME=VALUE")
        kind.check_names({name: value})
        if kind.declarations()[name].kind in ("points", "ink"):
            try:
                value = json.loads(value)
            except ValueError as error:
                raise InvalidValue(
                    f"{name}: give a JSON list of "
                    f"{'[x, y, label]' if kind.declarations()[name].kind == 'points' else 'levels'}"
                ) from error
        out[name] = value
    return out


def _run(options: argparse.Namespace) -> int:
    seed = 0 if options.seed is None else options.seed
    if not 0 <= seed < 2**53:
        raise InvalidValue(f"seed = {seed} is not allowed: give a whole number from 0")
    if options.start:
        run, knobs = _continue(options)
    else:
        method = find(options.method)
        setup = method.make_setup(_pairs(options.set, method.Setup) | _sentences(options, method))
        knobs = method.make_knobs(setup, _pairs(options.knob, method.Knobs))
        if options.seeds is not None:
            return _repeat(options, method, setup, knobs)
        run = Run(method, setup, seed)
    known = type(run.method).measures
    for name in options.measure:
        if name not in known:
            raise InvalidValue(f"{run.method.name} has no measurement {name!r}: known are {', '.join(known) or 'none'}")
    start = time.monotonic()
    steps = type(run.method).default_steps if options.steps is None else options.steps
    for done in range(0, steps, CHUNK):
        run.advance(knobs, min(CHUNK, steps - done))
        _bar(options, min(done + CHUNK, steps) / steps)
    seconds = time.monotonic() - start
    if options.save:
        run.snapshot().save(options.save)
    results = run.method.metrics(knobs)
    for name in options.measure:
        results = [m | _measured(options, run, knobs, name) for m in results]
    reports = [_report(run.method, run.setup, knobs, s, run.step, seconds, m) for s, m in zip(run.seeds, results)]
    return _print(options, reports)


def _sentences(options: argparse.Namespace, method: type[Method]) -> dict[str, Any]:
    """The set-up fields that name the text behind --sentences."""
    if not options.sentences:
        return {}
    if "own" not in method.Setup.declarations():
        raise InvalidValue(f"{method.name} reads no sentences: leave out --sentences")
    return {"corpus": "own", "own": own_sentences.store(Path(options.sentences).read_bytes())}


def _measured(options: argparse.Namespace, run: Run, knobs: Any, name: str) -> dict[str, float]:
    """The single numbers of a measurement of the run: its name and a dot before each."""
    out: dict[str, float] = {}
    for done in run.method.measure(knobs, name, {}):
        if isinstance(done, float):
            _bar(options, done)
        else:
            out = {f"{name}.{key}": float(v) for key, v in done.numbers.items() if isinstance(v, (int, float))}
    return out


def _continue(options: argparse.Namespace) -> tuple[Run, Any]:
    """The run behind --from, and its knobs with the --knob options turned."""
    if options.set or options.sentences or options.seed is not None or options.seeds is not None:
        raise InvalidValue("--from brings its own set-up and seed: leave out --set, --sentences, --seed and --seeds")
    find(options.method)
    run = Run.restore(open_named(options.start))
    if run.method.name != options.method:
        raise InvalidSnapshot(f"{options.start} is a snapshot of {run.method.name}, not of {options.method}")
    return run, run.knobs.with_values(_pairs(options.knob, type(run.knobs)))


def _repeat(options: argparse.Namespace, method: type[Method], setup: Any, knobs: Any) -> int:
    if options.save or options.measure:
        raise InvalidValue("--save and --measure are for one run: use --seed instead of --seeds")
    steps = method.default_steps if options.steps is None else options.steps
    repeat = Repeat(Host(), method, setup, knobs, options.seeds, steps, blocks=os.cpu_count() or 1)
    while not repeat.wait(0.2):
        _bar(options, repeat.progress)
    _bar(options, 1.0)
    if repeat.failure:
        raise InvalidValue(f"training failed: {repeat.failure}")
    each = repeat.seconds / len(repeat.seeds)
    return _print(
        options,
        [_report(method, setup, knobs, s, steps, each, m) for s, m in zip(repeat.seeds, repeat.metrics)],
        many=True,
    )


def _finite(value: Any) -> Any:
    """The same with None for what JSON has no word for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    return [_finite(v) for v in value] if isinstance(value, (list, tuple)) else value


def _report(
    method: Any, setup: Any, knobs: Any, seed: int, step: int, seconds: float, metrics: dict[str, float]
) -> dict[str, Any]:
    metrics = {name: value if math.isfinite(value) else None for name, value in metrics.items()}  # JSON has no NaN
    return {
        "method": method.name,
        "setup": setup.to_dict(),
        "knobs": knobs.to_dict(),
        "seed": seed,
        "step": step,
        "seconds": round(seconds, 3),
        "metrics": metrics,
    }


def _bar(options: argparse.Namespace, share: float) -> None:
    """A progress bar on a terminal; nothing where nobody would see it."""
    if options.json or not sys.stderr.isatty():
        return
    full = int(30 * share)
    sys.stderr.write(f"\r[{'█' * full}{'·' * (30 - full)}] {100 * share:3.0f} %{chr(10) if share >= 1 else ''}")
    sys.stderr.flush()


def _print(options: argparse.Namespace, reports: list[dict[str, Any]], many: bool = False) -> int:
    if options.json:
        print(json.dumps(reports if many or len(reports) > 1 else reports[0]))
        return 0
    for report in reports:
        print(f"{report['method']} seed {report['seed']}, step {report['step']}, {report['seconds']:.1f} s")
        for name, value in report["metrics"].items():
            print(f"  {name:24} {'diverged' if value is None else format(value, '10.4g'):>10}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
