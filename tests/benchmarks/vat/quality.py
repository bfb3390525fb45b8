"""Test error and smoothness over 50 new data sets.

`python -m tests.benchmarks.vat.quality`
"""

from __future__ import annotations

import math
import re

from app.labs.vat.reference import MEASURED, at_reference
from engine.core.parallel import cores
from engine.methods.vat.ensemble import KINDS
from engine.methods.vat.vat import VAT
from engine.runs.host import Host
from engine.runs.repeat import Repeat, summary

SETS = range(50)


def column(metrics: list[dict[str, float]], name: str) -> list[float]:
    """One metric over the seeds."""
    return [m[name] for m in metrics]


def main() -> None:
    """Print the table for moons and circles, at the reference settings and the page's defaults."""
    host = Host()
    for dataset in MEASURED:
        setup = VAT.make_setup({"dataset": dataset, "lds_epsilon": 0.5})
        for title, knobs in (("reference settings", at_reference(setup)), ("page defaults", VAT.make_knobs(setup))):
            repeat = Repeat(host, VAT, setup, knobs, SETS, 1000, blocks=cores())
            repeat.wait()
            print(f"\n{dataset}, {title}: {7 * len(SETS)} networks, 1000 steps, {repeat.seconds:.1f} s")
            mle = column(repeat.metrics, "test_error.mle")
            for kind in KINDS:
                s = summary(column(repeat.metrics, f"test_error.{kind}"), mle)
                line = f"  {kind:9} {s.mean:5.1f} ± {s.sd:4.1f} ({s.median:4.1f})"
                line += f"  minus MLE {s.difference:+5.1f} ± {s.error:.1f}"
                if title.startswith("reference"):
                    expected = float(re.match(r"[\d.]+", MEASURED[dataset][kind])[0])
                    off = abs(s.mean - expected) / (s.sd / math.sqrt(len(SETS)))
                    line += f"  expected {expected:4.1f}: off by {off:.1f} standard errors"
                print(line)
            means = {
                k: summary(column(repeat.metrics, k), mle).mean
                for k in ("test_error.vat", "lds_train.mle", "lds_train.vat")
            }
            print(
                f"  VAT / MLE test error {means['test_error.vat'] / summary(mle, mle).mean:.2f}; "
                f"mean train LDS MLE {means['lds_train.mle']:.2f}, VAT {means['lds_train.vat']:.2f}, "
                f"ratio {means['lds_train.mle'] / means['lds_train.vat']:.1f}"
            )


if __name__ == "__main__":
    main()
