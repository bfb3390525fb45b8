"""Small runs on digits, and measurements to their end."""

import json

from engine.core.frame import Answer
from engine.methods.attacks.digits import DigitAttack
from engine.runs.run import Run


def measured(method, knobs, name, values):
    """The answer of a measurement, whose shares of progress must rise."""
    out = list(method.measure(knobs, name, values))
    shares = [o for o in out if not isinstance(o, Answer)]
    assert shares == sorted(shares) and all(0 <= s <= 1 for s in shares) and isinstance(out[-1], Answer)
    json.dumps(out[-1].numbers)
    return out[-1]


def digits(knobs=None, steps=0, setup=None, seed=0):
    """A run on digits after `steps` steps, and its knobs."""
    run = Run(DigitAttack, DigitAttack.make_setup(setup or {"count": 3}), seed)
    knobs = DigitAttack.make_knobs(run.setup, knobs or {})
    run.advance(knobs, steps)
    return run, knobs
