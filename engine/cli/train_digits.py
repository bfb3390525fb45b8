"""`python -m engine train-digits`: train one of the digit classifiers that ship; `digit-errors`:
how many test digits attacks turn.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from typing import Any

from torch import nn

from engine.cli.output import DIVERGED, JSON_HELP, finite, fraction, writable
from engine.core.declare import InvalidValue, brief, offer
from engine.methods.training.classifier_recipes import TrainingDiverged, errors, train
from engine.nn.digit_classifiers import NETS, load, open_file, save

EPSILON = 0.1  # radius of the attacks on a net that was not trained against any, in pixel units
TEST_DIGITS = 10_000


def add_command(commands: Any) -> None:
    """Put `train-digits` and `digit-errors` among the subcommands."""
    parser = commands.add_parser("train-digits", help="train one of the included digit classifiers")
    parser.add_argument("name")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", metavar="FILE", help="where to write the weights (default: NAME.safetensors)")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(call=_train)
    parser = commands.add_parser(
        "digit-errors", help="test errors of the included digit classifiers: clean, FGSM, PGD of 40 steps"
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which (default: all)")
    parser.add_argument(
        "--epsilon",
        type=fraction,
        metavar="RADIUS",
        help="in pixel units (default: 0.1; for a net trained to withstand another, that)",
    )
    parser.add_argument(
        "--count",
        type=int,
        default=TEST_DIGITS,
        metavar="N",
        help="the first N of the 10,000 test digits (default: all)",
    )
    parser.add_argument("--json", action="store_true", help=JSON_HELP)
    parser.set_defaults(call=_errors)


def _train(options: argparse.Namespace) -> int:
    if options.name not in NETS:
        raise InvalidValue(f"there is no digit model {brief(options.name)}: {offer(options.name, NETS)}")
    out = f"{options.name}.safetensors" if options.out is None else options.out
    writable(out, "--out")
    start = time.monotonic()
    try:
        net = _trained(options, start)
    except TrainingDiverged as error:
        print(f"engine: {options.name} {error}: nothing is written, {out} is as it was", file=sys.stderr)
        if options.json:
            print(json.dumps({"name": options.name, "diverged": error.diverged.to_json()}))
        return DIVERGED
    save(net, out)
    architecture, _, title = NETS[options.name]
    epsilon = _radius(options.name)
    report = {
        "name": options.name,
        "seconds": round(time.monotonic() - start),
        "epsilon": epsilon,
        **errors(open_file(architecture, out), epsilon),
    }
    text = (
        f"{title}: test error {report['clean']:.2f} %, FGSM {report['fgsm']:.2f} %, PGD-40 {report['pgd']:.2f} % "
        f"at ε = {report['epsilon']}; {out}"
    )
    print(json.dumps(report) if options.json else text)
    return 0


def _trained(options: argparse.Namespace, start: float) -> nn.Module:
    """The trained net. Raises TrainingDiverged."""
    for share, loss, net in train(options.name, options.seed):  # noqa: B007  (the last net is the trained one)
        # Off a terminal a line is printed every twentieth of the training alone.
        if not options.json and (sys.stderr.isatty() or round(share * 600) % 30 == 0):
            seconds = time.monotonic() - start
            print(f"{100 * share:3.0f} %, loss {loss:.4f}, {seconds:.0f} s", file=sys.stderr, flush=True)
    return net


def _radius(name: str) -> float:
    """ε at which a net is attacked: what it was trained to withstand, EPSILON where that is 0."""
    return NETS[name][1] if NETS[name][1] > 0 else EPSILON


def _errors(options: argparse.Namespace) -> int:
    """Print a table, each line as soon as it is known."""
    nets = [(name, load(name)) for name in options.names or NETS]
    if not 1 <= options.count <= TEST_DIGITS:
        raise InvalidValue(f"--count {options.count} is not allowed: give a number from 1 to {TEST_DIGITS}")
    if options.epsilon is not None and options.epsilon > 1:
        meant = f"; did you mean {options.epsilon:g}/255?" if options.epsilon <= 255 else ""
        raise InvalidValue(f"--epsilon is {options.epsilon:g}: the largest is 1, since pixels go from 0 to 1{meant}")
    if not options.json:
        unit = f"per cent of {options.count} test digits"
        print(f"{'':15} {'ε':>5} {'clean':>7} {'FGSM':>7} {'PGD-40':>7}   {unit}", flush=True)
    reports = []
    for name, net in nets:
        epsilon = options.epsilon if options.epsilon is not None else _radius(name)
        found = errors(net, epsilon, options.count)
        bad = [attack for attack, error in found.items() if math.isnan(error)]
        gone = {"diverged": {"step": None, "what": f"answers of {name}"}} if bad else {}
        reports.append(finite({"name": name, "epsilon": epsilon, "count": options.count, **found, **gone}))
        if not options.json:
            numbers = f"{found['clean']:7.2f} {found['fgsm']:7.2f} {found['pgd']:7.2f}"
            print(f"{name:15} {epsilon:5.3g} {numbers}", flush=True)
    if options.json:
        print(json.dumps(reports))
    return DIVERGED if any("diverged" in one for one in reports) else 0
