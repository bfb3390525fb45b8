"""Train the 50 data sets that the VAT page shows ready made, and write assets/vat-repeat.json.

`python -m tests.benchmarks.vat.repeated`

For each data set: default set-up and knobs, seeds 0 to 49, 1000 steps, one thread; for moons and
circles the reference settings as well. Prints the tables, and the seed that the page opens on: the
one whose paired difference of test errors, random perturbation minus VAT on the default data set,
is nearest to the median over the 50.
"""

from __future__ import annotations

import json

import torch

from app.labs.vat.ready_made import ASSET, ReadyMade, typical_seed
from app.labs.vat.reference import MEASURED, at_reference
from engine.core.declare import Knobs, Setup
from engine.data.plane import SHAPES
from engine.methods.vat.ensemble import KINDS
from engine.methods.vat.vat import VAT
from engine.runs.repeat import summary
from engine.runs.run import Run

SEEDS, STEPS = range(50), 1000


def trained(setup: Setup, knobs: Knobs) -> ReadyMade:
    """Test errors of every method on every seed."""
    run = Run(VAT, setup, SEEDS)
    run.advance(knobs, STEPS)
    numbers = run.method.metrics(knobs, ("test_error",))
    return ReadyMade(
        setup.to_dict(),
        knobs.to_dict(),
        list(SEEDS),
        STEPS,
        {kind: [round(m[f"test_error.{kind}"], 3) for m in numbers] for kind in KINDS},
    )


def main() -> None:
    tables = []
    for dataset in SHAPES:
        setup = VAT.make_setup({"dataset": dataset})
        settings = {"defaults": VAT.make_knobs(setup)}
        if dataset in MEASURED:
            settings["reference settings"] = at_reference(setup)
        for title, knobs in settings.items():
            tables.append(trained(setup, knobs))
            print(f"\n{dataset}, {title}")
            for kind, values in tables[-1].test_error.items():
                s = summary(values, tables[-1].test_error["mle"])
                print(f"  {kind:9} {s.mean:5.1f} ± {s.sd:4.1f} ({s.median:4.1f})", flush=True)
    lines = ",\n".join(json.dumps(t.to_json()) for t in tables)
    ASSET.write_text(f'{{"tables": [\n{lines}\n]}}\n', encoding="utf-8")
    seed, difference, median = typical_seed(tables[0])
    print(f"\nThe page opens on seed {seed}: random − VAT {difference:.2f} points, median {median:.2f}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
