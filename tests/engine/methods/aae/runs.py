"""Small runs of the AAE lab's methods."""

from engine.core.registry import find
from engine.runs.run import Run

SMALL = {"hidden": 32, "adversary": 16, "batch": 32, "test": 300}


def start(name, seed=0, **knobs):
    """A new small run of `name`, and its knobs."""
    method = find(name)
    setup = method.make_setup(SMALL)
    return Run(method, setup, seed), method.make_knobs(setup, knobs)
