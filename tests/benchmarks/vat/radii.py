"""Other radii and drop-out shares than the page's defaults, over new data sets.

`python -m tests.benchmarks.vat.radii [SETS] [OUT.json]`

The defaults were once chosen by the test error over seeds 0 to 49, the sets that the page shows.
Here the sets are seeds 1000 to 999 + SETS (60 unless given), which nothing was chosen by. Every
difference is paired: the same points, the same initial weights.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

from engine.methods.vat.ensemble import KINDS
from engine.methods.vat.vat import VAT
from engine.runs.repeat import summary
from engine.runs.run import Run

FIRST, SETS, STEPS = 1000, 60, 1000
# What is swept: knob → its values. The runs take the first values of all, the second, and so on.
SWEPT = {
    "epsilon_vat": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0),
    "epsilon_adv_l2": (0.1, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0),
    "epsilon_adv_linf": (0.01, 0.02, 0.03, 0.045, 0.06, 0.08, 0.1, 0.15),
    "epsilon_random": (0.6, 1.2, 1.8, 2.3, 2.8, 3.4, 4.0, 5.0),
    "dropout": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 0.85),
}
MEMBER = {knob: VAT.Knobs.declarations()[knob].member for knob in SWEPT}
Errors = dict[str, dict[float, list[float]]]  # knob → value → test error of each set, per cent


def errors(dataset: str, seeds: range) -> tuple[Errors, dict[str, list[float]]]:
    """The errors under each value of SWEPT, and those of every member under the page's defaults."""
    setup = VAT.make_setup({"dataset": dataset})
    found: Errors = {knob: {} for knob in SWEPT}
    defaults = VAT.make_knobs(setup)
    for i in range(len(SWEPT["dropout"])):
        turned = {knob: values[i] for knob, values in SWEPT.items()}
        numbers = train(defaults.with_values(turned), dataset, seeds)
        for knob, value in turned.items():
            found[knob][value] = numbers[MEMBER[knob]]
        print(f"  {dataset}: {i + 1} of {len(SWEPT['dropout'])} runs", file=sys.stderr, flush=True)
    return found, train(defaults, dataset, seeds)


def train(knobs: object, dataset: str, seeds: range) -> dict[str, list[float]]:
    """Test errors in per cent of each kind, one for each seed."""
    run = Run(VAT, VAT.make_setup({"dataset": dataset}), seeds)
    run.advance(knobs, STEPS)
    numbers = run.method.metrics(knobs, ("test_error",))
    return {kind: [m[f"test_error.{kind}"] for m in numbers] for kind in KINDS}


def pair(values: list[float], baseline: list[float]) -> str:
    """The paired difference, its standard error, and on how many sets it is negative."""
    s = summary(values, baseline)
    lower = sum(v < b for v, b in zip(values, baseline))
    higher = sum(v > b for v, b in zip(values, baseline))
    return f"{s.difference:+5.2f} ± {s.error:.2f}, lower on {lower}, higher on {higher} of {len(values)}"


def report(dataset: str, found: Errors, at_defaults: dict[str, list[float]]) -> None:
    """Print the table of one data set, and how VAT and adversarial training compare."""
    print(f"\n{dataset}: test error, per cent; in brackets minus the default's, paired ± standard error")
    defaults = VAT.make_knobs(VAT.make_setup({"dataset": dataset}))
    for knob, by_value in found.items():
        base, default = at_defaults[MEMBER[knob]], getattr(defaults, knob)
        print(f"  {knob} (default {default:g}): {summary(base, base).mean:.2f}")
        for value, values in by_value.items():
            s = summary(values, base)
            clear = " <- better by more than its standard error" if s.difference < -s.error else ""
            print(f"    {value:<6g} {s.mean:5.2f} ± {s.sd:.1f} ({s.difference:+.2f} ± {s.error:.2f}){clear}")
    for other in ("mle", "random", "adv_l2", "adv_linf"):
        print(f"  VAT minus {other}, both at the defaults: {pair(at_defaults['vat'], at_defaults[other])}")
    for value, values in found["epsilon_adv_l2"].items():
        print(f"  VAT at its default minus adv_l2 at {value:g}: {pair(at_defaults['vat'], values)}")


def main(sets: int, out: str) -> None:
    everything = {}
    for dataset in ("moons", "circles"):
        found, at_defaults = errors(dataset, range(FIRST, FIRST + sets))
        report(dataset, found, at_defaults)
        everything[dataset] = {"swept": found, "defaults": at_defaults}
    if out:
        Path(out).write_text(json.dumps(everything), encoding="utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(int(sys.argv[1]) if sys.argv[1:] else SETS, sys.argv[2] if sys.argv[2:] else "")
