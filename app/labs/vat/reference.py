"""The reference experiment on moons and circles: its knobs, and its errors by another program."""

from __future__ import annotations

from engine.core.declare import Knobs, Setup
from engine.methods.vat.vat import REFERENCE, VAT

# Test errors in per cent over 50 new data sets, mean ± sd (median), at the reference settings. They
# were measured with a float64 port of the reference experiment.
MEASURED = {
    "moons": {
        "mle": "13.4 ± 7.4 (12.2)",
        "l2": "13.4 ± 7.4 (12.2)",
        "dropout": "12.0 ± 7.3 (10.9)",
        "random": "10.7 ± 6.8 (9.2)",
        "adv_l2": "10.8 ± 6.7 (9.7)",
        "adv_linf": "10.4 ± 6.6 (9.5)",
        "vat": "9.0 ± 5.5 (6.9)",
    },
    "circles": {
        "mle": "9.8 ± 8.9 (9.3)",
        "l2": "9.8 ± 8.9 (9.3)",
        "dropout": "7.4 ± 7.8 (6.5)",
        "random": "6.8 ± 7.9 (2.2)",
        "adv_l2": "5.5 ± 5.9 (3.0)",
        "adv_linf": "5.9 ± 7.0 (1.7)",
        "vat": "6.8 ± 7.1 (4.0)",
    },
}


def at_reference(setup: Setup) -> Knobs:
    """The knobs of the reference experiment on the data set of `setup`; defaults on another."""
    return VAT.make_knobs(setup, REFERENCE.get(setup.dataset, {}))
